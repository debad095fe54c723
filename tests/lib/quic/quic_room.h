/* quic_room.h - a relay and its players in one process: real hub, real tunnels and real QUIC, on a
 * fake clock and a seeded network that loses, delays, reorders, duplicates and truncates by
 * size. */
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
	struct lp_tunnel *tunnel; /* NULL: the program is not running */
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

/* Sends what the endpoints have to send now. */
void room_send(struct room *r);

/* Advances the clock by duration. */
void room_run(struct room *r, lp_time duration);

/* Creates a room that all players have joined. LANPARTY_SEED overrides the seed. */
struct room *room_new(const struct wire *wire, size_t players, uint64_t seed);

void room_free(struct room *r);

/* A player's program starts and joins; it disappears without a message to the relay. */
void room_starts(struct room *r, size_t player);
void room_stops(struct room *r, size_t player);

/* Sends a frame of len bytes from one player to another (0: to all). port_write recognises it by
 * its serial. */
void room_push(struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len);

/* The same, and sends it on the network at once. */
void room_frame(struct room *r, size_t from, size_t to, bool tcp, uint32_t serial, size_t len);

struct lp_hub_counters room_counters(const struct room *r);

#endif
