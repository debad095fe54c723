/* stream_unit.h - TCP connections of a relay's worker, and of members and strangers who connect to it, in one
 * process: real sockets of the loopback interface; the time is the test's. */
#ifndef LANPARTY_TEST_STREAM_UNIT_H
#define LANPARTY_TEST_STREAM_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "streams.h"

#define IDLE    (15 * LP_SECOND)
#define CLIENTS 64
#define ROUNDS  400 /* of 1 ms each, until something that should happen has not */

struct client {
	int fd;
	struct lp_carrier *carrier;
	bool ended;
	size_t count, len; /* payloads that arrived; bytes of the last one */
	uint8_t first;     /* of the last one */
};

struct relay {
	int listener;
	struct lp_address at;
	struct streams *streams;
	lp_time now;
	size_t count; /* payloads that arrived */
	uint8_t last[LP_PAYLOAD_MAX];
	size_t last_len;
	struct lp_path path;
	struct stream *given;
	bool is_junk; /* no QUIC connection knows what arrives */
};

/* A packet with a short header. Its connection ID begins with 0, 5. */
#define PACKET_SIZE 8
extern const uint8_t packet[PACKET_SIZE];

/* For cmocka_run_group_tests. */
int make_identity(void **state);
int free_identity(void **state);

/* A listener, the configuration that most tests want, and a worker; start_relay does all of it. */
void listen_somewhere(struct relay *r);
struct streams_config config_of(struct relay *r);
void open_relay(struct relay *r, const struct streams_config *config);
void start_relay(struct relay *r);
void stop_relay(struct relay *r);
struct streams_counters counters(const struct relay *r);
/* One round of the worker's loop, 1 ms at most. */
void relay_turn(struct relay *r);

/* A bare TCP connection, from 127.0.HOST.1: another network for each HOST. */
int connect_from(const struct relay *r, uint8_t host);
/* The relay closes it, or has closed it, without another second passing. */
bool is_closed(struct relay *r, int fd);
bool stays_open(struct relay *r, int fd);

/* A member, before its handshake; and one that is open. */
void open_client(const struct relay *r, struct client *c, uint8_t host);
void join_relay(struct relay *r, struct client *c, uint8_t host);
void close_client(struct client *c);
/* Reads what has come, and writes what is pending. */
void client_turn(struct client *c, bool reads);
/* Sends the packet until the relay has it, or gives the connection away. */
void say_packet(struct relay *r, struct client *c);

#endif
