/* rogue ADDRESS:PORT CERT KEY SECONDS [MAC | IPV4 | IPV6]...: a relay that somebody has taken over: it has
 * the true relay's certificate and key, and says whatever it likes. The arguments are addresses that others
 * own.
 *
 * Each member that connects is welcomed, hears of members that do not exist, also under the MACs of the
 * arguments, gets every frame of evasion.h, frames of those MACs and addresses, and leases that would take
 * its internet away.
 * Then it hears something that no relay says, comes back, and gets the next variant.
 *
 * Prints what it has done. Exit status 0: a gateway and a client got everything once. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dice.h"
#include "evasion.h"
#include "frames.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/udp.h"
#include "lanparty/path/receiver.h"
#include "lanparty/quic/identity.h"
#include "lanparty/quic/quic.h"
#include "lanparty/wire/control.h"

#define ROOM       7
#define OWN        5  /* peer ID of whoever hears of it */
#define GATEWAY    4  /* peer IDs of members that do not exist */
#define ATTACKER   11 /* has the MAC of evasion.h's client; those of stolen MACs follow */
#define STOLEN_MAX 16
#define FRAMES_MAX (EVASION_FRAMES_MAX + STOLEN_MAX * (EVASION_THEFTS_MAX + 4))
#define PAUSE      (3 * LP_MILLISECOND) /* between two frames to one member */
#define LEASE_TIME (4 * LP_SECOND)      /* for which a client can ask after the frames */
#define JUNK       6                    /* ways to say something that no relay says */
#define PEM_MAX    8192

struct stolen {
	struct lp_mac mac; /* zero: none */
	uint32_t ipv4;     /* 0: none */
	uint8_t ipv6[16];
};

/* A frame, and which member it comes from. */
struct item {
	uint16_t peer;
	size_t len;
	uint8_t bytes[EVASION_BYTES_MAX];
};

struct victim {
	struct lp_datagram_source source; /* first member */
	struct lp_datagram_sink sink;
	struct lp_quic_conn *conn;
	uint8_t hello[LP_CONTROL_SENT_MAX];
	size_t hello_len;
	enum lp_role role;
	struct lp_mac mac;
	bool joined;
	uint64_t sequence;
	size_t next; /* item */
	lp_time at;  /* of it */
	lp_time end; /* a client that asks for no lease gets none; 0: frames are left */
	uint16_t frame_id;
	struct victim *following;
	uint8_t out[4][LP_DATAGRAM_MAX];
	size_t out_len[4], out_first, out_count;
};

static const struct evasion_context context = {
	.client = {{2, 0, 0, 0, 0, 1}},
	.victim = {{2, 0, 0, 0, 0, 2}},
	.station = {{2, 0, 0, 0, 0, 0x63}},
	.client_ipv4 = IPV4(192, 168, 77, 10),
	.victim_ipv4 = IPV4(192, 168, 77, 11),
	.station_ipv4 = IPV4(192, 168, 77, 99),
};

static struct lp_quic *quic;
static struct lp_udp *udp;
static struct stolen stolen[STOLEN_MAX];
static struct item *items;
static size_t stolen_count, item_count, variant, leases;
static size_t complete[3]; /* members of each role that got all */
static struct victim *victims;
static lp_time now;
static uint64_t dice = 20261128;

static void fail(const char *what)
{
	fprintf(stderr, "rogue: %s\n", what);
	exit(2);
}

/* ---- what it sends */

static void add_item(uint16_t peer, const uint8_t *bytes, size_t len)
{
	if (len > LP_ETH_FRAME_MAX)
		return;
	struct item *item = &items[item_count++];
	item->peer = peer;
	item->len = len;
	memcpy(item->bytes, bytes, len);
}

/* As the stolen MAC itself, and from the attacker's. */
static void add_thefts(uint16_t peer, const struct stolen *s)
{
	uint8_t f[FRAME_CAP];
	const struct lp_mac *attacker = &context.client;
	if (!lp_mac_is_zero(&s->mac)) {
		add_item(peer, f,
			frame_udp(f, BROADCAST, s->mac, context.client_ipv4,
				IPV4(255, 255, 255, 255), 9, 100));
		add_item(peer, f,
			frame_arp(f, BROADCAST, s->mac, s->mac, context.client_ipv4,
				context.client_ipv4));
	} else if (s->ipv4) {
		add_item(ATTACKER, f,
			frame_arp(f, BROADCAST, *attacker, *attacker, s->ipv4, s->ipv4));
		add_item(ATTACKER, f,
			frame_arp(f, context.victim, *attacker, *attacker, s->ipv4, 0));
		add_item(ATTACKER, f,
			frame_udp(f, BROADCAST, *attacker, s->ipv4, IPV4(255, 255, 255, 255), 9,
				100));
	}
}

static void make_items(void)
{
	static struct evasion_frame frames[EVASION_FRAMES_MAX];
	items = calloc(FRAMES_MAX, sizeof(*items));
	if (!items)
		fail("out of memory");
	size_t count = evasion_frames(&context, frames, EVASION_FRAMES_MAX);
	for (size_t i = 0; i < count; i++)
		add_item(frames[i].from_gateway ? GATEWAY : ATTACKER, frames[i].bytes,
			frames[i].len);
	for (size_t i = 0; i < stolen_count; i++) {
		const uint8_t none[16] = {0};
		if (memcmp(stolen[i].ipv6, none, 16) != 0) {
			count = evasion_thefts(
				&context, stolen[i].ipv6, frames, EVASION_THEFTS_MAX);
			for (size_t k = 0; k < count; k++)
				add_item(ATTACKER, frames[k].bytes, frames[k].len);
		}
		add_thefts((uint16_t)(ATTACKER + 1 + i), &stolen[i]);
	}
}

static void queue(struct victim *v, uint16_t peer, const uint8_t *frame, size_t len)
{
	struct lp_overlay o = {.type = LP_OVERLAY_WHOLE,
		.peer = peer,
		.room = ROOM,
		.frame_id = v->frame_id++,
		.frame_len = (uint16_t)len};
	bool whole = LP_OVERLAY_HEADER + len <= lp_quic_datagram_max(v->conn);
	for (int part = whole ? 0 : 1; part <= (whole ? 0 : 2) && v->out_count < 4; part++) {
		size_t at = (v->out_first + v->out_count++) % 4;
		o.type = (enum lp_overlay_type)part;
		v->out_len[at] = frame_datagram(v->out[at], &o, frame);
	}
	lp_datagram_source_wake(&v->source);
}

static void tell(struct victim *v, const struct lp_control *m)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(m, bytes, sizeof(bytes));
	if (v->conn && m->type == LP_WELCOME)
		lp_quic_send(v->conn, LP_STREAM_HELLO, bytes, len, true);
	else if (v->conn)
		lp_quic_send_message(v->conn, bytes, len);
}

static void tell_joined(struct victim *v, uint16_t peer, enum lp_role role, struct lp_mac mac)
{
	struct lp_control m = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = ++v->sequence, .peer = peer, .role = role, .mac = mac}};
	if (!lp_mac_equal(&mac, &v->mac))
		tell(v, &m);
	else
		v->sequence--;
}

/* What the member can send from now on: less than a frame, nothing, anything, and a rate without a burst. */
static const struct {
	uint64_t rate, burst;
} limits[] = {{1, 1}, {0, 1}, {LP_VARINT_MAX, LP_VARINT_MAX}, {1, LP_VARINT_MAX},
	{LP_VARINT_MAX, 1}, {1 << 20, 0}};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static void tell_status(struct victim *v, uint16_t peer)
{
	struct lp_control m = {.type = LP_PEER_STATUS,
		.peer_status = {.sequence = ++v->sequence,
			.peer = peer,
			.rtt_us = UINT32_MAX,
			.loops = peer == OWN,
			.conflict = true,
			.new_lan = true,
			.name = "somebody else",
			.byte_rate = limits[variant % LIMITS].rate,
			.byte_burst = limits[variant % LIMITS].burst}};
	tell(v, &m);
}

/* An address for a client that would take its internet, its own network, its router or the way to the relay. */
static const struct {
	uint32_t address, mask;
} takings[] = {{IPV4(8, 0, 0, 146), 0xff000000}, {IPV4(192, 0, 2, 1), 0xffffff00},
	{IPV4(203, 0, 113, 77), 0xffffff00}, {IPV4(203, 0, 113, 5), 0xffffffff},
	{IPV4(198, 51, 100, 53), 0xffffffff}, {IPV4(10, 0, 0, 1), 0},
	{IPV4(128, 0, 0, 1), 0x80000000}};
#define TAKINGS (sizeof(takings) / sizeof(takings[0]))

static void welcome(struct victim *v)
{
	const size_t taking = variant++ % TAKINGS;
	struct lp_control m = {.type = LP_WELCOME,
		.welcome = {.version = LP_PROTOCOL_VERSION,
			.room = ROOM,
			.peer = OWN,
			.mtu = LP_ETH_MTU,
			.gateway_connected = true,
			.keep_alive_ms = 1000,
			.idle_timeout_ms = 15000,
			.capabilities = LP_CAPS_KNOWN,
			.resume_token = {1},
			.ipv4 = v->role == LP_ROLE_CLIENT ? takings[taking].address : 0}};
	for (uint32_t mask = takings[taking].mask; mask; mask <<= 1)
		m.welcome.prefix++;
	tell(v, &m);
	tell_joined(v, ATTACKER, LP_ROLE_CLIENT, context.client);
	if (v->role == LP_ROLE_CLIENT)
		tell_joined(v, GATEWAY, LP_ROLE_GATEWAY, (struct lp_mac){{0}});
	for (size_t i = 0; i < stolen_count; i++)
		if (!lp_mac_is_zero(&stolen[i].mac))
			tell_joined(v, (uint16_t)(ATTACKER + 1 + i), LP_ROLE_CLIENT, stolen[i].mac);
	for (uint16_t peer = GATEWAY; peer <= ATTACKER + 1; peer++)
		tell_status(v, peer);
	v->joined = true;
	v->at = now + LP_SECOND; /* a client's interface is up by then */
}

/* What ends a membership: the member must notice, and come back. */
static void junk(struct victim *v)
{
	uint8_t bytes[64] = {(uint8_t)dice_roll(&dice), 40};
	struct lp_control m = {
		.type = LP_PEER_LEFT, .peer_left = {.sequence = ++v->sequence, .peer = 999}};
	complete[v->role]++;
	v->joined = false;
	switch (variant % JUNK) {
	case 0:
		tell(v, &m);
		break;
	case 1: /* two gateways, one of which is the member itself */
		tell_joined(v, 77, LP_ROLE_GATEWAY, (struct lp_mac){{0}});
		tell_joined(v, 78, LP_ROLE_GATEWAY, (struct lp_mac){{0}});
		break;
	case 2:
		v->sequence = 0;
		tell_status(v, ATTACKER);
		break;
	case 3:
		m = (struct lp_control){.type = LP_LAN, .lan = {.replaces = true}};
		tell(v, &m);
		break;
	case 4:
		for (size_t i = 2; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)dice_roll(&dice);
		lp_quic_send_message(v->conn, bytes, sizeof(bytes));
		break;
	default:
		lp_quic_close(v->conn, dice_roll(&dice) % 9, "whatever");
	}
}

/* A lease for a request of the member, who believes that a DHCP server answers. */
static void lease(struct victim *v, const uint8_t *frame, size_t len)
{
	static const uint8_t routes[] = {51, 4, 0, 0, 14, 16, 54, 4, 192, 168, 77, 1, 3, 4, 192,
		168, 77, 1, 6, 4, 192, 168, 77, 1, 33, 8, 8, 8, 8, 8, 192, 168, 77, 1, 121, 5, 0,
		192, 168, 77, 1, 249, 5, 0, 192, 168, 77, 1};
	enum { OP = LP_ETH_HEADER + 20 + 8, XID = OP + 4, OPTIONS = OP + 240 };
	uint8_t f[FRAME_CAP];
	if (len < OPTIONS + 3 || lp_get16(frame + 12) != LP_ETHERTYPE_IPV4 || frame[23] != 17 ||
		lp_get16(frame + 36) != 67 || frame[OPTIONS] != 53)
		return;
	const size_t taking = leases++ / 2 % TAKINGS;
	const struct frame_lease what = {.client = v->mac,
		.server_mac = context.station,
		.server = IPV4(192, 168, 77, 1),
		.address = takings[taking].address,
		.mask = takings[taking].mask,
		.options = routes,
		.options_len = sizeof(routes)};
	size_t size = frame_dhcp_reply(f, &what);
	memcpy(f + XID, frame + XID, 4);
	if (frame[OPTIONS + 2] == 1)
		f[OPTIONS + 2] = 2; /* an OFFER */
	queue(v, GATEWAY, f, size);
}

/* ---- its connections */

static bool peek(struct lp_datagram_source *source, size_t max, bool bulk, lp_time at,
	struct lp_datagram *ret_datagram)
{
	struct victim *v = (struct victim *)source;
	(void)bulk;
	(void)at;
	if (v->out_count == 0 || v->out_len[v->out_first] > max)
		return false;
	*ret_datagram = (struct lp_datagram){.bytes = v->out[v->out_first],
		.len = v->out_len[v->out_first],
		.last = v->out_count == 1};
	return true;
}

static void pop(struct lp_datagram_source *source)
{
	struct victim *v = (struct victim *)source;
	v->out_first = (v->out_first + 1) % 4;
	v->out_count--;
}

static void acked(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	(void)tag;
}

static void lost(struct lp_datagram_source *source, uint64_t tag, lp_time at)
{
	(void)at;
	acked(source, tag);
}

static void path(struct lp_datagram_source *source, size_t max)
{
	acked(source, max);
}

static const struct lp_datagram_source_ops source_ops = {peek, pop, acked, lost, path};

static void take(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time at)
{
	struct victim *v = (struct victim *)(void *)((char *)sink - offsetof(struct victim, sink));
	struct lp_overlay o;
	(void)at;
	if (lp_overlay_decode(bytes, len, &o) == LP_DROP_NONE && v->role == LP_ROLE_CLIENT)
		lease(v, o.bytes, o.len);
}

static void on_connected(void *user, struct lp_quic_conn *conn)
{
	struct victim *v = calloc(1, sizeof(*v));
	(void)user;
	if (!v)
		fail("out of memory");
	v->source.ops = &source_ops;
	v->sink.take = take;
	v->conn = conn;
	v->following = victims;
	victims = v;
	lp_quic_set_user(conn, v);
	lp_quic_attach(conn, &v->source, &v->sink);
}

static void on_stream(void *user, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct victim *v = lp_quic_user(conn);
	struct lp_control m;
	size_t used;
	(void)user;
	if (piece->stream != LP_STREAM_HELLO || v->joined ||
		piece->len > sizeof(v->hello) - v->hello_len)
		return;
	memcpy(v->hello + v->hello_len, piece->bytes, piece->len);
	v->hello_len += piece->len;
	if (lp_control_decode(v->hello, v->hello_len, &m, &used) != LP_OK || m.type != LP_HELLO)
		return;
	v->role = m.hello.role;
	v->mac = m.hello.mac;
	printf("welcomes a %s\n", lp_role_text(v->role));
	fflush(stdout);
	welcome(v);
}

static void on_closed(void *user, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct victim *v = lp_quic_user(conn), **at = &victims;
	(void)user;
	(void)why;
	while (*at != v)
		at = &(*at)->following;
	*at = v->following;
	free(v);
}

static const struct lp_quic_handler handler = {
	.connected = on_connected, .stream = on_stream, .closed = on_closed};

static void on_packet(void *user, const struct lp_path *from, const uint8_t *bytes, size_t len)
{
	(void)user;
	lp_quic_read(quic, from, bytes, len, now);
}

static void attack(void)
{
	for (struct victim *v = victims, *next; v; v = next) {
		next = v->following;
		if (!v->joined || now < v->at || v->out_count > 2)
			continue;
		v->at = now + PAUSE;
		if (v->next < item_count) {
			const struct item *item = &items[v->next++];
			queue(v, item->peer, item->bytes, item->len);
		} else if (v->end == 0) {
			v->end = now + (v->role == LP_ROLE_CLIENT ? LEASE_TIME : 0);
		} else if (now >= v->end || leases >= 2 * TAKINGS) {
			junk(v);
		}
	}
}

static void run(struct lp_waiter *waiter, lp_time end)
{
	while (now < end) {
		struct lp_path to;
		size_t len;
		int ready;
		lp_wait(waiter, lp_sooner(lp_quic_deadline(quic), now + PAUSE), &ready, 1);
		now = lp_clock();
		lp_udp_receive(udp, on_packet, NULL);
		lp_quic_on_time(quic, now);
		attack();
		while ((len = lp_quic_write(quic, lp_udp_slot(udp), LP_UDP_PACKET_MAX, &to, now)) >
			0)
			lp_udp_put(udp, &to, len);
		lp_udp_flush(udp);
	}
}

static size_t read_file(const char *name, char *text)
{
	FILE *in = fopen(name, "rb");
	size_t len = in ? fread(text, 1, PEM_MAX, in) : 0;
	if (in)
		fclose(in);
	return len;
}

static struct lp_identity *identity_of(char **files)
{
	static char cert[PEM_MAX], key[PEM_MAX];
	const char *error = "";
	size_t cert_len = read_file(files[0], cert), key_len = read_file(files[1], key);
	struct lp_identity *identity = lp_identity_load(cert, cert_len, key, key_len, &error);
	if (!identity)
		fail(error);
	return identity;
}

static void take_stolen(const char *text)
{
	struct stolen *s = &stolen[stolen_count++];
	struct in_addr ipv4;
	if (stolen_count > STOLEN_MAX)
		fail("too many addresses");
	if (inet_pton(AF_INET, text, &ipv4) == 1)
		s->ipv4 = ntohl(ipv4.s_addr);
	else if (inet_pton(AF_INET6, text, s->ipv6) != 1 && !lp_mac_parse(text, &s->mac))
		fail(text);
}

int main(int argc, char **argv)
{
	struct lp_listen listen;
	struct lp_waiter waiter;
	enum lp_exit code;
	if (argc < 5 || !lp_listen_parse(argv[1], &listen))
		fail("usage: rogue ADDRESS:PORT CERT KEY SECONDS [MAC | IPV4 | IPV6]...");
	struct lp_identity *identity = identity_of(argv + 2);
	for (int i = 5; i < argc; i++)
		take_stolen(argv[i]);
	make_items();
	struct lp_quic_config config = {.handler = &handler};
	/* as the true relay does it, so that members learn at once that it was restarted */
	lp_identity_secret(identity, "lanparty/1 relay", config.secret);
	udp = lp_udp_listen(&listen, false, &code);
	quic = lp_quic_new(&config, identity);
	lp_waiter_open(&waiter);
	if (!udp || !quic || !lp_waiter_add(&waiter, lp_udp_fd(udp)))
		fail("cannot start");
	printf("listening, with %zu frames\n", item_count);
	fflush(stdout);
	now = lp_clock();
	run(&waiter, now + (lp_time)atoi(argv[4]) * LP_SECOND);
	printf("gateways: %zu, clients: %zu, leases: %zu\n", complete[LP_ROLE_GATEWAY],
		complete[LP_ROLE_CLIENT], leases);
	lp_quic_free(quic);
	lp_udp_close(udp);
	lp_identity_free(identity);
	return complete[LP_ROLE_GATEWAY] > 0 && complete[LP_ROLE_CLIENT] > 0 ? 0 : 1;
}
