/* rig.h - members for tests: they speak to a real relay over real QUIC, but send what the test
 * tells them, valid or not. Many of them share one socket. */
#ifndef LANPARTY_TESTS_RIG_H
#define LANPARTY_TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"
#include "lanparty/path/receiver.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/edge/address.h"
#include "lanparty/quic/host_key.h"
#include "lanparty/quic/quic.h"

#define RIG_QUEUE 1024 /* datagrams that a member can queue */

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
	struct lp_datagram_source source; /* of the queue below */
	struct lp_datagram_sink sink;
	struct rig *rig;
	struct lp_quic_conn *conn; /* NULL once closed */
	enum rig_state state;
	struct lp_hello hello;
	struct lp_welcome welcome;
	struct lp_quic_close why; /* set when closed */
	uint8_t reply[1024];
	size_t reply_len;
	enum lp_reject_reason reject; /* set with RIG_REJECTED */
	uint16_t steer;               /* the relay's steering hint, set with RIG_REJECTED */
	size_t heard_joined;          /* number of PEER_JOINED events */
	struct rig_datagram *queue;   /* a ring of RIG_QUEUE entries */
	size_t head, count;
	uint16_t frame_id;
	uint64_t sent, received, received_bytes;
	/* Receives a reassembled frame from the room; can be NULL. */
	void (*on_frame)(struct rig_peer *peer, uint16_t from, const uint8_t *frame, size_t len);
	struct lp_pool *pool;
	struct lp_reassembly reassembly;
	void *user;
};

/* Opens a rig for the relay at ADDR:PORT with the certificate in der_file. Exits with a message if
 * that fails. */
struct rig *rig_open(const char *relay, const char *der_file);
void rig_close(struct rig *rig);

/* Moves all connections to a new socket with another port, as when a NAT rebinds. */
void rig_rebind(struct rig *rig);
/* Members connect with these steering bytes in their first connection ID, whatever their room. */
void rig_steer(struct rig *rig, uint16_t steer);

/* A member that connects and sends hello, unless it is NULL. */
struct rig_peer *rig_peer_new(struct rig *rig, const struct lp_hello *hello);
void rig_peer_free(struct rig_peer *peer); /* closes its connection without a message */
/* Fills a hello for a room. A client's MAC is 02:00:00:00:00:number. */
void rig_hello(struct lp_hello *hello, enum lp_role role, const char *code, uint8_t number);

/* Reads the host key of a room (PEM). Exits with a message if that fails. */
void rig_read_key(const char *path, struct lp_host_key *ret_key);

/* Queues a frame with the member's ids, as fragments if necessary. False: the queue is full. */
bool rig_send_frame(struct rig_peer *peer, const uint8_t *frame, size_t len);
/* Queues any bytes as a datagram. */
bool rig_send_bytes(struct rig_peer *peer, const uint8_t *bytes, size_t len);

/* Sends one UDP payload from the rig's socket, whatever it is. */
void rig_send_packet(struct rig *rig, const uint8_t *bytes, size_t len);

/* Runs all members for how_long, or until done returns true (done can be NULL). True: done returned
 * true. */
bool rig_run(struct rig *rig, lp_time how_long, bool (*done)(void *context), void *context);
/* Runs until the member has joined, was rejected or closed, at most 5 s. True: joined. */
bool rig_join(struct rig_peer *peer);
/* A member that joins; while the relay is busy it tries again, as programs do. NULL: refused. */
struct rig_peer *rig_enter(struct rig *rig, const struct lp_hello *hello);

#endif
