/* The tunnel's event core. The input is what the relay, the port and the clock do. Whatever they
 * do, the port goes up and down in turn, and a gateway writes to its LAN only what a member is
 * allowed to send. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/tunnel/tunnel.h"
#include "null_port.h"

#define OWN_PEER 7
#define ROOM     9
#define OTHERS   300 /* peer ids in use */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct harness {
	struct lp_port port;
	enum lp_role role;
	struct lp_tunnel *tunnel;
	lp_time now;
	struct lp_reader in;
	bool up, refuse;
	bool present[OTHERS];
	struct lp_mac macs[OTHERS];
	size_t told; /* members that the port was told of */
	uint64_t sequence;
	bool over;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* S5: a gateway writes only frames from the MAC of a player in the room. */
static bool port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct harness *h = (struct harness *)port;
	struct lp_eth eth;
	bool known = false;
	check(h->up && lp_eth_parse(frame, len, &eth) && len <= LP_ETH_FRAME_MAX);
	for (size_t i = 0; i < h->told; i++)
		known = known || lp_mac_equal(&h->macs[i], &eth.src);
	check(known || h->role == LP_ROLE_CLIENT);
	check(!lp_mac_is_group(&eth.src) && eth.type >= LP_ETHERTYPE_MIN);
	return !h->refuse;
}

static bool port_up(struct lp_port *port, size_t mtu)
{
	struct harness *h = (struct harness *)port;
	check(!h->up && mtu >= LP_MTU_MIN && mtu <= LP_ETH_MTU);
	h->up = !h->refuse;
	return h->up;
}

static void port_down(struct lp_port *port)
{
	struct harness *h = (struct harness *)port;
	check(h->up);
	h->up = false;
}

static void port_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	struct harness *h = (struct harness *)port;
	check(count <= OTHERS);
	h->told = count;
	for (size_t i = 0; i < count; i++) {
		h->macs[i] = macs[i];
		check(lp_mac_is_station(&macs[i]));
		for (size_t k = 0; k < i; k++)
			check(!lp_mac_equal(&macs[i], &macs[k]));
	}
}

static const struct lp_port_ops ops = {
	null_port_read, port_write, port_up, port_down, port_members, null_port_close, NULL};

static void drain(struct harness *h)
{
	static struct lp_tunnel_action a;
	while (lp_tunnel_next(h->tunnel, &a)) {
		struct lp_control m;
		size_t used = 0;
		uint16_t id = a.kind == LP_TUNNEL_PEER_LEFT ? a.peer_left.peer : a.member.peer;
		check(memchr(a.text, 0, sizeof(a.text)) != NULL);
		switch (a.kind) {
		case LP_TUNNEL_HELLO:
		case LP_TUNNEL_MESSAGE:
			check(lp_control_decode(a.bytes, a.len, &m, &used) == LP_OK);
			check(used == a.len && (m.type == LP_HELLO) == (a.kind == LP_TUNNEL_HELLO));
			break;
		case LP_TUNNEL_PEER_JOINED:
			check(id != OWN_PEER && (id >= OTHERS || !h->present[id]));
			if (id < OTHERS)
				h->present[id] = true;
			break;
		case LP_TUNNEL_PEER_LEFT:
			check(a.member.peer == id && (id >= OTHERS || h->present[id]));
			if (id < OTHERS)
				h->present[id] = false;
			break;
		case LP_TUNNEL_DISCONNECTED:
			memset(h->present, 0, sizeof(h->present));
			check(!a.final || lp_tunnel_is_over(h->tunnel));
			check((!a.final || a.retry_in == 0) && a.retry_in <= LP_TUNNEL_RETRY_MAX);
			break;
		case LP_TUNNEL_CONNECT:
			check(!h->over); /* it was not over before */
			break;
		default:
			break;
		}
	}
}

static void say(struct harness *h, int64_t stream, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	check(len > 0);
	lp_tunnel_on_stream(h->tunnel, &(struct lp_piece){stream, bytes, len, true}, h->now);
}

static void op_reply(struct harness *h)
{
	uint8_t choice = lp_read_u8(&h->in);
	struct lp_control m = {.type = LP_WELCOME,
		.welcome = {.version = 1,
			.room = ROOM,
			.peer = OWN_PEER,
			.mtu = choice & 1 ? 1000 : 1500,
			.capabilities = choice >> 1 & 1 ? LP_CAPS_KNOWN : 0,
			.gateway_connected = choice >> 2 & 1,
			.resumed = choice >> 3 & 1,
			.byte_rate = choice >> 4 & 1 ? 20000 : 0,
			.byte_burst = 40000,
			.group_rate = choice >> 5 & 1 ? 3 : 0,
			.group_burst = 6,
			.resume_token = {1}}};
	if (choice > 230) {
		m = (struct lp_control){.type = LP_REJECT};
		m.reject.reason = (enum lp_reject_reason)(choice % 11);
		m.reject.steer = choice;
	}
	h->sequence = 0;
	say(h, 0, &m);
}

/* Events in order, a little early or a little late. */
static void op_event(struct harness *h)
{
	uint8_t kind = lp_read_u8(&h->in), peer = lp_read_u8(&h->in), turn = lp_read_u8(&h->in);
	uint64_t sequence = h->sequence + 1;
	struct lp_control m = {.type = LP_PEER_JOINED,
		.peer_joined = {.peer = peer ? peer : 1,
			.role = kind & 64 ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT,
			.mac = player_mac(kind & 32 ? peer / 2u : peer)}};
	if (turn > 200)
		sequence += turn - 200u;
	else
		h->sequence++;
	if (turn == 200)
		sequence--;
	m.peer_joined.sequence = sequence;
	if (kind % 3 == 1) {
		m = (struct lp_control){.type = LP_PEER_LEFT};
		m.peer_left.sequence = sequence;
		m.peer_left.peer = peer ? peer : 1;
	} else if (kind == 255) {
		m = (struct lp_control){.type = LP_DISCONNECT};
	} else if (kind > 250) {
		m = (struct lp_control){.type = LP_PEER_STATUS};
		m.peer_status.sequence = sequence;
		m.peer_status.peer = peer ? peer : 1;
		m.peer_status.loops = turn & 1;
		m.peer_status.conflict = turn & 2;
		m.peer_status.new_lan = turn & 4;
		m.peer_status.byte_burst = turn & 8 ? 5000 : 0;
		m.peer_status.byte_rate = turn & 16 ? 20000 : 0;
	}
	say(h, 3 + 4 * (int64_t)turn, &m);
}

static void op_stream(struct harness *h)
{
	uint8_t stream = lp_read_u8(&h->in), len = lp_read_u8(&h->in);
	size_t left = lp_reader_left(&h->in), take = len / 2 < left ? len / 2u : left;
	const uint8_t *bytes = lp_read_bytes(&h->in, take);
	lp_tunnel_on_stream(h->tunnel, &(struct lp_piece){stream, bytes, take, len & 1}, h->now);
}

static void check_verdict(const struct lp_verdict *v, bool joined)
{
	check((v->action == LP_ACTION_DROP) == (v->drop != LP_DROP_NONE));
	check(v->targets == (v->action > LP_ACTION_WAIT));
	check(joined || v->drop == LP_DROP_NOT_JOINED);
}

/* A carefully built frame, or random bytes. */
static size_t make_frame(struct harness *h, uint8_t *f, uint8_t choice, struct lp_mac src)
{
	uint8_t len = lp_read_u8(&h->in);
	struct lp_mac dst = choice & 1 ? BROADCAST : player_mac(choice >> 4);
	size_t left = lp_reader_left(&h->in), take = len < left ? len : left;
	if (choice & 2)
		return frame_arp(f, dst, src, src, IPV4(10, 0, 0, choice >> 4), 0);
	if (choice & 4 && len >= 250)
		return frame_game(f, src, IPV4(10, 0, 0, choice >> 4), len & 1 ? "a" : "b", len);
	if (choice & 4 && len & 1)
		return frame_tcp(f, dst, src, IPV4(10, 0, 0, choice >> 4), 1, 9, 54 + 5u * len);
	if (choice & 4)
		return frame_udp(f, dst, src, IPV4(10, 0, 0, choice >> 4), 1, 9, 42 + 6u * len);
	if (take)
		memcpy(f, lp_read_bytes(&h->in, take), take);
	return take;
}

static struct lp_verdict v; /* of the last frame */

static void remember(void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict)
{
	(void)context;
	(void)way;
	v = *verdict;
}

static void op_frame(struct harness *h)
{
	uint8_t choice = lp_read_u8(&h->in), f[FRAME_CAP];
	bool joined = lp_tunnel_is_joined(h->tunnel);
	size_t len = make_frame(h, f, choice,
		h->role == LP_ROLE_CLIENT ? player_mac(OWN_PEER) : host_mac(choice >> 4));
	lp_tunnel_on_frame(h->tunnel, f, len, h->now);
	check_verdict(&v, joined);
}

static void op_datagram(struct harness *h)
{
	uint8_t choice = lp_read_u8(&h->in), peer = lp_read_u8(&h->in);
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	struct lp_overlay o = {.peer = peer, .room = ROOM};
	struct lp_datagram_sink *sink = lp_tunnel_sink(h->tunnel);
	bool joined = lp_tunnel_is_joined(h->tunnel);
	if (choice & 128) {
		o.type = LP_OVERLAY_NUMBERED;
		o.frame_id = (uint16_t)(lp_read_u8(&h->in) * 257u);
	}
	size_t at = choice & 8 ? lp_overlay_encode(&o, bytes) : 0;
	at += make_frame(h, bytes + at, choice, player_mac(peer));
	sink->take(sink, bytes, at, h->now);
	check_verdict(&v, joined);
}

static void op_take(struct harness *h)
{
	size_t max = 16 * (size_t)lp_read_u8(&h->in);
	uint8_t choice = lp_read_u8(&h->in);
	struct lp_datagram_source *source = lp_tunnel_source(h->tunnel);
	struct lp_datagram d;
	for (int count = choice % 16; count > 0; count--) {
		if (!source->ops->peek(source, max, choice & 16, h->now, &d))
			break;
		check(d.header_len + d.len <= max && d.len > 0);
		source->ops->pop(source);
		if (choice & 32)
			source->ops->lost(source, d.tag, h->now);
		if (choice & 64)
			source->ops->acked(source, d.tag);
	}
}

static void op_time(struct harness *h)
{
	lp_time deadline = lp_tunnel_deadline(h->tunnel);
	uint8_t value = lp_read_u8(&h->in);
	if (value & 1 && deadline != LP_NEVER)
		h->now = deadline > h->now ? deadline : h->now;
	else
		h->now += value * LP_MILLISECOND;
	lp_tunnel_on_time(h->tunnel, h->now);
	check(lp_tunnel_deadline(h->tunnel) > h->now);
}

static void step(struct harness *h)
{
	uint8_t op = lp_read_u8(&h->in);
	switch (op % 12) {
	case 0:
		lp_tunnel_source(h->tunnel)->ops->path(lp_tunnel_source(h->tunnel), 1200);
		lp_tunnel_on_connected(h->tunnel, h->now);
		break;
	case 1:
		op_reply(h);
		break;
	case 2:
	case 3:
		op_event(h);
		break;
	case 4:
		op_stream(h);
		break;
	case 5:
		op_frame(h);
		break;
	case 6:
	case 7:
		op_datagram(h);
		break;
	case 8:
		op_take(h);
		break;
	case 9:
		op_time(h);
		break;
	case 10:
		if (op & 64)
			lp_tunnel_on_restart(h->tunnel, "closed", h->now);
		else
			lp_tunnel_on_closed(h->tunnel, op & 128, "closed", h->now);
		break;
	default:
		if (op > 250)
			lp_tunnel_leave(h->tunnel, h->now);
		h->refuse = op & 64;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct harness line;
	struct harness *h = &line;
	struct lp_tunnel_config config = {
		.mac = player_mac(OWN_PEER), .name = "me", .seed = 1, .trace = remember};
	memset(h, 0, sizeof(*h));
	h->in = lp_reader_of(bytes, len);
	h->port.ops = &ops;
	h->role = config.role = lp_read_u8(&h->in) & 1 ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT;
	h->tunnel = lp_tunnel_new(&config, &h->port);
	check(h->tunnel != NULL);
	lp_tunnel_start(h->tunnel, h->now);
	while (lp_reader_left(&h->in)) {
		step(h);
		check(h->up == lp_tunnel_is_joined(h->tunnel));
		drain(h);
		h->over = lp_tunnel_is_over(h->tunnel);
	}
	lp_tunnel_free(h->tunnel);
	return 0;
}
