/* quic_ends.h - the endpoints of a quic_room: the relay, and players with their frame ports.
 *
 * It connects hub and QUIC as src/relay/server.c does, and tunnel and QUIC as
 * src/common/peer/link.c does. */
#ifndef LANPARTY_TESTS_QUIC_ENDS_H
#define LANPARTY_TESTS_QUIC_ENDS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dice.h"
#include "frames.h"
#include "lanparty/quic/identity.h"
#include "lanparty/room/hub.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/quic/quic.h"

#define ROOM_PLAYERS 4
#define ROOM_FRAMES  4096
#define ROOM_SERIALS 65536 /* number of distinguishable frames */
#define ROOM_LEAST   60    /* bytes of the shortest frame with a serial */
#define ROOM_HOST    200   /* last byte of the relay's address */
#define WIRE_PACKETS 16384
#define NOW_UNIX     INT64_C(1790000000)

struct wire {
	unsigned loss, duplicates, reorder, replays; /* per thousand */
	lp_time delay;                               /* in one direction */
	size_t limit;                                /* longer UDP payloads are lost; 0: no limit */
	uint64_t rate; /* bits per second of each endpoint, with a deep buffer; 0: unlimited */
};

struct packet {
	lp_time at;
	size_t to; /* 0: the relay, otherwise a player */
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
	uint8_t *got;         /* number of arrivals of each serial */
	lp_time *at;          /* time of the first arrival */
	size_t twice, closed; /* duplicate deliveries; closed connections */
};

struct room {
	lp_time now;
	uint64_t dice;
	struct wire wire;
	struct lp_identity *identity;
	struct lp_quic *quic;
	struct lp_hub *hub;
	struct player players[ROOM_PLAYERS + 1]; /* from 1 */
	size_t count;
	struct packet *packets;
	size_t packet_count;
	lp_time free_at[ROOM_PLAYERS + 1]; /* when each endpoint's link has sent its buffer */
	/* largest UDP payload that arrived since this was last set to 0 */
	size_t largest;
	uint64_t seed;
};

#define check(room, condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s:%d: %s, with LANPARTY_SEED=%llu", __FILE__, __LINE__,         \
				#condition, (unsigned long long)(room)->seed);                     \
	} while (0)

/* The relay: hub and QUIC. */

static inline void relay_connected(void *context, struct lp_quic_conn *conn)
{
	struct room *r = context;
	struct lp_session *session =
		lp_hub_open(r->hub, conn, lp_quic_source(conn), lp_quic_datagram_max(conn), r->now);
	check(r, session != NULL);
	lp_quic_set_user(conn, session);
	lp_quic_attach(conn, lp_session_source(session), lp_session_sink(session));
}

static inline void relay_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct room *r = context;
	lp_hub_on_stream(r->hub, lp_quic_user(conn), stream, bytes, len, fin, r->now);
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
	.closed = relay_closed,
};

static inline void relay_actions(struct room *r)
{
	struct lp_hub_action a;
	while (lp_hub_next(r->hub, &a)) {
		struct lp_quic_conn *conn = a.session ? lp_session_user(a.session) : NULL;
		if (a.kind == LP_HUB_REPLY)
			lp_quic_send(conn, 0, a.bytes, a.len, true);
		else if (a.kind == LP_HUB_MESSAGE)
			lp_quic_send_message(conn, a.bytes, a.len);
		else if (a.kind == LP_HUB_CLOSE)
			lp_quic_close(conn, a.leave, a.text);
	}
}

/* A player: tunnel and QUIC. */

static inline void player_connected(void *context, struct lp_quic_conn *conn)
{
	struct player *p = context;
	lp_quic_attach(conn, lp_tunnel_source(p->tunnel), lp_tunnel_sink(p->tunnel));
	lp_tunnel_on_connected(p->tunnel, p->room->now);
}

static inline void player_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct player *p = context;
	(void)conn;
	lp_tunnel_on_stream(p->tunnel, stream, bytes, len, fin, p->room->now);
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
	.closed = player_closed,
};

static inline struct lp_path room_path(size_t local, size_t remote)
{
	const size_t hosts[] = {local, remote};
	struct lp_path path;
	memset(&path, 0, sizeof(path));
	for (int i = 0; i < 2; i++) {
		struct lp_address *a = i ? &path.remote : &path.local;
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(hosts[i] == ROOM_HOST ? 443 : 5000);
		a->in.sin_addr.s_addr = htonl(0x0a000000u | (uint32_t)hosts[i]);
	}
	path.local.len = path.remote.len = sizeof(struct sockaddr_in);
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
}

/* The frame port. */

static inline size_t port_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

/* The last four bytes of a frame are its serial; the bytes before are derived from it. */
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

#endif
