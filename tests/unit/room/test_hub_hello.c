/* The relay's control side until a member has joined (row C1). */
#include "hub_unit.h"

static void C1_a_hello_is_answered_by_a_welcome(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	const struct lp_welcome *w = &r->peers[1].welcome;
	assert_int_equal(w->version, LP_PROTOCOL_VERSION);
	assert_int_equal(w->peer, 1);
	assert_int_not_equal(w->room, 0);
	assert_int_equal(w->mtu, 1500);
	assert_int_equal(w->keep_alive_ms, 2000);
	assert_int_equal(w->idle_timeout_ms, 9000);
	assert_int_equal(w->capabilities, LP_CAP_FRAGMENTS);
	assert_int_not_equal(w->resume_token[0], 0);
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_JOINED);
	assert_int_equal(r->log[0].room, w->room);
	assert_int_equal(r->log[0].peer, 1);
	assert_int_equal(r->log[0].role, LP_ROLE_CLIENT);
	assert_non_null(lp_session_member(r->peers[1].session));
	relay_free(r);
}

/* A gateway speaks for a whole LAN. */
static void L3_a_welcome_tells_the_limits_in_force(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits = (struct lp_limits){.client_rate = 1000,
		.client_burst = 2000,
		.broadcast_rate = 3,
		.broadcast_burst = 4};
	struct relay *r = with_config(&config, 0, 1);
	for (unsigned i = 0; i < 2; i++) {
		const struct lp_welcome *w = &r->peers[i].welcome;
		unsigned times = i == 0 ? 16 : 1; /* peer 0 is the gateway */
		assert_int_equal(w->byte_rate, times * 1000);
		assert_int_equal(w->byte_burst, times * 2000);
		assert_int_equal(w->group_rate, times * 3);
		assert_int_equal(w->group_burst, times * 4);
	}
	relay_free(r);
}

static void C1_a_hello_can_arrive_in_pieces(void **state)
{
	(void)state;
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
	for (size_t cut = 1; cut < len; cut++) {
		struct lp_hub_config config = relay_config();
		struct relay *r = relay_new(&config);
		peer_open(r, 1, RELAY_PATH);
		peer_stream(r, 1, &(struct lp_piece){0, bytes, cut, false});
		assert_false(r->peers[1].welcomed);
		peer_stream(r, 1, &(struct lp_piece){0, bytes + cut, len - cut, false});
		/* the welcome must not wait for the end of the stream */
		assert_true(r->peers[1].welcomed);
		peer_stream(r, 1, &(struct lp_piece){0, NULL, 0, true});
		assert_false(r->peers[1].closed);
		relay_free(r);
	}
}

static void C1_anything_but_a_hello_is_rejected_as_malformed(void **state)
{
	(void)state;
	uint8_t hello[LP_CONTROL_SENT_MAX], stats[LP_CONTROL_SENT_MAX],
		two[LP_CONTROL_SENT_MAX + 1];
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	const struct lp_control s = {.type = LP_STATS};
	size_t len = lp_control_encode(&m, hello, sizeof(hello));
	size_t stats_len = lp_control_encode(&s, stats, sizeof(stats));
	memcpy(two, hello, len);
	two[len] = 1;
	const struct {
		const uint8_t *bytes;
		size_t len;
		bool fin;
		const char *why;
	} rows[] = {
		{(const uint8_t *)"GET / HTTP/1.1\r\n", 16, true, "garbage"},
		{hello, len - 1, true, "it ends within the hello"},
		{hello, 0, true, "nothing"},
		{stats, stats_len, true, "another message"},
		{two, len + 1, false, "a byte behind it"},
		{(const uint8_t[]){0x3f, 0}, 2, true, "a type nobody knows"},
		{(const uint8_t[]){1, 0x50, 1}, 3, false, "a length nobody sends"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_hub_config config = relay_config();
		struct relay *r = relay_new(&config);
		peer_open(r, 1, RELAY_PATH);
		peer_stream(r, 1, &(struct lp_piece){0, rows[i].bytes, rows[i].len, rows[i].fin});
		if (r->peers[1].reject != LP_REJECT_MALFORMED)
			fail_msg("%s", rows[i].why);
		assert_int_equal(relay_counters(r).rejects, 1);
		/* further messages are ignored until the connection is closed */
		peer_stream(r, 1, &(struct lp_piece){0, hello, len, true});
		peer_stream(r, 1, &(struct lp_piece){2, stats, stats_len, true});
		assert_false(r->peers[1].welcomed || r->peers[1].closed);
		relay_at(r, r->now + LP_HUB_HELLO_TIMEOUT - 1);
		assert_false(r->peers[1].closed);
		relay_at(r, r->now + 1);
		assert_true(r->peers[1].closed);
		assert_int_equal(r->peers[1].close, LP_LEAVE_REJECTED);
		relay_free(r);
	}
}

static void C1_a_second_hello_is_a_protocol_error(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	peer_say(r, 1, 0, &m);
	assert_true(r->peers[1].closed);
	assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR);
	assert_int_equal(relay_counters(r).members, 0);
	relay_free(r);
}

static void C1_no_streams_before_the_hello_and_few_after_it(void **state)
{
	(void)state;
	const struct {
		bool joined;
		int64_t stream;
		bool closed;
	} rows[] = {{false, 2, true}, {false, 4, true}, {true, 4, true}, {true, 2, false},
		{true, 6, false}, {true, 3, true}, {true, 1, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_hub_config config = relay_config();
		struct relay *r = relay_new(&config);
		const struct lp_control s = {.type = LP_STATS};
		if (rows[i].joined)
			peer_join(r, 1);
		else
			peer_open(r, 1, RELAY_PATH);
		peer_say(r, 1, rows[i].stream, &s);
		assert_int_equal(r->peers[1].closed, rows[i].closed);
		relay_free(r);
	}
}

static void a_connection_without_a_hello_is_closed_in_time(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	lp_time start = r->now;
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	lp_control_encode(&m, bytes, sizeof(bytes));
	peer_open(r, 1, RELAY_PATH);
	peer_open(r, 2, RELAY_PATH);
	peer_stream(r, 2,
		&(struct lp_piece){0, bytes, 5, false}); /* a part of a message is not malformed */
	peer_join(r, 3);
	relay_at(r, start + 1);
	assert_int_equal(lp_hub_deadline(r->hub), start + LP_HUB_HELLO_TIMEOUT);
	relay_at(r, start + LP_HUB_HELLO_TIMEOUT - 1);
	assert_false(r->peers[1].closed);
	relay_at(r, start + LP_HUB_HELLO_TIMEOUT);
	assert_int_equal(r->peers[1].close, LP_LEAVE_TIMED_OUT);
	assert_true(r->peers[1].closed && r->peers[2].closed);
	assert_false(r->peers[3].closed);
	peer_closed(r, 1, LP_LEAVE_OTHER);
	peer_closed(r, 2, LP_LEAVE_OTHER);
	assert_int_equal(r->peers[3].count, 0); /* a connection that never joined does not leave */
	assert_int_equal(relay_counters(r).sessions, 1);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C1_a_hello_is_answered_by_a_welcome),
		cmocka_unit_test(L3_a_welcome_tells_the_limits_in_force),
		cmocka_unit_test(C1_a_hello_can_arrive_in_pieces),
		cmocka_unit_test(C1_anything_but_a_hello_is_rejected_as_malformed),
		cmocka_unit_test(C1_a_second_hello_is_a_protocol_error),
		cmocka_unit_test(C1_no_streams_before_the_hello_and_few_after_it),
		cmocka_unit_test(a_connection_without_a_hello_is_closed_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
