/* world.h - a hub and many tunnels, simulated on a fake clock, and the network between them.
 *
 * The network is a model of QUIC, not QUIC itself: datagrams are lost, delayed, reordered and
 * duplicated (the second copy is discarded, as QUIC does by packet number). The fate of datagrams
 * with a tag is reported late, and some slow ones are reported as lost. Streams arrive completely
 * but late and in any order. Connections need time until they are established and until they notice
 * that the other end is gone. */
#ifndef LANPARTY_TESTS_WORLD_H
#define LANPARTY_TESTS_WORLD_H

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
#include "lanparty/room/hub.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/tunnel/tunnel.h"

#define WORLD_PEERS   208
#define WORLD_IDLE    (15 * LP_SECOND) /* until a silent end is noticed */
#define WORLD_SERIALS 32768            /* number of distinguishable frames */

extern uint64_t world_seed;             /* printed when a check fails */
extern struct lp_verdict world_verdict; /* of the last frame of any tunnel */

#define check(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s:%d: %s, with LANPARTY_SEED=%llu", __FILE__, __LINE__,         \
				#condition, (unsigned long long)world_seed);                       \
	} while (0)

struct wire {
	unsigned loss, duplicates; /* per thousand */
	lp_time delay, jitter;     /* in one direction */
	unsigned doubts;           /* per thousand that arrive but are reported lost */
};

struct other {
	uint16_t peer;
	struct lp_mac mac;
};

struct world;

struct peer_port {
	struct lp_port port;
	struct world *world;
	size_t peer;
};

struct peer {
	struct peer_port port;
	struct lp_tunnel *tunnel; /* NULL: the program is not running */
	size_t conn;              /* the current one; 0: none */
	struct lp_mac mac;
	size_t path;
	bool up, woken; /* woken: its tunnel wants to send */
	struct lp_welcome welcome;
	struct other others[WORLD_PEERS]; /* the members that the relay reported */
	size_t other_count;
	size_t told_macs; /* the MACs that the port received */
	bool clean;       /* the relay knows that its earlier connection has ended */
	bool old;         /* has only the capabilities below */
	uint64_t capabilities;
	int reject; /* -1: none */
	size_t received, got_bytes;
	uint8_t got[WORLD_SERIALS]; /* number of arrivals of each frame */
	lp_time joined_at;
};

/* Receives the frames of a member's port besides the counting; can be NULL. */
typedef void world_sink(struct world *w, size_t peer, const uint8_t *frame, size_t len);

struct world {
	lp_time now;
	uint64_t dice;
	struct wire wire;
	struct lp_hub_config config;
	struct lp_hub *hub; /* NULL: the relay is down */
	struct event *heap;
	size_t heap_count, heap_cap;
	uint64_t order;
	struct conn **conns; /* index 0 is none */
	struct conn *woken;  /* whose relay end wants to send */
	size_t conn_count, conn_cap;
	struct peer peers[WORLD_PEERS];
	size_t peer_count;
	world_sink *sink;
	uint32_t room; /* the last room that somebody joined */
	/* When each of its ids can be assigned again: 0 at once, LP_NEVER while it has a member. */
	lp_time free_at[UINT16_MAX + 1];
	size_t joins, rejects;
	lp_time *connects; /* when members started to connect; NULL: not recorded */
	size_t connect_count;
};

/* Ends a connection for one side after a delay; that side learns the reason. */
void world_send_close(
	struct world *w, size_t conn, bool to_relay, enum lp_leave_reason reason, lp_time after);

/* Advances the clock by duration. */
void world_run(struct world *w, lp_time duration);

/* Creates a world with a running relay. LANPARTY_SEED overrides the seed. */
struct world *world_new(const struct wire *wire);

void world_free(struct world *w);

/* The relay stops without notice, and every session is gone. */
void relay_crashes(struct world *w);

/* A new one starts, without any room. */
void relay_starts(struct world *w);

/* The configuration of member i. */
struct lp_tunnel_config peer_config(struct world *w, size_t i, enum lp_role role);

/* Starts a member's program. Its connections carry datagrams of at most path bytes. */
void peer_starts(struct world *w, size_t i, const struct lp_tunnel_config *config, size_t path);

/* The program disappears without a message to the relay. */
void peer_crashes(struct world *w, size_t i);

/* Interrupts the network: both ends notice, the member first. */
void link_is_cut(struct world *w, size_t i);

bool is_joined(const struct world *w, size_t i);

size_t joined_count(const struct world *w);

/* C8: every member was told exactly what the relay knows. */
void check_views(struct world *w);

/* Sends an IPv4 frame of len bytes that port_write recognises by its serial: UDP from 46 bytes, TCP
 * from 54. Returns the verdict of its tunnel. */
struct lp_verdict world_send(
	struct world *w, size_t i, struct lp_mac dst, bool tcp, size_t serial, size_t len);

/* The same by UDP. */
struct lp_verdict world_frame(
	struct world *w, size_t i, struct lp_mac dst, size_t serial, size_t len);

#endif
