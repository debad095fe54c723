/* quic_pair.h - a client endpoint and a server endpoint in memory, with a fake clock and a
 * simulated network. For the test_quic programs. */
#ifndef LANPARTY_TESTS_QUIC_PAIR_H
#define LANPARTY_TESTS_QUIC_PAIR_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/identity.h"
#include "lanparty/quic/quic.h"
#include "quic_test.h"

#define NOW_UNIX    INT64_C(1790000000)
#define WIRE_MAX    4096
#define LATENCY     (5 * LP_MILLISECOND)
#define PAYLOAD_MAX 1500
#define MESSAGE_MAX 1024
#define QUEUE_MAX   64

enum side { CLIENT, SERVER };

struct packet {
	lp_time at;
	enum side to;
	struct lp_path path;
	size_t len;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
};

/* What an endpoint's handler received, and what it must send. */
struct log {
	struct lp_datagram_source source; /* first member */
	struct lp_datagram_sink sink;
	struct lp_quic_conn *conn; /* the last that connected */
	unsigned connected, closed, messages, datagrams, fins;
	struct lp_quic_close why;
	int64_t last_stream;
	uint8_t stream[4096]; /* bytes of bidirectional streams */
	size_t stream_len, stream_total;
	uint8_t last_message[MESSAGE_MAX];
	size_t last_message_len;
	uint8_t last_datagram[PAYLOAD_MAX];
	size_t last_datagram_len;
	uint8_t *seen; /* datagrams whose first 4 bytes are a number: arrivals of each */
	size_t seen_cap;
	uint8_t out[QUEUE_MAX][PAYLOAD_MAX];
	size_t out_len[QUEUE_MAX], out_first, out_count;
	size_t asked_max, max_at_start, path_max; /* of DATAGRAMs */
	unsigned asked;                           /* for a DATAGRAM */
	unsigned more;                            /* DATAGRAMs to be queued as others are sent */
	bool echo;                                /* answer on the stream that a message came on */
	bool close_in_callback, open_at_once;
};

struct quic_pair {
	lp_time now;
	struct lp_quic *end[2];
	struct log log[2];
	struct lp_identity *identity;
	struct lp_quic_config config[2];
	struct packet *wire;
	size_t wire_count;
	uint8_t client_host; /* last byte of its address; changes when a NAT rebinds */
	uint64_t seed;
	lp_time latency;                            /* LATENCY initially */
	unsigned loss, duplicates, reorder, damage; /* per thousand */
	size_t mtu;                                 /* longer UDP payloads are lost; 0: no limit */
	bool cut;                                   /* everything is lost */
	uint64_t bytes_from[2], packets_from[2];
	size_t largest_from[2];
};

/* The next seeded random number. */
uint64_t pair_random(struct quic_pair *pair);

/* The handler of both endpoints, and its parts. A log is the context, the source and the sink. */
void pair_on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece);

void pair_on_datagram(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now);

/* Queues a DATAGRAM at an endpoint; false when the queue is full. */
bool queue_datagram(struct log *log, const void *bytes, size_t len);

extern const struct lp_datagram_source_ops pair_source_ops;

void pair_on_connected(void *context, struct lp_quic_conn *conn);

void pair_on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why);

extern const struct lp_quic_handler pair_handler;

/* Creates an endpoint from config[side]. */
void pair_start(struct quic_pair *pair, enum side side);
void pair_start_both(struct quic_pair *pair);

/* Creates the network and the identity of the server, without endpoints. */
struct quic_pair *pair_new(void);

void pair_free(struct quic_pair *pair);

/* A path between two hosts, given by the last byte of their addresses; 200 is the server. */
struct lp_path pair_path(uint8_t local, uint8_t remote);

/* Sends one UDP payload of an endpoint; false when it has none. The client's socket always has address 1;
 * the NAT shows it as client_host. */
bool pair_send(struct quic_pair *pair, enum side from);

/* Delivers all UDP payloads whose time has come. */
void pair_deliver(struct quic_pair *pair);

/* Advances the clock by duration. */
void pair_run(struct quic_pair *pair, lp_time duration);

/* Starts a connection of the client; name is the expected one of the server. */
struct lp_quic_conn *pair_connect(
	struct quic_pair *pair, const uint8_t (*pins)[32], size_t pin_count, const char *name);

/* The same with the right pin and name. */
void pair_connect_pinned(struct quic_pair *pair);

/* Creates both endpoints and connects them. */
struct quic_pair *pair_up(void);

/* The counters of the server. */
struct lp_quic_counters pair_counters(const struct quic_pair *pair);

/* Asserts that the server's connection IDs start with the steering bytes of the client's first ID. */
void assert_steered(struct quic_pair *pair);

#endif
