#include "peer.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "linux/fd_port.h"
#include "linux/loop.h"
#include "linux/resolve.h"
#include "linux/udp.h"
#include "peer_private.h"

#define DESCRIPTORS  5 /* signals, port, socket, look-up, and the program's own */
#define DRAIN_ROUNDS 8 /* times that actions and packets may cause each other in one wake-up */

static lp_time sooner(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

/* The tunnel hears that there is no connection. */
static void no_connection(struct peer *p, bool final, enum lp_exit code, const char *reason)
{
	if (final)
		p->exit = code;
	lp_tunnel_on_closed(p->tunnel, final, reason, p->now);
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct peer *p = context;
	p->answered = true;
	lp_tunnel_on_connected(p->tunnel, lp_quic_datagram_max(conn), p->now);
}

static void on_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct peer *p = context;
	(void)conn;
	lp_tunnel_on_stream(p->tunnel, stream, bytes, len, fin, p->now);
}

static void on_datagram(void *context, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	struct peer *p = context;
	struct lp_verdict verdict;
	(void)conn;
	lp_tunnel_on_datagram(p->tunnel, bytes, len, p->now, &verdict);
	peer_log_frame("from_room", &verdict);
}

static size_t next_datagram(
	void *context, struct lp_quic_conn *conn, size_t max, struct lp_quic_piece *pieces)
{
	struct peer *p = context;
	(void)conn;
	if (!lp_tunnel_next_datagram(p->tunnel, max, &p->datagram))
		return 0;
	pieces[0] = (struct lp_quic_piece){p->datagram.header, p->datagram.header_len};
	pieces[1] = (struct lp_quic_piece){p->datagram.bytes, p->datagram.len};
	return 2;
}

static void on_datagram_sent(void *context, struct lp_quic_conn *conn)
{
	struct peer *p = context;
	(void)conn;
	lp_tunnel_datagram_sent(p->tunnel);
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct peer *p = context;
	char text[LP_TEXT_MAX * 2];
	bool final = why->end == LP_QUIC_END_PIN || why->end == LP_QUIC_END_ALPN;
	(void)conn;
	p->conn = NULL;
	lp_log(LP_LOG_DEBUG, "connection_closed", "end=%d code=%" PRIu64 " text=%s", (int)why->end,
		why->code, why->text);
	if (!p->answered)
		p->next_address++;
	peer_explain(p, why, text, sizeof(text));
	no_connection(
		p, final, why->end == LP_QUIC_END_PIN ? LP_EXIT_WRONG_PIN : LP_EXIT_PROTOCOL, text);
}

static const struct lp_quic_handler handler = {
	.connected = on_connected,
	.stream = on_stream,
	.datagram = on_datagram,
	.next_datagram = next_datagram,
	.datagram_sent = on_datagram_sent,
	.closed = on_closed,
};

/* Asks for the relay's addresses again for each attempt: they may have changed. */
static void look_up(struct peer *p)
{
	const struct lp_host *relay = &p->config->options->relay;
	if (p->resolving >= 0)
		close(p->resolving);
	p->resolving = lp_resolve(relay->name, relay->port);
	if (p->resolving < 0 || !lp_wait_add(p->set, p->resolving))
		no_connection(
			p, false, LP_EXIT_OS, "the system has no thread left for the look-up");
}

static void connect_to(struct peer *p, const struct lp_address *remote)
{
	enum lp_exit code = LP_EXIT_OS;
	enum lp_status status = LP_IO;
	char text[LP_ADDRESS_TEXT];
	/* A new socket each time: the old one may belong to a network that is gone. */
	lp_udp_close(p->udp);
	p->udp = lp_udp_client(remote->sa.sa_family, &code);
	if (p->udp && !lp_wait_add(p->set, lp_udp_fd(p->udp))) {
		lp_udp_close(p->udp);
		p->udp = NULL;
	}
	p->remote = *remote;
	p->answered = false;
	lp_log(LP_LOG_DEBUG, "connecting", "address=%s", lp_address_format(remote, text));
	if (p->udp) {
		struct lp_quic_target target = {
			.server_name = p->config->options->server_name,
			.pins = p->config->options->pins,
			.pin_count = p->config->options->pin_count,
			.steer = lp_room_steer(p->config->options->room_key),
		};
		struct lp_address local;
		lp_udp_local(p->udp, &local);
		memcpy(&target.path.local, &local.sa, local.len);
		memcpy(&target.path.remote, &remote->sa, remote->len);
		target.path.local_len = local.len;
		target.path.remote_len = remote->len;
		p->path = target.path;
		p->conn = lp_quic_connect(p->quic, &target, p, p->now, &status);
	}
	if (!p->conn)
		no_connection(p, false, LP_EXIT_OS, lp_status_text(status));
}

static void take_addresses(struct peer *p)
{
	struct lp_resolved found = {0};
	char text[LP_TEXT_MAX * 2];
	bool good = lp_resolve_take(p->resolving, &found) && found.count > 0;
	p->resolving = -1;
	if (good) {
		connect_to(p, &found.addresses[p->next_address % found.count]);
		return;
	}
	snprintf(text, sizeof(text),
		"the address of %.100s is not known (%s): check the name and this computer's "
		"network",
		p->config->options->relay.name, found.error);
	no_connection(p, found.unknown, LP_EXIT_NO_HOST, text);
}

static void close_connection(struct peer *p, const struct lp_tunnel_action *action)
{
	if (p->resolving >= 0) {
		close(p->resolving);
		p->resolving = -1;
	}
	if (p->conn)
		lp_quic_close(p->conn, action->leave, action->text);
}

static void do_action(struct peer *p, const struct lp_tunnel_action *a)
{
	int64_t stream;
	switch (a->kind) {
	case LP_TUNNEL_CONNECT:
		look_up(p);
		break;
	case LP_TUNNEL_HELLO:
		if (!p->conn)
			break;
		if (lp_quic_open(p->conn, &stream) != LP_OK ||
			lp_quic_send(p->conn, stream, a->bytes, a->len, true) != LP_OK)
			lp_quic_close(p->conn, LP_LEAVE_OTHER, "the hello could not be sent");
		break;
	case LP_TUNNEL_MESSAGE:
		if (p->conn && lp_quic_send_message(p->conn, a->bytes, a->len) != LP_OK)
			lp_log(LP_LOG_WARNING, "message_not_sent", "hint=%s",
				"the relay takes no more control messages");
		break;
	case LP_TUNNEL_CLOSE:
		close_connection(p, a);
		break;
	default:
		peer_tell(p, a);
		if (a->kind == LP_TUNNEL_JOINED && p->config->joined)
			p->config->joined(p->config->context);
	}
}

static bool do_actions(struct peer *p)
{
	bool any = false;
	while (lp_tunnel_next(p->tunnel, &p->action)) {
		do_action(p, &p->action);
		any = true;
	}
	if (p->conn && lp_tunnel_has_datagram(p->tunnel))
		lp_quic_wake(p->conn);
	return any;
}

static void write_packets(struct peer *p)
{
	static const struct lp_address any;
	struct lp_path path;
	size_t len;
	if (!p->udp)
		return;
	while ((len = lp_quic_write(
			p->quic, lp_udp_slot(p->udp), LP_UDP_PACKET_MAX, &path, p->now)))
		lp_udp_put(p->udp, &any, &p->remote, len);
}

/* Writing can close the connection, that makes actions, and these want to be written. */
static void send_all(struct peer *p)
{
	for (int i = 0; i < DRAIN_ROUNDS; i++) {
		bool any = do_actions(p);
		write_packets(p);
		if (!any && i > 0)
			break;
	}
	if (p->udp)
		lp_udp_flush(p->udp);
}

static void on_packet(void *context, const struct lp_address *local,
	const struct lp_address *remote, const uint8_t *bytes, size_t len)
{
	struct peer *p = context;
	(void)local;
	if (lp_address_equal(remote, &p->remote))
		lp_quic_read(p->quic, &p->path, bytes, len, p->now);
}

static void on_frame(void *context, const uint8_t *frame, size_t len)
{
	struct peer *p = context;
	struct lp_verdict verdict;
	lp_tunnel_on_frame(p->tunnel, frame, len, p->now, &verdict);
	peer_log_frame("to_room", &verdict);
}

static void take_signals(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	int number;
	while ((number = lp_signals_next(p->signals))) {
		if (number == SIGCHLD) {
			if (c->child)
				c->child(c->context);
		} else if (p->stopping) {
			p->at_once = true;
		} else {
			p->stopping = true;
			p->leave_at = p->now + (c->leaving ? c->leaving(c->context) : 0);
		}
	}
}

static void read_from(struct peer *p, int fd)
{
	const struct lp_peer_config *c = p->config;
	if (fd == p->signals)
		take_signals(p);
	else if (fd == lp_port_fd(c->port))
		c->port->ops->read(c->port, on_frame, p);
	else if (p->udp && fd == lp_udp_fd(p->udp))
		lp_udp_receive(p->udp, on_packet, p);
	else if (fd == p->resolving)
		take_addresses(p);
	else if (fd == c->fd)
		c->readable(c->context);
}

static void wait_and_read(struct peer *p)
{
	int ready[DESCRIPTORS];
	lp_time deadline = sooner(lp_quic_deadline(p->quic), lp_tunnel_deadline(p->tunnel));
	size_t count = lp_wait(p->set, sooner(deadline, p->leave_at), ready, DESCRIPTORS);
	p->now = lp_clock();
	for (size_t i = 0; i < count; i++)
		read_from(p, ready[i]);
}

static void loop(struct peer *p)
{
	p->now = lp_clock();
	lp_tunnel_start(p->tunnel, p->now);
	send_all(p);
	while (!p->at_once && (!lp_tunnel_is_over(p->tunnel) || p->conn)) {
		wait_and_read(p);
		if (p->now >= p->leave_at) {
			p->leave_at = LP_NEVER;
			lp_tunnel_leave(p->tunnel, p->now);
		}
		lp_quic_on_time(p->quic, p->now);
		lp_tunnel_on_time(p->tunnel, p->now);
		send_all(p);
	}
}

static bool open_all(struct peer *p)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGCHLD, 0};
	const struct lp_peer_config *c = p->config;
	struct lp_tunnel_config tunnel = {
		.role = c->role,
		.mac = c->mac,
		.name = c->options->name,
		.datagram_budget = c->options->datagram_budget,
		.filter = c->options->filter,
		.protected_ipv4 = c->protected_ipv4,
		.protected_count = c->protected_count,
	};
	struct lp_quic_config quic = {.handler = &handler, .context = p};
	if (!lp_random(&tunnel.seed, sizeof(tunnel.seed)))
		return false;
	memcpy(tunnel.room_key, c->options->room_key, sizeof(tunnel.room_key));
	p->tunnel = lp_tunnel_new(&tunnel, c->port);
	lp_zero(tunnel.room_key, sizeof(tunnel.room_key));
	p->quic = lp_quic_new(&quic, NULL);
	p->signals = lp_signals_open(wanted);
	p->set = lp_wait_open();
	return p->tunnel && p->quic && lp_wait_add(p->set, p->signals) &&
	       lp_wait_add(p->set, lp_port_fd(c->port)) &&
	       (!c->readable || c->fd < 0 || lp_wait_add(p->set, c->fd));
}

static void close_all(struct peer *p)
{
	if (p->resolving >= 0)
		close(p->resolving);
	if (p->signals >= 0)
		close(p->signals);
	if (p->set >= 0)
		close(p->set);
	lp_quic_free(p->quic);
	lp_tunnel_free(p->tunnel);
	lp_udp_close(p->udp);
}

int lp_peer_run(const struct lp_peer_config *config)
{
	struct peer *p = calloc(1, sizeof(*p));
	int code = LP_EXIT_INTERNAL;
	if (!p)
		return code;
	p->config = config;
	p->resolving = p->signals = p->set = -1;
	p->leave_at = LP_NEVER;
	p->exit = LP_EXIT_OS;
	if (open_all(p)) {
		loop(p);
		code = p->stopping ? LP_EXIT_OK : (int)p->exit;
	} else {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s",
			"out of memory, or the TLS library cannot start");
	}
	close_all(p);
	free(p);
	return code;
}
