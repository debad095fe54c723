/* stranger RELAY DER KIND SECONDS [COUNT]: attacks a relay.
 *
 *   churn     joins a room and leaves it, as fast as it can
 *   guess     the same, each time another room
 *   pings     a member of the witnesses' room sends packets of 1,050 PING frames
 *   frames    such a member sends frames that the filter drops
 *   initials  Initial packets from made-up addresses in 198.18.0.0/15, COUNT (50000) per second
 *   shouts    such a member sends COUNT broadcasts as fast as its window permits, and one more at the end
 *   bytes     the same, for the client with the MAC 02:00:00:00:00:02
 *   streams   COUNT connections with bytes out of order on two streams and halves of messages on
 *             others; they keep their connections
 *   idle      COUNT members of rooms of ten that send nothing
 *
 * Prints one JSON object: what it did, and what the relay answered. streams and idle print "ready" when all are
 * in, and again every second until SECONDS are over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/ip.h>
#include <netinet/udp.h>

#include "frames.h"
#include "lanparty/edge/linux/loop.h"
#include "quic_forge.h"
#include "rig.h"

#define ROOM      "the-room-of-all-witnesses"
#define AT_ONCE   16
#define BATCH     64
#define INITIALS  8192
#define CONNS_MAX 20000
#define PINGS     1050
#define BURST     256 /* packets between two looks at the socket */

static struct rig *rig;
static lp_time end;
static size_t joined, busy, other, sent;

static struct rig_peer *peer_of(const char *room, uint8_t number, size_t variant)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, room, number);
	memcpy(hello.room_key, &variant, sizeof(variant));
	return rig_peer_new(rig, &hello);
}

static void count_answer(const struct rig_peer *peer)
{
	joined += peer->state == RIG_JOINED;
	busy += peer->state == RIG_REJECTED && peer->reject == LP_REJECT_BUSY;
	other += peer->state != RIG_JOINED &&
		 (peer->state != RIG_REJECTED || peer->reject != LP_REJECT_BUSY);
}

static void churn(bool guess)
{
	struct rig_peer *some[AT_ONCE];
	if (!guess) /* or each join would open the room anew */
		rig_join(peer_of("churn-churn", 250, 1));
	while (lp_clock() < end) {
		for (size_t i = 0; i < AT_ONCE; i++)
			some[i] = peer_of("churn-churn", (uint8_t)(1 + i), guess ? 1 + sent++ : 1);
		rig_join(some[AT_ONCE - 1]);
		rig_run(rig, 50 * LP_MILLISECOND, NULL, NULL);
		for (size_t i = 0; i < AT_ONCE; i++) {
			count_answer(some[i]);
			rig_peer_free(some[i]);
		}
	}
}

static struct rig_peer *attacker(void)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, ROOM, 200);
	struct rig_peer *peer = rig_enter(rig, &hello);
	if (!peer) {
		fprintf(stderr, "stranger: refused\n");
		exit(1);
	}
	joined++;
	return peer;
}

static void flood_packets(const uint8_t *frames, size_t len)
{
	uint8_t packet[FORGE_PACKET];
	while (lp_clock() < end) {
		for (size_t i = 0; i < BURST; i++) {
			size_t n = forge_packet(packet, frames, len);
			rig_send_packet(rig, packet, n);
			sent++;
		}
		rig_run(rig, 0, NULL, NULL);
	}
}

static void pings(void)
{
	uint8_t frames[PINGS];
	memset(frames, 1, sizeof(frames));
	attacker();
	flood_packets(frames, sizeof(frames));
}

/* A DATAGRAM with a router advertisement of a few bytes, as often as a packet has space for it. */
static void hostile_frames(void)
{
	struct rig_peer *peer = attacker();
	struct lp_overlay overlay = {
		.type = LP_OVERLAY_WHOLE, .peer = peer->welcome.peer, .room = peer->welcome.room};
	uint8_t frames[FORGE_MAX], one[64];
	size_t head = lp_overlay_encode(&overlay, one), len = 0;
	static const uint8_t eth[] = {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 200, 0x88, 0xcc};
	memcpy(one + head, eth, sizeof(eth));
	for (size_t n = head + sizeof(eth); len + 2 + n <= FORGE_MAX; len += 2 + n) {
		frames[len] = 0x31;
		frames[len + 1] = (uint8_t)n;
		memcpy(frames + len + 2, one, n);
	}
	flood_packets(frames, len);
}

/* A member that does not keep the relay's limits. */
static void exceed(struct lp_mac to, size_t count)
{
	uint8_t frame[FRAME_CAP];
	struct rig_peer *peer = attacker();
	size_t len = frame_udp(frame, to, peer->hello.mac, IPV4(192, 168, 77, 200),
		IPV4(192, 168, 77, 201), 9, 98);
	while (sent < count) {
		sent += rig_send_frame(peer, frame, len);
		if (sent % AT_ONCE == 0)
			rig_run(rig, LP_MILLISECOND, NULL, NULL);
	}
	rig_run(rig, end > lp_clock() ? end - lp_clock() : 0, NULL, NULL);
	sent += rig_send_frame(peer, frame, len);
	rig_run(rig, LP_SECOND / 5, NULL, NULL);
}

static uint16_t sum_of(const struct iphdr *ip)
{
	uint32_t sum = 0;
	uint16_t words[sizeof(*ip) / 2];
	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/* An Initial packet of a new connection, which is forgotten then. */
static size_t make_initial(
	struct lp_quic *quic, const struct lp_quic_target *target, uint8_t *bytes)
{
	struct lp_path path;
	enum lp_status status;
	struct lp_quic_conn *conn = lp_quic_connect(quic, target, NULL, lp_clock(), &status);
	size_t len = conn ? lp_quic_write(quic, bytes, LP_QUIC_PACKET_MAX, &path, lp_clock()) : 0;
	if (len < 1200)
		exit(1);
	return len;
}

static void ignore_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	(void)context;
	(void)conn;
	(void)why;
}

struct initial {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
};

static void make_initials(struct initial *list, const struct lp_address *to)
{
	static const struct lp_quic_handler handler = {.closed = ignore_closed};
	struct lp_quic_config config = {.handler = &handler};
	static const uint8_t pin[1][32] = {{1}};
	struct lp_quic *quic = lp_quic_new(&config, NULL);
	for (size_t i = 0; quic && i < INITIALS; i++) {
		struct lp_quic_target target = {
			.path = {*to, *to}, .pins = pin, .pin_count = 1, .steer = (uint16_t)i};
		size_t len = make_initial(quic, &target, list[i].bytes);
		size_t all = sizeof(struct iphdr) + sizeof(struct udphdr) + len;
		list[i].ip = (struct iphdr){.version = 4,
			.ihl = 5,
			.tot_len = htons((uint16_t)all),
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.daddr = to->in.sin_addr.s_addr};
		list[i].udp = (struct udphdr){.source = htons((uint16_t)(1024 + i)),
			.dest = to->in.sin_port,
			.len = htons((uint16_t)(all - sizeof(struct iphdr)))};
	}
	lp_quic_free(quic);
}

static void initials(const char *relay, size_t rate)
{
	struct initial *list = calloc(INITIALS, sizeof(*list));
	struct lp_listen to;
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (!list || fd < 0 || !lp_listen_parse(relay, &to))
		exit(1);
	make_initials(list, &to.address);
	lp_time start = lp_clock(), length = end - start;
	end = start + length;
	for (size_t next = 0; lp_clock() < end;) {
		memset(messages, 0, sizeof(messages));
		for (size_t i = 0; i < BATCH; i++, next++) {
			struct initial *one = &list[next % INITIALS];
			one->ip.saddr = htonl(
				0xc6120000u + (uint32_t)((next * 2654435761u) >> 8 & 0x1ffff));
			one->ip.check = 0;
			one->ip.check = sum_of(&one->ip);
			iov[i] = (struct iovec){one, ntohs(one->ip.tot_len)};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &to.address.in,
				.msg_namelen = sizeof(to.address.in),
				.msg_iov = &iov[i],
				.msg_iovlen = 1};
		}
		int n = sendmmsg(fd, messages, BATCH, 0);
		sent += n > 0 ? (size_t)n : 0;
		lp_time due = start + (lp_time)next * LP_SECOND / rate, now = lp_clock();
		if (due > now)
			usleep((useconds_t)((due - now) / 1000));
	}
	close(fd);
	free(list);
}

/* Bytes out of order on two streams, and on six the first half of a message. */
static void pin_memory(struct rig_peer *peer)
{
	uint8_t frames[FORGE_MAX];
	size_t len = 0;
	static const uint8_t filler[LP_DATAGRAM_MAX];
	for (unsigned i = 0; i < 8; i++)
		forge_stream(frames, &len, 2 + 4 * i, i < 2 ? 400 : 0);
	forge_next(frames, len);
	rig_send_bytes(peer, filler, 1000);
}

static void stay(size_t count, bool hostile)
{
	static struct rig_peer *peers[CONNS_MAX];
	for (size_t i = 0; i < count; i++) {
		peers[i] = peer_of("room-of-many", (uint8_t)(1 + i % 10), 1 + i / 10);
		joined += rig_join(peers[i]);
	}
	for (bool again = true; again; again = lp_clock() < end) {
		for (size_t i = 0; hostile && i < count; i++) {
			pin_memory(peers[i]);
			rig_run(rig, 0, NULL, NULL);
		}
		rig_run(rig, LP_SECOND, NULL, NULL);
		printf("ready\n");
		fflush(stdout);
	}
	for (size_t i = 0; i < count; i++)
		other += peers[i]->state != RIG_JOINED;
}

static bool run(const char *relay, const char *kind, size_t count)
{
	if (strcmp(kind, "churn") == 0 || strcmp(kind, "guess") == 0)
		churn(strcmp(kind, "guess") == 0);
	else if (strcmp(kind, "pings") == 0)
		pings();
	else if (strcmp(kind, "frames") == 0)
		hostile_frames();
	else if (strcmp(kind, "shouts") == 0)
		exceed(BROADCAST, count);
	else if (strcmp(kind, "bytes") == 0)
		exceed(player_mac(2), count);
	else if (strcmp(kind, "initials") == 0)
		initials(relay, count ? count : 50000);
	else if (strcmp(kind, "streams") == 0 || strcmp(kind, "idle") == 0)
		stay(count < CONNS_MAX ? count : CONNS_MAX, strcmp(kind, "streams") == 0);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	lp_time seconds = argc >= 5 ? strtoul(argv[4], NULL, 10) : 0;
	if (!seconds || seconds > 3600) {
		fprintf(stderr, "usage: stranger RELAY DER KIND SECONDS [COUNT]\n");
		return 2;
	}
	rig = rig_open(argv[1], argv[2]);
	lp_time start = lp_clock();
	end = start + seconds * LP_SECOND;
	if (!run(argv[1], argv[3], argc > 5 ? strtoul(argv[5], NULL, 10) : 0))
		return 2;
	printf("{\"kind\":\"%s\",\"sent\":%zu,\"joined\":%zu,\"busy\":%zu,\"other\":%zu,"
	       "\"seconds\":%.1f}\n",
		argv[3], sent, joined, busy, other, (double)(lp_clock() - start) / 1e9);
	return 0;
}
