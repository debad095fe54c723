#include "server_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/linux/udp_set.h"
#include "lanparty/quic/host_key.h"
#include "lanparty/quic/quic.h"

#define SEND_ROUNDS                                                                                \
	4 /* times that closing connections cause messages to others in one wake-up, at most */

/* So many idle times after the last stream, no connection is left that has used one: it has ended, and its
 * end is over, too. */
#define IDLE_TIMES_MIXED 4

#define STATS_INTERVAL (60 * LP_SECOND) /* between two lines of one room */

static enum lp_leave_reason reason_of(const struct lp_quic_close *why)
{
	switch (why->end) {
	case LP_QUIC_END_PEER:
		if (!why->application)
			return why->code ? LP_LEAVE_PROTOCOL_ERROR : LP_LEAVE_NORMAL;
		return why->code == LP_LEAVE_NORMAL ? LP_LEAVE_NORMAL : LP_LEAVE_OTHER;
	case LP_QUIC_END_LOCAL: /* the hub has told why already */
	case LP_QUIC_END_MEMORY:
		return LP_LEAVE_OTHER;
	case LP_QUIC_END_IDLE:
	case LP_QUIC_END_HANDSHAKE:
		return LP_LEAVE_TIMED_OUT;
	default:
		return LP_LEAVE_PROTOCOL_ERROR;
	}
}

static void note_address(struct lp_session *session, const struct lp_quic_conn *conn)
{
	struct lp_path path;
	lp_quic_get_path(conn, &path);
	lp_hub_set_address(session, &path.remote);
}

static void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct server *s = context;
	struct lp_session *session =
		lp_hub_open(s->hub, conn, lp_quic_source(conn), lp_quic_datagram_max(conn), s->now);
	lp_quic_set_user(conn, session);
	if (!session) {
		lp_quic_close(conn, LP_LEAVE_OTHER, "the relay is out of memory");
		return;
	}
	note_address(session, conn);
	lp_quic_attach(conn, lp_session_source(session), lp_session_sink(session));
}

static void on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct server *s = context;
	struct lp_session *session = lp_quic_user(conn);
	if (session)
		lp_hub_on_stream(s->hub, session, piece, s->now);
}

/* Row F7. */
static void log_frame(void *context, const struct lp_session *session, const struct lp_verdict *v)
{
	(void)context;
	const struct lp_member *m = lp_session_member(session);
	char src[LP_MAC_TEXT], dst[LP_MAC_TEXT];
	lp_log(LP_LOG_FRAME, "frame",
		"room=%u peer=%u src=%s dst=%s type=0x%04x len=%u action=%s drop=%s targets=%u "
		"skipped=%u",
		m ? lp_room_id(m->room) : 0u, m ? m->peer : 0u, lp_mac_format(&v->eth.src, src),
		lp_mac_format(&v->eth.dst, dst), v->eth.type, v->len, lp_action_text(v->action),
		lp_drop_text(v->drop), v->targets, v->skipped);
}

static void on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct server *s = context;
	struct lp_session *session = lp_quic_user(conn);
	lp_log(LP_LOG_DEBUG, "connection_closed", "end=%d code=%llu text=%s", (int)why->end,
		(unsigned long long)why->code, why->text);
	if (!session)
		return;
	note_address(session, conn);
	lp_hub_on_closed(s->hub, session, reason_of(why), s->now);
}

static const struct lp_quic_handler handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
};

static lp_time heard(void *user)
{
	return lp_quic_heard(user);
}

/* Row N4. */
static bool proves(void *user, const struct lp_hello *hello, uint8_t ret_print[LP_HOST_PRINT])
{
	const struct lp_host_claim claim = {lp_quic_binding(user), hello->room_key, hello->role};
	if (!lp_host_proves(hello->host_key, &claim, hello->host_proof))
		return false;
	lp_host_print(hello->host_key, ret_print);
	return true;
}

/* Row H3. The calendar decides once, at the join: a guest who is there does not go or stay for a clock that is
 * set meanwhile. */
static bool admits(const uint8_t pass[LP_GUEST_PASS], const uint8_t host_key[LP_HOST_KEY_SIZE],
	lp_time now, lp_time *ret_end)
{
	int64_t left = (int64_t)lp_guest_end(pass) - (int64_t)time(NULL);
	if (!lp_guest_is_signed(host_key, pass))
		return false;
	*ret_end = left > 0 ? now + (lp_time)left * LP_SECOND : now;
	return true;
}

/* A member's path as its packets show it. */
static void take_quality(struct lp_session *session, struct lp_quic_conn *conn)
{
	struct lp_quic_info info;
	lp_quic_get_info(conn, &info);
	uint64_t all = info.datagrams_acked + info.datagrams_lost;
	uint64_t loss = all ? info.datagrams_lost * 1000 / all : 0;
	lp_hub_on_quality(session, (uint32_t)(info.smoothed / 1000), (uint32_t)loss);
}

/* Row N6. */
static bool may_log(
	struct server *s, const struct lp_hub_action *a, enum lp_log_level level, const char *event)
{
	return lp_log_limit_take(&s->log, level, event, a->source, s->now);
}

static void log_stats(struct server *s, const struct lp_hub_action *a)
{
	if (!may_log(s, a, LP_LOG_DEBUG, "stats"))
		return;
	const struct lp_stats *stats = a->stats;
	uint64_t tx_drops = 0, rx_drops = 0;
	for (size_t i = 0; i < LP_DROP_COUNT; i++) {
		tx_drops += stats->tx_drops[i];
		rx_drops += stats->rx_drops[i];
	}
	lp_log(LP_LOG_DEBUG, "stats",
		"room=%u peer=%u role=%s tx_frames=%llu tx_bytes=%llu tx_drops=%llu rx_frames=%llu "
		"rx_bytes=%llu rx_drops=%llu",
		a->room, a->peer, lp_role_text(a->role), (unsigned long long)stats->tx_frames,
		(unsigned long long)stats->tx_bytes, (unsigned long long)tx_drops,
		(unsigned long long)stats->rx_frames, (unsigned long long)stats->rx_bytes,
		(unsigned long long)rx_drops);
}

static void log_room(void *context, const struct lp_room *room, const struct lp_traffic *traffic)
{
	(void)context;
	size_t count;
	lp_room_members(room, &count);
	lp_log(LP_LOG_INFO, "room_stats",
		"room=%u members=%zu gateway=%s frames=%llu bytes=%llu drops=%llu",
		lp_room_id(room), count, lp_room_gateway(room) ? "yes" : "no",
		(unsigned long long)traffic->frames, (unsigned long long)traffic->bytes,
		(unsigned long long)traffic->drops);
}

static void log_rooms(struct server *s)
{
	if (s->now < s->next_stats)
		return;
	s->next_stats = s->now + STATS_INTERVAL;
	lp_hub_each_room(s->hub, log_room, s);
}

static const char *address_of(
	const struct server *s, const struct lp_hub_action *a, char text[LP_ADDRESS_TEXT])
{
	return s->log_addresses ? lp_address_format(&a->address, text) : "-";
}

/* A loop or a conflict of a member begins, or ends. */
static void log_trouble(struct server *s, const struct lp_hub_action *a)
{
	const struct lp_member *m = lp_session_member(a->session);
	enum lp_log_level level = a->begins ? LP_LOG_WARNING : LP_LOG_INFO;
	bool loop = a->kind == LP_HUB_LOOP;
	const char *event =
		a->begins ? (loop ? "loop" : "conflict") : (loop ? "loop_ended" : "conflict_ended");
	if (m && may_log(s, a, level, event))
		lp_log(level, event, "room=%u peer=%u name=%s", a->room, a->peer, m->name);
}

/* Row W2. */
static const char *carrier_of(const struct lp_hub_action *a)
{
	struct lp_quic_conn *conn = lp_session_user(a->session);
	return conn && server_is_over_tcp(conn) ? "tcp" : "udp";
}

bool server_is_over_tcp(const struct lp_quic_conn *conn)
{
	struct lp_path path;
	lp_quic_get_path(conn, &path);
	return lp_address_is_stream(&path.local, NULL);
}

static void log_joined(struct server *s, const struct lp_hub_action *a)
{
	const struct lp_member *m = lp_session_member(a->session);
	const char *event = a->kind == LP_HUB_JOINED ? "peer_joined" : "peer_resumed";
	char mac[LP_MAC_TEXT], address[LP_ADDRESS_TEXT];
	if (m && may_log(s, a, LP_LOG_INFO, event))
		lp_log(LP_LOG_INFO, event,
			"room=%u peer=%u role=%s mac=%s name=%s mtu=%u address=%s over=%s", a->room,
			a->peer, lp_role_text(a->role), lp_mac_format(&m->mac, mac), m->name,
			lp_room_mtu(m->room), address_of(s, a, address), carrier_of(a));
}

static void log_left(struct server *s, const struct lp_hub_action *a)
{
	char address[LP_ADDRESS_TEXT];
	if (may_log(s, a, LP_LOG_INFO, "peer_left"))
		lp_log(LP_LOG_INFO, "peer_left",
			"room=%u peer=%u role=%s reason=%s room_closed=%s address=%s", a->room,
			a->peer, lp_role_text(a->role), lp_leave_word(a->leave),
			a->room_closed ? "yes" : "no", address_of(s, a, address));
}

static void log_rejected(struct server *s, const struct lp_hub_action *a)
{
	char address[LP_ADDRESS_TEXT];
	if (may_log(s, a, LP_LOG_INFO, "rejected"))
		lp_log(LP_LOG_INFO, "rejected", "reason=%s address=%s", lp_reject_word(a->reject),
			address_of(s, a, address));
}

static void send_message(struct server *s, struct lp_quic_conn *conn, const struct lp_hub_action *a)
{
	enum lp_status status = a->kind == LP_HUB_REPLY
					? lp_quic_send(conn, 0, a->bytes, a->len, true)
					: lp_quic_send_message(conn, a->bytes, a->len);
	if (status == LP_OK)
		return;
	/* Row C2: the others stay; a peer that takes no events is of no use to its room. */
	if (may_log(s, a, LP_LOG_WARNING, "notify_failed"))
		lp_log(LP_LOG_WARNING, "notify_failed", "room=%u peer=%u reason=%s", a->room,
			a->peer, lp_status_text(status));
	if (status == LP_FULL)
		lp_quic_close(conn, LP_LEAVE_TOO_SLOW, "too many events wait for you");
	else if (status == LP_NO_MEMORY)
		lp_quic_close(conn, LP_LEAVE_OTHER, "the relay is out of memory");
}

static void do_action(struct server *s, const struct lp_hub_action *a)
{
	struct lp_quic_conn *conn = a->session ? lp_session_user(a->session) : NULL;
	switch (a->kind) {
	case LP_HUB_REPLY:
	case LP_HUB_MESSAGE:
		send_message(s, conn, a);
		break;
	case LP_HUB_CLOSE:
		lp_quic_close(conn, a->leave, a->text);
		break;
	case LP_HUB_JOINED:
	case LP_HUB_RESUMED:
		log_joined(s, a);
		break;
	case LP_HUB_REJECTED:
		log_rejected(s, a);
		break;
	case LP_HUB_LEFT:
		log_left(s, a);
		break;
	case LP_HUB_LOOP:
	case LP_HUB_CONFLICT:
		log_trouble(s, a);
		break;
	case LP_HUB_ACTED:
		if (may_log(s, a, LP_LOG_INFO, "host_act"))
			lp_log(LP_LOG_INFO, "host_act", "room=%u peer=%u act=%s result=%s", a->room,
				a->peer, lp_act_word(a->act), lp_acted_text(a->acted));
		break;
	case LP_HUB_STATS:
		log_stats(s, a);
		take_quality(a->session, conn);
		break;
	}
}

static bool do_actions(struct server *s)
{
	struct lp_hub_action action;
	bool any = false;
	while (lp_hub_next(s->hub, &action)) {
		do_action(s, &action);
		any = true;
	}
	return any;
}

/* Row W2. A connection outlives its stream, and what it writes must not leave over UDP. */
static bool is_mixed(struct server *s)
{
	if (streams_any(s->streams))
		s->mixed_until = s->now + s->mixed_for;
	return s->now < s->mixed_until;
}

/* The outlet while somebody can be here over TCP; otherwise payloads take the sockets' own. */
static uint8_t *mixed_slot(void *context)
{
	struct server *s = context;
	return s->slot = s->outlet.slot(s->outlet.context);
}

static void mixed_put(void *context, const struct lp_path *path, size_t len)
{
	struct server *s = context;
	if (lp_address_is_stream(&path->local, NULL))
		streams_put(s->streams, path, s->slot, len);
	else
		s->outlet.put(s->outlet.context, path, len);
}

static void write_all(struct server *s)
{
	const struct lp_outlet mixed = {s, mixed_slot, mixed_put};
	/* Also when the last stream is gone: its deadline has passed until then. */
	if (s->streams && streams_released(s->streams))
		lp_quic_release(s->quic);
	if (!s->streams || !is_mixed(s)) {
		lp_quic_write_all(s->quic, &s->outlet, s->now);
		return;
	}
	lp_quic_write_all(s->quic, &mixed, s->now);
	streams_flush(s->streams);
}

static bool takes(void *context, const struct lp_path *path)
{
	struct server *s = context;
	return !s->streams || streams_takes(s->streams, path);
}

static void send_all(struct server *s)
{
	do_actions(s);
	for (int i = 0; i < SEND_ROUNDS; i++) {
		write_all(s);
		if (!do_actions(s))
			break;
	}
	lp_udp_set_flush(&s->sockets);
}

static bool take_sockets(struct server *s, const struct server_config *config)
{
	lp_udp_set_take(&s->sockets, config->sockets, config->socket_count);
	s->outlet = lp_udp_set_outlet(&s->sockets);
	for (size_t i = 0; i < config->socket_count; i++) {
		if (!lp_waiter_add(&s->waiter, lp_udp_fd(config->sockets[i])))
			return false;
	}
	return true;
}

static bool on_payload(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	struct server *s = context;
	return lp_quic_read(s->quic, path, bytes, len, s->now);
}

static void on_packet(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	on_payload(context, path, bytes, len);
}

static void on_given(void *context, struct stream *stream)
{
	struct server *s = context;
	s->give(s->context, stream);
}

static bool open_streams(struct server *s, const struct server_config *config)
{
	struct streams_config streams = config->streams;
	streams.sink = on_payload;
	streams.give = on_given;
	streams.context = s;
	if (streams.listener_count == 0 || streams.max == 0)
		return true;
	s->mixed_for = IDLE_TIMES_MIXED * streams.idle;
	s->streams = streams_open(&streams, s->identity);
	return s->streams && lp_waiter_add(&s->waiter, streams_fd(s->streams));
}

static enum lp_exit open_core(struct server *s, const struct server_config *config)
{
	struct lp_quic_config quic = config->quic;
	quic.handler = &handler;
	quic.context = s;
	quic.takes = takes;
	struct lp_hub_config hub = config->hub;
	hub.heard = heard;
	hub.proves = proves;
	hub.admits = admits;
	if (lp_log_on(LP_LOG_FRAME))
		hub.trace = log_frame;
	s->hub = lp_hub_new(&hub);
	if (s->hub)
		s->quic = lp_quic_new(&quic, s->identity);
	lp_zero(quic.secret, sizeof(quic.secret));
	if (s->quic)
		return LP_EXIT_OK;
	lp_log(LP_LOG_ERROR, "start_failed", "reason=%s",
		s->hub ? "the TLS library cannot use this certificate and key"
		       : "out of memory: lower --max-rooms");
	return LP_EXIT_INTERNAL;
}

struct server *server_open(
	const struct server_config *config, struct lp_identity *identity, enum lp_exit *ret_exit)
{
	struct server *s = calloc(1, sizeof(*s));
	if (!s) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		lp_identity_free(identity);
		*ret_exit = LP_EXIT_INTERNAL;
		return NULL;
	}
	s->identity = identity;
	s->wake = config->wake;
	s->signals = config->signals;
	s->log_addresses = config->log_addresses;
	s->next_stats = lp_clock() + STATS_INTERVAL;
	s->woken = config->woken;
	s->context = config->context;
	s->give = config->give;
	lp_waiter_open(&s->waiter);
	*ret_exit = LP_EXIT_OS;
	if (lp_waiter_add(&s->waiter, s->wake) &&
		(s->signals < 0 || lp_waiter_add(&s->waiter, s->signals)) &&
		take_sockets(s, config) && open_streams(s, config))
		*ret_exit = open_core(s, config);
	else
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s",
			"the system has no descriptor left to wait with", LP_HINT_DESCRIPTORS);
	if (*ret_exit == LP_EXIT_OK)
		return s;
	server_close(s);
	return NULL;
}

void server_set_identity(struct server *s, struct lp_identity *identity)
{
	lp_quic_set_identity(s->quic, identity);
	if (s->streams)
		streams_set_identity(s->streams, identity);
	lp_identity_free(s->identity);
	s->identity = identity;
}

void server_permit(struct server *s, struct lp_room_list *list)
{
	lp_hub_permit(s->hub, list, s->now);
}

void server_adopt(struct server *s, struct stream *streams)
{
	struct stream *next;
	for (struct stream *stream = streams; stream; stream = next) {
		next = stream->next;
		streams_adopt(s->streams, stream, s->now);
	}
}

void server_trace(struct server *s, bool on)
{
	lp_hub_set_trace(s->hub, on ? log_frame : NULL);
}

enum lp_acted server_act(struct server *s, uint32_t room, const struct lp_host_act *act)
{
	return lp_hub_act(s->hub, room, act, s->now);
}

void server_stop(struct server *s)
{
	s->stopping = true;
}

static lp_time deadline(struct server *s)
{
	lp_time quic = lp_quic_deadline(s->quic), hub = lp_hub_deadline(s->hub);
	lp_time log = lp_log_limit_deadline(&s->log), first = quic < hub ? quic : hub;
	first = lp_sooner(first, log);
	if (s->streams)
		first = lp_sooner(first, streams_deadline(s->streams));
	return lp_hub_deadline(s->hub) == LP_NEVER ? first : lp_sooner(first, s->next_stats);
}

/* Sleeps, then reads what has come. True: it was woken. */
static bool wait_and_read(struct server *s)
{
	bool woken = false;
	int ready[SERVER_MAX_LISTEN + 3];
	size_t count = lp_wait(&s->waiter, deadline(s), ready, SERVER_MAX_LISTEN + 3);
	s->now = lp_clock();
	for (size_t i = 0; i < count; i++) {
		struct lp_udp *udp = lp_udp_set_find(&s->sockets, ready[i]);
		woken = woken || ready[i] == s->wake || ready[i] == s->signals;
		if (udp)
			lp_udp_receive(udp, on_packet, s);
		else if (s->streams && ready[i] == streams_fd(s->streams))
			streams_on_ready(s->streams, s->now);
	}
	return woken;
}

void server_run(struct server *s)
{
	while (!s->stopping) {
		if (wait_and_read(s))
			s->woken(s->context, s);
		lp_quic_on_time(s->quic, s->now);
		lp_hub_on_time(s->hub, s->now);
		if (s->streams)
			streams_on_time(s->streams, s->now);
		send_all(s);
		lp_log_limit_on_time(&s->log, s->now);
		log_rooms(s);
	}
	lp_hub_shutdown(s->hub);
	send_all(s);
	lp_log_limit_on_time(&s->log, s->now + LP_LOG_LIMIT_PERIOD);
}

void server_get_counters(const struct server *s, struct server_counters *ret_counters)
{
	lp_hub_get_counters(s->hub, &ret_counters->hub);
	lp_quic_get_counters(s->quic, &ret_counters->quic);
	ret_counters->streams = (struct streams_counters){0};
	if (s->streams)
		streams_get_counters(s->streams, &ret_counters->streams);
}

void server_close(struct server *s)
{
	if (!s)
		return;
	streams_close(s->streams);
	lp_quic_free(s->quic);
	lp_hub_free(s->hub);
	lp_waiter_close(&s->waiter);
	lp_identity_free(s->identity);
	free(s);
}
