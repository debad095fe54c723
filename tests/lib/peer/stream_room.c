#include "stream_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "null_port.h"

#define NOW_UNIX INT64_C(1790000000)
#define MEMBER   5000 /* + the number of the way: the member's UDP port */

/* ---- the relay */

static void connected(void *context, struct lp_quic_conn *conn)
{
	(void)context;
	(void)conn;
}

static void stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct stream_room *r = context;
	uint8_t answer[LP_CONTROL_SENT_MAX];
	const struct lp_control welcome = {.type = LP_WELCOME,
		.welcome = {
			.version = LP_PROTOCOL_VERSION, .room = 1, .peer = 1, .mtu = LP_ETH_MTU}};
	if (piece->stream != 0 || !piece->fin)
		return;
	r->hellos++;
	lp_quic_send(conn, 0, answer, lp_control_encode(&welcome, answer, sizeof(answer)), true);
}

static void closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	(void)context;
	(void)conn;
	(void)why;
}

static const struct lp_quic_handler relay_handler = {
	.connected = connected, .stream = stream, .closed = closed};

/* ---- the loop */

static bool look_up(void *context, size_t endpoint)
{
	struct stream_room *r = context;
	r->asked[endpoint] = true;
	return true;
}

static void stop_look_ups(void *context)
{
	struct stream_room *r = context;
	memset(r->asked, 0, sizeof(r->asked));
}

struct lp_address stream_loopback(uint32_t number, unsigned port)
{
	struct lp_address a = {.len = sizeof(a.in)};
	a.in.sin_family = AF_INET;
	a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
	a.in.sin_port = htons((uint16_t)port);
	return a;
}

static bool open_way(
	void *context, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct stream_room *r = context;
	assert_false(r->ways[way].open);
	r->ways[way].open = r->ways[way].news = true;
	r->ways[way].entry = *entry;
	r->ways[way].at = r->now;
	if (entry->stream) {
		if (r->tcp_tries++ == 0)
			r->first_tcp = r->now - LP_SECOND;
	} else {
		*ret_local = stream_loopback(0, MEMBER + way);
		r->udp_tries++;
	}
	return true;
}

static void close_way(void *context, unsigned way)
{
	struct stream_room *r = context;
	assert_true(r->ways[way].open);
	r->ways[way].open = false;
}

static bool takes(void *context, unsigned way)
{
	struct stream_room *r = context;
	assert_true(r->ways[way].open && r->ways[way].entry.stream);
	return !r->full;
}

static uint8_t *slot(void *context, unsigned way)
{
	struct stream_room *r = context;
	assert_true(r->ways[way].open);
	return r->slot;
}

static void put(void *context, unsigned way, const struct lp_path *path, size_t len)
{
	struct stream_room *r = context;
	bool tcp = r->ways[way].entry.stream;
	assert_true(r->ways[way].open && r->count < STREAM_PACKETS);
	assert_int_equal(lp_address_is_stream(&path->local, NULL), tcp);
	assert_false(tcp && r->full);
	++*(tcp ? &r->sent_over_tcp : &r->sent_over_udp);
	if (!(tcp ? r->tcp : r->udp))
		return;
	struct stream_packet *p = &r->wire[r->count++];
	p->way = way;
	p->len = len;
	memcpy(p->bytes, r->slot, len);
}

static void flush(void *context, unsigned way)
{
	struct stream_room *r = context;
	bool news = r->ways[way].news;
	r->ways[way].news = false;
	if (!news)
		return;
	if (!r->ways[way].entry.stream && r->refuses)
		lp_link_on_send_failure(r->link, way, r->refuses);
	if (r->ways[way].entry.stream && r->breaks.end)
		lp_link_on_stream_failure(r->link, way, &r->breaks, r->now);
}

static void tell(void *context, const struct lp_tunnel_action *action)
{
	struct stream_room *r = context;
	r->joins += action->kind == LP_TUNNEL_JOINED;
	if (action->kind != LP_TUNNEL_DISCONNECTED)
		return;
	r->disconnects++;
	r->told_wait = action->retry_in;
	snprintf(r->why, sizeof(r->why), "%s", action->text);
}

static void moved(void *context)
{
	struct stream_room *r = context;
	r->moves++;
}

static const struct lp_link_ops ops = {
	.look_up = look_up,
	.stop_look_ups = stop_look_ups,
	.open = open_way,
	.close = close_way,
	.takes = takes,
	.slot = slot,
	.put = put,
	.flush = flush,
	.tell = tell,
	.moved = moved,
};

/* ---- the wire */

static void to_relay(struct stream_room *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct stream_packet *p = &r->wire[i];
		bool tcp = r->ways[p->way].entry.stream;
		const struct lp_path path = {
			tcp ? lp_address_of_stream(p->way) : stream_loopback(0, 443),
			stream_loopback(0, MEMBER + p->way)};
		lp_quic_read(r->relay, &path, p->bytes, p->len, r->now);
	}
	r->count = 0;
}

static void from_relay(struct stream_room *r)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	size_t len;
	while ((len = lp_quic_write(r->relay, bytes, sizeof(bytes), &path, r->now))) {
		unsigned way = ntohs(path.remote.in.sin_port) - MEMBER;
		bool tcp = r->ways[way].entry.stream;
		if (!r->ways[way].open || !(tcp ? r->tcp : r->udp))
			continue;
		if (tcp)
			lp_link_on_payload(r->link, way, bytes, len, r->now);
		else
			lp_link_on_packet(r->link, &r->ways[way].entry.address, bytes, len, r->now);
	}
}

static void answer_look_ups(struct stream_room *r)
{
	for (size_t i = 0; i < LP_LINK_LOOKUPS; i++) {
		struct lp_addresses found = {.error = "no such name"};
		if (!r->asked[i])
			continue;
		r->asked[i] = false;
		size_t count = i == LP_LINK_PROXY ? r->proxy : r->addresses;
		for (; found.count < count; found.count++)
			found.list[found.count] =
				i == LP_LINK_PROXY ? stream_loopback(256, 3128)
						   : stream_loopback((uint32_t)found.count, 443);
		lp_link_on_addresses(r->link, i, &found, r->now);
	}
}

/* Streams that get through are open after 20 ms. */
static void open_streams(struct stream_room *r)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++)
		if (r->tcp && r->ways[i].open && r->ways[i].entry.stream &&
			r->now == r->ways[i].at + 20 * LP_MILLISECOND)
			lp_link_on_open(r->link, i, r->now);
}

void stream_turn(struct stream_room *r)
{
	r->now += LP_MILLISECOND;
	answer_look_ups(r);
	open_streams(r);
	lp_link_on_time(r->link, r->now);
	lp_quic_on_time(r->relay, r->now);
	lp_link_send(r->link, r->now);
	to_relay(r);
	from_relay(r);
}

void stream_turns(struct stream_room *r, int count)
{
	for (int i = 0; i < count; i++)
		stream_turn(r);
}

int stream_turns_until(struct stream_room *r, const size_t *number, size_t value, int most)
{
	int ms = 0;
	for (; ms < most && *number < value; ms++)
		stream_turn(r);
	assert_int_equal(*number, value);
	return ms;
}

struct lp_peer_options stream_options;
static struct lp_port port;

struct stream_room *stream_room_open(bool udp, bool tcp)
{
	static struct stream_room room;
	struct stream_room *r = &room;
	room = (struct stream_room){.now = LP_SECOND, .addresses = 1, .udp = udp, .tcp = tcp};
	r->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(r->identity);
	stream_options = (struct lp_peer_options){.pin_count = 1, .relay = {"relay.example", 443}};
	lp_identity_pin(r->identity, stream_options.pins[0]);
	memset(stream_options.room_key, 3, sizeof(stream_options.room_key));
	port = (struct lp_port){.ops = &null_port_ops};
	const struct lp_quic_config quic = {.handler = &relay_handler, .context = r, .secret = {1}};
	r->relay = lp_quic_new(&quic, r->identity);
	assert_non_null(r->relay);
	return r;
}

void stream_room_start(struct stream_room *r)
{
	const struct lp_link_config config = {.options = &stream_options,
		.role = LP_ROLE_GATEWAY,
		.port = &port,
		.streams = true,
		.waits_for_name = true,
		.ops = &ops,
		.context = r};
	r->link = lp_link_open(&config);
	assert_non_null(r->link);
	lp_link_start(r->link, r->now);
}

struct stream_room *stream_room_started(bool udp, bool tcp)
{
	struct stream_room *r = stream_room_open(udp, tcp);
	stream_room_start(r);
	return r;
}

size_t stream_open_ways(const struct stream_room *r)
{
	size_t count = 0;
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		count += r->ways[i].open;
	return count;
}

void stream_room_close(struct stream_room *r)
{
	lp_link_leave(r->link, r->now);
	for (int i = 0; i < 5000 && !lp_link_is_over(r->link); i++)
		stream_turn(r); /* this relay does not end the connection */
	assert_true(lp_link_is_over(r->link));
	stream_turns(r, 50);
	assert_int_equal(stream_open_ways(r), 0);
	lp_link_close(r->link);
	lp_quic_free(r->relay);
	lp_identity_free(r->identity);
}

bool stream_room_is_over_tcp(const struct stream_room *r)
{
	return lp_link_entry(r->link)->stream;
}

struct stream_room *stream_room_joined(void)
{
	struct stream_room *r = stream_room_started(false, true);
	stream_turns_until(r, &r->joins, 1, 3000);
	assert_true(stream_room_is_over_tcp(r));
	return r;
}
