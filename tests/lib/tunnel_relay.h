/* tunnel_relay.h - a tunnel with a frame port that records everything, and a relay that the test
 * scripts. */
#ifndef LANPARTY_TESTS_TUNNEL_RELAY_H
#define LANPARTY_TESTS_TUNNEL_RELAY_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/tunnel/tunnel.h"

#define PORT_FRAMES 64
#define ACTIONS     64
#define OWN_PEER    7
#define ROOM        0x01020304

struct mock_port {
	struct lp_port port;
	bool refuse_up, refuse_write;
	size_t ups, downs, mtu;
	size_t members_calls, member_count;
	struct lp_mac members[LP_MAX_MEMBERS];
	size_t count; /* frames written */
	size_t len;   /* of the last frame */
	uint8_t frame[FRAME_CAP];
};

static size_t mock_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

static bool mock_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct mock_port *m = (struct mock_port *)port;
	if (m->refuse_write)
		return false;
	memcpy(m->frame, frame, len);
	m->len = len;
	m->count++;
	return true;
}

static bool mock_up(struct lp_port *port, size_t mtu)
{
	struct mock_port *m = (struct mock_port *)port;
	m->mtu = mtu;
	m->ups++;
	return !m->refuse_up;
}

static void mock_down(struct lp_port *port)
{
	((struct mock_port *)port)->downs++;
}

static void mock_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	struct mock_port *m = (struct mock_port *)port;
	m->members_calls++;
	m->member_count = count;
	if (count)
		memcpy(m->members, macs, count * sizeof(*macs));
}

static void mock_close(struct lp_port *port)
{
	(void)port;
}

static const struct lp_port_ops mock_ops = {
	mock_read, mock_write, mock_up, mock_down, mock_members, mock_close};

/* Of the last frame that any tunnel with line_config has judged. */
static struct lp_verdict line_verdict;

static void line_trace(
	void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	(void)way;
	line_verdict = *verdict;
}

struct line {
	struct lp_tunnel *tunnel;
	struct mock_port port;
	lp_time now;
	struct lp_tunnel_action actions[ACTIONS]; /* since the last line_forget */
	size_t count;
	uint64_t sequence; /* of the relay's events */
	int64_t stream;
};

static inline struct lp_tunnel_config line_config(enum lp_role role)
{
	return (struct lp_tunnel_config){.role = role,
		.room_key = {5},
		.mac = role == LP_ROLE_CLIENT ? player_mac(OWN_PEER) : (struct lp_mac){{0}},
		.name = "me",
		.seed = 12345,
		.trace = line_trace};
}

static inline struct line *line_new(const struct lp_tunnel_config *config)
{
	struct line *l = calloc(1, sizeof(*l));
	assert(l);
	l->port.port.ops = &mock_ops;
	l->now = LP_SECOND;
	l->stream = 3;
	l->tunnel = lp_tunnel_new(config, &l->port.port);
	assert(l->tunnel);
	return l;
}

static inline void line_free(struct line *l)
{
	lp_tunnel_free(l->tunnel);
	free(l);
}

static inline void line_drain(struct line *l)
{
	struct lp_tunnel_action a;
	while (lp_tunnel_next(l->tunnel, &a)) {
		assert(l->count < ACTIONS);
		l->actions[l->count++] = a;
	}
}

static inline void line_forget(struct line *l)
{
	l->count = 0;
}

/* The n-th action of this kind since the last line_forget, or NULL. */
static inline const struct lp_tunnel_action *line_action(
	const struct line *l, enum lp_tunnel_kind kind, size_t n)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->actions[i].kind == kind && n-- == 0)
			return &l->actions[i];
	return NULL;
}

static inline void line_start(struct line *l)
{
	lp_tunnel_start(l->tunnel, l->now);
	line_drain(l);
}

/* What its connection says of the path. */
static inline void line_path(struct line *l, size_t datagram_max)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	source->ops->path(source, datagram_max);
}

/* Something waits to be sent. */
static inline bool line_has_datagram(struct line *l)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	struct lp_datagram d;
	return source->ops->peek(source, LP_DATAGRAM_MAX, true, l->now, &d);
}

static inline void line_connected(struct line *l)
{
	l->sequence = 0;
	l->stream = 3;
	line_path(l, 1400);
	lp_tunnel_on_connected(l->tunnel, l->now);
	line_drain(l);
}

static inline void line_stream(
	struct line *l, int64_t stream, const void *bytes, size_t len, bool fin)
{
	lp_tunnel_on_stream(l->tunnel, stream, bytes, len, fin, l->now);
	line_drain(l);
}

static inline void line_say(struct line *l, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	assert(len);
	line_stream(l, stream, bytes, len, true);
}

static inline void line_event(struct line *l, const struct lp_control *m)
{
	int64_t stream = l->stream;
	l->stream += 4;
	line_say(l, stream, m);
}

static inline struct lp_control welcome_of(uint16_t mtu)
{
	return (struct lp_control){.type = LP_WELCOME,
		.welcome = {.version = 1,
			.room = ROOM,
			.peer = OWN_PEER,
			.mtu = mtu,
			.capabilities = LP_CAP_FRAGMENTS,
			.resume_token = {9, 9, 9}}};
}

static inline struct lp_control joined_event(uint64_t sequence, uint16_t peer, enum lp_role role)
{
	struct lp_control m = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = sequence, .peer = peer, .role = role, .name = "you"}};
	if (role == LP_ROLE_CLIENT)
		m.peer_joined.mac = player_mac(peer);
	return m;
}

static inline struct lp_control left_event(uint64_t sequence, uint16_t peer)
{
	return (struct lp_control){.type = LP_PEER_LEFT,
		.peer_left = {.sequence = sequence, .peer = peer, .reason = LP_LEAVE_TIMED_OUT}};
}

static inline void line_joined(struct line *l, uint16_t peer, enum lp_role role)
{
	struct lp_control m = joined_event(++l->sequence, peer, role);
	line_event(l, &m);
}

static inline void line_left(struct line *l, uint16_t peer)
{
	struct lp_control m = left_event(++l->sequence, peer);
	line_event(l, &m);
}

/* Connects, and joins a room with this mtu. */
static inline void line_join_as(struct line *l, uint16_t mtu, uint64_t capabilities)
{
	struct lp_control m = welcome_of(mtu);
	m.welcome.capabilities = capabilities;
	line_connected(l);
	line_say(l, 0, &m);
}

static inline void line_join(struct line *l, uint16_t mtu)
{
	line_join_as(l, mtu, LP_CAP_FRAGMENTS);
}

static inline struct line *line_in_room(enum lp_role role)
{
	const struct lp_tunnel_config config = line_config(role);
	struct line *l = line_new(&config);
	line_start(l);
	line_join(l, 1500);
	assert(lp_tunnel_is_joined(l->tunnel));
	return l;
}

static inline void line_closed(struct line *l, bool final)
{
	lp_tunnel_on_closed(l->tunnel, final, "it went away", l->now);
	line_drain(l);
}

static inline void line_at(struct line *l, lp_time now)
{
	l->now = now;
	lp_tunnel_on_time(l->tunnel, now);
	line_drain(l);
}

/* Passes a frame from the port to the tunnel. */
static inline struct lp_verdict line_frame(struct line *l, const uint8_t *frame, size_t len)
{
	lp_tunnel_on_frame(l->tunnel, frame, len, l->now);
	return line_verdict;
}

static inline struct lp_verdict line_datagram(struct line *l, const uint8_t *bytes, size_t len)
{
	struct lp_datagram_sink *sink = lp_tunnel_sink(l->tunnel);
	sink->take(sink, bytes, len, l->now);
	return line_verdict;
}

/* Passes a frame that the relay forwards from a member. */
static inline struct lp_verdict line_forwarded(
	struct line *l, uint16_t peer, const uint8_t *frame, size_t len)
{
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay o = {.peer = peer, .room = ROOM};
	size_t at = lp_overlay_encode(&o, bytes);
	memcpy(bytes + at, frame, len);
	return line_datagram(l, bytes, at + len);
}

/* What its connection does with datagrams that wait. */
static inline bool line_peek(
	struct line *l, size_t max, bool bulk, struct lp_datagram *ret_datagram)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	return source->ops->peek(source, max, bulk, l->now, ret_datagram);
}

static inline void line_pop(struct line *l)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	source->ops->pop(source);
}

static inline void line_acked(struct line *l, uint64_t tag)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	source->ops->acked(source, tag);
}

static inline void line_lost(struct line *l, uint64_t tag)
{
	struct lp_datagram_source *source = lp_tunnel_source(l->tunnel);
	source->ops->lost(source, tag, l->now);
}

static inline size_t line_take(struct line *l, size_t max, uint8_t *bytes, struct lp_overlay *o)
{
	struct lp_datagram d;
	if (!line_peek(l, max, true, &d))
		return 0;
	size_t len = d.header_len + d.len;
	assert(len <= max);
	memcpy(bytes, d.header, d.header_len);
	memcpy(bytes + d.header_len, d.bytes, d.len);
	line_pop(l);
	enum lp_drop drop = lp_overlay_decode(bytes, len, o);
	assert(drop == LP_DROP_NONE);
	(void)drop;
	return len;
}

#endif
