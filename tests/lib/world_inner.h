/* world_inner.h - what the files of world share: world_network.c (the network), world_run.c (time
 * and actions), world.c (the endpoints). */
#ifndef LANPARTY_TESTS_WORLD_INNER_H
#define LANPARTY_TESTS_WORLD_INNER_H

#include "world.h"

#define WORLD_HANDSHAKE  (5 * LP_SECOND)
#define WORLD_RETRANSMIT (200 * LP_MILLISECOND)
#define WORLD_WINDOW     1024 /* packet numbers that are remembered */

enum event_kind { RELAY_OPENS, PEER_OPENS, STREAM, DATAGRAM, ACKED, LOST, CLOSED };

struct event {
	lp_time at;
	uint64_t order; /* order of events at the same time */
	enum event_kind kind;
	bool to_relay, fin, final;
	size_t conn;
	int64_t stream; /* or a packet number */
	uint64_t tag;
	enum lp_leave_reason reason;
	size_t len;
	uint8_t *bytes;
};

/* Packet numbers of one direction. */
struct numbers {
	int64_t next, highest;
	uint8_t seen[WORLD_WINDOW];
};

struct conn {
	size_t index, peer;
	struct lp_session *session;
	lp_time begun;              /* when its first packet would reach the relay */
	bool relay_open, peer_open; /* handshake complete and not closed */
	bool relay_over, peer_over;
	int64_t next_stream[2]; /* towards the member, towards the relay */
	struct numbers numbers[2];
	struct world *world;
	bool woken; /* in the world's list */
	struct conn *next_woken;
};

/* Adds an event; it takes the bytes. */
void world_schedule(struct world *w, lp_time at, struct event e);

/* Removes and returns the earliest event; there must be one. */
struct event world_take_event(struct world *w);

/* A random delay in one direction. */
lp_time world_one_way(struct world *w);

/* A random delay in one direction, with retransmissions. */
lp_time world_reliable(struct world *w);

/* Sends a message on a stream, sometimes in two pieces. */
void world_send_stream(struct world *w, size_t conn, bool to_relay, int64_t stream,
	const uint8_t *bytes, size_t len);

void world_send_datagram(struct world *w, size_t conn, bool to_relay, const struct lp_datagram *d);

/* True if this packet has arrived before, or is too old to tell. */
bool world_is_repeated(struct numbers *n, int64_t number);

/* The index in p->others, or other_count. */
size_t world_find_other(const struct peer *p, uint16_t id);

/* Executes all actions of the hub and the tunnels, and sends what they have to send. */
void world_pump(struct world *w);

#endif
