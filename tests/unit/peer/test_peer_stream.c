/* Row W2: a link whose UDP does not get through takes a stream, or says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream_room.h"

static void tcp_takes_over_when_udp_is_silent_for_1500_ms(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_started(false, true);
	assert_in_range(stream_turns_until(r, &r->joins, 1, 3000), 1500, 1600);
	assert_in_range(r->first_tcp, 1500 * LP_MILLISECOND, 1502 * LP_MILLISECOND);
	assert_true(stream_room_is_over_tcp(r));
	stream_turn(r);
	assert_int_equal(stream_open_ways(r), 1);
	stream_room_close(r);
}

static void udp_that_answers_in_time_is_alone(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_started(true, true);
	stream_turns_until(r, &r->joins, 1, 100);
	stream_turns(r, 3000);
	assert_int_equal(r->tcp_tries, 0);
	assert_false(stream_room_is_over_tcp(r));
	stream_room_close(r);
}

/* It answers while a stream is being opened. */
static void udp_that_answers_late_still_wins(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_started(false, false);
	stream_turns_until(r, &r->tcp_tries, 1, 3000);
	r->udp = true;
	stream_turns_until(r, &r->joins, 1, 3000);
	stream_turn(r);
	assert_false(stream_room_is_over_tcp(r));
	assert_int_equal(stream_open_ways(r), 1);
	stream_room_close(r);
}

static void tcp_takes_over_at_once_when_udp_is_refused(void **state)
{
	(void)state;
	static const enum lp_send_failure rows[] = {
		LP_SEND_NO_ROUTE, LP_SEND_FORBIDDEN, LP_SEND_REFUSED, LP_SEND_REJECTED};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream_room *r = stream_room_open(false, true);
		r->refuses = rows[i];
		r->addresses = 2; /* both of them */
		stream_room_start(r);
		assert_in_range(stream_turns_until(r, &r->joins, 1, 3000), 20, 100);
		stream_room_close(r);
	}
}

static void without_tcp_nobody_tries_it(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, true);
	stream_options.no_tcp = true;
	stream_room_start(r);
	stream_turns(r, 20000);
	assert_int_equal(r->tcp_tries, 0);
	assert_true(r->disconnects > 0);
	stream_room_close(r);
}

/* Each silent address keeps its socket for seconds. */
static void many_silent_addresses_leave_ways_for_tcp(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, true);
	stream_options.also[0] = (struct lp_host){"other.example", 4500};
	stream_options.also_count = 1;
	r->addresses = LP_LOOKUP_MAX;
	stream_room_start(r);
	stream_turns_until(r, &r->joins, 1, 1600);
	stream_room_close(r);
}

static void a_stream_that_does_not_open_is_given_up_after_5_s(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_started(false, false);
	stream_turns_until(r, &r->disconnects, 1, 6600);
	assert_in_range(
		r->now, LP_SECOND + 6500 * LP_MILLISECOND, LP_SECOND + 6510 * LP_MILLISECOND);
	assert_non_null(strstr(r->why, "the relay does not answer at 127.0.0.1:443"));
	stream_turn(r);
	assert_int_equal(stream_open_ways(r), 0);
	stream_room_close(r);
}

static void what_can_be_mended_over_tcp_is_told(void **state)
{
	(void)state;
	static const struct {
		bool proxy;
		struct lp_stream_failure failure;
		enum lp_send_failure udp;
		const char *words;
	} rows[] = {
		{true, {.end = LP_STREAM_PASSWORD, .status = 407}, LP_SEND_GOOD,
			"the proxy proxy.example:3128 wants a user and a password"},
		{true, {.end = LP_STREAM_PASSWORD, .status = 407}, LP_SEND_REJECTED,
			"wants a user"},
		{true, {.end = LP_STREAM_PROXY, .status = 403}, LP_SEND_GOOD,
			"refuses a connection to the relay relay.example (HTTP status 403, "
			"forbidden)"},
		{true, {.end = LP_STREAM_PROXY, .status = 503}, LP_SEND_GOOD,
			"does not reach the relay relay.example (HTTP status 503)"},
		{true, {.end = LP_STREAM_NO_TCP, .failure = LP_SEND_REFUSED}, LP_SEND_NO_ROUTE,
			"nothing listens at the proxy proxy.example:3128"},
		{true, {.end = LP_STREAM_NO_TCP}, LP_SEND_GOOD,
			"the proxy proxy.example:3128 does not answer over TCP"},
		{true, {.end = LP_STREAM_SLOW}, LP_SEND_GOOD,
			"the proxy proxy.example:3128 does not answer in time over TCP: compare "
			"its address"},
		{false, {.end = LP_STREAM_SLOW}, LP_SEND_NO_ROUTE,
			"127.0.0.1:443 does not answer in time over TCP: ask the host"},
		{false, {.end = LP_STREAM_NOT_LANPARTY, .status = 302}, LP_SEND_GOOD,
			"a web page (HTTP status 302) answers in place of the relay"},
		{false, {.end = LP_STREAM_NOT_LANPARTY}, LP_SEND_GOOD, "something else answers"},
		/* UDP's failure says more */
		{false, {.end = LP_STREAM_NO_TCP, .failure = LP_SEND_REFUSED}, LP_SEND_GOOD,
			"the relay does not answer at"},
		{false, {.end = LP_STREAM_NOT_LANPARTY, .status = 200}, LP_SEND_REFUSED,
			"nothing listens at 127.0.0.1:443: the relay does not run there"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream_room *r = stream_room_open(false, false);
		if (rows[i].proxy)
			stream_options.proxy = (struct lp_carrier_proxy){"proxy.example", 3128, ""};
		r->proxy = rows[i].proxy;
		r->breaks = rows[i].failure;
		r->refuses = rows[i].udp;
		stream_room_start(r);
		stream_turns_until(r, &r->disconnects, 1, 7000);
		if (!strstr(r->why, rows[i].words))
			fail_msg("\"%s\" is not in: %s", rows[i].words, r->why);
		stream_room_close(r);
	}
}

static void a_proxy_is_asked_for_a_name_that_this_computer_does_not_know(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, true);
	stream_options.proxy = (struct lp_carrier_proxy){"proxy.example", 3128, ""};
	r->addresses = 0;
	r->proxy = true;
	stream_room_start(r);
	stream_turns_until(r, &r->joins, 1, 100);
	const struct lp_address proxy = stream_loopback(256, 3128);
	assert_true(lp_address_equal(lp_link_remote(r->link), &proxy));
	stream_room_close(r);
}

static void a_proxy_without_an_address_is_told(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, false);
	stream_options.proxy = (struct lp_carrier_proxy){"proxy.example", 3128, ""};
	r->addresses = 0;
	stream_room_start(r);
	stream_turns_until(r, &r->disconnects, 1, 100);
	assert_non_null(strstr(
		r->why, "the address of the proxy proxy.example is not known (no such name)"));
	stream_room_close(r);
}

/* The relay keeps the place of a member for a while. */
static void a_stream_that_is_cut_is_replaced_at_once(void **state)
{
	(void)state;
	static const struct lp_stream_failure cut = {.end = LP_STREAM_CLOSED};
	struct stream_room *r = stream_room_joined();
	stream_turns(r, 6000);
	lp_time at = r->now;
	for (unsigned i = 0; i < LP_LINK_WAYS; i++)
		if (r->ways[i].open)
			lp_link_on_stream_failure(r->link, i, &cut, r->now);
	stream_turn(r);
	assert_int_equal(r->disconnects, 1);
	assert_int_equal(r->told_wait, 0);
	assert_non_null(strstr(r->why, "the TCP connection to 127.0.0.1:443 was closed"));
	stream_turns_until(r, &r->joins, 2, 1000); /* what worked last is tried soon */
	assert_in_range(r->now - at, 250 * LP_MILLISECOND, 350 * LP_MILLISECOND);
	stream_turn(r);
	assert_int_equal(stream_open_ways(r), 1);
	stream_room_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_takes_over_when_udp_is_silent_for_1500_ms),
		cmocka_unit_test(udp_that_answers_in_time_is_alone),
		cmocka_unit_test(udp_that_answers_late_still_wins),
		cmocka_unit_test(tcp_takes_over_at_once_when_udp_is_refused),
		cmocka_unit_test(without_tcp_nobody_tries_it),
		cmocka_unit_test(many_silent_addresses_leave_ways_for_tcp),
		cmocka_unit_test(a_stream_that_does_not_open_is_given_up_after_5_s),
		cmocka_unit_test(what_can_be_mended_over_tcp_is_told),
		cmocka_unit_test(a_proxy_is_asked_for_a_name_that_this_computer_does_not_know),
		cmocka_unit_test(a_proxy_without_an_address_is_told),
		cmocka_unit_test(a_stream_that_is_cut_is_replaced_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
