/* The relay's event core. The input is what members do, in which order. Whatever they do, the
 * registry, the events and the buffers stay consistent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/overlay.h"

#define SLOTS  6
#define FRAMES 24

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct slot {
	struct lp_session *session;
	uint64_t sequence;
	bool closed, joined;
	struct lp_welcome welcome;
};

struct relay {
	struct lp_hub *hub;
	lp_time now;
	struct lp_reader in;
	struct slot slots[SLOTS];
	uint8_t token[LP_TOKEN_SIZE]; /* the last token assigned */
};

static uint8_t next_token;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool fill(void *bytes, size_t len)
{
	memset(bytes, ++next_token, len);
	return next_token % 16 != 15;
}

/* Checks that the hub's actions are consistent for the member. */
static void hear(struct relay *r, struct slot *s, const struct lp_hub_action *a)
{
	struct lp_control m;
	size_t used = 0;
	uint64_t sequence = 0;
	check(lp_control_decode(a->bytes, a->len, &m, &used) == LP_OK && used == a->len);
	if (a->kind == LP_HUB_REPLY) {
		check(!s->joined && (m.type == LP_WELCOME || m.type == LP_REJECT));
		s->joined = m.type == LP_WELCOME;
		if (!s->joined)
			return;
		s->welcome = m.welcome;
		memcpy(r->token, m.welcome.resume_token, LP_TOKEN_SIZE);
		s->sequence = m.welcome.sequence;
		check(m.welcome.mtu >= LP_MTU_MIN && m.welcome.mtu <= LP_ETH_MTU);
		return;
	}
	if (m.type == LP_PEER_JOINED)
		sequence = m.peer_joined.sequence;
	else if (m.type == LP_PEER_LEFT)
		sequence = m.peer_left.sequence;
	else if (m.type == LP_PEER_STATUS)
		sequence = m.peer_status.sequence;
	check(s->joined && sequence == ++s->sequence);
	check(m.type == LP_PEER_STATUS || m.peer_joined.peer != s->welcome.peer);
}

static void drain(struct relay *r)
{
	struct lp_hub_action a;
	while (lp_hub_next(r->hub, &a)) {
		struct slot *s = a.session ? lp_session_user(a.session) : NULL;
		check(a.text != NULL);
		check(!s || s->session == a.session);
		if (a.kind == LP_HUB_REPLY || a.kind == LP_HUB_MESSAGE) {
			check(s && !s->closed);
			hear(r, s, &a);
		} else if (a.kind == LP_HUB_CLOSE) {
			check(s && !s->closed);
			s->closed = true;
		}
	}
}

/* Checks the registry through each session. */
static void check_rooms(const struct relay *r)
{
	struct lp_hub_counters c;
	size_t members = 0, sessions = 0;
	lp_hub_get_counters(r->hub, &c);
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *s = &r->slots[i];
		const struct lp_member *m = s->session ? lp_session_member(s->session) : NULL;
		sessions += s->session != NULL;
		if (!m)
			continue;
		size_t count, seen = 0, clients = 0;
		struct lp_member *const *list = lp_room_members(m->room, &count);
		members++;
		for (size_t k = 0; k < count; k++) {
			check(list[k] == m || list[k]->peer != m->peer);
			seen += list[k] == m;
			clients += list[k]->role == LP_ROLE_CLIENT;
		}
		check(seen == 1 && clients <= 3);
		if (m->role == LP_ROLE_CLIENT)
			check(lp_room_find(m->room, &m->mac) == m);
		else
			check(lp_room_gateway(m->room) == m);
		check(lp_member_carries(m, LP_MTU_MIN) || m->datagram_max < LP_DATAGRAM_MIN);
	}
	/* Members that are silent have a session, but no slot. */
	check(c.members >= members && c.members - members == c.sessions - sessions);
	check(c.joins == c.leaves + c.members);
	check(c.rooms <= 2 && c.frames_free <= FRAMES);
}

static void wake(void *carrier)
{
	const struct slot *s = carrier;
	check(s->session && lp_session_member(s->session));
}

static void op_open(struct relay *r, struct slot *s)
{
	if (s->session)
		return;
	memset(s, 0, sizeof(*s));
	s->session = lp_hub_open(
		r->hub, s, &(struct lp_source){0}, 600 + 8 * (size_t)lp_read_u8(&r->in), r->now);
	struct lp_datagram_source *source = lp_session_source(s->session);
	source->wake = wake;
	source->carrier = s;
	check(s->session != NULL);
}

static void say(struct relay *r, struct slot *s, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	check(len > 0);
	lp_hub_on_stream(r->hub, s->session, &(struct lp_piece){stream, bytes, len, true}, r->now);
}

static void op_hello(struct relay *r, struct slot *s)
{
	uint8_t choice = lp_read_u8(&r->in), mac = lp_read_u8(&r->in);
	struct lp_control m = {.type = LP_HELLO,
		.hello = {.version_min = 1,
			.version_max = 1,
			.role = choice & 1 ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT,
			.room_key = {choice >> 1 & 3},
			.mac = player_mac(mac % 5),
			.datagram_budget = LP_DATAGRAM_MAX - (choice >> 3 & 3) * 300u,
			.mtu = LP_ETH_MTU - (choice >> 5 & 1) * 200u,
			.capabilities = choice >> 6 & 1 ? 0 : LP_CAPS_KNOWN}};
	if (choice & 128)
		memcpy(m.hello.resume_token, r->token, LP_TOKEN_SIZE);
	if (s->session)
		say(r, s, 0, &m);
}

static void op_stream(struct relay *r, struct slot *s)
{
	uint8_t stream = lp_read_u8(&r->in), len = lp_read_u8(&r->in);
	size_t left = lp_reader_left(&r->in);
	size_t take = len / 2 < left ? len / 2u : left;
	const uint8_t *bytes = lp_read_bytes(&r->in, take);
	if (s->session)
		lp_hub_on_stream(r->hub, s->session,
			&(struct lp_piece){stream, bytes, take, len & 1}, r->now);
}

static void op_message(struct relay *r, struct slot *s)
{
	uint8_t choice = lp_read_u8(&r->in);
	struct lp_control m = {.type = LP_STATS, .stats = {.tx_frames = choice}};
	if (choice >= 200) {
		m = (struct lp_control){.type = LP_DISCONNECT};
		m.disconnect.reason = (enum lp_leave_reason)(choice % 8);
	} else if (choice >= 150) {
		m = (struct lp_control){.type = LP_LAN,
			.lan = {.replaces = choice & 1,
				.macs = {player_mac(choice % 5)},
				.mac_count = 1,
				.ipv4 = {choice},
				.ipv4_count = 1,
				.protected.macs = {player_mac(choice / 5 % 5)}}};
	} else if (choice >= 140) {
		m.stats.loops = choice & 1;
	}
	if (s->session)
		say(r, s, 2, &m);
}

static void check_verdict(
	void *context, const struct lp_session *session, const struct lp_verdict *v)
{
	(void)context;
	check(session != NULL);
	check((v->action == LP_ACTION_DROP) == (v->drop != LP_DROP_NONE));
	check(v->drop < LP_DROP_COUNT && v->targets <= SLOTS && v->skipped <= SLOTS);
	check(v->targets == 0 || v->action >= LP_ACTION_UNICAST);
}

/* A datagram of random bytes, or one with the right ids. */
static void op_datagram(struct relay *r, struct slot *s)
{
	uint8_t choice = lp_read_u8(&r->in), len = lp_read_u8(&r->in);
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP] = {0};
	struct lp_overlay o = {.peer = s->welcome.peer, .room = s->welcome.room};
	if (choice & 128) {
		o.type = LP_OVERLAY_NUMBERED;
		o.frame_id = (uint16_t)(lp_read_u8(&r->in) * 257u);
	}
	size_t at = 0, left = lp_reader_left(&r->in), take = len < left ? len : left;
	if (choice & 1)
		at = lp_overlay_encode(&o, bytes);
	if (choice & 2) {
		const struct lp_member *m = s->session ? lp_session_member(s->session) : NULL;
		struct lp_mac src = m && m->role == LP_ROLE_CLIENT ? m->mac : host_mac(1);
		struct lp_mac dst = choice & 4 ? BROADCAST : player_mac(choice >> 4 & 7);
		frame_begin(
			bytes + at, dst, src, choice & 8 ? LP_ETHERTYPE_ARP : LP_ETHERTYPE_IPV4);
		if (choice & 8)
			at += frame_arp(bytes + at, dst, src, src, IPV4(10, 0, 0, choice >> 4), 0);
		else if (len & 1)
			at += frame_tcp(bytes + at, dst, src, IPV4(10, 0, 0, choice >> 4), 1, 9,
				54 + 5u * len);
		else
			at += frame_udp(bytes + at, dst, src, IPV4(10, 0, 0, choice >> 4), 1, 9,
				42 + 5u * len);
	} else if (take) {
		memcpy(bytes + at, lp_read_bytes(&r->in, take), take);
		at += take;
	}
	if (!s->session)
		return;
	struct lp_datagram_sink *sink = lp_session_sink(s->session);
	sink->take(sink, bytes, at, r->now);
}

/* F1, F2: a datagram to a member has the room's ids, and is never its own. */
static void op_take(struct relay *r, struct slot *s)
{
	size_t max = 16 * (size_t)lp_read_u8(&r->in);
	uint8_t choice = lp_read_u8(&r->in);
	struct lp_datagram_source *source = s->session ? lp_session_source(s->session) : NULL;
	struct lp_datagram d;
	for (int count = choice % 16; source && count > 0; count--) {
		if (!source->ops->peek(source, max, choice & 16, r->now, &d))
			break;
		const struct lp_member *m = lp_session_member(s->session);
		uint8_t bytes[LP_DATAGRAM_MAX];
		struct lp_overlay o;
		size_t len = d.header_len + d.len;
		check(m && len <= max && len <= sizeof(bytes) && len <= m->datagram_budget);
		memcpy(bytes, d.header, d.header_len);
		memcpy(bytes + d.header_len, d.bytes, d.len);
		check(lp_overlay_decode(bytes, len, &o) == LP_DROP_NONE);
		check(o.room == lp_room_id(m->room) && o.peer != m->peer);
		check(o.type == LP_OVERLAY_WHOLE || m->capabilities & LP_CAP_FRAGMENTS);
		check(o.type != LP_OVERLAY_NUMBERED || m->capabilities & LP_CAP_RETRANSMIT);
		source->ops->pop(source);
		if (choice & 32)
			source->ops->lost(source, d.tag, r->now);
		if (choice & 64)
			source->ops->acked(source, d.tag);
	}
}

static void op_close(struct relay *r, struct slot *s, enum lp_leave_reason reason)
{
	if (!s->session)
		return;
	struct lp_session *session = s->session;
	lp_hub_on_closed(r->hub, session, reason, r->now);
	s->session = NULL;
	drain(r);
}

static void op_other(struct relay *r, struct slot *s, uint8_t op)
{
	uint8_t value = lp_read_u8(&r->in);
	if (op == 8) {
		r->now += value * (value & 1 ? LP_MILLISECOND : LP_SECOND / 8);
		lp_hub_on_time(r->hub, r->now);
		check(lp_hub_deadline(r->hub) > r->now);
	} else if (op == 9 && s->session) {
		struct lp_datagram_source *source = lp_session_source(s->session);
		source->ops->path(source, 8 * (size_t)value);
	} else if (op == 10 && s->session) {
		lp_hub_on_quality(s->session, value * 1000u, value & 3);
	} else if (op == 11 && value > 250) {
		lp_hub_shutdown(r->hub);
	}
}

static void step(struct relay *r)
{
	uint8_t op = lp_read_u8(&r->in);
	struct slot *s = &r->slots[(op >> 4) % SLOTS];
	switch (op & 15) {
	case 0:
	case 15:
		op_open(r, s);
		break;
	case 1:
	case 14:
		op_hello(r, s);
		break;
	case 2:
		op_stream(r, s);
		break;
	case 3:
		op_message(r, s);
		break;
	case 4:
	case 12:
	case 13:
		op_datagram(r, s);
		break;
	case 5:
		op_take(r, s);
		break;
	case 6:
		lp_hub_on_time(r->hub, r->now);
		break;
	case 7:
		op_close(r, s, (enum lp_leave_reason)(lp_read_u8(&r->in) % 8));
		break;
	default:
		op_other(r, s, op & 15);
	}
}

/* Each second time that the hub asks, the peer has been heard of. */
static unsigned asked;

static lp_time heard(void *user)
{
	check(user != NULL);
	return asked++ % 2 ? LP_NEVER : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct lp_hub_config config = {
		.rooms = {.max_clients = 3,
			.max_rooms = 2,
			.limits = {20000, 20000, 20, 20, 20, 20, 20, 20, 60}},
		.frames = FRAMES,
		.keep_alive_ms = 1,
		.idle_timeout_ms = 2,
		.random = fill,
		.heard = heard,
		.trace = check_verdict};
	static struct relay relay;
	struct relay *r = &relay;
	memset(r, 0, sizeof(*r));
	next_token = 0;
	asked = 0;
	r->hub = lp_hub_new(&config);
	r->in = lp_reader_of(bytes, len);
	check(r->hub != NULL);
	while (lp_reader_left(&r->in)) {
		step(r);
		/* sometimes several events happen at the same time */
		if (lp_reader_left(&r->in) % 4)
			drain(r);
		check_rooms(r);
	}
	drain(r);
	for (size_t i = 0; i < SLOTS; i++)
		op_close(r, &r->slots[i], LP_LEAVE_NORMAL);
	r->now += LP_HUB_GRACE; /* of those that are silent */
	lp_hub_on_time(r->hub, r->now);
	drain(r);
	struct lp_hub_counters c;
	lp_hub_get_counters(r->hub, &c);
	check(c.members == 0 && c.rooms == 0 && c.sessions == 0 && c.frames_free == FRAMES);
	lp_hub_free(r->hub);
	return 0;
}
