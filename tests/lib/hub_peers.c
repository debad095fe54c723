#include "hub_peers.h"

static bool relay_random(void *bytes, size_t len)
{
	static uint8_t next;
	next++;
	memset(bytes, next ? next : 1, len);
	return true;
}

lp_time peer_heard(void *user)
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

struct lp_hub_config relay_config(void)
{
	return (struct lp_hub_config){.rooms = {.max_clients = 64, .max_rooms = 8},
		.frames = 2048,
		.keep_alive_ms = 2000,
		.idle_timeout_ms = 9000,
		.random = relay_random,
		.heard = peer_heard,
		.trace = relay_trace};
}

struct relay *relay_new(const struct lp_hub_config *config)
{
	struct relay *r = calloc(1, sizeof(*r));
	assert(r);
	r->hub = lp_hub_new(config);
	assert(r->hub);
	r->now = LP_SECOND;
	return r;
}

void relay_free(struct relay *r)
{
	lp_hub_free(r->hub);
	free(r);
}

void relay_drain(struct relay *r)
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

void relay_at(struct relay *r, lp_time now)
{
	r->now = now;
	lp_hub_on_time(r->hub, now);
	relay_drain(r);
}

static void peer_wake(void *carrier)
{
	((struct peer *)carrier)->woken = true;
}

void peer_open(struct relay *r, int i, size_t path)
{
	struct peer *p = &r->peers[i];
	memset(p, 0, sizeof(*p));
	p->reject = -1;
	p->next_stream = 2;
	p->mac = player_mac((unsigned)i);
	p->heard = r->now;
	p->session = lp_hub_open(r->hub, p, &(struct lp_source){0}, path, r->now);
	assert(p->session);
	lp_session_source(p->session)->wake = peer_wake;
	lp_session_source(p->session)->carrier = p;
}

void peer_path(struct relay *r, int i, size_t datagram_max)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->path(source, datagram_max);
}

void peer_stream(struct relay *r, int i, const struct lp_piece *piece)
{
	lp_hub_on_stream(r->hub, r->peers[i].session, piece, r->now);
	relay_drain(r);
}

struct lp_control peer_hello(int i, enum lp_role role)
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

void peer_say(struct relay *r, int i, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	assert(len);
	peer_stream(r, i, &(struct lp_piece){stream, bytes, len, true});
}

void peer_message(struct relay *r, int i, const struct lp_control *m)
{
	int64_t stream = r->peers[i].next_stream;
	r->peers[i].next_stream += 4;
	peer_say(r, i, stream, m);
}

struct peer *peer_join_as(struct relay *r, int i, uint64_t capabilities)
{
	struct lp_control m = peer_hello(i, i ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
	m.hello.capabilities = capabilities;
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
	return &r->peers[i];
}

struct peer *peer_join(struct relay *r, int i)
{
	return peer_join_as(r, i, LP_CAP_FRAGMENTS);
}

void peer_closed(struct relay *r, int i, enum lp_leave_reason reason)
{
	lp_hub_on_closed(r->hub, r->peers[i].session, reason, r->now);
	r->peers[i].session = NULL;
	relay_drain(r);
}

void relay_forget(struct relay *r)
{
	for (int i = 0; i < RELAY_PEERS; i++)
		r->peers[i].count = 0;
	r->log_count = 0;
}

struct lp_verdict peer_datagram(struct relay *r, int i, const uint8_t *bytes, size_t len)
{
	struct lp_datagram_sink *sink = lp_session_sink(r->peers[i].session);
	sink->take(sink, bytes, len, r->now);
	relay_drain(r);
	return relay_verdict;
}

struct lp_verdict peer_frame(struct relay *r, int i, const uint8_t *frame, size_t len)
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

bool peer_is_woken(struct relay *r, int i)
{
	bool woken = r->peers[i].woken;
	r->peers[i].woken = false;
	return woken;
}

bool peer_peek(struct relay *r, int i, size_t max, bool bulk, struct lp_datagram *ret_datagram)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	return source->ops->peek(source, max, bulk, r->now, ret_datagram);
}

void peer_pop(struct relay *r, int i)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->pop(source);
}

void peer_acked(struct relay *r, int i, uint64_t tag)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->acked(source, tag);
}

void peer_lost(struct relay *r, int i, uint64_t tag)
{
	struct lp_datagram_source *source = lp_session_source(r->peers[i].session);
	source->ops->lost(source, tag, r->now);
}

size_t peer_take_max(
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

size_t peer_take(struct relay *r, int i, uint8_t *bytes, struct lp_overlay *o)
{
	return peer_take_max(r, i, LP_DATAGRAM_MAX, bytes, o);
}

size_t peer_take_all(struct relay *r, int i)
{
	uint8_t bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t count = 0;
	while (peer_take(r, i, bytes, &o))
		count++;
	return count;
}

struct lp_hub_counters relay_counters(const struct relay *r)
{
	struct lp_hub_counters c;
	lp_hub_get_counters(r->hub, &c);
	return c;
}
