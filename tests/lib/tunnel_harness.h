/* tunnel_harness.h - a tunnel with a frame port that records everything, and a relay that the test
 * scripts. */
#ifndef LANPARTY_TESTS_TUNNEL_HARNESS_H
#define LANPARTY_TESTS_TUNNEL_HARNESS_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/tunnel/tunnel.h"

#define PORT_FRAMES 64
#define ACTIONS     64
#define OWN_PEER    7
#define ROOM        0x01020304

struct mock_port {
	struct lp_port port;
	bool refuse_up, refuse_write;
	size_t ups, downs, mtu;
	size_t members_calls, member_count;
	struct lp_mac members[LP_MAX_MEMBERS];
	size_t count; /* frames written */
	size_t len;   /* of the last frame */
	uint8_t frame[FRAME_CAP], previous[FRAME_CAP];
	size_t noted[2]; /* by lp_port_way */
	struct lp_mac noted_from;
	uint32_t noted_question; /* who has this IPv4 address */
};

struct harness {
	struct lp_tunnel *tunnel;
	struct mock_port port;
	lp_time now;
	struct lp_tunnel_action actions[ACTIONS]; /* since the last harness_forget */
	size_t count;
	uint64_t sequence; /* of the relay's events */
	int64_t stream;
};

/* A tunnel of this role, whose verdicts the functions below return. */
struct lp_tunnel_config harness_config(enum lp_role role);

/* Creates a tunnel that was not started. */
struct harness *harness_new(const struct lp_tunnel_config *config);
void harness_free(struct harness *h);

/* Collects the tunnel's actions. */
void harness_drain(struct harness *h);

/* Forgets the actions so far. */
void harness_forget(struct harness *h);

/* The n-th action of this kind since the last harness_forget, or NULL. */
const struct lp_tunnel_action *harness_action(
	const struct harness *h, enum lp_tunnel_kind kind, size_t n);

/* Starts the tunnel, which asks for a connection. */
void harness_start(struct harness *h);

/* What its connection says of the path. */
void harness_path(struct harness *h, size_t datagram_max);

/* Something waits to be sent. */
bool harness_has_datagram(struct harness *h);

/* A new connection is established. */
void harness_connected(struct harness *h);

/* Bytes of a stream arrive from the relay. */
void harness_stream(struct harness *h, int64_t stream, const void *bytes, size_t len, bool fin);

/* The relay sends a message on this stream. */
void harness_say(struct harness *h, int64_t stream, const struct lp_control *m);

/* The relay sends a message on a stream of its own. */
void harness_event(struct harness *h, const struct lp_control *m);

/* Messages of the relay. */
struct lp_control welcome_of(uint16_t mtu);
struct lp_control joined_event(uint64_t sequence, uint16_t peer, enum lp_role role);
struct lp_control left_event(uint64_t sequence, uint16_t peer);

/* The relay reports a member that joined, or left. */
void harness_joined(struct harness *h, uint16_t peer, enum lp_role role);
void harness_left(struct harness *h, uint16_t peer);

/* Connects, and joins a room with this mtu. */
void harness_join_as(struct harness *h, uint16_t mtu, uint64_t capabilities);

/* The same, with the capability of fragments. */
void harness_join(struct harness *h, uint16_t mtu);

/* Creates a tunnel that has joined a room with an MTU of 1500 bytes. */
struct harness *harness_in_room(enum lp_role role);

/* The connection has ended. */
void harness_closed(struct harness *h, bool final);

/* Advances the tunnel's time. */
void harness_at(struct harness *h, lp_time now);

/* Passes a frame from the port to the tunnel. */
struct lp_verdict harness_frame(struct harness *h, const uint8_t *frame, size_t len);

/* Passes a datagram from the relay to the tunnel. */
struct lp_verdict harness_datagram(struct harness *h, const uint8_t *bytes, size_t len);

/* Passes a frame that the relay forwards from a member. */
struct lp_verdict harness_forwarded(
	struct harness *h, uint16_t peer, const uint8_t *frame, size_t len);

/* What its connection does with datagrams that wait. */
bool harness_peek(struct harness *h, size_t max, bool bulk, struct lp_datagram *ret_datagram);
void harness_pop(struct harness *h);
void harness_acked(struct harness *h, uint64_t tag);
void harness_lost(struct harness *h, uint64_t tag);

/* Takes the next datagram that waits for the relay; 0 when none does. */
size_t harness_take(struct harness *h, size_t max, uint8_t *bytes, struct lp_overlay *o);

#endif
