#include "quic_pair.h"

uint64_t pair_random(struct quic_pair *pair)
{
	pair->seed ^= pair->seed << 13;
	pair->seed ^= pair->seed >> 7;
	pair->seed ^= pair->seed << 17;
	return pair->seed;
}

void pair_on_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct log *log = context;
	log->last_stream = piece->stream;
	log->fins += piece->fin;
	if (piece->stream & 2) {
		assert_true(piece->len <= MESSAGE_MAX);
		if (piece->len > 0)
			memcpy(log->last_message, piece->bytes, piece->len);
		log->last_message_len = piece->len;
		log->messages += piece->fin;
		return;
	}
	log->stream_total += piece->len;
	for (size_t i = 0; i < piece->len && log->stream_len < sizeof log->stream; i++)
		log->stream[log->stream_len++] = piece->bytes[i];
	if (log->echo)
		assert_int_equal(
			lp_quic_send(conn, piece->stream, piece->bytes, piece->len, piece->fin),
			LP_OK);
	if (log->close_in_callback)
		lp_quic_close(conn, 7, "enough");
}

void pair_on_datagram(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
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

static bool on_next_datagram(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
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

bool queue_datagram(struct log *log, const void *bytes, size_t len)
{
	if (log->out_count == QUEUE_MAX)
		return false;
	size_t at = (log->out_first + log->out_count++) % QUEUE_MAX;
	memcpy(log->out[at], bytes, len);
	log->out_len[at] = len;
	lp_datagram_source_wake(&log->source);
	return true;
}

static void on_datagram_sent(struct lp_datagram_source *source)
{
	struct log *log = (struct log *)source;
	log->out_first = (log->out_first + 1) % QUEUE_MAX;
	log->out_count--;
	if (log->more > 0) {
		log->more--;
		queue_datagram(log, "more", 4);
	}
}

/* It sends without tags. */
static void no_fate(struct lp_datagram_source *source, uint64_t tag)
{
	(void)source;
	fail_msg("the fate of tag %llu", (unsigned long long)tag);
}

static void no_loss(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	(void)now;
	no_fate(source, tag);
}

static void on_path(struct lp_datagram_source *source, size_t max)
{
	((struct log *)source)->path_max = max;
}

const struct lp_datagram_source_ops pair_source_ops = {
	on_next_datagram, on_datagram_sent, no_fate, no_loss, on_path};

void pair_on_connected(void *context, struct lp_quic_conn *conn)
{
	struct log *log = context;
	log->conn = conn;
	log->connected++;
	log->max_at_start = lp_quic_datagram_max(conn);
	log->source.ops = &pair_source_ops;
	log->sink.take = pair_on_datagram;
	lp_quic_attach(conn, &log->source, &log->sink);
	if (log->open_at_once) {
		int64_t stream;
		assert_int_equal(lp_quic_open(conn, &stream), LP_OK);
		assert_int_equal(
			lp_quic_send(conn, stream, (const uint8_t *)"hello", 5, false), LP_OK);
	}
}

void pair_on_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct log *log = context;
	struct lp_quic_info info;
	lp_quic_get_info(conn, &info); /* must still be valid in the handler */
	log->closed++;
	log->why = *why;
	if (log->conn == conn)
		log->conn = NULL;
}

const struct lp_quic_handler pair_handler = {
	.connected = pair_on_connected,
	.stream = pair_on_stream,
	.closed = pair_on_closed,
};

void pair_start(struct quic_pair *pair, enum side side)
{
	pair->config[side].handler = &pair_handler;
	pair->config[side].context = &pair->log[side];
	pair->end[side] = lp_quic_new(&pair->config[side], side == SERVER ? pair->identity : NULL);
	assert_non_null(pair->end[side]);
	/* with a random key, two networks share a count in one of some hundred runs */
	lp_quic_set_source_key(pair->end[side], &(struct lp_siphash_key){1, 2});
}

void pair_start_both(struct quic_pair *pair)
{
	pair_start(pair, SERVER);
	pair_start(pair, CLIENT);
}

struct quic_pair *pair_new(void)
{
	struct quic_pair *pair = calloc(1, sizeof *pair);
	assert_non_null(pair);
	pair->wire = calloc(WIRE_MAX, sizeof *pair->wire);
	pair->now = LP_SECOND;
	pair->seed = 0x9e3779b97f4a7c15;
	pair->client_host = 1;
	pair->latency = LATENCY;
	memset(pair->config[SERVER].secret, 7, LP_QUIC_SECRET_SIZE);
	pair->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(pair->identity);
	return pair;
}

void pair_free(struct quic_pair *pair)
{
	lp_quic_free(pair->end[CLIENT]);
	lp_quic_free(pair->end[SERVER]);
	lp_identity_free(pair->identity);
	free(pair->wire);
	free(pair);
}

static struct lp_address pair_address(uint8_t host, uint16_t port)
{
	struct lp_address address;
	memset(&address, 0, sizeof address);
	address.in.sin_family = AF_INET;
	address.in.sin_port = htons(port);
	address.in.sin_addr.s_addr = htonl(0x0a000000u | host);
	return address;
}

struct lp_path pair_path(uint8_t local, uint8_t remote)
{
	struct lp_path path;
	memset(&path, 0, sizeof path);
	path.local = pair_address(local, local == 200 ? 443 : 5000);
	path.remote = pair_address(remote, remote == 200 ? 443 : 5000);
	path.local.len = path.remote.len = sizeof(struct sockaddr_in);
	return path;
}

/* Puts one UDP payload on the network towards a side. */
static void wire_put(struct quic_pair *pair, enum side to, uint8_t client, const uint8_t *bytes,
	size_t len, lp_time at)
{
	assert_true(pair->wire_count < WIRE_MAX);
	struct packet *packet = &pair->wire[pair->wire_count++];
	packet->at = at;
	packet->to = to;
	packet->path = to == SERVER ? pair_path(200, client) : pair_path(1, 200);
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
}

bool pair_send(struct quic_pair *pair, enum side from)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	size_t len = lp_quic_write(pair->end[from], bytes, sizeof bytes, &path, pair->now);
	if (len == 0)
		return false;
	pair->bytes_from[from] += len;
	pair->packets_from[from]++;
	if (len > pair->largest_from[from])
		pair->largest_from[from] = len;
	uint8_t host = (uint8_t)(ntohl(path.remote.in.sin_addr.s_addr) & 0xff);
	bool reaches = from == CLIENT ? host == 200 : host == pair->client_host;
	if (pair->cut || !reaches || (pair->mtu > 0 && len > pair->mtu) ||
		pair_random(pair) % 1000 < pair->loss)
		return true;
	unsigned copies = pair_random(pair) % 1000 < pair->duplicates ? 2 : 1;
	while (copies-- > 0) {
		lp_time at = pair->now + pair->latency;
		if (pair_random(pair) % 1000 < pair->reorder)
			at += pair_random(pair) % (20 * LP_MILLISECOND);
		wire_put(pair, from == CLIENT ? SERVER : CLIENT, pair->client_host, bytes, len, at);
		if (pair_random(pair) % 1000 < pair->damage)
			pair->wire[pair->wire_count - 1].bytes[pair_random(pair) % len] ^= 0x10;
	}
	return true;
}

static lp_time pair_next(const struct quic_pair *pair, lp_time until)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (pair->end[side] && lp_quic_deadline(pair->end[side]) < until)
			until = lp_quic_deadline(pair->end[side]);
	for (size_t i = 0; i < pair->wire_count; i++)
		if (pair->wire[i].at < until)
			until = pair->wire[i].at;
	return until > pair->now ? until : pair->now;
}

void pair_deliver(struct quic_pair *pair)
{
	for (size_t i = 0; i < pair->wire_count;) {
		if (pair->wire[i].at > pair->now) {
			i++;
			continue;
		}
		struct packet packet = pair->wire[i];
		memmove(&pair->wire[i], &pair->wire[i + 1],
			(pair->wire_count - i - 1) * sizeof pair->wire[0]);
		pair->wire_count--;
		if (pair->end[packet.to])
			lp_quic_read(pair->end[packet.to], &packet.path, packet.bytes, packet.len,
				pair->now);
	}
}

void pair_run(struct quic_pair *pair, lp_time duration)
{
	lp_time until = pair->now + duration;
	for (;;) {
		for (int side = CLIENT; side <= SERVER; side++)
			while (pair->end[side] && pair_send(pair, (enum side)side))
				;
		if (pair->now >= until)
			return;
		pair->now = pair_next(pair, until);
		pair_deliver(pair);
		for (int side = CLIENT; side <= SERVER; side++)
			if (pair->end[side])
				lp_quic_on_time(pair->end[side], pair->now);
	}
}

struct lp_quic_conn *pair_connect(
	struct quic_pair *pair, const uint8_t (*pins)[32], size_t pin_count, const char *name)
{
	struct lp_quic_target target = {
		.path = pair_path(1, 200),
		.server_name = name,
		.pins = pins,
		.pin_count = pin_count,
		.steer = 0xbeef,
	};
	enum lp_status status = LP_OK;
	struct lp_quic_conn *conn =
		lp_quic_connect(pair->end[CLIENT], &target, NULL, pair->now, &status);
	assert_non_null(conn);
	return conn;
}

void pair_connect_pinned(struct quic_pair *pair)
{
	uint8_t pin[1][32];
	lp_identity_pin(pair->identity, pin[0]);
	pair_connect(pair, (const uint8_t(*)[32])pin, 1, "relay.example");
}

struct quic_pair *pair_up(void)
{
	struct quic_pair *pair = pair_new();
	pair_start_both(pair);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 1);
	assert_int_equal(pair->log[SERVER].connected, 1);
	return pair;
}

struct lp_quic_counters pair_counters(const struct quic_pair *pair)
{
	struct lp_quic_counters c;
	lp_quic_get_counters(pair->end[SERVER], &c);
	return c;
}

void assert_steered(struct quic_pair *pair)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	queue_datagram(&pair->log[CLIENT], "x", 1);
	assert_true(lp_quic_write(pair->end[CLIENT], bytes, sizeof bytes, &path, pair->now) > 0);
	assert_int_equal(bytes[0] & 0x80, 0);
	assert_int_equal(bytes[1] << 8 | bytes[2], 0xbeef);
}
