/* rig.h - peers made for tests: they speak to a real relay over real QUIC, but send what they are
 * told to, good or bad. Many of them share one socket. */
#ifndef LANPARTY_TESTS_RIG_H
#define LANPARTY_TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"
#include "lanparty/path/receiver.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/edge/address.h"
#include "lanparty/quic/quic.h"

#define RIG_QUEUE 1024 /* datagrams of a peer that wait to be sent */

struct rig;

enum rig_state {
	RIG_CONNECTING,
	RIG_HELLO,
	RIG_JOINED,
	RIG_REJECTED,
	RIG_CLOSED,
};

struct rig_datagram {
	size_t len;
	uint8_t bytes[LP_DATAGRAM_MAX];
};

struct rig_peer {
	struct rig *rig;
	struct lp_quic_conn *conn; /* NULL once closed */
	enum rig_state state;
	struct lp_hello hello;
	struct lp_welcome welcome;
	struct lp_quic_close why; /* once closed */
	uint8_t reply[1024];
	size_t reply_len;
	enum lp_reject_reason reject; /* with RIG_REJECTED */
	uint16_t steer;               /* likewise: the relay's hint */
	size_t heard_joined;          /* PEER_JOINED events */
	struct rig_datagram *queue;   /* RIG_QUEUE of them, a ring */
	size_t head, count;
	uint16_t frame_id;
	uint64_t sent, received, received_bytes;
	/* A frame from the room, put together; may be NULL. */
	void (*on_frame)(struct rig_peer *peer, uint16_t from, const uint8_t *frame, size_t len);
	struct lp_pool *pool;
	struct lp_reassembly reassembly;
	void *user;
};

/* Exits with a sentence when that cannot be. relay: ADDR:PORT. der: its certificate. */
struct rig *rig_open(const char *relay, const char *der_file);
void rig_close(struct rig *rig);

/* Another socket, from another port, for the same connections: as when a NAT forgets. */
void rig_rebind(struct rig *rig);
/* Peers connect with this in their first id, whatever their room. */
void rig_steer(struct rig *rig, uint16_t steer);

/* A peer that connects and, unless hello is NULL, says it. */
struct rig_peer *rig_peer_new(struct rig *rig, const struct lp_hello *hello);
void rig_peer_free(struct rig_peer *peer); /* closes its connection without a word */
/* A hello for a room. A client's MAC: 02:00:00:00:00:number. */
void rig_hello(struct lp_hello *hello, enum lp_role role, const char *code, uint8_t number);

/* Queues a frame with the ids of the peer, in halves where it must be; false when the queue is full. */
bool rig_send_frame(struct rig_peer *peer, const uint8_t *frame, size_t len);
/* The same for any bytes. */
bool rig_send_bytes(struct rig_peer *peer, const uint8_t *bytes, size_t len);

/* Runs all peers for that long, or until done says so (may be NULL). True: done did. */
bool rig_run(struct rig *rig, lp_time how_long, bool (*done)(void *context), void *context);
/* Until the peer has joined, was rejected or closed, 5 s at most. True: joined. */
bool rig_join(struct rig_peer *peer);

#endif
