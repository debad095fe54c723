#include "tunnel_harness.h"
#include "null_port.h"

static bool mock_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct mock_port *m = (struct mock_port *)port;
	if (m->refuse_write)
		return false;
	memcpy(m->previous, m->frame, sizeof(m->previous));
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

static void mock_note(struct lp_port *port, enum lp_port_way way, const struct lp_view *view,
	const struct lp_filter_facts *facts)
{
	struct mock_port *m = (struct mock_port *)port;
	m->noted[way]++;
	m->noted_from = view->eth.src;
	m->noted_question = facts->asked_ipv4;
}

static const struct lp_port_ops mock_ops = {
	null_port_read, mock_write, mock_up, mock_down, mock_members, null_port_close, mock_note};

/* Of the last frame that any tunnel with harness_config has judged. */
static struct lp_verdict harness_verdict;

static void harness_trace(
	void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	(void)way;
	harness_verdict = *verdict;
}

struct lp_tunnel_config harness_config(enum lp_role role)
{
	return (struct lp_tunnel_config){.role = role,
		.room_key = {5},
		.opening = {6},
		.mac = role == LP_ROLE_CLIENT ? player_mac(OWN_PEER) : (struct lp_mac){{0}},
		.name = "me",
		.seed = 12345,
		.trace = harness_trace};
}

struct harness *harness_new(const struct lp_tunnel_config *config)
{
	struct harness *h = calloc(1, sizeof(*h));
	assert(h);
	h->port.port.ops = &mock_ops;
	h->now = LP_SECOND;
	h->stream = 3;
	h->tunnel = lp_tunnel_new(config, &h->port.port);
	assert(h->tunnel);
	return h;
}

void harness_free(struct harness *h)
{
	lp_tunnel_free(h->tunnel);
	free(h);
}

void harness_drain(struct harness *h)
{
	struct lp_tunnel_action a;
	while (lp_tunnel_next(h->tunnel, &a)) {
		assert(h->count < ACTIONS);
		h->actions[h->count++] = a;
	}
}

void harness_forget(struct harness *h)
{
	h->count = 0;
}

const struct lp_tunnel_action *harness_action(
	const struct harness *h, enum lp_tunnel_kind kind, size_t n)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->actions[i].kind == kind && n-- == 0)
			return &h->actions[i];
	return NULL;
}

void harness_start(struct harness *h)
{
	lp_tunnel_start(h->tunnel, h->now);
	harness_drain(h);
}

void harness_path(struct harness *h, size_t datagram_max)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	source->ops->path(source, datagram_max);
}

bool harness_has_datagram(struct harness *h)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	struct lp_datagram d;
	return source->ops->peek(source, LP_DATAGRAM_MAX, true, h->now, &d);
}

void harness_connected(struct harness *h)
{
	h->sequence = 0;
	h->stream = 3;
	harness_path(h, 1400);
	lp_tunnel_on_connected(h->tunnel, h->now);
	harness_drain(h);
}

void harness_stream(struct harness *h, int64_t stream, const void *bytes, size_t len, bool fin)
{
	lp_tunnel_on_stream(h->tunnel, &(struct lp_piece){stream, bytes, len, fin}, h->now);
	harness_drain(h);
}

void harness_say(struct harness *h, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	assert(len);
	harness_stream(h, stream, bytes, len, true);
}

void harness_event(struct harness *h, const struct lp_control *m)
{
	int64_t stream = h->stream;
	h->stream += 4;
	harness_say(h, stream, m);
}

struct lp_control welcome_of(uint16_t mtu)
{
	return (struct lp_control){.type = LP_WELCOME,
		.welcome = {.version = 1,
			.room = ROOM,
			.peer = OWN_PEER,
			.mtu = mtu,
			.capabilities = LP_CAP_FRAGMENTS,
			.resume_token = {9, 9, 9}}};
}

struct lp_control joined_event(uint64_t sequence, uint16_t peer, enum lp_role role)
{
	struct lp_control m = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = sequence, .peer = peer, .role = role, .name = "you"}};
	if (role == LP_ROLE_CLIENT)
		m.peer_joined.mac = player_mac(peer);
	return m;
}

struct lp_control left_event(uint64_t sequence, uint16_t peer)
{
	return (struct lp_control){.type = LP_PEER_LEFT,
		.peer_left = {.sequence = sequence, .peer = peer, .reason = LP_LEAVE_TIMED_OUT}};
}

void harness_joined(struct harness *h, uint16_t peer, enum lp_role role)
{
	struct lp_control m = joined_event(++h->sequence, peer, role);
	harness_event(h, &m);
}

void harness_left(struct harness *h, uint16_t peer)
{
	struct lp_control m = left_event(++h->sequence, peer);
	harness_event(h, &m);
}

void harness_join_as(struct harness *h, uint16_t mtu, uint64_t capabilities)
{
	struct lp_control m = welcome_of(mtu);
	m.welcome.capabilities = capabilities;
	harness_connected(h);
	harness_say(h, 0, &m);
}

void harness_join(struct harness *h, uint16_t mtu)
{
	harness_join_as(h, mtu, LP_CAP_FRAGMENTS);
}

struct harness *harness_in_room(enum lp_role role)
{
	const struct lp_tunnel_config config = harness_config(role);
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_join(h, 1500);
	assert(lp_tunnel_is_joined(h->tunnel));
	return h;
}

void harness_closed(struct harness *h, bool final)
{
	lp_tunnel_on_closed(h->tunnel, final, "it went away", h->now);
	harness_drain(h);
}

void harness_at(struct harness *h, lp_time now)
{
	h->now = now;
	lp_tunnel_on_time(h->tunnel, now);
	harness_drain(h);
}

struct lp_verdict harness_frame(struct harness *h, const uint8_t *frame, size_t len)
{
	lp_tunnel_on_frame(h->tunnel, frame, len, h->now);
	return harness_verdict;
}

struct lp_verdict harness_datagram(struct harness *h, const uint8_t *bytes, size_t len)
{
	struct lp_datagram_sink *sink = lp_tunnel_sink(h->tunnel);
	sink->take(sink, bytes, len, h->now);
	return harness_verdict;
}

struct lp_verdict harness_forwarded(
	struct harness *h, uint16_t peer, const uint8_t *frame, size_t len)
{
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay o = {.peer = peer, .room = ROOM};
	size_t at = lp_overlay_encode(&o, bytes);
	memcpy(bytes + at, frame, len);
	return harness_datagram(h, bytes, at + len);
}

bool harness_peek(struct harness *h, size_t max, bool bulk, struct lp_datagram *ret_datagram)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	return source->ops->peek(source, max, bulk, h->now, ret_datagram);
}

void harness_pop(struct harness *h)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	source->ops->pop(source);
}

void harness_acked(struct harness *h, uint64_t tag)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	source->ops->acked(source, tag);
}

void harness_lost(struct harness *h, uint64_t tag)
{
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	source->ops->lost(source, tag, h->now);
}

size_t harness_take(struct harness *h, size_t max, uint8_t *bytes, struct lp_overlay *o)
{
	struct lp_datagram d;
	if (!harness_peek(h, max, true, &d))
		return 0;
	size_t len = d.header_len + d.len;
	assert(len <= max);
	memcpy(bytes, d.header, d.header_len);
	memcpy(bytes + d.header_len, d.bytes, d.len);
	harness_pop(h);
	enum lp_drop drop = lp_overlay_decode(bytes, len, o);
	assert(drop == LP_DROP_NONE);
	(void)drop;
	return len;
}
