#include "link_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/peer/proxy.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/log.h"

#define DRAIN_ROUNDS 8 /* times that actions and packets cause each other in one wake-up, at most */

/* A loop that has not run for LATE was stopped: what the system has queued meanwhile is old, and is read
 * within DRAIN. It runs at least every BEAT, so that such a gap is seen. */
#define BEAT  (250 * LP_MILLISECOND)
#define LATE  (500 * LP_MILLISECOND)
#define DRAIN (250 * LP_MILLISECOND)

/* After a change of networks, the routes to the relay are given so long to come back. */
#define SETTLED LP_SECOND

#define TELL_GAPS (60 * LP_SECOND) /* between two lines about such gaps, at least */

#define KEEP_ALIVE_GATEWAY                                                                         \
	LP_SECOND /* the whole LAN waits until it notices that a relay was restarted */

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
void lp_link_advance(struct lp_link *l, lp_time now)
{
	if (now > l->now + LATE) {
		l->gaps++;
		if (now - l->now > l->longest_gap)
			l->longest_gap = now - l->now;
		lp_tunnel_drop_until(l->tunnel, now + DRAIN);
		if (l->joined)
			lp_quic_probe(l->joined->conn);
	}
	l->now = now;
	tell_gaps(l);
}

static void send_hello(struct lp_link *l, const struct lp_tunnel_action *a)
{
	int64_t stream;
	if (!l->joined)
		return;
	struct lp_quic_conn *conn = l->joined->conn;
	enum lp_status status = lp_quic_open(conn, &stream);
	if (status == LP_OK)
		status = lp_quic_send(conn, stream, a->bytes, a->len, true);
	if (status != LP_OK)
		lp_quic_close(conn, LP_LEAVE_OTHER, lp_status_text(status));
}

static void send_message(struct lp_link *l, const struct lp_tunnel_action *a)
{
	enum lp_status status = lp_quic_send_message(l->joined->conn, a->bytes, a->len);
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
		lp_link_attempt(l);
		break;
	case LP_TUNNEL_HELLO:
		send_hello(l, a);
		break;
	case LP_TUNNEL_MESSAGE:
		if (l->joined)
			send_message(l, a);
		break;
	case LP_TUNNEL_CLOSE:
		lp_link_stop(l, a->leave, a->text);
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
	size_t tries = l->race.tries;
	lp_link_go_on(l);
	lp_link_back_on_time(l);
	bool any = l->race.tries != tries;
	while (lp_tunnel_next(l->tunnel, &l->action)) {
		do_action(l, &l->action);
		if (l->action.kind == LP_TUNNEL_HELLO || l->action.kind == LP_TUNNEL_JOINED)
			lp_zero(&l->action, sizeof(l->action)); /* the room's key; the token */
		any = true;
	}
	return any;
}

/* Over UDP. */
static struct lp_way *way_to(struct lp_link *l, const struct lp_address *remote)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_way *w = &l->ways[i];
		if (w->open && !w->entry.stream && lp_address_equal(&w->entry.address, remote))
			return w;
	}
	return NULL;
}

static struct lp_way *way_of(struct lp_link *l, const struct lp_path *path)
{
	uint64_t number;
	if (!lp_address_is_stream(&path->local, &number))
		return way_to(l, &path->remote);
	return number < LP_LINK_WAYS && l->ways[number].open ? &l->ways[number] : NULL;
}

/* Which socket the packet needs is known once it is written. */
static uint8_t *next_slot(void *context)
{
	struct lp_link *l = context;
	if (!l->lone)
		return l->packet;
	return l->config.ops->slot(l->config.context, (unsigned)(l->lone - l->ways));
}

/* The last word of a connection can find its socket closed. */
static void put_packet(void *context, const struct lp_path *path, size_t len)
{
	struct lp_link *l = context;
	const struct lp_link_ops *ops = l->config.ops;
	const struct lp_way *w = way_of(l, path);
	if (!w)
		return;
	unsigned number = (unsigned)(w - l->ways);
	if (!l->lone)
		memcpy(ops->slot(l->config.context, number), l->packet, len);
	ops->put(l->config.context, number, path, len);
}

static void write_packets(struct lp_link *l)
{
	const struct lp_outlet outlet = {l, next_slot, put_packet};
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
	lp_link_flush(l);
}

void lp_link_on_packet(struct lp_link *l, const struct lp_address *remote, const uint8_t *bytes,
	size_t len, lp_time now)
{
	lp_link_advance(l, now);
	const struct lp_way *w = way_to(l, remote);
	if (w)
		lp_quic_read(l->quic, &w->path, bytes, len, now);
}

void lp_link_on_uplink(struct lp_link *l, lp_time now)
{
	lp_link_advance(l, now);
	if (l->joined)
		lp_quic_probe(l->joined->conn);
	l->is_stale = l->looking != 0;
	l->uplink_at = now + SETTLED;
	lp_link_back_hurry(l);
	lp_tunnel_hurry(l->tunnel, now);
}

/* The network can have lost one family, as when a computer moves to a network with IPv6 alone. The relay can
 * have an address of the other one. Without any network, the connection stays for when it is back. */
static void leave_dead_way(struct lp_link *l)
{
	if (l->uplink_at == 0 || l->now < l->uplink_at)
		return;
	l->uplink_at = 0;
	if (!l->joined || lp_has_route_to(&l->joined->entry.address))
		return;
	if (!lp_has_route(AF_INET) && !lp_has_route(AF_INET6))
		return;
	lp_quic_close(l->joined->conn, LP_LEAVE_OTHER,
		"this computer's network no longer leads to the relay's address");
	lp_tunnel_hurry(l->tunnel, l->now);
}

void lp_link_set_own(struct lp_link *l, const struct lp_own_list *own)
{
	l->own = *own;
	lp_link_tell_own(l);
}

void lp_link_on_frame(struct lp_link *l, const uint8_t *frame, size_t len, lp_time now)
{
	lp_link_advance(l, now);
	lp_tunnel_on_frame(l->tunnel, frame, len, now);
}

void lp_link_on_protected(
	struct lp_link *l, const struct lp_protected *protected, bool moved, lp_time now)
{
	lp_link_advance(l, now);
	lp_tunnel_protect(l->tunnel, protected, moved, now);
}

void lp_link_on_time(struct lp_link *l, lp_time now)
{
	lp_link_advance(l, now);
	lp_quic_on_time(l->quic, now);
	lp_link_streams_on_time(l);
	lp_tunnel_on_time(l->tunnel, now);
	leave_dead_way(l);
}

lp_time lp_link_deadline(const struct lp_link *l)
{
	lp_time deadline = lp_sooner(lp_quic_deadline(l->quic), lp_tunnel_deadline(l->tunnel));
	deadline = lp_sooner(deadline, lp_link_next_try(l));
	deadline = lp_sooner(deadline, lp_link_streams_deadline(l));
	deadline = lp_sooner(deadline, lp_link_back_deadline(l));
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
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (l->ways[i].conn)
			return false;
	return lp_tunnel_is_over(l->tunnel);
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
	return &l->latest.address;
}

const struct lp_entry *lp_link_entry(const struct lp_link *l)
{
	return &l->latest;
}

bool lp_link_info(const struct lp_link *l, struct lp_quic_info *ret_info)
{
	*ret_info = (struct lp_quic_info){0};
	if (l->joined)
		lp_quic_get_info(l->joined->conn, ret_info);
	return l->joined != NULL;
}

lp_time lp_link_rtt(const struct lp_link *l)
{
	struct lp_quic_info info;
	lp_link_info(l, &info);
	return info.rtt;
}

static bool takes(void *context, const struct lp_path *path)
{
	struct lp_link *l = context;
	const struct lp_way *w = way_of(l, path);
	return !w || l->config.ops->takes(l->config.context, (unsigned)(w - l->ways));
}

static void prepare_race(struct lp_link *l)
{
	const struct lp_peer_options *o = l->config.options;
	size_t count = lp_peer_endpoints(o);
	unsigned proxied = 0;
	lp_race_init(&l->race, count);
	for (size_t i = 0; i < count; i++)
		proxied |= lp_proxy_leads_to(o, i) ? 1u << i : 0;
	if (l->config.streams && !o->no_tcp)
		lp_race_allow_streams(&l->race, proxied);
	if (l->config.remembered.endpoint < count)
		lp_race_favour(&l->race, &l->config.remembered, false);
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
		.stations = config->stations,
		.trace = lp_log_on(LP_LOG_FRAME) ? lp_tell_frame : NULL,
	};
	struct lp_quic_config quic = {
		.handler = &lp_link_handler,
		.context = l,
		.keep_alive = config->role == LP_ROLE_GATEWAY ? KEEP_ALIVE_GATEWAY : 0,
		.takes = takes,
	};
	if (!l || !lp_random(&tunnel.seed, sizeof(tunnel.seed)) ||
		!lp_random(&tunnel.flow_secret, sizeof(tunnel.flow_secret))) {
		free(l);
		return NULL;
	}
	l->config = *config;
	lp_zero(l->config.resume_token, sizeof(l->config.resume_token)); /* the tunnel has it */
	l->exit = LP_EXIT_OS;
	l->back.at = LP_NEVER;
	prepare_race(l);
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
