/* stream_room.h - a link whose UDP does not get through, and a relay's QUIC endpoint in memory. Streams are
 * made: they lose nothing. */
#ifndef LANPARTY_TEST_STREAM_ROOM_H
#define LANPARTY_TEST_STREAM_ROOM_H

#include "lanparty/peer/link.h"
#include "lanparty/quic/identity.h"

#define STREAM_PACKETS 256

struct stream_packet {
	unsigned way;
	size_t len;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
};

struct stream_room {
	struct lp_link *link;
	struct lp_quic *relay;
	struct lp_identity *identity;
	lp_time now;
	bool asked[LP_LINK_LOOKUPS];
	size_t addresses;                /* of the relay: 127.0.0.1 and those after it */
	bool proxy;                      /* it has an address, 127.0.1.1 */
	bool udp, tcp;                   /* they get through; streams open at once */
	bool full;                       /* streams take nothing */
	struct lp_stream_failure breaks; /* each stream that is opened */
	enum lp_send_failure refuses;    /* each packet over UDP */
	struct {
		bool open, news;
		struct lp_entry entry;
		lp_time at;
	} ways[LP_LINK_WAYS];
	size_t udp_tries, tcp_tries;
	lp_time first_tcp; /* after the start */
	uint8_t slot[LP_QUIC_PACKET_MAX];
	struct stream_packet wire[STREAM_PACKETS];
	size_t count;
	size_t sent_over_tcp, sent_over_udp;
	size_t hellos, joins, disconnects, moves;
	char why[LP_TUNNEL_TEXT + 1];
	lp_time told_wait;
};

extern struct lp_peer_options stream_options; /* of the next stream_room_start */

struct lp_address stream_loopback(uint32_t number, unsigned port);
/* One room at a time. With room_open, change it before it starts. */
struct stream_room *stream_room_open(bool udp, bool tcp);
void stream_room_start(struct stream_room *r);
struct stream_room *stream_room_started(bool udp, bool tcp);
struct stream_room *stream_room_joined(void); /* over TCP */
/* Leaves, and checks that nothing is left open. */
void stream_room_close(struct stream_room *r);

/* One millisecond passes; so many do; and so many until a number of the room has this value. */
void stream_turn(struct stream_room *r);
void stream_turns(struct stream_room *r, int count);
int stream_turns_until(struct stream_room *r, const size_t *number, size_t value, int most);
size_t stream_open_ways(const struct stream_room *r);
bool stream_room_is_over_tcp(const struct stream_room *r);

#endif
