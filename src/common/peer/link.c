#include "lanparty/peer/link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/built.h"
#include "lanparty/edge/log.h"

#define DRAIN_ROUNDS 8 /* times that actions and packets cause each other in one wake-up, at most */

struct lp_link {
	struct lp_link_config config;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_quic_conn *conn; /* NULL: none */
	bool open;                 /* there is a socket to send through */
	struct lp_address remote;
	struct lp_path path;
	size_t next_address; /* of the relay's: another one after one that did not answer */
	bool looking;
	uint16_t steer; /* of the attempt: to the worker that has the room */
	lp_time now;
	enum lp_exit exit;
	struct lp_link_end last;
	enum lp_send_failure failure; /* of the attempt's packets; the latest one */
	struct lp_tunnel_action action;
};

/* The tunnel hears that there is no connection. */
static void no_connection(struct lp_link *l, bool final, enum lp_exit code, const char *reason)
{
	if (final)
		l->exit = code;
	lp_tunnel_on_closed(l->tunnel, final, reason, l->now);
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct lp_link *l = context;
	l->last.answered = true;
	lp_quic_attach(conn, lp_tunnel_source(l->tunnel), lp_tunnel_sink(l->tunnel));
	lp_tunnel_on_connected(l->tunnel, l->now);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct lp_link *l = context;
	(void)conn;
	lp_tunnel_on_stream(l->tunnel, piece, l->now);
}

static bool is_about_certificate(enum lp_quic_end end)
{
	return end == LP_QUIC_END_PIN || end == LP_QUIC_END_EXPIRED || end == LP_QUIC_END_EARLY ||
	       end == LP_QUIC_END_NAME || end == LP_QUIC_END_AUTHORITY;
}

/* There can be no route because the network has no addresses of that family at all. */
static enum lp_send_failure failure_of(const struct lp_link *l)
{
	int family = l->remote.sa.sa_family;
	int other = family == AF_INET6 ? AF_INET : AF_INET6;
	if (l->last.answered)
		return LP_SEND_GOOD;
	if (l->failure == LP_SEND_NO_ROUTE && !lp_has_route(family) && lp_has_route(other))
		return LP_SEND_NO_FAMILY;
	return l->failure;
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_link *l = context;
	char text[LP_TUNNEL_TEXT];
	bool refused = is_about_certificate(why->end);
	(void)conn;
	l->conn = NULL;
	l->last.end = why->end;
	l->last.failure = failure_of(l);
	l->last.clock_behind = lp_clock_is_behind();
	lp_log(LP_LOG_DEBUG, "connection_closed", "end=%d code=%" PRIu64 " text=%s", (int)why->end,
		why->code, why->text);
	if (!l->last.answered)
		l->next_address++;
	const struct lp_ending ending = {&l->remote, why, l->last.failure, l->last.clock_behind};
	lp_tell_why(l->config.options, &ending, text, sizeof(text));
	no_connection(l, refused || why->end == LP_QUIC_END_ALPN,
		refused ? LP_EXIT_WRONG_PIN : LP_EXIT_PROTOCOL, text);
}

static const struct lp_quic_handler handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
};

/* Looks the relay's addresses up for each attempt, because they can have changed. */
static void look_up(struct lp_link *l)
{
	l->looking = l->config.ops->look_up(l->config.context);
	if (!l->looking)
		no_connection(l, false, LP_EXIT_OS,
			"the system has no memory or no thread left for the look-up");
}

static void connect_to(struct lp_link *l, const struct lp_address *remote)
{
	const struct lp_peer_options *o = l->config.options;
	struct lp_quic_target target = {
		.server_name = o->server_name,
		.pins = o->pins,
		.pin_count = o->pin_count,
		.steer = l->steer,
	};
	enum lp_status status = LP_IO;
	struct lp_address local;
	char text[LP_ADDRESS_TEXT], why[LP_TUNNEL_TEXT];
	l->remote = *remote;
	l->failure = LP_SEND_GOOD;
	l->last = (struct lp_link_end){.end = LP_QUIC_END_ERROR};
	lp_log(LP_LOG_DEBUG, "connecting", "address=%s", lp_address_format(remote, text));
	/* A new socket each time: the old one can belong to a network that is gone. */
	l->open = l->config.ops->open(l->config.context, remote, &local);
	if (l->open) {
		target.path = (struct lp_path){local, *remote};
		l->path = target.path;
		l->conn = lp_quic_connect(l->quic, &target, l, l->now, &status);
	}
	if (l->conn)
		return;
	l->last.no_store = status == LP_NO_STORE;
	l->last.clock_behind = lp_clock_is_behind();
	lp_tell_no_store(l->last.clock_behind, why, sizeof(why));
	if (l->last.no_store)
		no_connection(l, true, LP_EXIT_WRONG_PIN, why);
	else
		no_connection(l, false, LP_EXIT_OS, lp_status_text(status));
}

void lp_link_on_addresses(struct lp_link *l, const struct lp_addresses *found, lp_time now)
{
	char text[LP_TUNNEL_TEXT];
	l->now = now;
	if (!l->looking)
		return;
	l->looking = false;
	if (found->count > 0) {
		connect_to(l, &found->list[l->next_address % found->count]);
		return;
	}
	l->last = (struct lp_link_end){.no_address = true, .end = LP_QUIC_END_ERROR};
	snprintf(text, sizeof(text),
		"the address of %.100s is not known (%s): check the name and this computer's "
		"network",
		l->config.options->relay.name, found->error);
	no_connection(l, found->unknown && !l->config.waits_for_name, LP_EXIT_NO_HOST, text);
}

static void close_connection(struct lp_link *l, const struct lp_tunnel_action *action)
{
	if (l->looking)
		l->config.ops->stop_look_up(l->config.context);
	l->looking = false;
	if (l->conn)
		lp_quic_close(l->conn, action->leave, action->text);
}

static void send_hello(struct lp_link *l, const struct lp_tunnel_action *a)
{
	int64_t stream;
	if (!l->conn)
		return;
	enum lp_status status = lp_quic_open(l->conn, &stream);
	if (status == LP_OK)
		status = lp_quic_send(l->conn, stream, a->bytes, a->len, true);
	if (status != LP_OK)
		lp_quic_close(l->conn, LP_LEAVE_OTHER, lp_status_text(status));
}

static void send_message(struct lp_link *l, const struct lp_tunnel_action *a)
{
	enum lp_status status = lp_quic_send_message(l->conn, a->bytes, a->len);
	if (status == LP_FULL)
		lp_log(LP_LOG_WARNING, "message_not_sent", "hint=%s",
			"the relay takes no more control messages");
	else if (status != LP_OK)
		lp_log(LP_LOG_WARNING, "message_not_sent", "reason=%s", lp_status_text(status));
}

static void do_action(struct lp_link *l, const struct lp_tunnel_action *a)
{
	switch (a->kind) {
	case LP_TUNNEL_CONNECT:
		l->steer = a->steered ? a->steer : lp_room_steer(l->config.options->room_key);
		look_up(l);
		break;
	case LP_TUNNEL_HELLO:
		send_hello(l, a);
		break;
	case LP_TUNNEL_MESSAGE:
		if (l->conn)
			send_message(l, a);
		break;
	case LP_TUNNEL_CLOSE:
		close_connection(l, a);
		break;
	default:
		l->config.ops->tell(l->config.context, a);
		if (a->kind == LP_TUNNEL_REJECTED)
			l->exit = a->reject.reason == LP_REJECT_VERSION ? LP_EXIT_PROTOCOL
									: LP_EXIT_REFUSED;
	}
}

static bool do_actions(struct lp_link *l)
{
	bool any = false;
	while (lp_tunnel_next(l->tunnel, &l->action)) {
		do_action(l, &l->action);
		if (l->action.kind == LP_TUNNEL_HELLO)
			lp_zero(&l->action, sizeof(l->action)); /* the room's key */
		any = true;
	}
	return any;
}

static void write_packets(struct lp_link *l)
{
	const struct lp_link_ops *ops = l->config.ops;
	void *context = l->config.context;
	struct lp_path path;
	size_t len;
	if (!l->open)
		return;
	while ((len = lp_quic_write(
			l->quic, ops->slot(context), LP_QUIC_PACKET_MAX, &path, l->now)))
		ops->put(context, &l->remote, len);
}

/* Writing can close the connection, that makes actions, and these want to be written. */
void lp_link_send(struct lp_link *l, lp_time now)
{
	l->now = now;
	do_actions(l);
	for (int i = 0; i < DRAIN_ROUNDS; i++) {
		write_packets(l);
		if (!do_actions(l))
			break;
	}
	if (l->open)
		l->config.ops->flush(l->config.context);
}

void lp_link_on_packet(struct lp_link *l, const struct lp_address *remote, const uint8_t *bytes,
	size_t len, lp_time now)
{
	l->now = now;
	if (lp_address_equal(remote, &l->remote))
		lp_quic_read(l->quic, &l->path, bytes, len, now);
}

void lp_link_on_send_failure(struct lp_link *l, enum lp_send_failure failure)
{
	l->failure = failure;
}

void lp_link_set_own(struct lp_link *l, const struct lp_own_list *own)
{
	struct lp_own_list all = {0};
	if (l->remote.len > 0) {
		struct lp_prefix relay = lp_address_prefix(&l->remote);
		lp_own_add(&all, LP_OWN_RELAY, &relay);
	}
	for (size_t i = 0; i < own->count; i++)
		lp_own_add(&all, own->list[i].kind, &own->list[i].prefix);
	lp_tunnel_set_own(l->tunnel, &all);
}

void lp_link_on_frame(struct lp_link *l, const uint8_t *frame, size_t len, lp_time now)
{
	lp_tunnel_on_frame(l->tunnel, frame, len, now);
}

void lp_link_on_protected(struct lp_link *l, const struct lp_protected *protected)
{
	lp_tunnel_protect(l->tunnel, protected);
}

void lp_link_on_time(struct lp_link *l, lp_time now)
{
	l->now = now;
	lp_quic_on_time(l->quic, now);
	lp_tunnel_on_time(l->tunnel, now);
}

lp_time lp_link_deadline(const struct lp_link *l)
{
	return lp_sooner(lp_quic_deadline(l->quic), lp_tunnel_deadline(l->tunnel));
}

void lp_link_start(struct lp_link *l, lp_time now)
{
	lp_tunnel_start(l->tunnel, now);
}

void lp_link_leave(struct lp_link *l, lp_time now)
{
	lp_tunnel_leave(l->tunnel, now);
}

bool lp_link_is_over(const struct lp_link *l)
{
	return lp_tunnel_is_over(l->tunnel) && !l->conn;
}

const struct lp_link_end *lp_link_last_end(const struct lp_link *l)
{
	return &l->last;
}

bool lp_link_has_left(const struct lp_link *l)
{
	return l->last.answered && l->last.end == LP_QUIC_END_PEER;
}

enum lp_exit lp_link_exit(const struct lp_link *l)
{
	return l->exit;
}

const struct lp_stats *lp_link_stats(const struct lp_link *l)
{
	return lp_tunnel_stats(l->tunnel);
}

const struct lp_address *lp_link_remote(const struct lp_link *l)
{
	return &l->remote;
}

lp_time lp_link_rtt(const struct lp_link *l)
{
	struct lp_quic_info info;
	if (!l->conn)
		return 0;
	lp_quic_get_info(l->conn, &info);
	return info.rtt;
}

/* Row F7. */
static void trace(void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	lp_tell_frame(way == LP_TUNNEL_TO_ROOM ? "to_room" : "from_room", verdict);
}

struct lp_link *lp_link_open(const struct lp_link_config *config)
{
	struct lp_link *l = calloc(1, sizeof(*l));
	struct lp_tunnel_config tunnel = {
		.role = config->role,
		.mac = config->mac,
		.name = config->options->name,
		.datagram_budget = config->options->datagram_budget,
		.filter = config->options->filter,
		.protected = config->protected,
		.keep_default_route = config->keep_default_route,
		.trace = lp_log_on(LP_LOG_FRAME) ? trace : NULL,
	};
	struct lp_quic_config quic = {.handler = &handler, .context = l};
	if (!l || !lp_random(&tunnel.seed, sizeof(tunnel.seed)) ||
		!lp_random(&tunnel.flow_secret, sizeof(tunnel.flow_secret))) {
		free(l);
		return NULL;
	}
	l->config = *config;
	l->exit = LP_EXIT_OS;
	memcpy(tunnel.room_key, config->options->room_key, sizeof(tunnel.room_key));
	memcpy(tunnel.resume_token, config->resume_token, sizeof(tunnel.resume_token));
	l->tunnel = lp_tunnel_new(&tunnel, config->port);
	lp_zero(tunnel.room_key, sizeof(tunnel.room_key));
	lp_zero(tunnel.resume_token, sizeof(tunnel.resume_token));
	l->quic = lp_quic_new(&quic, NULL);
	if (l->tunnel && l->quic)
		return l;
	lp_link_close(l);
	return NULL;
}

void lp_link_close(struct lp_link *l)
{
	if (!l)
		return;
	lp_quic_free(l->quic);
	lp_tunnel_free(l->tunnel);
	free(l);
}
