/* quic_room.h - a relay and its players in one process: real hub, real tunnels, real QUIC between them,
 * on a fake clock and a seeded wire that loses, delays, reorders, repeats and cuts off what is large.
 *
 * Joins hub and QUIC as src/relay/server.c does, tunnel and QUIC as src/common/peer/link.c does. */
#ifndef LANPARTY_TESTS_QUIC_ROOM_H
#define LANPARTY_TESTS_QUIC_ROOM_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames.h"
#include "identity.h"
#include "lanparty/hub.h"
#include "lanparty/tunnel.h"
#include "quic.h"

#define ROOM_PLAYERS 4
#define ROOM_FRAMES  4096
#define ROOM_SERIALS 65536 /* frames that can be told apart */
#define ROOM_LEAST   60    /* bytes of a frame that has a serial */
#define ROOM_HOST    200   /* last byte of the relay's address */
#define WIRE_PACKETS 16384
#define NOW_UNIX     INT64_C(1790000000)

struct wire {
	unsigned loss, duplicates, reorder, replays; /* of a thousand */
	lp_time delay;                               /* one way */
	size_t limit;                                /* longer payloads vanish; 0: none do */
	uint64_t rate; /* bits a second that each can send, with a deep buffer; 0: any */
};

struct packet {
	lp_time at;
	size_t to; /* 0: the relay, else a player */
	struct lp_path path;
	size_t len;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
};

struct room;

struct player {
	struct lp_port port;
	struct room *room;
	size_t index;
	struct lp_mac mac;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_quic_conn *conn;
	bool up;
	uint8_t *got;         /* how often each serial came */
	lp_time *at;          /* when it came first */
	size_t twice, closed; /* frames that came again; connections that ended */
};

struct room {
	lp_time now;
	uint64_t random;
	struct wire wire;
	struct lp_identity *identity;
	struct lp_quic *quic;
	struct lp_hub *hub;
	struct player players[ROOM_PLAYERS + 1]; /* from 1 */
	size_t count;
	struct packet *packets;
	size_t packet_count;
	lp_time free_at[ROOM_PLAYERS + 1]; /* each one's line has sent all that it was given */
	size_t largest;                    /* payload that arrived, since somebody set it to 0 */
	uint64_t seed;
};

#define check(room, condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s:%d: %s, with LANPARTY_SEED=%llu", __FILE__, __LINE__,         \
				#condition, (unsigned long long)(room)->seed);                     \
	} while (0)

static inline uint64_t room_random(struct room *r)
{
	uint64_t z = r->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline bool room_chance(struct room *r, unsigned permille)
{
	return room_random(r) % 1000 < permille;
}

/* The relay: hub and QUIC. */

static inline void relay_connected(void *context, struct lp_quic_conn *conn)
{
	struct room *r = context;
	lp_quic_set_user(conn, lp_hub_open(r->hub, conn, lp_quic_source(conn),
				       lp_quic_datagram_max(conn), r->now));
	check(r, lp_quic_user(conn) != NULL);
}

static inline void relay_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct room *r = context;
	lp_hub_on_stream(r->hub, lp_quic_user(conn), stream, bytes, len, fin, r->now);
}

static inline void relay_datagram(
	void *context, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	struct room *r = context;
	struct lp_verdict verdict;
	lp_hub_on_datagram(r->hub, lp_quic_user(conn), bytes, len, r->now, &verdict);
}

static inline bool relay_next(void *context, struct lp_quic_conn *conn, size_t max, bool bulk,
	struct lp_datagram *ret_datagram)
{
	struct room *r = context;
	lp_hub_on_path(lp_quic_user(conn), max);
	return lp_hub_next_datagram(r->hub, lp_quic_user(conn), max, bulk, r->now, ret_datagram);
}

static inline void relay_sent(void *context, struct lp_quic_conn *conn)
{
	lp_hub_datagram_sent(((struct room *)context)->hub, lp_quic_user(conn));
}

static inline void relay_acked(void *context, struct lp_quic_conn *conn, uint64_t tag)
{
	lp_hub_datagram_acked(((struct room *)context)->hub, lp_quic_user(conn), tag);
}

static inline void relay_lost(void *context, struct lp_quic_conn *conn, uint64_t tag)
{
	struct room *r = context;
	lp_hub_datagram_lost(r->hub, lp_quic_user(conn), tag, r->now);
}

static inline void relay_closed(
	void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct room *r = context;
	(void)why;
	lp_hub_on_closed(r->hub, lp_quic_user(conn), LP_LEAVE_NORMAL, r->now);
}

static const struct lp_quic_handler relay_handler = {
	.connected = relay_connected,
	.stream = relay_stream,
	.datagram = relay_datagram,
	.next_datagram = relay_next,
	.datagram_sent = relay_sent,
	.datagram_acked = relay_acked,
	.datagram_lost = relay_lost,
	.closed = relay_closed,
};

static inline void relay_actions(struct room *r)
{
	struct lp_hub_action a;
	struct lp_session *ready;
	while (lp_hub_next(r->hub, &a)) {
		struct lp_quic_conn *conn = a.session ? lp_session_user(a.session) : NULL;
		if (a.kind == LP_HUB_REPLY)
			lp_quic_send(conn, 0, a.bytes, a.len, true);
		else if (a.kind == LP_HUB_MESSAGE)
			lp_quic_send_message(conn, a.bytes, a.len);
		else if (a.kind == LP_HUB_CLOSE)
			lp_quic_close(conn, a.leave, a.text);
	}
	while ((ready = lp_hub_next_ready(r->hub)))
		lp_quic_wake(lp_session_user(ready));
}

/* A player: tunnel and QUIC. */

static inline void player_connected(void *context, struct lp_quic_conn *conn)
{
	struct player *p = context;
	lp_tunnel_on_path(p->tunnel, lp_quic_datagram_max(conn));
	lp_tunnel_on_connected(p->tunnel, p->room->now);
}

static inline void player_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct player *p = context;
	(void)conn;
	lp_tunnel_on_stream(p->tunnel, stream, bytes, len, fin, p->room->now);
}

static inline void player_datagram(
	void *context, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	struct player *p = context;
	struct lp_verdict verdict;
	(void)conn;
	lp_tunnel_on_datagram(p->tunnel, bytes, len, p->room->now, &verdict);
}

static inline bool player_next(void *context, struct lp_quic_conn *conn, size_t max, bool bulk,
	struct lp_datagram *ret_datagram)
{
	struct player *p = context;
	(void)conn;
	return lp_tunnel_next_datagram(p->tunnel, max, bulk, p->room->now, ret_datagram);
}

static inline void player_sent(void *context, struct lp_quic_conn *conn)
{
	(void)conn;
	lp_tunnel_datagram_sent(((struct player *)context)->tunnel);
}

static inline void player_acked(void *context, struct lp_quic_conn *conn, uint64_t tag)
{
	(void)conn;
	lp_tunnel_datagram_acked(((struct player *)context)->tunnel, tag);
}

static inline void player_lost(void *context, struct lp_quic_conn *conn, uint64_t tag)
{
	struct player *p = context;
	(void)conn;
	lp_tunnel_datagram_lost(p->tunnel, tag, p->room->now);
}

static inline void player_closed(
	void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct player *p = context;
	(void)conn;
	p->conn = NULL;
	p->closed++;
	lp_tunnel_on_closed(p->tunnel, false, why->text, p->room->now);
}

static const struct lp_quic_handler player_handler = {
	.connected = player_connected,
	.stream = player_stream,
	.datagram = player_datagram,
	.next_datagram = player_next,
	.datagram_sent = player_sent,
	.datagram_acked = player_acked,
	.datagram_lost = player_lost,
	.closed = player_closed,
};

static inline struct lp_path room_path(size_t local, size_t remote)
{
	const size_t hosts[] = {local, remote};
	struct lp_path path;
	memset(&path, 0, sizeof(path));
	for (int i = 0; i < 2; i++) {
		union lp_sockaddr *a = i ? &path.remote : &path.local;
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(hosts[i] == ROOM_HOST ? 443 : 5000);
		a->in.sin_addr.s_addr = htonl(0x0a000000u | (uint32_t)hosts[i]);
	}
	path.local_len = path.remote_len = sizeof(struct sockaddr_in);
	return path;
}

static inline void player_connects(struct player *p)
{
	uint8_t pin[1][32];
	lp_identity_pin(p->room->identity, pin[0]);
	struct lp_quic_target target = {.path = room_path(p->index, ROOM_HOST),
		.server_name = "relay.example",
		.pins = (const uint8_t(*)[32])pin,
		.pin_count = 1};
	enum lp_status status = LP_OK;
	p->conn = lp_quic_connect(p->quic, &target, NULL, p->room->now, &status);
	check(p->room, p->conn != NULL);
}

static inline void player_actions(struct player *p)
{
	static struct lp_tunnel_action a;
	int64_t stream;
	while (lp_tunnel_next(p->tunnel, &a)) {
		if (a.kind == LP_TUNNEL_CONNECT)
			player_connects(p);
		else if (a.kind == LP_TUNNEL_HELLO && p->conn &&
			 lp_quic_open(p->conn, &stream) == LP_OK)
			lp_quic_send(p->conn, stream, a.bytes, a.len, true);
		else if (a.kind == LP_TUNNEL_MESSAGE && p->conn)
			lp_quic_send_message(p->conn, a.bytes, a.len);
		else if (a.kind == LP_TUNNEL_CLOSE && p->conn)
			lp_quic_close(p->conn, a.leave, a.text);
	}
	if (p->conn && lp_tunnel_has_datagram(p->tunnel))
		lp_quic_wake(p->conn);
}

/* Its frame port. */

static inline size_t port_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

/* The last four bytes of a frame are its serial, and those before follow from it. */
static inline bool port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct player *p = (struct player *)port;
	struct room *r = p->room;
	check(r, p->up && len >= ROOM_LEAST && len <= LP_ETH_FRAME_MAX);
	struct lp_reader reader = lp_reader_of(frame + len - 4, 4);
	uint32_t serial = lp_read_u32(&reader);
	check(r, serial < ROOM_SERIALS);
	for (size_t i = ROOM_LEAST - 6; i < len - 4; i++)
		check(r, frame[i] == (uint8_t)(serial * 7 + i));
	if (p->got[serial]++)
		p->twice++;
	else
		p->at[serial] = r->now;
	return true;
}

static inline bool port_up(struct lp_port *port, size_t mtu)
{
	(void)mtu;
	return ((struct player *)port)->up = true;
}

static inline void port_down(struct lp_port *port)
{
	((struct player *)port)->up = false;
}

static inline void port_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

static inline void port_close(struct lp_port *port)
{
	(void)port;
}

static const struct lp_port_ops room_port_ops = {
	port_read, port_write, port_up, port_down, port_members, port_close};

/* The wire. */

static inline void wire_put(
	struct room *r, size_t to, size_t from, const uint8_t *bytes, size_t len, lp_time at)
{
	check(r, r->packet_count < WIRE_PACKETS);
	size_t i = r->packet_count++;
	for (; i > 0 && r->packets[(i - 1) / 2].at > at; i = (i - 1) / 2)
		r->packets[i] = r->packets[(i - 1) / 2];
	struct packet *packet = &r->packets[i];
	packet->at = at;
	packet->to = to;
	packet->path = to ? room_path(to, ROOM_HOST) : room_path(ROOM_HOST, from);
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
}

static inline struct packet wire_take(struct room *r)
{
	struct packet first = r->packets[0], last = r->packets[--r->packet_count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < r->packet_count; i = child) {
		if (child + 1 < r->packet_count && r->packets[child + 1].at < r->packets[child].at)
			child++;
		if (r->packets[child].at >= last.at)
			break;
		r->packets[i] = r->packets[child];
	}
	r->packets[i] = last;
	return first;
}

static inline void wire_send(
	struct room *r, size_t from, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	const struct wire *w = &r->wire;
	size_t host = ntohl(path->remote.in.sin_addr.s_addr) & 0xff, to = host % ROOM_HOST;
	unsigned copies = room_chance(r, w->duplicates) ? 2 : 1;
	if (room_chance(r, w->loss) || (w->limit && len > w->limit))
		return;
	lp_time leaves = r->free_at[from] > r->now ? r->free_at[from] : r->now;
	if (w->rate)
		leaves += len * 8 * LP_SECOND / w->rate;
	r->free_at[from] = leaves;
	while (copies--) {
		lp_time at = leaves + w->delay;
		if (room_chance(r, w->reorder))
			at += room_random(r) % (20 * LP_MILLISECOND);
		wire_put(r, to, from, bytes, len, at);
	}
	if (room_chance(r, w->replays)) /* by somebody who has listened */
		wire_put(r, to, from, bytes, len,
			r->now + w->delay + room_random(r) % (3 * LP_SECOND));
}

/* Time. */

static inline void room_send(struct room *r)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	for (int round = 0; round < 4; round++) {
		size_t len;
		relay_actions(r);
		for (size_t i = 1; i <= r->count; i++)
			player_actions(&r->players[i]);
		while ((len = lp_quic_write(r->quic, bytes, sizeof(bytes), &path, r->now)))
			wire_send(r, 0, &path, bytes, len);
		for (size_t i = 1; i <= r->count; i++)
			while ((len = lp_quic_write(
					r->players[i].quic, bytes, sizeof(bytes), &path, r->now)))
				wire_send(r, i, &path, bytes, len);
	}
}

static inline lp_time sooner(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

static inline void room_arrive(struct room *r)
{
	while (r->packet_count && r->packets[0].at <= r->now) {
		struct packet packet = wire_take(r);
		if (packet.len > r->largest)
			r->largest = packet.len;
		lp_quic_read(packet.to ? r->players[packet.to].quic : r->quic, &packet.path,
			packet.bytes, packet.len, r->now);
	}
}

static inline void room_run(struct room *r, lp_time duration)
{
	lp_time end = r->now + duration;
	for (;;) {
		room_send(r);
		lp_time at = sooner(lp_quic_deadline(r->quic), lp_hub_deadline(r->hub));
		for (size_t i = 1; i <= r->count; i++) {
			at = sooner(at, lp_quic_deadline(r->players[i].quic));
			at = sooner(at, lp_tunnel_deadline(r->players[i].tunnel));
		}
		if (r->packet_count)
			at = sooner(at, r->packets[0].at);
		if (at > end)
			break;
		r->now = at > r->now ? at : r->now;
		room_arrive(r);
		lp_quic_on_time(r->quic, r->now);
		lp_hub_on_time(r->hub, r->now);
		for (size_t i = 1; i <= r->count; i++) {
			struct player *p = &r->players[i];
			lp_quic_on_time(p->quic, r->now);
			if (p->conn)
				lp_tunnel_on_path(p->tunnel, lp_quic_datagram_max(p->conn));
			lp_tunnel_on_time(p->tunnel, r->now);
		}
	}
	r->now = end;
}

/* The room. */

static bool room_token(void *bytes, size_t len)
{
	static uint8_t next;
	next++;
	memset(bytes, next ? next : 1, len);
	return true;
}

static inline void player_starts(struct room *r, size_t i)
{
	struct player *p = &r->players[i];
	struct lp_quic_config quic = {.handler = &player_handler, .context = p};
	p->port.ops = &room_port_ops;
	p->room = r;
	p->index = i;
	p->mac = player_mac((unsigned)i);
	const struct lp_tunnel_config config = {.role = LP_ROLE_CLIENT,
		.room_key = {1},
		.mac = p->mac,
		.name = "player",
		.seed = room_random(r)};
	p->tunnel = lp_tunnel_new(&config, &p->port);
	p->quic = lp_quic_new(&quic, NULL);
	p->got = calloc(ROOM_SERIALS, 1);
	p->at = calloc(ROOM_SERIALS, sizeof(*p->at));
	check(r, p->tunnel && p->quic && p->got && p->at);
	r->count = i;
	lp_tunnel_start(p->tunnel, r->now);
}

/* Everybody has joined. */
static inline struct room *room_new(const struct wire *wire, size_t players, uint64_t seed)
{
	struct room *r = calloc(1, sizeof(*r));
	const char *text = getenv("LANPARTY_SEED");
	assert_non_null(r);
	r->seed = text ? strtoull(text, NULL, 0) : seed;
	r->random = r->seed;
	r->now = LP_SECOND;
	r->wire = *wire;
	r->packets = calloc(WIRE_PACKETS, sizeof(*r->packets));
	r->identity = lp_identity_new("relay.example", NOW_UNIX);
	const struct lp_hub_config hub = {.rooms = {.max_clients = ROOM_PLAYERS, .max_rooms = 1},
		.frames = ROOM_FRAMES,
		.keep_alive_ms = 3000,
		.idle_timeout_ms = 15000,
		.random = room_token};
	const struct lp_quic_config quic = {.handler = &relay_handler, .context = r, .secret = {7}};
	r->hub = lp_hub_new(&hub);
	r->quic = lp_quic_new(&quic, r->identity);
	check(r, r->packets && r->identity && r->hub && r->quic);
	for (size_t i = 1; i <= players; i++)
		player_starts(r, i);
	for (size_t i = 1, tries = 0; i <= players; tries++) {
		check(r, tries < 60);
		if (lp_tunnel_is_joined(r->players[i].tunnel))
			i++;
		else
			room_run(r, LP_SECOND);
	}
	room_run(r, 2 * LP_SECOND); /* they have heard of each other */
	for (size_t i = 1; i <= players; i++)
		r->players[i].closed = 0;
	return r;
}

static inline void room_free(struct room *r)
{
	lp_quic_free(r->quic);
	lp_hub_free(r->hub);
	lp_identity_free(r->identity);
	for (size_t i = 1; i <= r->count; i++) {
		lp_quic_free(r->players[i].quic);
		lp_tunnel_free(r->players[i].tunnel);
		free(r->players[i].got);
		free(r->players[i].at);
	}
	free(r->packets);
	free(r);
}

/* A frame of len bytes from a player to another, 0: to all, that port_write knows by its serial. */
static inline void room_push(
	struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len)
{
	uint8_t f[FRAME_CAP];
	struct lp_verdict v;
	const struct player *p = &r->players[from];
	struct lp_mac dst = to ? r->players[to].mac : BROADCAST;
	uint32_t ip = IPV4(10, 0, 0, from), other = IPV4(10, 0, 0, to ? to : 255);
	check(r, len >= ROOM_LEAST && serial < ROOM_SERIALS);
	if (tcp)
		frame_tcp(f, dst, p->mac, ip, other, 445, len);
	else
		frame_udp(f, dst, p->mac, ip, other, 27015, len);
	for (size_t i = ROOM_LEAST - 6; i < len - 4; i++)
		f[i] = (uint8_t)(serial * 7 + i);
	struct lp_writer w = lp_writer_of(f + len - 4, 4);
	lp_write_u32(&w, serial);
	lp_tunnel_on_frame(p->tunnel, f, len, r->now, &v);
	check(r, v.drop == LP_DROP_NONE);
}

static inline void room_frame(
	struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len)
{
	room_push(r, from, to, tcp, serial, len);
	room_send(r);
}

static inline struct lp_hub_counters room_counters(const struct room *r)
{
	struct lp_hub_counters c;
	lp_hub_get_counters(r->hub, &c);
	return c;
}

#endif
