/* hub_peers.h - a hub and members without tunnels. It records what the hub does to each of them. */
#ifndef LANPARTY_TESTS_HUB_PEERS_H
#define LANPARTY_TESTS_HUB_PEERS_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/overlay.h"

#define RELAY_PEERS    72
#define RELAY_MESSAGES 80
#define RELAY_LOG      64
#define RELAY_PATH     1400

struct peer {
	struct lp_session *session; /* NULL: not connected */
	struct lp_mac mac;
	lp_time heard; /* the hub's relay heard of it last */
	bool welcomed, closed, woken;
	struct lp_welcome welcome;
	int reject; /* -1: none */
	uint16_t steer;
	enum lp_leave_reason close;
	struct lp_control messages[RELAY_MESSAGES]; /* events, in the order sent */
	size_t count;
	int64_t next_stream; /* of the peer's own messages */
};

struct relay {
	struct lp_hub *hub;
	lp_time now;
	struct peer peers[RELAY_PEERS];
	struct lp_hub_action log[RELAY_LOG]; /* actions for the log */
	size_t log_count;
};

lp_time peer_heard(void *user);

/* A hub of 8 rooms with 64 clients each, whose verdicts the functions below return. */
struct lp_hub_config relay_config(void);

/* Creates a hub without members; its time is one second. */
struct relay *relay_new(const struct lp_hub_config *config);
void relay_free(struct relay *r);

/* Executes all actions of the hub. */
void relay_drain(struct relay *r);

/* Advances the hub's time and executes its actions. */
void relay_at(struct relay *r, lp_time now);

/* Opens the connection of peer i, which carries datagrams of path bytes. */
void peer_open(struct relay *r, int i, size_t path);

/* What its connection says of the path. */
void peer_path(struct relay *r, int i, size_t datagram_max);

/* Bytes of a stream arrive from the peer. */
void peer_stream(struct relay *r, int i, const struct lp_piece *piece);

/* A valid hello of peer i. */
struct lp_control peer_hello(int i, enum lp_role role);

/* Sends a message on this stream. */
void peer_say(struct relay *r, int i, int64_t stream, const struct lp_control *m);

/* Sends a message on a unidirectional stream of its own. */
void peer_message(struct relay *r, int i, const struct lp_control *m);

/* Opens a connection and says hello. Peer 0 is the gateway; the others are clients. */
struct peer *peer_join_as(struct relay *r, int i, uint64_t capabilities);

/* The same, with the capability of fragments. */
struct peer *peer_join(struct relay *r, int i);

/* The peer's connection has ended. */
void peer_closed(struct relay *r, int i, enum lp_leave_reason reason);

/* Forgets all recorded messages and actions. */
void relay_forget(struct relay *r);

/* A datagram arrives from the peer. */
struct lp_verdict peer_datagram(struct relay *r, int i, const uint8_t *bytes, size_t len);

/* A whole frame arrives from the peer. */
struct lp_verdict peer_frame(struct relay *r, int i, const uint8_t *frame, size_t len);

/* Its connection was asked to send since the last time that this was asked. */
bool peer_is_woken(struct relay *r, int i);

/* What its connection does with datagrams that wait for the peer. */
bool peer_peek(struct relay *r, int i, size_t max, bool bulk, struct lp_datagram *ret_datagram);
void peer_pop(struct relay *r, int i);
void peer_acked(struct relay *r, int i, uint64_t tag);
void peer_lost(struct relay *r, int i, uint64_t tag);

/* Takes the next datagram that waits for the peer; 0 when none does. */
size_t peer_take_max(
	struct relay *r, int i, size_t max, uint8_t *bytes, struct lp_overlay *ret_overlay);

/* The same with the largest datagram. */
size_t peer_take(struct relay *r, int i, uint8_t *bytes, struct lp_overlay *o);

/* Discards all datagrams for the peer and returns their number. */
size_t peer_take_all(struct relay *r, int i);

struct lp_hub_counters relay_counters(const struct relay *r);

#endif
