/* A link and a relay's QUIC endpoint in memory: how the link connects, and with which first
 * connection ID. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/crypto.h"
#include "lanparty/quic/identity.h"
#include "lanparty/peer/link.h"
#include "null_port.h"

#define NOW_UNIX INT64_C(1790000000)
#define PACKETS  64
#define HINTS    4
/* offset of the connection ID in a long header: after flags, version and its length */
#define FIRST_ID 6

struct packet {
	size_t len;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
};

/* Packets arrive at once. */
struct room {
	struct lp_link *link;
	struct lp_quic *relay;
	struct lp_address address;
	lp_time now;
	bool asked;               /* for the relay's address */
	struct packet out, first; /* out: being written; first: first packet of the connection */
	bool fresh;
	struct packet wire[PACKETS]; /* to the relay */
	size_t count;
	size_t hellos, rejects, final_rejects;
	uint16_t steers[HINTS]; /* the hints that the relay sends, in turn */
};

static void relay_connected(void *context, struct lp_quic_conn *conn)
{
	(void)context;
	(void)conn;
}

static void relay_stream(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	struct room *r = context;
	uint8_t answer[LP_CONTROL_SENT_MAX];
	if (piece->stream != 0 || !piece->fin)
		return;
	assert_true(r->hellos < HINTS);
	const struct lp_control m = {.type = LP_REJECT,
		.reject = {.reason = LP_REJECT_WRONG_WORKER, .steer = r->steers[r->hellos++]}};
	lp_quic_send(conn, 0, answer, lp_control_encode(&m, answer, sizeof(answer)), true);
}

static void relay_closed(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	(void)context;
	(void)conn;
	(void)why;
}

static const struct lp_quic_handler relay_handler = {
	.connected = relay_connected,
	.stream = relay_stream,
	.closed = relay_closed,
};

static bool look_up(void *context)
{
	struct room *r = context;
	r->asked = true;
	return true;
}

static void stop_look_up(void *context)
{
	struct room *r = context;
	r->asked = false;
}

static bool open_socket(
	void *context, const struct lp_address *remote, struct lp_address *ret_local)
{
	struct room *r = context;
	*ret_local = *remote;
	ret_local->in.sin_port = htons(5000);
	r->fresh = true;
	return true;
}

static uint8_t *slot(void *context)
{
	struct room *r = context;
	return r->out.bytes;
}

static void put(void *context, const struct lp_address *remote, size_t len)
{
	struct room *r = context;
	(void)remote;
	assert_true(r->count < PACKETS);
	r->out.len = len;
	r->wire[r->count++] = r->out;
	if (r->fresh)
		r->first = r->out;
	r->fresh = false;
}

static void flush(void *context)
{
	(void)context;
}

static void tell(void *context, const struct lp_tunnel_action *action)
{
	struct room *r = context;
	r->rejects += action->kind == LP_TUNNEL_REJECTED;
	r->final_rejects += action->kind == LP_TUNNEL_REJECTED && action->final;
}

static const struct lp_link_ops ops = {look_up, stop_look_up, open_socket, slot, put, flush, tell};

static void to_relay(struct room *r)
{
	struct lp_path path = {.local.len = r->address.len, .remote.len = r->address.len};
	path.local.in = path.remote.in = r->address.in;
	path.remote.in.sin_port = htons(5000);
	for (size_t i = 0; i < r->count; i++)
		lp_quic_read(r->relay, &path, r->wire[i].bytes, r->wire[i].len, r->now);
	r->count = 0;
}

static void from_relay(struct room *r)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	size_t len;
	while ((len = lp_quic_write(r->relay, bytes, sizeof(bytes), &path, r->now)))
		lp_link_on_packet(r->link, &r->address, bytes, len, r->now);
}

/* One millisecond passes. */
static void turn(struct room *r)
{
	r->now += LP_MILLISECOND;
	if (r->asked) {
		const struct lp_addresses found = {.list = {r->address}, .count = 1};
		r->asked = false;
		lp_link_on_addresses(r->link, &found, r->now);
	}
	lp_link_on_time(r->link, r->now);
	lp_quic_on_time(r->relay, r->now);
	lp_link_send(r->link, r->now);
	to_relay(r);
	from_relay(r);
}

static uint16_t steer_of(const struct packet *first)
{
	return (uint16_t)(first->bytes[FIRST_ID] << 8 | first->bytes[FIRST_ID + 1]);
}

static void turn_until_hello(struct room *r, size_t number)
{
	for (int i = 0; i < 100 && r->hellos < number; i++)
		turn(r);
	assert_int_equal(r->hellos, number);
}

static void a_steering_hint_is_used_in_the_next_connection_at_once(void **state)
{
	(void)state;
	static struct room room;
	struct room *r = &room;
	struct lp_identity *identity = lp_identity_new("relay.example", NOW_UNIX);
	struct lp_peer_options options = {.pin_count = 1};
	struct lp_port port = {.ops = &null_port_ops};
	struct lp_quic_config quic = {.handler = &relay_handler, .context = r};
	struct lp_link_config config = {.options = &options,
		.role = LP_ROLE_GATEWAY,
		.port = &port,
		.ops = &ops,
		.context = r};
	assert_non_null(identity);
	lp_identity_pin(identity, options.pins[0]);
	memset(options.room_key, 3, sizeof(options.room_key));
	memcpy(r->steers, (uint16_t[HINTS]){0xabcd, 0, 7}, sizeof(r->steers));
	r->now = LP_SECOND;
	r->address.len = sizeof(r->address.in);
	r->address.in.sin_family = AF_INET;
	r->address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->address.in.sin_port = htons(443);
	r->relay = lp_quic_new(&quic, identity);
	r->link = lp_link_open(&config);
	assert_non_null(r->relay);
	assert_non_null(r->link);

	lp_link_start(r->link, r->now);
	turn_until_hello(r, 1);
	assert_int_equal(steer_of(&r->first), lp_room_steer(options.room_key));
	turn_until_hello(r, 2);
	assert_int_equal(steer_of(&r->first), 0xabcd);
	turn_until_hello(r, 3);
	assert_int_equal(steer_of(&r->first), 0);
	assert_true(r->now < LP_SECOND + 100 * LP_MILLISECOND);
	assert_int_equal(r->rejects, 0);
	/* a third hint in a row is handled like any other reject */
	for (int i = 0; i < 5000 && !lp_link_is_over(r->link); i++)
		turn(r);
	assert_true(lp_link_is_over(r->link));
	assert_int_equal(r->hellos, 3);
	assert_int_equal(r->final_rejects, 1);
	assert_int_equal(lp_link_exit(r->link), LP_EXIT_REFUSED);
	lp_link_close(r->link);
	lp_quic_free(r->relay);
	lp_identity_free(identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steering_hint_is_used_in_the_next_connection_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
