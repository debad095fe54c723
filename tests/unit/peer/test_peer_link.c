/* A link and a relay's QUIC endpoint in memory: how the link connects, and with which first connection ID. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
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
	struct lp_identity *identity; /* the relay's */
	struct lp_address address;
	lp_time now;
	bool asked; /* for the relay's address */
	size_t look_ups;
	bool refuses, mute; /* no look-up can begin; none is answered */
	struct lp_address
		dead;    /* len 0: none; otherwise nobody answers there, and it is found first */
	size_t attempts; /* sockets opened */
	struct lp_address open[LP_LINK_WAYS]; /* where they lead to; len 0: closed */
	bool at_dead;                         /* the last one was opened to it */
	bool silent, refused;     /* nobody answers anywhere; nobody listens at the dead one */
	struct packet out, first; /* out: being written; first: first packet of the connection */
	bool fresh;
	struct packet wire[PACKETS]; /* to the relay */
	size_t count, sent;          /* sent: packets of the link so far */
	size_t hellos, rejects, final_rejects, disconnects;
	lp_time told_wait; /* with the last disconnect */
	bool welcomes;
	uint16_t steers[HINTS]; /* without it: the hints that the relay sends, in turn */
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
	const struct lp_control reject = {.type = LP_REJECT,
		.reject = {.reason = LP_REJECT_WRONG_WORKER, .steer = r->steers[r->hellos++]}};
	const struct lp_control welcome = {.type = LP_WELCOME,
		.welcome = {
			.version = LP_PROTOCOL_VERSION, .room = 1, .peer = 1, .mtu = LP_ETH_MTU}};
	const struct lp_control m = r->welcomes ? welcome : reject;
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

static bool look_up(void *context, size_t endpoint)
{
	struct room *r = context;
	assert_int_equal(endpoint, 0);
	r->look_ups++;
	r->asked = !r->refuses;
	return r->asked;
}

static void stop_look_ups(void *context)
{
	struct room *r = context;
	r->asked = false;
}

static bool open_socket(
	void *context, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct room *r = context;
	const struct lp_address *remote = &entry->address;
	assert_int_equal(r->open[way].len, 0);
	*ret_local = *remote;
	ret_local->in.sin_port = htons(5000);
	r->fresh = true;
	r->open[way] = *remote;
	r->attempts++;
	r->at_dead = r->dead.len > 0 && lp_address_equal(remote, &r->dead);
	return true;
}

static void close_socket(void *context, unsigned way)
{
	struct room *r = context;
	assert_true(r->open[way].len > 0);
	r->open[way].len = 0;
}

static uint8_t *slot(void *context, unsigned way)
{
	(void)way;
	struct room *r = context;
	return r->out.bytes;
}

static void put(void *context, unsigned way, const struct lp_path *path, size_t len)
{
	struct room *r = context;
	assert_true(r->count < PACKETS);
	assert_true(lp_address_equal(
		&path->remote, &r->open[way])); /* also the last word of a connection */
	r->sent++;
	if (r->silent || (r->dead.len > 0 && lp_address_equal(&path->remote, &r->dead)))
		return;
	r->out.len = len;
	r->wire[r->count++] = r->out;
	if (r->fresh)
		r->first = r->out;
	r->fresh = false;
}

static void flush(void *context, unsigned way)
{
	struct room *r = context;
	if (r->refused && lp_address_equal(&r->open[way], &r->dead))
		lp_link_on_send_failure(r->link, way, LP_SEND_REFUSED);
}

static size_t open_sockets(const struct room *r)
{
	size_t count = 0;
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		count += r->open[i].len > 0;
	return count;
}

static void tell(void *context, const struct lp_tunnel_action *action)
{
	struct room *r = context;
	if (action->kind == LP_TUNNEL_DISCONNECTED) {
		r->disconnects++;
		r->told_wait = action->retry_in;
	}
	r->rejects += action->kind == LP_TUNNEL_REJECTED;
	r->final_rejects += action->kind == LP_TUNNEL_REJECTED && action->final;
}

static const struct lp_link_ops ops = {
	look_up, stop_look_ups, open_socket, close_socket, NULL, slot, put, flush, tell, NULL};

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
	if (r->asked && !r->mute) {
		struct lp_addresses found = {.list = {r->address}, .count = 1};
		r->asked = false;
		if (r->dead.len > 0)
			found = (struct lp_addresses){.list = {r->dead, r->address}, .count = 2};
		lp_link_on_addresses(r->link, 0, &found, r->now);
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

/* A link and a relay that sends each member to another worker, as often as `steers` says. */
static struct lp_peer_options options;
static struct lp_port port;
static bool checks; /* the next link of room_open checks */

static struct lp_quic *relay_new(struct room *r)
{
	const struct lp_quic_config quic = {.handler = &relay_handler, .context = r, .secret = {1}};
	struct lp_quic *relay = lp_quic_new(&quic, r->identity);
	assert_non_null(relay);
	return relay;
}

static struct room *room_open(void)
{
	static struct room room;
	struct room *r = &room;
	struct lp_link_config config = {.options = &options,
		.role = LP_ROLE_GATEWAY,
		.checks = checks,
		.port = &port,
		.ops = &ops,
		.context = r};
	room = (struct room){.now = LP_SECOND};
	options = (struct lp_peer_options){.pin_count = 1};
	port = (struct lp_port){.ops = &null_port_ops};
	r->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(r->identity);
	lp_identity_pin(r->identity, options.pins[0]);
	memset(options.room_key, 3, sizeof(options.room_key));
	r->address.len = sizeof(r->address.in);
	r->address.in.sin_family = AF_INET;
	r->address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->address.in.sin_port = htons(443);
	r->relay = relay_new(r);
	r->link = lp_link_open(&config);
	assert_non_null(r->link);
	return r;
}

static void room_close(struct room *r)
{
	lp_link_close(r->link);
	lp_quic_free(r->relay);
	lp_identity_free(r->identity);
}

static struct room *room_started(void)
{
	struct room *r = room_open();
	lp_link_start(r->link, r->now);
	return r;
}

/* The relay welcomes the member, and has its hello. */
static struct room *room_joined(void)
{
	struct room *r = room_open();
	r->welcomes = true;
	lp_link_start(r->link, r->now);
	turn_until_hello(r, 1);
	return r;
}

static void room_turn(struct room *r, int times)
{
	for (int i = 0; i < times; i++)
		turn(r);
}

static void a_steering_hint_is_used_in_the_next_connection_at_once(void **state)
{
	(void)state;
	struct room *r = room_open();
	memcpy(r->steers, (uint16_t[HINTS]){0xabcd, 0, 7}, sizeof(r->steers));

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
	room_close(r);
}

static struct room *room_check(bool silent, uint8_t pin)
{
	checks = true;
	struct room *r = room_open();
	checks = false;
	r->silent = silent;
	options.pins[0][0] ^= pin;
	lp_link_start(r->link, r->now);
	for (int i = 0; i < 10000 && !lp_link_is_over(r->link); i++)
		turn(r);
	turn(r); /* what it has to tell */
	assert_true(lp_link_is_over(r->link));
	assert_int_equal(r->attempts, 1);
	assert_int_equal(r->hellos, 0);
	return r;
}

/* Row H1: nobody in the room hears of it, because the relay hears of no room. */
static void a_check_ends_after_the_handshake_and_says_what_it_found(void **state)
{
	(void)state;
	static const struct {
		bool silent;
		uint8_t pin;
		enum lp_exit exit;
	} rows[] = {{false, 0, LP_EXIT_OK}, {true, 0, LP_EXIT_UNAVAILABLE},
		{false, 1, LP_EXIT_WRONG_PIN}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct room *r = room_check(rows[i].silent, rows[i].pin);
		assert_int_equal(lp_link_exit(r->link), rows[i].exit);
		assert_int_equal(r->disconnects, rows[i].exit == LP_EXIT_OK ? 0 : 1);
		assert_int_equal(lp_link_last_end(r->link)->answered, rows[i].exit == LP_EXIT_OK);
		room_close(r);
	}
}

/* Rows K5 and W1. */
static void an_address_that_does_not_answer_costs_a_quarter_of_a_second(void **state)
{
	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		struct room *r = room_open();
		r->refused = refused;
		r->dead = r->address;
		r->dead.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
		lp_link_start(r->link, r->now);
		int ms = 0;
		for (; ms < 1000 && r->hellos < 1; ms++)
			turn(r);
		assert_in_range(ms, refused ? 1 : 250, refused ? 10 : 260);
		assert_int_equal(open_sockets(r), 1);
		turn_until_hello(r, 2); /* another worker; the address that worked is first */
		assert_int_equal(r->attempts, 3);
		room_close(r);
	}
}

/* Nobody answers at either: each gets its turn again and again. */
static void both_of_two_silent_addresses_are_tried_again_and_again(void **state)
{
	(void)state;
	struct room *r = room_open();
	size_t at_dead = 0, at_other = 0;
	r->dead = r->address;
	r->dead.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	r->silent = true;
	lp_link_start(r->link, r->now);
	for (size_t attempts = 0, i = 0; i < 10000; i++) {
		turn(r);
		if (r->attempts > attempts)
			++*(r->at_dead ? &at_dead : &at_other);
		attempts = r->attempts;
	}
	assert_in_range(at_dead, 2, 8);
	assert_in_range(at_other, 2, 8);
	room_close(r);
}

/* Row K6: name servers that answer after seconds are heard, and each look-up costs a thread. */
static void changes_of_networks_do_not_begin_look_ups_without_bound(void **state)
{
	(void)state;
	struct room *r = room_started();
	r->mute = true;
	for (int i = 0; i < 10000; i++) {
		if (i % 200 == 0)
			lp_link_on_uplink(r->link, r->now);
		turn(r);
	}
	assert_in_range(r->look_ups, 3, 4);
	room_turn(r, 4000); /* the last change asks once more, the time alone does not */
	size_t asked = r->look_ups;
	room_turn(r, 10000);
	assert_int_equal(r->look_ups, asked);
	r->mute = false;
	turn_until_hello(r, 1);
	room_close(r);
}

static void a_look_up_that_cannot_begin_is_tried_again(void **state)
{
	(void)state;
	struct room *r = room_started();
	r->mute = true;
	turn(r);
	r->refuses = true;
	lp_link_on_uplink(r->link, r->now);
	room_turn(r, 4000);
	assert_in_range(r->disconnects, 1, 10);
	r->refuses = r->mute = false;
	for (int i = 0; i < 5000 && r->hellos < 1; i++)
		turn(r);
	assert_int_equal(r->hellos, 1);
	room_close(r);
}

/* Row K5: the gateway learns of the restart with its next packet, of which it sends one per second. */
static void a_relay_that_was_restarted_is_joined_in_the_same_turn(void **state)
{
	(void)state;
	struct room *r = room_joined();
	room_turn(r, 1500);
	lp_quic_free(r->relay);
	r->relay = relay_new(r);
	r->told_wait = LP_NEVER;
	for (int i = 0; i < 1100 && r->disconnects < 1; i++)
		turn(r);
	assert_int_equal(r->disconnects, 1);
	assert_int_equal(r->told_wait, 0);
	turn(r);
	assert_int_equal(r->attempts, 2);
	turn_until_hello(r, 2);
	room_close(r);
}

/* Milliseconds until the link sends; at most 2000. */
static int until_it_sends(struct room *r)
{
	size_t sent = r->sent;
	int ms = 0;
	for (; ms < 2000 && r->sent == sent; ms++)
		turn(r);
	return ms;
}

/* Row K6: the relay learns of a new address, and the link of a way that is gone, before its next keep-alive.
 * Row K5: the same after a gap, when a suspended computer wakes up in another network. */
static void a_change_of_networks_or_a_gap_makes_the_link_speak_at_once(void **state)
{
	(void)state;
	struct room *r = room_joined();
	room_turn(r, 10100); /* path MTU discovery ends, and statistics have just been sent */
	for (int gap = 0; gap < 3; gap++) {
		until_it_sends(r);
		for (int i = 0; i < 300; i++)
			turn(r);
		size_t sent = r->sent;
		if (gap == 0)
			lp_link_on_uplink(r->link, r->now);
		else
			r->now += (gap == 1 ? 499 : 500) * LP_MILLISECOND; /* and one */
		turn(r);
		assert_int_equal(r->sent - sent, gap == 1 ? 0 : 1);
		for (int i = 0; gap != 1 && i < 50; i++) /* its answer is acknowledged */
			turn(r);
		assert_true(r->sent - sent <= 2);
		assert_in_range(until_it_sends(r), gap == 1 ? 50 : 900, 1000);
	}
	room_close(r);
}

/* What waits to connect again does so at once. */
static void a_change_of_networks_ends_the_pause_before_the_next_attempt(void **state)
{
	(void)state;
	struct room *r = room_started();
	r->silent = true;
	for (int i = 0; i < 60000 && r->disconnects < 3; i++)
		turn(r);
	assert_int_equal(r->disconnects, 3);
	size_t attempts = r->attempts;
	assert_true(r->told_wait > 100 * LP_MILLISECOND);
	turn(r);
	turn(r);
	assert_int_equal(r->attempts, attempts);
	lp_link_on_uplink(r->link, r->now);
	turn(r);
	turn(r);
	assert_int_equal(r->attempts, attempts + 1);
	room_close(r);
}

static char last_line[256];
static size_t lines;

static void take_line(void *context, const char *line, size_t len)
{
	(void)context;
	assert_true(len < sizeof(last_line));
	memcpy(last_line, line, len);
	last_line[len] = '\0';
	lines++;
}

/* Row K6: a computer with too much to do does not fill its log. */
static void gaps_of_the_loop_are_told_once_per_minute(void **state)
{
	(void)state;
	struct room *r = room_started();
	r->mute = true;
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	lp_log_to(take_line, NULL);
	for (int i = 0; i < 50; i++) { /* of 601 ms each, and one of 3001 ms */
		r->now += (i == 30 ? 3000 : 600) * LP_MILLISECOND;
		turn(r);
		assert_int_equal(lines, 1);
	}
	assert_non_null(strstr(last_line, "event=was_stopped ms=601 times=1 "));
	room_turn(r, 60000);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(last_line, "event=was_stopped ms=3001 times=49 "));
	assert_non_null(strstr(last_line, "end other programs")); /* what to do */
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	room_close(r);
}

static bool is_behind, has_store;

bool __wrap_lp_clock_is_behind(void);
bool __wrap_lp_clock_is_behind(void)
{
	return is_behind;
}

/* The system's CA store, in which no authority is. */
int __wrap_wolfSSL_CTX_load_system_CA_certs(void *tls);
int __wrap_wolfSSL_CTX_load_system_CA_certs(void *tls)
{
	(void)tls;
	return has_store;
}

/* Row K6: with a clock that is behind, authorities seem not valid yet. */
static void a_certificate_is_refused_for_good_only_when_the_clock_is_right(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct room *r = room_open();
		options.pin_count = 0;
		memcpy(options.server_name, "relay.example", sizeof("relay.example"));
		is_behind = i & 1;
		has_store = i & 2;
		lp_link_start(r->link, r->now);
		for (int turns = 0; turns < 1000 && r->disconnects < 1; turns++)
			turn(r);
		assert_int_equal(lp_link_last_end(r->link)->no_store, !has_store);
		assert_int_equal(lp_link_last_end(r->link)->clock_behind, is_behind);
		assert_int_equal(lp_link_is_over(r->link), !is_behind);
		if (!is_behind)
			assert_int_equal(lp_link_exit(r->link), LP_EXIT_WRONG_PIN);
		room_close(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steering_hint_is_used_in_the_next_connection_at_once),
		cmocka_unit_test(a_check_ends_after_the_handshake_and_says_what_it_found),
		cmocka_unit_test(an_address_that_does_not_answer_costs_a_quarter_of_a_second),
		cmocka_unit_test(both_of_two_silent_addresses_are_tried_again_and_again),
		cmocka_unit_test(changes_of_networks_do_not_begin_look_ups_without_bound),
		cmocka_unit_test(a_look_up_that_cannot_begin_is_tried_again),
		cmocka_unit_test(a_relay_that_was_restarted_is_joined_in_the_same_turn),
		cmocka_unit_test(a_change_of_networks_or_a_gap_makes_the_link_speak_at_once),
		cmocka_unit_test(a_change_of_networks_ends_the_pause_before_the_next_attempt),
		cmocka_unit_test(gaps_of_the_loop_are_told_once_per_minute),
		cmocka_unit_test(a_certificate_is_refused_for_good_only_when_the_clock_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
