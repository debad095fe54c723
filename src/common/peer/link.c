#include "lanparty/peer/link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/built.h"
#include "lanparty/edge/log.h"
#include "ends.h"
#include "prove.h"

#define DRAIN_ROUNDS 8 /* times that actions and packets cause each other in one wake-up, at most */

/* A loop that has not run for LATE was stopped: what the system has queued meanwhile is old, and is read
 * within DRAIN. It runs at least every BEAT, so that such a gap is seen. */
#define BEAT  (250 * LP_MILLISECOND)
#define LATE  (500 * LP_MILLISECOND)
#define DRAIN (250 * LP_MILLISECOND)

#define TELL_GAPS (60 * LP_SECOND) /* between two lines about such gaps, at least */

/* Until the next address is tried, in the first attempt (a short form of RFC 8305); twice that in the second,
 * and four times in later ones. */
#define MOVE_ON (750 * LP_MILLISECOND)

/* Networks have changed: a look-up asks anew once it is that old. Its answer can still come before, and each
 * look-up costs a thread until the system's name servers have answered or failed. */
#define ASK_AGAIN (3 * LP_SECOND)

#define KEEP_ALIVE_GATEWAY                                                                         \
	LP_SECOND /* the whole LAN waits until it notices that a relay was restarted */

struct lp_link {
	struct lp_link_config config;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_quic_conn *conn; /* NULL: none */
	bool open;                 /* there is a socket to send through */
	struct lp_address remote;
	struct lp_path path;
	struct lp_addresses
		known;       /* what the last look-up has found; then the attempt's order of them */
	size_t next_address; /* of those: the next one to try */
	size_t unanswered;   /* attempts in a row */
	lp_time move_on_at;  /* the current address has not answered by then */
	bool moves_on;       /* its connection is closed because of that */
	bool tries_next;     /* it is closed */
	struct lp_address worked; /* the last address that answered; len 0: none */
	bool looking;
	lp_time asked_at;   /* when the look-up began */
	bool is_stale;      /* networks have changed since then */
	bool needs_address; /* the attempt waits for the look-up */
	uint16_t steer;     /* of the attempt: to the worker that has the room */
	lp_time now;
	unsigned gaps;       /* of the loop, that no line has told of yet */
	lp_time longest_gap; /* of those */
	lp_time tell_gaps_at;
	enum lp_exit exit;
	struct lp_link_end last;
	enum lp_send_failure failure; /* of the attempt's packets; the latest one */
	struct lp_tunnel_action action;
};

/* The tunnel hears that there is no connection. */
static void no_connection(struct lp_link *l, bool final, enum lp_exit code, const char *reason)
{
	final = final || (l->config.checks && !lp_tunnel_is_over(l->tunnel));
	if (final)
		l->exit = code;
	lp_tunnel_on_closed(l->tunnel, final, reason, l->now);
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct lp_link *l = context;
	l->last.answered = true;
	l->move_on_at = LP_NEVER;
	l->last.rtt = lp_link_rtt(l);
	l->unanswered = 0;
	l->worked = l->remote;
	if (l->config.checks) {
		l->exit = LP_EXIT_OK;
		lp_tunnel_leave(l->tunnel, l->now);
		return;
	}
	lp_quic_attach(conn, lp_tunnel_source(l->tunnel), lp_tunnel_sink(l->tunnel));
	lp_prove_host(l->tunnel, l->config.options, l->config.role, conn);
	lp_tunnel_on_connected(l->tunnel, l->now);
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct lp_link *l = context;
	(void)conn;
	lp_tunnel_on_stream(l->tunnel, piece, l->now);
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

/* True if the connection was closed because another address of the relay must be tried. The last one of an
 * attempt that does not answer in time ends it. */
static bool moves_on(struct lp_link *l, struct lp_quic_close *why)
{
	if (!l->moves_on)
		return false;
	l->moves_on = false;
	l->tries_next = l->next_address < l->known.count;
	*why = (struct lp_quic_close){.end = LP_QUIC_END_HANDSHAKE};
	return l->tries_next;
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *closed)
{
	struct lp_link *l = context;
	char text[LP_TUNNEL_TEXT];
	struct lp_quic_close copy = *closed, *why = &copy;
	(void)conn;
	l->conn = NULL;
	if (moves_on(l, why))
		return;
	bool refused = lp_end_is_about_certificate(why->end), other = why->end == LP_QUIC_END_ALPN;
	l->last.end = why->end;
	l->last.failure = failure_of(l);
	l->last.clock_behind = lp_clock_is_behind();
	bool waits = l->last.clock_behind && lp_end_is_about_dates(why->end);
	if (waits) /* it lacks the authorities that are not valid yet */
		lp_quic_forget_store(l->quic);
	lp_log(LP_LOG_DEBUG, "connection_closed", "end=%d code=%" PRIu64 " text=%s", (int)why->end,
		why->code, why->text);
	l->unanswered += !l->last.answered;
	const struct lp_ending ending = {&l->remote, why, l->last.failure, l->last.clock_behind};
	lp_tell_why(l->config.options, &ending, text, sizeof(text));
	if (why->end == LP_QUIC_END_RESET && !l->config.checks)
		lp_tunnel_on_restart(l->tunnel, text, l->now);
	else
		no_connection(l, (refused && !waits) || other,
			refused ? LP_EXIT_WRONG_PIN
			: other ? LP_EXIT_PROTOCOL
				: LP_EXIT_UNAVAILABLE,
			text);
}

static const struct lp_quic_handler handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
};

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
	l->move_on_at = l->now + (MOVE_ON << (l->unanswered < 2 ? l->unanswered : 2));
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
	l->tries_next = !l->conn && status == LP_IO && l->next_address < l->known.count;
	if (l->conn || l->tries_next)
		return;
	l->last.no_store = status == LP_NO_STORE;
	l->last.clock_behind = lp_clock_is_behind();
	lp_tell_no_store(l->last.clock_behind, why, sizeof(why));
	if (l->last.no_store)
		no_connection(l, !l->last.clock_behind, LP_EXIT_WRONG_PIN, why);
	else
		no_connection(l, false, LP_EXIT_OS, lp_status_text(status));
}

static void try_next(struct lp_link *l)
{
	l->tries_next = false;
	connect_to(l, &l->known.list[l->next_address++]);
}

/* The address that worked goes first. Without one, each attempt that nobody answered begins with another
 * address. */
static void set_order(struct lp_link *l, const struct lp_addresses *found)
{
	struct lp_addresses *known = &l->known;
	*known = (struct lp_addresses){0};
	if (l->worked.len > 0)
		known->list[known->count++] = l->worked;
	for (size_t i = 0; i < found->count && known->count < LP_LOOKUP_MAX; i++) {
		const struct lp_address *a = &found->list[(i + l->unanswered) % found->count];
		if (l->worked.len == 0 || !lp_address_equal(a, &l->worked))
			known->list[known->count++] = *a;
	}
}

static void ask_addresses(struct lp_link *l)
{
	l->asked_at = l->now;
	l->is_stale = false;
	l->looking = l->config.ops->look_up(l->config.context);
	if (l->looking || !l->needs_address)
		return;
	l->needs_address = false;
	l->last = (struct lp_link_end){.end = LP_QUIC_END_ERROR};
	no_connection(l, false, LP_EXIT_OS,
		"the system has no memory, thread or open file left for the look-up");
}

/* Looks the relay's addresses up for each attempt, because they can have changed. A look-up takes long
 * while the name servers are not reached, so that the address that worked is tried meanwhile. */
static void start_attempt(struct lp_link *l)
{
	const struct lp_addresses known = l->known;
	l->needs_address = l->worked.len == 0;
	if (!l->looking)
		ask_addresses(l);
	if (l->worked.len == 0)
		return;
	set_order(l, &known);
	l->next_address = 0;
	try_next(l);
}

/* A computer with too much to do can have many. */
static void tell_gaps(struct lp_link *l)
{
	if (l->gaps == 0 || l->now < l->tell_gaps_at)
		return;
	lp_log(LP_LOG_INFO, "was_stopped", "ms=%" PRIu64 " times=%u hint=%s",
		(uint64_t)(l->longest_gap / LP_MILLISECOND), l->gaps,
		"this program could not run, and dropped the frames that came meanwhile: if the "
		"computer did not sleep, end other programs that use its processor");
	l->gaps = 0;
	l->longest_gap = 0;
	l->tell_gaps_at = l->now + TELL_GAPS;
}

/* A gap since the last wake-up. A clock that steps back is not one. */
static void advance(struct lp_link *l, lp_time now)
{
	if (now > l->now + LATE) {
		l->gaps++;
		if (now - l->now > l->longest_gap)
			l->longest_gap = now - l->now;
		lp_tunnel_drop_until(l->tunnel, now + DRAIN);
		if (l->conn)
			lp_quic_probe(l->conn);
	}
	l->now = now;
	tell_gaps(l);
}

void lp_link_on_addresses(struct lp_link *l, const struct lp_addresses *found, lp_time now)
{
	char text[LP_TUNNEL_TEXT];
	advance(l, now);
	if (!l->looking)
		return;
	l->looking = false;
	if (found->count > 0)
		set_order(l, found);
	if (!l->needs_address)
		return;
	l->needs_address = false;
	if (found->count > 0) {
		l->next_address = 0;
		try_next(l);
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
	l->looking = l->needs_address = l->tries_next = l->moves_on = false;
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
		l->steer = a->steered ? a->steer : lp_peer_options_steer(l->config.options);
		start_attempt(l);
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
		if (a->kind == LP_TUNNEL_HOST && a->news == LP_HOST_CHANGED)
			l->exit = LP_EXIT_WRONG_PIN;
	}
}

static bool do_actions(struct lp_link *l)
{
	bool any = false;
	while (lp_tunnel_next(l->tunnel, &l->action)) {
		do_action(l, &l->action);
		if (l->action.kind == LP_TUNNEL_HELLO || l->action.kind == LP_TUNNEL_JOINED)
			lp_zero(&l->action, sizeof(l->action)); /* the room's key; the token */
		any = true;
	}
	if (l->tries_next) {
		try_next(l);
		any = true;
	}
	return any;
}

static uint8_t *next_slot(void *context)
{
	struct lp_link *l = context;
	return l->config.ops->slot(l->config.context);
}

/* The last word of a connection to another address has no socket any more. */
static void put_packet(void *context, const struct lp_path *path, size_t len)
{
	struct lp_link *l = context;
	if (lp_address_equal(&path->remote, &l->remote))
		l->config.ops->put(l->config.context, path, len);
}

static void write_packets(struct lp_link *l)
{
	const struct lp_outlet outlet = {l, next_slot, put_packet};
	if (l->open)
		lp_quic_write_all(l->quic, &outlet, l->now);
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

/* There is another address, and the current one has not said anything. */
static bool is_slow(const struct lp_link *l)
{
	return l->conn && !l->last.answered && l->known.count > 1 && !lp_quic_heard(l->conn);
}

void lp_link_on_packet(struct lp_link *l, const struct lp_address *remote, const uint8_t *bytes,
	size_t len, lp_time now)
{
	advance(l, now);
	if (lp_address_equal(remote, &l->remote))
		lp_quic_read(l->quic, &l->path, bytes, len, now);
}

void lp_link_on_send_failure(struct lp_link *l, enum lp_send_failure failure)
{
	l->failure = failure;
}

void lp_link_on_uplink(struct lp_link *l, lp_time now)
{
	advance(l, now);
	if (l->conn)
		lp_quic_probe(l->conn);
	l->is_stale = l->looking;
	lp_tunnel_hurry(l->tunnel, now);
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
	advance(l, now);
	lp_tunnel_on_frame(l->tunnel, frame, len, now);
}

void lp_link_on_protected(
	struct lp_link *l, const struct lp_protected *protected, bool moved, lp_time now)
{
	advance(l, now);
	lp_tunnel_protect(l->tunnel, protected, moved, now);
}

void lp_link_on_time(struct lp_link *l, lp_time now)
{
	advance(l, now);
	if (is_slow(l) && now >= l->move_on_at) {
		l->moves_on = true;
		l->move_on_at = LP_NEVER;
		lp_quic_close(l->conn, LP_LEAVE_OTHER, "another address is tried");
	}
	if (l->needs_address && l->is_stale && now >= l->asked_at + ASK_AGAIN)
		ask_addresses(l); /* the old look-up asks where nobody answers */
	lp_quic_on_time(l->quic, now);
	lp_tunnel_on_time(l->tunnel, now);
}

lp_time lp_link_deadline(const struct lp_link *l)
{
	lp_time deadline = lp_sooner(lp_quic_deadline(l->quic), lp_tunnel_deadline(l->tunnel));
	if (is_slow(l))
		deadline = lp_sooner(deadline, l->move_on_at);
	return lp_sooner(deadline, l->now + BEAT);
}

void lp_link_start(struct lp_link *l, lp_time now)
{
	l->now = now;
	lp_tunnel_start(l->tunnel, now);
}

const char *lp_link_act(struct lp_link *l, const struct lp_host_act *act)
{
	return lp_tunnel_act(l->tunnel, act);
}

size_t lp_link_find(const struct lp_link *l, const char *text, uint16_t *ret_peer)
{
	return lp_tunnel_find(l->tunnel, text, ret_peer);
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

const struct lp_tunnel *lp_link_tunnel(const struct lp_link *l)
{
	return l->tunnel;
}

const struct lp_address *lp_link_remote(const struct lp_link *l)
{
	return &l->remote;
}

bool lp_link_info(const struct lp_link *l, struct lp_quic_info *ret_info)
{
	*ret_info = (struct lp_quic_info){0};
	if (l->conn)
		lp_quic_get_info(l->conn, ret_info);
	return l->conn != NULL;
}

lp_time lp_link_rtt(const struct lp_link *l)
{
	struct lp_quic_info info;
	lp_link_info(l, &info);
	return info.rtt;
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
		.trace = lp_log_on(LP_LOG_FRAME) ? lp_tell_frame : NULL,
	};
	struct lp_quic_config quic = {
		.handler = &handler,
		.context = l,
		.keep_alive = config->role == LP_ROLE_GATEWAY ? KEEP_ALIVE_GATEWAY : 0,
	};
	if (!l || !lp_random(&tunnel.seed, sizeof(tunnel.seed)) ||
		!lp_random(&tunnel.flow_secret, sizeof(tunnel.flow_secret))) {
		free(l);
		return NULL;
	}
	l->config = *config;
	lp_zero(l->config.resume_token, sizeof(l->config.resume_token)); /* the tunnel has it */
	l->exit = LP_EXIT_OS;
	memcpy(tunnel.host, config->host, sizeof(tunnel.host));
	memcpy(tunnel.guest, config->options->guest, sizeof(tunnel.guest));
	memcpy(tunnel.member_id, config->member_id, sizeof(tunnel.member_id));
	memcpy(tunnel.room_key, config->options->room_key, sizeof(tunnel.room_key));
	memcpy(tunnel.opening, config->options->opening, sizeof(tunnel.opening));
	memcpy(tunnel.resume_token, config->resume_token, sizeof(tunnel.resume_token));
	l->tunnel = lp_tunnel_new(&tunnel, config->port);
	lp_zero(&tunnel, sizeof(tunnel)); /* keys and token */
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
	lp_zero_free(l, sizeof(*l));
}
