/* quic_wire.h - a client endpoint and a server endpoint in memory, with a fake clock and a
 * simulated network. For the test_quic programs. */
#ifndef LANPARTY_TEST_QUIC_WIRE_H
#define LANPARTY_TEST_QUIC_WIRE_H

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

struct world {
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

static inline uint64_t world_random(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

static inline void on_stream(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	struct log *log = context;
	log->last_stream = stream;
	log->fins += fin;
	if (stream & 2) {
		assert_true(len <= MESSAGE_MAX);
		if (len > 0)
			memcpy(log->last_message, bytes, len);
		log->last_message_len = len;
		log->messages += fin;
		return;
	}
	log->stream_total += len;
	for (size_t i = 0; i < len && log->stream_len < sizeof log->stream; i++)
		log->stream[log->stream_len++] = bytes[i];
	if (log->echo)
		assert_int_equal(lp_quic_send(conn, stream, bytes, len, fin), LP_OK);
	if (log->close_in_callback)
		lp_quic_close(conn, 7, "enough");
}

static inline void on_datagram(
	struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	struct log *log = (struct log *)(void *)((char *)sink - offsetof(struct log, sink));
	(void)now;
	assert_true(len > 0 && len <= PAYLOAD_MAX);
	log->datagrams++;
	memcpy(log->last_datagram, bytes, len);
	log->last_datagram_len = len;
	uint32_t number = 0;
	if (len >= sizeof number)
		memcpy(&number, bytes, sizeof number);
	if (log->seen && number < log->seen_cap)
		log->seen[number]++;
}

static inline bool on_next_datagram(struct lp_datagram_source *source, size_t max, bool bulk,
	lp_time now, struct lp_datagram *ret_datagram)
{
	struct log *log = (struct log *)source;
	(void)bulk;
	(void)now;
	log->asked_max = max;
	log->asked++;
	if (log->out_count == 0 || log->out_len[log->out_first] > max)
		return false;
	const uint8_t *bytes = log->out[log->out_first];
	size_t len = log->out_len[log->out_first], head = len < 8 ? len : 8;
	memcpy(ret_datagram->header, bytes, head);
	ret_datagram->header_len = head;
	ret_datagram->bytes = bytes + head;
	ret_datagram->len = len - head;
	ret_datagram->tag = 0;
	ret_datagram->last = log->out_count == 1;
	return true;
}

static inline bool queue_datagram(struct log *log, const void *bytes, size_t len)
{
	if (log->out_count == QUEUE_MAX)
		return false;
	size_t at = (log->out_first + log->out_count++) % QUEUE_MAX;
	memcpy(log->out[at], bytes, len);
	log->out_len[at] = len;
	lp_datagram_source_wake(&log->source);
	return true;
}

static inline void on_datagram_sent(struct lp_datagram_source *source)
{
	struct log *log = (struct log *)source;
	log->out_first = (log->out_first + 1) % QUEUE_MAX;
	log->out_count--;
	if (log->more > 0) {
		log->more--;
		queue_datagram(log, "more", 4);
	}
}

static inline void no_fate(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	(void)tag;
}

static inline void no_loss(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	(void)source;
	(void)tag;
	(void)now;
}

static inline void on_path(struct lp_datagram_source *source, size_t max)
{
	((struct log *)source)->path_max = max;
}

static const struct lp_datagram_source_ops log_source_ops = {
	on_next_datagram, on_datagram_sent, no_fate, no_loss, on_path};

static inline void on_connected(void *context, struct lp_quic_conn *conn)
{
	struct log *log = context;
	log->conn = conn;
	log->connected++;
	log->max_at_start = lp_quic_datagram_max(conn);
	log->source.ops = &log_source_ops;
	log->sink.take = on_datagram;
	lp_quic_attach(conn, &log->source, &log->sink);
	if (log->open_at_once) {
		int64_t stream;
		assert_int_equal(lp_quic_open(conn, &stream), LP_OK);
		assert_int_equal(
			lp_quic_send(conn, stream, (const uint8_t *)"hello", 5, false), LP_OK);
	}
}

static inline void on_closed(
	void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct log *log = context;
	struct lp_quic_info info;
	lp_quic_get_info(conn, &info); /* must still be valid in the handler */
	log->closed++;
	log->why = *why;
	if (log->conn == conn)
		log->conn = NULL;
}

static const struct lp_quic_handler wire_handler = {
	.connected = on_connected,
	.stream = on_stream,
	.closed = on_closed,
};

static inline void world_start(struct world *w, enum side side)
{
	w->config[side].handler = &wire_handler;
	w->config[side].context = &w->log[side];
	w->end[side] = lp_quic_new(&w->config[side], side == SERVER ? w->identity : NULL);
	assert_non_null(w->end[side]);
}

static inline struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->wire = calloc(WIRE_MAX, sizeof *w->wire);
	w->now = LP_SECOND;
	w->seed = 0x9e3779b97f4a7c15;
	w->client_host = 1;
	w->latency = LATENCY;
	memset(w->config[SERVER].secret, 7, LP_QUIC_SECRET_SIZE);
	w->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(w->identity);
	return w;
}

static inline void world_free(struct world *w)
{
	lp_quic_free(w->end[CLIENT]);
	lp_quic_free(w->end[SERVER]);
	lp_identity_free(w->identity);
	free(w->wire);
	free(w);
}

static inline struct lp_address world_address(uint8_t host, uint16_t port)
{
	struct lp_address address;
	memset(&address, 0, sizeof address);
	address.in.sin_family = AF_INET;
	address.in.sin_port = htons(port);
	address.in.sin_addr.s_addr = htonl(0x0a000000u | host);
	return address;
}

static inline struct lp_path world_path(uint8_t local, uint8_t remote)
{
	struct lp_path path;
	memset(&path, 0, sizeof path);
	path.local = world_address(local, local == 200 ? 443 : 5000);
	path.remote = world_address(remote, remote == 200 ? 443 : 5000);
	path.local.len = path.remote.len = sizeof(struct sockaddr_in);
	return path;
}

/* Puts one UDP payload on the network towards a side. */
static inline void wire_put(
	struct world *w, enum side to, uint8_t client, const uint8_t *bytes, size_t len, lp_time at)
{
	assert_true(w->wire_count < WIRE_MAX);
	struct packet *packet = &w->wire[w->wire_count++];
	packet->at = at;
	packet->to = to;
	packet->path = to == SERVER ? world_path(200, client) : world_path(1, 200);
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
}

/* The client's socket always has address 1; the NAT shows it as client_host. */
static inline bool world_send(struct world *w, enum side from)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	size_t len = lp_quic_write(w->end[from], bytes, sizeof bytes, &path, w->now);
	if (len == 0)
		return false;
	w->bytes_from[from] += len;
	w->packets_from[from]++;
	if (len > w->largest_from[from])
		w->largest_from[from] = len;
	uint8_t host = (uint8_t)(ntohl(path.remote.in.sin_addr.s_addr) & 0xff);
	bool reaches = from == CLIENT ? host == 200 : host == w->client_host;
	if (w->cut || !reaches || (w->mtu > 0 && len > w->mtu) || world_random(w) % 1000 < w->loss)
		return true;
	unsigned copies = world_random(w) % 1000 < w->duplicates ? 2 : 1;
	while (copies-- > 0) {
		lp_time at = w->now + w->latency;
		if (world_random(w) % 1000 < w->reorder)
			at += world_random(w) % (20 * LP_MILLISECOND);
		wire_put(w, from == CLIENT ? SERVER : CLIENT, w->client_host, bytes, len, at);
		if (world_random(w) % 1000 < w->damage)
			w->wire[w->wire_count - 1].bytes[world_random(w) % len] ^= 0x10;
	}
	return true;
}

static inline lp_time world_next(const struct world *w, lp_time until)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (w->end[side] && lp_quic_deadline(w->end[side]) < until)
			until = lp_quic_deadline(w->end[side]);
	for (size_t i = 0; i < w->wire_count; i++)
		if (w->wire[i].at < until)
			until = w->wire[i].at;
	return until > w->now ? until : w->now;
}

static inline void world_deliver(struct world *w)
{
	for (size_t i = 0; i < w->wire_count;) {
		if (w->wire[i].at > w->now) {
			i++;
			continue;
		}
		struct packet packet = w->wire[i];
		memmove(&w->wire[i], &w->wire[i + 1], (w->wire_count - i - 1) * sizeof w->wire[0]);
		w->wire_count--;
		if (w->end[packet.to])
			lp_quic_read(
				w->end[packet.to], &packet.path, packet.bytes, packet.len, w->now);
	}
}

static inline void world_run(struct world *w, lp_time duration)
{
	lp_time until = w->now + duration;
	for (;;) {
		for (int side = CLIENT; side <= SERVER; side++)
			while (w->end[side] && world_send(w, (enum side)side))
				;
		if (w->now >= until)
			return;
		w->now = world_next(w, until);
		world_deliver(w);
		for (int side = CLIENT; side <= SERVER; side++)
			if (w->end[side])
				lp_quic_on_time(w->end[side], w->now);
	}
}

static inline struct lp_quic_conn *world_connect(
	struct world *w, const uint8_t (*pins)[32], size_t pin_count, const char *name)
{
	struct lp_quic_target target = {
		.path = world_path(1, 200),
		.server_name = name,
		.pins = pins,
		.pin_count = pin_count,
		.steer = 0xbeef,
	};
	enum lp_status status = LP_OK;
	struct lp_quic_conn *conn = lp_quic_connect(w->end[CLIENT], &target, NULL, w->now, &status);
	assert_non_null(conn);
	return conn;
}

static inline void world_connect_pinned(struct world *w)
{
	uint8_t pin[1][32];
	lp_identity_pin(w->identity, pin[0]);
	world_connect(w, (const uint8_t(*)[32])pin, 1, "relay.example");
}

/* Creates both endpoints and connects them. */
static inline struct world *world_up(void)
{
	struct world *w = world_new();
	world_start(w, SERVER);
	world_start(w, CLIENT);
	world_connect_pinned(w);
	world_run(w, LP_SECOND);
	assert_int_equal(w->log[CLIENT].connected, 1);
	assert_int_equal(w->log[SERVER].connected, 1);
	return w;
}

static inline struct lp_quic_counters world_counters(const struct world *w)
{
	struct lp_quic_counters c;
	lp_quic_get_counters(w->end[SERVER], &c);
	return c;
}

/* The server's connection IDs start with the steering bytes of the client's first ID. */
static inline void assert_steered(struct world *w)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	queue_datagram(&w->log[CLIENT], "x", 1);
	assert_true(lp_quic_write(w->end[CLIENT], bytes, sizeof bytes, &path, w->now) > 0);
	assert_int_equal(bytes[0] & 0x80, 0);
	assert_int_equal(bytes[1] << 8 | bytes[2], 0xbeef);
}

#endif
