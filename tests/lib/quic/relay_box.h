/* relay_box.h - a whole relay without sockets, and clients that send what they are told: QUIC and the hub
 * between them, on a fake clock. What is sent arrives at once. For fuzz_relay.
 *
 * The relay is put together as src/relay/server.c does it, without a log. */
#ifndef LANPARTY_TESTS_RELAY_BOX_H
#define LANPARTY_TESTS_RELAY_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/quic/host_key.h"
#include "lanparty/quic/identity.h"
#include "lanparty/room/hub.h"

#define BOX_CLIENTS   8
#define BOX_DATAGRAMS 8

struct box_client {
	struct lp_datagram_source source; /* first member */
	struct lp_datagram_sink sink;
	struct lp_quic *quic; /* stays; it has one connection at a time */
	struct lp_quic_conn *conn;
	uint8_t host;   /* last byte of its address */
	int64_t stream; /* the last one that it opened */
	bool joined;
	struct lp_welcome welcome; /* valid with joined */
	uint16_t counted;          /* peer ID; frames of this member are counted */
	size_t received;
	unsigned lose; /* so many packets to it get lost */
	bool deaf;     /* nothing reaches it, and it sends nothing */
	uint8_t reply[LP_CONTROL_SENT_MAX];
	size_t reply_len;
	uint8_t out[BOX_DATAGRAMS][LP_DATAGRAM_MAX];
	size_t out_len[BOX_DATAGRAMS], out_count;
};

struct box {
	lp_time now;
	struct lp_identity *identity;
	struct lp_quic *quic;
	struct lp_hub *hub;
	struct box_client *clients[BOX_CLIENTS];
	size_t count;
	bool pin_is_wrong;       /* that the next client has */
	struct lp_hosted hosted; /* what the relay keeps of one room */
	uint8_t hosted_key[LP_ROOM_KEY_SIZE];
};

/* Ends the process when something does not hold. */
void box_require(bool holds);

/* Fills bytes from a fixed seed. */
bool box_random(void *bytes, size_t len);

/* The first two bytes of a room's key: the relay has one worker. */
uint16_t box_steer(const uint8_t room_key[LP_ROOM_KEY_SIZE]);

/* Starts the relay with an identity that was written and read again. *box is zero, and can be closed after. */
void box_open(struct box *box);
/* Tells everybody to go, and frees all. The clients stay the caller's. */
void box_close(struct box *box);

/* Starts a handshake from this host. Forgets the client's last connection, which has ended. */
void box_connect(struct box *box, struct box_client *c, uint8_t host);
/* The bytes travel on the client's stream, which is opened when there is none. */
void box_say(struct box_client *c, const uint8_t *bytes, size_t len, bool fin);
/* Sends a hello or another message. */
void box_tell(struct box_client *c, const struct lp_control *message);
/* Queues a DATAGRAM, if there is space. */
void box_queue(struct box_client *c, const uint8_t *bytes, size_t len);

/* Packets travel until nobody has one to send. */
void box_exchange(struct box *box);
/* The clock advances, and packets travel. */
void box_wait(struct box *box, lp_time duration);
/* A packet of any bytes comes from this host to the relay. */
void box_packet(struct box *box, uint8_t host, const uint8_t *bytes, size_t len);

#endif
