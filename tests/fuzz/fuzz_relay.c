/* The whole relay without sockets: QUIC and the hub. Two honest members are in a room. The input is what
 * other programs do: they join, send bytes on streams, messages, frames, DATAGRAMs and UDP payloads, move,
 * fall silent, wait and close. Whatever they do, a frame of the first honest member reaches the second one.
 *
 * The first byte of the input says who acts at first; a step can change that. A stranger has connected and said
 * nothing. A member is in the honest room. Three others are in a room of their own: its host, which is also its
 * gateway, a guest, and a friend who knows the code. A handshake takes longer than all that an input does. So a
 * connection serves further inputs: the stranger's until it has been used, the others' until they have ended or
 * served enough. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evasion.h"
#include "frames.h"
#include "lanparty/base/bytes.h"
#include "lanparty/quic/host_key.h"
#include "lanparty/wire/overlay.h"
#include "relay_box.h"

#define CLOSED_KEPT 64 /* connections that the hostile programs have left behind */
#define CHOSEN_MAX  1500
#define HONEST_ROOM 1 /* first byte of the room's key */
#define OTHER_ROOM  3
#define STEPS_MAX   32
#define PAUSE       (100 * LP_MILLISECOND)  /* between inputs */
#define LONG_PAUSE  (2500 * LP_MILLISECOND) /* shorter than the idle timeout */
#define INPUTS_MAX  256                     /* of one connection */
#define NEWER       176                     /* the least number of the newer steps */

enum who { STRANGER, MEMBER, HOST, GUEST, FRIEND, CREW };
#define HOME(who) ((uint8_t)(3 + (who))) /* last byte of its address, and its MAC */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct box relay;
static struct box_client honest[2], crew[CREW];
static unsigned inputs[CREW]; /* that each has been used for */
static bool used[CREW];       /* by this input */
static enum who who;          /* acts now */
static struct box_client *hostile;
static struct lp_host_key host_key;
static uint8_t guest_pass[LP_GUEST_PASS];
static bool acted; /* the host, or the relay's operator, in this input */

static struct evasion_frame frames[EVASION_FRAMES_MAX];
static size_t frame_count;

/* ---- hellos */

static struct lp_control hello_of(uint8_t room, enum lp_role role, uint8_t mac)
{
	return (struct lp_control){.type = LP_HELLO,
		.hello = {.version_min = 1,
			.version_max = 1,
			.role = role,
			.room_key = {room},
			.mac = role == LP_ROLE_GATEWAY ? (struct lp_mac){{0}} : player_mac(mac),
			.datagram_budget = LP_DATAGRAM_MAX,
			.mtu = LP_ETH_MTU,
			.capabilities = LP_CAPS_KNOWN}};
}

static void prove(struct lp_hello *hello)
{
	const struct lp_host_claim claim = {
		lp_quic_binding(hostile->conn), hello->room_key, hello->role};
	memcpy(hello->host_key, host_key.public_half, LP_HOST_KEY_SIZE);
	box_require(lp_host_prove(&host_key, &claim, hello->host_proof));
}

static void show_pass(struct lp_hello *hello)
{
	lp_host_print(host_key.public_half, hello->guest_host);
	memcpy(hello->guest_pass, guest_pass, LP_GUEST_PASS);
	memset(hello->room_key, 0xaa, LP_ROOM_KEY_SIZE);
}

/* what: the least two bits are the room, the next ones ask for more. */
static void old_join(uint8_t what, uint8_t mac)
{
	enum { ROOM = 3, GATEWAY = 4, CAPABLE = 8, RESUMES = 16, FRESH = 32 };
	struct lp_control m =
		hello_of(what & ROOM, what & GATEWAY ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT, mac);
	m.hello.capabilities = what & CAPABLE ? LP_CAPS_KNOWN : 0;
	m.hello.fresh = what & FRESH;
	if (what & GATEWAY)
		m.hello.room_key[0] |= 2; /* an honest member trusts the gateway of its own room */
	if (what & RESUMES)
		memcpy(m.hello.resume_token, crew[MEMBER].welcome.resume_token, LP_TOKEN_SIZE);
	box_tell(hostile, &m);
}

static void protects(struct lp_reader *in, struct lp_protected *ret_protected)
{
	uint8_t what = lp_read_u8(in);
	ret_protected->ipv4_count = what & 3;
	for (size_t i = 0; i < ret_protected->ipv4_count; i++)
		ret_protected->ipv4[i] = IPV4(10, 0, 0, lp_read_u8(in) % 8);
	if (what & 4)
		ret_protected->macs[0] = host_mac(what >> 6);
	if (what & 8)
		ret_protected->macs[1] = player_mac(lp_read_u8(in) % 8);
	if (what & 16)
		memcpy(ret_protected->ipv6[0], (uint8_t[16])IPV6_LAN(lp_read_u8(in)), 16);
}

/* A hello with the wrong and right things of a host or a guest. */
static void new_join(struct lp_reader *in)
{
	enum { HOSTS = 1, GUESTS = 2, GATEWAY = 4, SPOILT = 8, RESUMES = 16, SMALL = 32, OLD = 64 };
	uint8_t what = lp_read_u8(in), more = lp_read_u8(in);
	enum lp_role role = what & GATEWAY ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT;
	struct lp_control m = hello_of(OTHER_ROOM, role, more % 16);
	if (!hostile->conn)
		return;
	if (what & SMALL) {
		m.hello.datagram_budget = LP_DATAGRAM_MIN + more;
		m.hello.mtu = LP_ETH_MTU - more;
	}
	if (what & OLD)
		m.hello.version_min = m.hello.version_max = 2 + more % 2;
	if (what & GATEWAY)
		protects(in, &m.hello.protected);
	memset(m.hello.member_id, more, LP_MEMBER_ID);
	memset(m.hello.opening, more % 2, LP_ROOM_KEY_SIZE);
	memcpy(m.hello.name, "name", 5);
	m.hello.fresh = more & 128;
	if (what & HOSTS)
		prove(&m.hello);
	if (what & GUESTS)
		show_pass(&m.hello);
	if (what & RESUMES)
		memcpy(m.hello.resume_token, crew[more % CREW].welcome.resume_token, LP_TOKEN_SIZE);
	if (what & SPOILT) {
		m.hello.host_proof[more % LP_HOST_PROOF_SIZE] ^= 1;
		m.hello.guest_pass[more % LP_GUEST_PASS] ^= 1;
	}
	box_tell(hostile, &m);
}

/* ---- who acts */

/* A place in the room in which it belongs. */
static void takes_place(void)
{
	struct lp_control m = hello_of(who == MEMBER ? HONEST_ROOM : OTHER_ROOM,
		who == HOST ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT, HOME(who));
	if (who == HOST)
		prove(&m.hello);
	if (who == GUEST)
		show_pass(&m.hello);
	if (who == FRIEND)
		m.hello.datagram_budget = LP_DATAGRAM_MIN + 100; /* it gets long frames in two */
	box_tell(hostile, &m);
	box_exchange(&relay);
}

/* Connects whoever acts from now on, if it has ended. A guest needs a host. */
static void acts(enum who next)
{
	if (next == GUEST && !used[HOST])
		acts(HOST);
	who = next;
	hostile = &crew[who];
	if (!used[who])
		inputs[who]++;
	used[who] = true;
	if (!hostile->conn) {
		box_connect(&relay, hostile, HOME(who));
		inputs[who] = 0;
		box_exchange(&relay);
	}
	if (who != STRANGER && hostile->conn && !hostile->joined)
		takes_place();
	hostile->stream = -1;
}

static void honest_frame_passes(void)
{
	uint8_t frame[FRAME_CAP], datagram[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay overlay = {.type = LP_OVERLAY_WHOLE,
		.peer = honest[0].welcome.peer,
		.room = honest[0].welcome.room,
		.frame_len = 100};
	size_t before = honest[1].received;
	frame_udp(frame, player_mac(2), player_mac(1), IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 2), 27015,
		100);
	box_queue(&honest[0], datagram, frame_datagram(datagram, &overlay, frame));
	box_exchange(&relay);
	box_require(honest[0].conn && honest[1].conn && honest[1].received == before + 1);
}

/* ---- steps: bytes */

static size_t chosen(struct lp_reader *in, uint8_t *bytes)
{
	size_t len = lp_read_u16(in) % (CHOSEN_MAX + 1);
	len = len < lp_reader_left(in) ? len : lp_reader_left(in);
	if (len > 0)
		memcpy(bytes, lp_read_bytes(in, len), len);
	return len;
}

static void any_frame(struct lp_reader *in, const uint8_t *bytes, size_t len)
{
	uint8_t datagram[LP_OVERLAY_FRAGMENT_HEADER + CHOSEN_MAX];
	uint8_t kind = lp_read_u8(in);
	struct lp_overlay overlay = {.type = kind & 3,
		.peer = hostile->welcome.peer,
		.room = hostile->welcome.room,
		.frame_id = kind >> 2,
		.frame_len = lp_read_u16(in)};
	size_t head = lp_overlay_encode(&overlay, datagram);
	memcpy(datagram + head, bytes, len);
	box_queue(hostile, datagram, head + len);
}

static void old_step(struct lp_reader *in, uint8_t number)
{
	enum { SAY, END, NEXT, MESSAGE, DATAGRAM, FRAME, PACKET, WAIT, MOVE, JOIN, CLOSE, STEPS };
	uint8_t bytes[CHOSEN_MAX], step = number % STEPS;
	bool has_bytes = step <= END || (step >= MESSAGE && step <= PACKET);
	size_t len = has_bytes ? chosen(in, bytes) : 0;
	if (step <= END)
		box_say(hostile, bytes, len, step == END);
	else if (step == NEXT)
		hostile->stream = -1;
	else if (step == MESSAGE && hostile->conn)
		lp_quic_send_message(hostile->conn, bytes, len);
	else if (step == DATAGRAM)
		box_queue(hostile, bytes, len);
	else if (step == FRAME)
		any_frame(in, bytes, len);
	else if (step == PACKET)
		box_packet(&relay, hostile->host, bytes, len);
	else if (step == WAIT)
		box_wait(&relay, lp_read_u8(in) * 10 * LP_MILLISECOND);
	else if (step == MOVE)
		hostile->host = (uint8_t)(10 + lp_read_u8(in) % 100);
	else if (step == JOIN) {
		uint8_t what = lp_read_u8(in);
		old_join(what, lp_read_u8(in));
	} else if (step == CLOSE && hostile->conn)
		lp_quic_close(hostile->conn, lp_read_u8(in), "enough");
	box_exchange(&relay);
	if (step == WAIT)
		honest_frame_passes(); /* nor does the sender lose its address */
}

/* ---- steps: frames */

/* how: the least two bits are the way that the frame travels, the others how often. */
static void sends(const uint8_t *frame, size_t len, uint8_t how)
{
	static const enum lp_overlay_type orders[][2] = {{LP_OVERLAY_WHOLE, LP_OVERLAY_WHOLE},
		{LP_OVERLAY_NUMBERED, LP_OVERLAY_NUMBERED}, {LP_OVERLAY_FIRST, LP_OVERLAY_SECOND},
		{LP_OVERLAY_SECOND, LP_OVERLAY_FIRST}};
	static uint16_t id;
	uint8_t datagram[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	for (int times = how >> 5; times >= 0; times--) {
		id++;
		for (int part = 0; part <= ((how & 3) >= 2); part++) {
			const struct lp_overlay o = {.type = orders[how & 3][part],
				.peer = hostile->welcome.peer,
				.room = hostile->welcome.room,
				.frame_id = id,
				.frame_len = (uint16_t)len};
			box_queue(hostile, datagram, frame_datagram(datagram, &o, frame));
		}
		box_exchange(&relay);
	}
}

/* A frame of evasion.h, from its client's MAC or as it is. */
static void known_frame(struct lp_reader *in)
{
	struct evasion_frame *frame = &frames[lp_read_u16(in) % frame_count];
	uint8_t how = lp_read_u8(in), bytes[EVASION_BYTES_MAX];
	const struct lp_mac mac = player_mac(HOME(who));
	memcpy(bytes, frame->bytes, frame->len);
	if (how & 4)
		memcpy(bytes + 6, mac.b, 6);
	if (frame->len <= LP_ETH_FRAME_MAX)
		sends(bytes, frame->len, how);
}

static struct lp_mac target(uint8_t to)
{
	const struct lp_mac group = {{0x33, 0x33, 0, 0, 0, 1}};
	if (to < 8)
		return player_mac(to);
	if (to < 12)
		return host_mac(to);
	return to < 14 ? BROADCAST : group;
}

/* A frame that is right, or nearly: from the actor, or from a station behind it. */
static void plain_frame(struct lp_reader *in)
{
	uint8_t kind = lp_read_u8(in), ends = lp_read_u8(in), how = lp_read_u8(in), f[FRAME_CAP];
	struct lp_mac src = kind & 128 ? host_mac(ends & 3) : player_mac(HOME(who));
	struct lp_mac dst = target(ends >> 4);
	uint32_t from = IPV4(10, 0, kind >> 6 & 1, ends & 15), to = IPV4(10, 0, 0, ends >> 4);
	const uint8_t own[16] = IPV6_LAN(ends & 15), other[16] = IPV6_LOCAL(ends & 15);
	size_t len = 60 + 5u * (kind & 63) * (how & 7) % 1450; /* up to 1509 */
	switch (kind % 11) {
	case 0:
		len = frame_udp(f, dst, src, from, to, 9, len);
		break;
	case 1:
		len = frame_tcp(f, dst, src, from, to, 9, len);
		break;
	case 2:
		len = frame_syn(f, dst, src, from, to, 1460);
		break;
	case 3:
		len = frame_arp(f, dst, src, src, from, to);
		break;
	case 4:
		len = frame_arp(f, BROADCAST, src, src, 0, to); /* a probe */
		break;
	case 5:
		len = frame_nd(f, src, 135, ends & 1 ? own : (uint8_t[16]){0}, other);
		break;
	case 6:
		len = frame_nd(f, src, 136, own, own);
		break;
	case 7:
		len = frame_dhcp_request(f, src, ends & 3);
		break;
	case 8:
		len = frame_dhcp_ack(f, dst, src, to, from, player_mac(ends >> 4));
		break;
	case 9:
		len = frame_udp_ipv6(f, dst, src, ends & 1 ? own : other);
		break;
	default: /* the first fragment has 24 bytes */
		len = frame_udp(f, dst, src, from, to, 9, kind & 64 ? 60 : 58);
		frame_fragment(f, len, ends, kind & 64 ? 24 : 0, !(kind & 64));
	}
	sends(f, len, how);
}

/* ---- steps: messages */

static void lan_of(struct lp_reader *in, struct lp_lan_report *ret_lan)
{
	uint8_t what = lp_read_u8(in);
	ret_lan->replaces = what & 1;
	ret_lan->moved = what & 2;
	ret_lan->mac_count = what >> 2 & 3;
	ret_lan->ipv4_count = what >> 4 & 3;
	ret_lan->ipv6_count = what >> 6;
	for (size_t i = 0; i < ret_lan->mac_count; i++) {
		uint8_t mac = lp_read_u8(in);
		ret_lan->macs[i] = mac & 16 ? player_mac(mac % 16) : host_mac(mac % 16);
	}
	for (size_t i = 0; i < ret_lan->ipv4_count; i++)
		ret_lan->ipv4[i] = IPV4(10, 0, 0, lp_read_u8(in) % 16);
	for (size_t i = 0; i < ret_lan->ipv6_count; i++)
		memcpy(ret_lan->ipv6[i], (uint8_t[16])IPV6_LAN(lp_read_u8(in) % 16), 16);
	protects(in, &ret_lan->protected);
}

static struct lp_host_act act_of(struct lp_reader *in)
{
	uint8_t what = lp_read_u8(in);
	struct lp_host_act act = {.id = what, .act = (enum lp_act)(what % 9)};
	act.peer = crew[lp_read_u8(in) % CREW].welcome.peer;
	act.name[0] = (char)(what & 64 ? 'a' + what % 4 : 0);
	acted = true;
	return act;
}

static void message(struct lp_reader *in)
{
	uint8_t what = lp_read_u8(in);
	struct lp_control m = {.type = LP_STATS, .stats = {.tx_frames = what, .loops = what & 8}};
	if (what % 4 == 1) {
		m = (struct lp_control){.type = LP_LAN};
		lan_of(in, &m.lan);
	} else if (what % 4 == 2) {
		m = (struct lp_control){.type = LP_HOST_ACT, .act = act_of(in)};
	} else if (what == 3) {
		m = (struct lp_control){.type = LP_DISCONNECT};
		m.disconnect.reason = (enum lp_leave_reason)(lp_read_u8(in) % 8);
	}
	box_tell(hostile, &m);
}

/* ---- steps: the relay's own */

static void see_member(void *context, const struct lp_hub_view *view)
{
	(void)context;
	box_require(view->member && view->traffic);
}

static void see_room(void *context, const struct lp_room *room, const struct lp_traffic *traffic)
{
	(void)context;
	box_require(lp_room_id(room) != 0 && traffic);
}

static void look(void)
{
	struct lp_hub_counters hub;
	struct lp_quic_counters quic;
	lp_hub_each_member(relay.hub, see_member, NULL, relay.now);
	lp_hub_each_room(relay.hub, see_room, NULL);
	lp_hub_get_counters(relay.hub, &hub);
	lp_quic_get_counters(relay.quic, &quic);
	box_require(hub.joins == hub.leaves + hub.members && hub.rooms <= 8);
}

/* The operator permits the honest room alone, or all again. */
static void permit(uint8_t what)
{
	struct lp_room_list *list = lp_room_list_new(1);
	box_require(list != NULL);
	list->rooms[0] = (struct lp_room_terms){.key = {HONEST_ROOM}};
	list->open = what & 1;
	list->has_token = what & 2;
	memset(list->token, 1, sizeof(list->token));
	struct lp_room_list *copy = lp_room_list_copy(list); /* each worker has one */
	box_require(copy != NULL);
	lp_room_list_free(list);
	acted = true;
	lp_hub_permit(relay.hub, copy, relay.now);
}

/* The operator removes somebody from the other room. */
static void operate(struct lp_reader *in)
{
	const struct lp_host_act act = act_of(in);
	lp_hub_act(relay.hub, crew[HOST].welcome.room, &act, relay.now);
}

static void new_step(struct lp_reader *in, uint8_t number)
{
	enum { ACTS, KNOWN, PLAIN, TELL, JOIN, LOSE, DEAF, LONG, LOOK, PERMIT, OPERATE, STEPS };
	switch (number % STEPS) {
	case ACTS:
		acts((enum who)(lp_read_u8(in) % CREW));
		break;
	case KNOWN:
		known_frame(in);
		break;
	case PLAIN:
		plain_frame(in);
		break;
	case TELL:
		message(in);
		break;
	case JOIN:
		new_join(in);
		break;
	case LOSE:
		hostile->lose = lp_read_u8(in) % 8;
		break;
	case DEAF:
		hostile->deaf = !hostile->deaf;
		break;
	case LONG:
		for (int i = lp_read_u8(in) % 8; i >= 0; i--) {
			box_wait(&relay, LONG_PAUSE);
			honest_frame_passes(); /* the sender keeps its address */
		}
		break;
	case LOOK:
		look();
		break;
	case PERMIT:
		permit(lp_read_u8(in));
		break;
	default:
		operate(in);
	}
	box_exchange(&relay);
}

/* ---- what stays from input to input */

static void relay_ends(void)
{
	box_close(&relay);
	for (enum who i = 0; i < CREW; i++)
		lp_quic_free(crew[i].quic);
	for (size_t i = 0; i < 2; i++)
		lp_quic_free(honest[i].quic);
}

static void make_host(void)
{
	char pem[LP_HOST_PEM_MAX];
	struct lp_host_key made;
	const uint8_t other_room[LP_ROOM_KEY_SIZE] = {OTHER_ROOM};
	box_require(lp_host_key_make(&made) && lp_host_key_format(&made, pem, sizeof(pem)));
	box_require(lp_host_key_parse(pem, strlen(pem), &host_key) == NULL);
	box_require(lp_guest_sign(&host_key, box_steer(other_room), UINT32_MAX, guest_pass));
}

/* Somebody finds another certificate than he expects. */
static void one_leaves_at_once(void)
{
	relay.pin_is_wrong = true;
	box_connect(&relay, &crew[STRANGER], HOME(STRANGER));
	box_exchange(&relay);
	box_require(!crew[STRANGER].conn);
	relay.pin_is_wrong = false;
}

/* The honest ones connect at the same time, so that one has to prove its address. */
static void relay_starts(void)
{
	const struct evasion_context addresses = {.client = player_mac(HOME(MEMBER)),
		.victim = player_mac(2),
		.station = host_mac(1),
		.client_ipv4 = IPV4(10, 0, 0, HOME(MEMBER)),
		.victim_ipv4 = IPV4(10, 0, 0, 2),
		.station_ipv4 = IPV4(10, 0, 0, 9)};
	frame_count = evasion_frames(&addresses, frames, EVASION_FRAMES_MAX);
	box_open(&relay);
	make_host();
	one_leaves_at_once();
	for (uint8_t i = 0; i < 2; i++)
		box_connect(&relay, &honest[i], (uint8_t)(1 + i));
	box_exchange(&relay);
	for (uint8_t i = 0; i < 2; i++) {
		const struct lp_control m = hello_of(HONEST_ROOM, LP_ROLE_CLIENT, (uint8_t)(1 + i));
		box_tell(&honest[i], &m);
		box_exchange(&relay);
		box_require(honest[i].joined);
	}
	honest[1].counted = honest[0].welcome.peer;
	honest_frame_passes(); /* so that the sender's address belongs to it */
	atexit(relay_ends);
}

/* Ends what the host and the operator have done. */
static void undo(void)
{
	static const enum lp_act undoing[] = {LP_ACT_UNLOCK, LP_ACT_UNBAN, LP_ACT_UNISOLATE};
	permit(1);
	for (size_t i = 0; i < sizeof(undoing) / sizeof(undoing[0]); i++) {
		const struct lp_host_act act = {.act = undoing[i], .peer = crew[HOST].welcome.peer};
		lp_hub_act(relay.hub, crew[HOST].welcome.room, &act, relay.now);
	}
	relay.hosted = (struct lp_hosted){.locked = false};
	acted = false;
}

/* What the next input begins with is the same as what this one began with, as far as it matters. */
static void crew_ends(bool touched)
{
	for (enum who i = 0; i < CREW; i++) {
		struct box_client *c = &crew[i];
		bool keep = i == STRANGER ? !touched : inputs[i] < INPUTS_MAX;
		if (!used[i])
			continue;
		used[i] = false;
		c->host = HOME(i);
		c->deaf = false;
		c->lose = 0;
		c->out_count = 0;
		c->received = 0;
		if (c->conn && !keep)
			lp_quic_close(c->conn, LP_LEAVE_NORMAL, "");
	}
	if (acted)
		undo();
	box_wait(&relay, PAUSE);
	while (lp_quic_connection_count(relay.quic) > CLOSED_KEPT)
		box_wait(&relay, LP_SECOND);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum { MEMBER_FROM = 64, OTHERS_FROM = 240 };
	struct lp_reader in = lp_reader_of(bytes, len);
	uint8_t first = len > 0 ? bytes[0] : 0;
	if (!relay.quic)
		relay_starts();
	if (first >= OTHERS_FROM)
		acts((enum who)(first % CREW));
	else
		acts(first >= MEMBER_FROM ? MEMBER : STRANGER);
	for (int step = 0; step < STEPS_MAX && lp_reader_left(&in) > 0; step++) {
		uint8_t number = lp_read_u8(&in);
		if (number < NEWER)
			old_step(&in, number);
		else
			new_step(&in, (uint8_t)(number - NEWER));
	}
	honest_frame_passes();
	crew_ends(len > 0);
	return 0;
}
