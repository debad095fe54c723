/* hub_peers.h - a hub and members without tunnels. It records what the hub does to each of them. */
#ifndef LANPARTY_TESTS_HUB_PEERS_H
#define LANPARTY_TESTS_HUB_PEERS_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/overlay.h"

#define RELAY_PEERS    72
#define RELAY_MESSAGES 80
#define RELAY_LOG      64
#define RELAY_PATH     1400

struct peer {
	struct lp_session *session; /* NULL: not connected */
	struct lp_mac mac;
	lp_time heard; /* the hub's relay heard of it last */
	bool welcomed, closed, woken;
	struct lp_welcome welcome;
	int reject; /* -1: none */
	uint16_t steer;
	enum lp_leave_reason close;
	struct lp_control messages[RELAY_MESSAGES]; /* events, in the order sent */
	size_t count;
	int64_t next_stream; /* of the peer's own messages */
};

struct relay {
	struct lp_hub *hub;
	lp_time now;
	struct peer peers[RELAY_PEERS];
	struct lp_hub_action log[RELAY_LOG]; /* actions for the log */
	size_t log_count;
};

static bool relay_random(void *bytes, size_t len)
{
	static uint8_t next;
	next++;
	memset(bytes, next ? next : 1, len);
	return true;
}

static lp_time peer_heard(void *user)
{
	return ((const struct peer *)user)->heard;
}

/* Of the last datagram that any hub with relay_config has judged. */
static struct lp_verdict relay_verdict;

static void relay_trace(
	void *context, const struct lp_session *session, const struct lp_verdict *verdict)
{
	(void)context;
	assert(session);
	relay_verdict = *verdict;
}

static inline struct lp_hub_config relay_config(void)
{
	return (struct lp_hub_config){.rooms = {.max_clients = 64, .max_rooms = 8},
		.frames = 2048,
		.keep_alive_ms = 2000,
		.idle_timeout_ms = 9000,
		.random = relay_random,
		.heard = peer_heard,
		.trace = relay_trace};
}

static inline struct relay *relay_new(const struct lp_hub_config *config)
{
	struct relay *r = calloc(1, sizeof(*r));
	assert(r);
	r->hub = lp_hub_new(config);
	assert(r->hub);
	r->now = LP_SECOND;
	return r;
}

static inline void relay_free(struct relay *r)
{
	lp_hub_free(r->hub);
	free(r);
}

/* Executes all actions of the hub. */
static inline void relay_drain(struct relay *r)
{
	struct lp_hub_action a;
	while (lp_hub_next(r->hub, &a)) {
		struct peer *p = a.session ? lp_session_user(a.session) : NULL;
		struct lp_control m;
		size_t used;
		assert(a.text);
		switch (a.kind) {
		case LP_HUB_REPLY:
			assert(lp_control_decode(a.bytes, a.len, &m, &used) == LP_OK);
			assert(used == a.len && !p->welcomed && p->reject == -1);
			if (m.type == LP_WELCOME) {
				p->welcomed = true;
				p->welcome = m.welcome;
			} else {
				assert(m.type == LP_REJECT);
				p->reject = (int)m.reject.reason;
				p->steer = m.reject.steer;
			}
			break;
		case LP_HUB_MESSAGE:
			assert(p->count < RELAY_MESSAGES && !p->closed);
			assert(lp_control_decode(a.bytes, a.len, &p->messages[p->count], &used) ==
				LP_OK);
			assert(used == a.len);
			p->count++;
			break;
		case LP_HUB_CLOSE:
			assert(!p->closed);
			p->closed = true;
			p->close = a.leave;
			break;
		default:
			if (r->log_count < RELAY_LOG)
				r->log[r->log_count++] = a;
		}
	}
}

static inline void relay_at(struct relay *r, lp_time now)
{
	r->now = now;
	lp_hub_on_time(r->hub, now);
	relay_drain(r);
}

static void peer_wake(void *carrier)
{
	((struct peer *)carrier)->woken = true;
}

static inline void peer_open(struct relay *r, int i, size_t path)
{
	struct peer *p = &r->peers[i];
	memset(p, 0, sizeof(*p));
	p->reject = -1;
	p->next_stream = 2;
	p->mac = player_mac((unsigned)i);
	p->heard = r->now;
	p->session = lp_hub_open(r->hub, p, 0, path, r->now);
	assert(p->session);
	lp_session_source(p->session)->wake = peer_wake;
	lp_session_source(p->session)->carrier = p;
}

/* What its connection says of the path. */
static inline void peer_path(struct relay *r, int i, size_t datagram_max)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->path(source, datagram_max);
}

static inline void peer_stream(
	struct relay *r, int i, int64_t stream, const void *bytes, size_t len, bool fin)
{
	lp_hub_on_stream(r->hub, r->peers[i].session, stream, bytes, len, fin, r->now);
	relay_drain(r);
}

static inline struct lp_control peer_hello(int i, enum lp_role role)
{
	struct lp_control m = {.type = LP_HELLO,
		.hello = {.version_min = 1,
			.version_max = 1,
			.role = role,
			.room_key = {1},
			.name = "someone",
			.datagram_budget = LP_DATAGRAM_MAX,
			.mtu = LP_ETH_MTU,
			.capabilities = LP_CAP_FRAGMENTS}};
	if (role == LP_ROLE_CLIENT)
		m.hello.mac = player_mac((unsigned)i);
	return m;
}

static inline void peer_say(struct relay *r, int i, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	assert(len);
	peer_stream(r, i, stream, bytes, len, true);
}

/* Sends a message on a unidirectional stream of its own. */
static inline void peer_message(struct relay *r, int i, const struct lp_control *m)
{
	int64_t stream = r->peers[i].next_stream;
	r->peers[i].next_stream += 4;
	peer_say(r, i, stream, m);
}

/* Peer 0 is the gateway; the others are clients. */
static inline struct peer *peer_join_as(struct relay *r, int i, uint64_t capabilities)
{
	struct lp_control m = peer_hello(i, i ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
	m.hello.capabilities = capabilities;
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
	return &r->peers[i];
}

static inline struct peer *peer_join(struct relay *r, int i)
{
	return peer_join_as(r, i, LP_CAP_FRAGMENTS);
}

static inline void peer_closed(struct relay *r, int i, enum lp_leave_reason reason)
{
	lp_hub_on_closed(r->hub, r->peers[i].session, reason, r->now);
	r->peers[i].session = NULL;
	relay_drain(r);
}

/* Forgets all recorded messages and actions. */
static inline void relay_forget(struct relay *r)
{
	for (int i = 0; i < RELAY_PEERS; i++)
		r->peers[i].count = 0;
	r->log_count = 0;
}

static inline struct lp_verdict peer_datagram(
	struct relay *r, int i, const uint8_t *bytes, size_t len)
{
	struct lp_datagram_sink *sink = lp_session_sink(r->peers[i].session);
	sink->take(sink, bytes, len, r->now);
	relay_drain(r);
	return relay_verdict;
}

static inline struct lp_verdict peer_frame(struct relay *r, int i, const uint8_t *frame, size_t len)
{
	uint8_t bytes[LP_OVERLAY_HEADER + FRAME_CAP];
	const struct lp_overlay o = {.type = LP_OVERLAY_WHOLE,
		.peer = r->peers[i].welcome.peer,
		.room = r->peers[i].welcome.room};
	uint8_t head[LP_OVERLAY_FRAGMENT_HEADER];
	size_t at = lp_overlay_encode(&o, head);
	memcpy(bytes, head, at);
	memcpy(bytes + at, frame, len);
	return peer_datagram(r, i, bytes, at + len);
}

/* Its connection was asked to send since the last time that this was asked. */
static inline bool peer_is_woken(struct relay *r, int i)
{
	bool woken = r->peers[i].woken;
	r->peers[i].woken = false;
	return woken;
}

/* What its connection does with datagrams that wait for the peer. */
static inline bool peer_peek(
	struct relay *r, int i, size_t max, bool bulk, struct lp_datagram *ret_datagram)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	return source->ops->peek(source, max, bulk, r->now, ret_datagram);
}

static inline void peer_pop(struct relay *r, int i)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->pop(source);
}

static inline void peer_acked(struct relay *r, int i, uint64_t tag)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->acked(source, tag);
}

static inline void peer_lost(struct relay *r, int i, uint64_t tag)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->lost(source, tag, r->now);
}

/* Takes the next datagram that waits for the peer; 0 when none does. */
static inline size_t peer_take_max(
	struct relay *r, int i, size_t max, uint8_t *bytes, struct lp_overlay *ret_overlay)
{
	struct lp_datagram d;
	if (!peer_peek(r, i, max, true, &d))
		return 0;
	size_t len = d.header_len + d.len;
	assert(len <= max);
	memcpy(bytes, d.header, d.header_len);
	memcpy(bytes + d.header_len, d.bytes, d.len);
	peer_pop(r, i);
	enum lp_drop drop = lp_overlay_decode(bytes, len, ret_overlay);
	assert(drop == LP_DROP_NONE);
	(void)drop;
	return len;
}

static inline size_t peer_take(struct relay *r, int i, uint8_t *bytes, struct lp_overlay *o)
{
	return peer_take_max(r, i, LP_DATAGRAM_MAX, bytes, o);
}

/* Discards all datagrams for the peer and returns their number. */
static inline size_t peer_take_all(struct relay *r, int i)
{
	uint8_t bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t count = 0;
	while (peer_take(r, i, bytes, &o))
		count++;
	return count;
}

static inline struct lp_hub_counters relay_counters(const struct relay *r)
{
	struct lp_hub_counters c;
	lp_hub_get_counters(r->hub, &c);
	return c;
}

#endif
