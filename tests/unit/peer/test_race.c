/* Row W1: the order and the times in which a relay's addresses are tried (RFC 8305). Row W2: when TCP is. */
#include "race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define START (10 * LP_SECOND)
#define MS    LP_MILLISECOND

static struct lp_race race;

/* '4' or '6' and a letter: an address of its own. */
static struct lp_address address_of(const char *name)
{
	struct lp_address a = {0};
	if (name[0] == '4') {
		a.len = sizeof(a.in);
		a.in.sin_family = AF_INET;
		a.in.sin_port = (uint8_t)name[1];
	} else {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_addr.s6_addr[15] = (uint8_t)name[1];
	}
	return a;
}

static void found(size_t endpoint, const char *names, lp_time now)
{
	struct lp_addresses list = {0};
	for (; *names; names += 2)
		list.list[list.count++] = address_of(names);
	lp_race_found(&race, endpoint, &list, now);
}

/* More are to come. */
static void found_early(size_t endpoint, const char *name, lp_time now)
{
	const struct lp_addresses list = {.list = {address_of(name)}, .count = 1, .more = true};
	lp_race_found(&race, endpoint, &list, now);
}

static void favour(const char *name, size_t endpoint, bool sure)
{
	const struct lp_entry e = {address_of(name), endpoint, name[2] == 't'};
	lp_race_favour(&race, &e, sure);
}

static void begin(size_t endpoints)
{
	lp_race_init(&race, endpoints);
	lp_race_start(&race, START);
}

/* The kind that is due first: over UDP if both are. */
static lp_time next_due(bool *ret_stream)
{
	lp_time udp = lp_race_due(&race, false), tcp = lp_race_due(&race, true);
	*ret_stream = tcp < udp;
	return lp_sooner(udp, tcp);
}

/* What is tried from now on, at which milliseconds after the start: "0 6a 250 4b 1500 6at". */
static const char *tries(lp_time now)
{
	static char text[400];
	struct lp_entry e;
	size_t len = 0;
	bool stream;
	text[0] = '\0';
	for (lp_time due; (due = next_due(&stream)) != LP_NEVER;) {
		assert_false(due > now && lp_race_next(&race, stream, due - 1, &e));
		now = due > now ? due : now;
		assert_true(lp_race_next(&race, stream, now, &e));
		assert_int_equal(e.stream, stream);
		bool v6 = e.address.sa.sa_family == AF_INET6;
		char letter =
			(char)(v6 ? e.address.in6.sin6_addr.s6_addr[15] : e.address.in.sin_port);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u %c%c%s",
			len > 0 ? " " : "", (unsigned)((now - START) / MS), v6 ? '6' : '4', letter,
			stream ? "t" : "");
	}
	for (int i = 0; i < 2; i++)
		assert_false(lp_race_next(&race, i, now + 60 * LP_SECOND, &e));
	return text;
}

static void W1_families_take_turns_every_250_ms(void **state)
{
	(void)state;
	begin(1);
	found(0, "6a6b6c4d4e", START);
	assert_string_equal(tries(START), "0 6a 250 4d 500 6b 750 4e 1000 6c");
	begin(1);
	found(0, "4d4e6a", START); /* the system prefers IPv4, as without a way into IPv6 */
	assert_string_equal(tries(START), "0 4d 250 6a 500 4e");
}

/* A port that is blocked and a family that is dead cost one delay each. */
static void W1_endpoints_and_families_take_turns_together(void **state)
{
	(void)state;
	begin(2);
	found(0, "6a4b", START);
	found(1, "6c4d", START);
	assert_string_equal(tries(START), "0 6a 250 4d 500 4b 750 6c");
	begin(3);
	found(0, "4a4b", START);
	found(1, "4c", START);
	found(2, "4d", START);
	assert_string_equal(tries(START), "0 4a 250 4c 500 4d 750 4b");
}

static void W1_a_failure_makes_the_next_due_at_once(void **state)
{
	struct lp_entry e;
	(void)state;
	begin(1);
	found(0, "4a4b4c", START);
	assert_true(lp_race_next(&race, false, START, &e));
	lp_race_hurry(&race, false, START + 30 * MS);
	assert_string_equal(tries(START + 30 * MS), "30 4b 280 4c");
	lp_race_hurry(&race, false, START + 31 * MS);
	assert_string_equal(tries(START + 31 * MS), "");
}

static void W1_an_endpoint_that_is_found_late_is_tried_at_once_or_in_its_turn(void **state)
{
	struct lp_entry e;
	(void)state;
	begin(2);
	assert_int_equal(lp_race_due(&race, false), LP_NEVER);
	found(1, "4b", START + 20 * MS);
	assert_true(lp_race_next(&race, false, START + 20 * MS, &e));
	assert_int_equal(e.endpoint, 1);
	found(0, "4a", START + 30 * MS);
	assert_string_equal(tries(START + 30 * MS), "270 4a");
}

static void W1_no_address_is_tried_twice_in_an_attempt(void **state)
{
	(void)state;
	begin(2);
	found(0, "4a4a", START);
	found(1, "4a4b", START);
	assert_string_equal(tries(START), "0 4a 250 4b");
	found(0, "4a4c", START + 900 * MS); /* the name has another one now */
	assert_string_equal(tries(START + 900 * MS), "900 4c");
	lp_race_start(&race, START); /* what is known stays */
	assert_string_equal(tries(START), "0 4a 250 4b 500 4c");
}

static void W1_what_worked_in_this_run_is_tried_before_any_look_up(void **state)
{
	(void)state;
	begin(2);
	favour("4z", 1, true);
	assert_int_equal(lp_race_due(&race, false), START);
	assert_string_equal(tries(START), "0 4z");
	found(0, "6a4b", START + 10 * MS);
	assert_string_equal(tries(START + 10 * MS), "250 6a 500 4b");
}

/* The relay can have moved since: its name says. */
static void W1_what_worked_in_an_earlier_run_is_tried_when_its_name_has_it(void **state)
{
	struct lp_entry e;
	(void)state;
	begin(2);
	favour("4z", 1, false);
	found(0, "4a", START);
	assert_false(lp_race_next(&race, false, START + 5 * MS, &e));
	found(1, "4y4z", START + 5 * MS);
	assert_string_equal(tries(START + 5 * MS), "5 4z 255 4a 505 4y");

	begin(2);
	favour("4z", 1, false);
	found(0, "4a", START);
	assert_true(
		lp_race_next(&race, false, START + LP_RACE_HOLD, &e)); /* others do not wait long */
	found(1, "4y4z", START + 60 * MS);
	assert_string_equal(tries(START + 60 * MS), "60 4z 310 4y");

	begin(1);
	favour("4z", 0, false);
	found(0, "4a4b", START); /* it leads to others now */
	assert_string_equal(tries(START), "0 4a 250 4b");

	begin(1);
	favour("4z", 0, false);
	assert_string_equal(tries(START), "500 4z"); /* no name server answers */

	begin(2);
	favour("4z", 1, false);
	found(0, "4a4b4c4d", START);
	assert_string_equal(tries(START), "50 4a 300 4b 550 4z 800 4c 1050 4d");
}

/* RFC 8305, section 3. */
static void W1_ipv4_waits_50_ms_for_ipv6_addresses_that_are_slow(void **state)
{
	(void)state;
	begin(1);
	found_early(0, "4a", START + 5 * MS);
	assert_string_equal(tries(START + 5 * MS), "55 4a");
	found(0, "6b4a", START + 90 * MS);
	assert_string_equal(tries(START + 90 * MS), "305 6b");

	begin(1);
	found_early(0, "4a", START + 5 * MS);
	found(0, "6b4a", START + 15 * MS);
	assert_string_equal(tries(START + 15 * MS), "15 6b 265 4a");

	begin(1);
	favour("4a", 0, false); /* nothing to wait for */
	found_early(0, "4a", START + 5 * MS);
	assert_string_equal(tries(START + 5 * MS), "5 4a");
	lp_race_hurry(&race, false, START + 20 * MS);
	found_early(0, "4b", START + 20 * MS); /* something was tried already, and has failed */
	assert_string_equal(tries(START + 20 * MS), "55 4b"); /* not 70 */
}

static void W1_an_attempt_tries_a_bounded_number_of_addresses(void **state)
{
	struct lp_entry e;
	char name[3] = "4?";
	size_t count = 0;
	(void)state;
	begin(1);
	for (char c = '!'; c < '~'; c++) {
		name[1] = c;
		found(0, name, START);
		count += lp_race_next(&race, false, START + (lp_time)c * LP_SECOND, &e);
	}
	assert_int_equal(count, LP_RACE_TRIES);
	assert_int_equal(lp_race_due(&race, false), LP_NEVER);
}

static void begin_with_tcp(size_t endpoints, unsigned proxied)
{
	lp_race_init(&race, endpoints);
	lp_race_allow_streams(&race, proxied);
	lp_race_start(&race, START);
}

static void W2_tcp_begins_1500_ms_after_the_start(void **state)
{
	struct lp_entry e;
	(void)state;
	begin_with_tcp(1, 0);
	found(0, "6a4b", START);
	assert_string_equal(tries(START), "0 6a 250 4b 1500 6at 1750 4bt");

	begin_with_tcp(2, 0);
	found(0, "4a", START);
	found(1, "4b", START);
	assert_true(lp_race_next(&race, false, START, &e));
	lp_race_hurry(&race, true, START + 10 * MS); /* no failure over TCP makes it begin */
	assert_string_equal(tries(START + 10 * MS), "250 4b 1500 4at 1750 4bt");

	begin_with_tcp(1, 0); /* name servers were slow: UDP keeps its head start */
	found(0, "4a4b", START + 1400 * MS);
	assert_string_equal(tries(START + 1400 * MS), "1400 4a 1650 4b 1650 4at 1900 4bt");
}

static void W2_tcp_begins_at_once_when_udp_has_failed(void **state)
{
	struct lp_entry e;
	(void)state;
	begin_with_tcp(1, 0);
	found(0, "4a4b", START);
	assert_true(lp_race_next(&race, false, START, &e));
	assert_true(lp_race_next(&race, false, START + 250 * MS, &e));
	lp_race_open_streams(&race, START + 260 * MS);
	assert_string_equal(tries(START + 260 * MS), "260 4at 510 4bt");

	begin_with_tcp(1, 0);
	found(0, "4a4b", START);
	lp_race_open_streams(&race, START);
	assert_true(lp_race_next(&race, true, START, &e));
	lp_race_hurry(&race, true, START + 20 * MS);
	assert_true(lp_race_next(&race, true, START + 20 * MS, &e));
	assert_false(lp_race_next(&race, true, START + 20 * MS, &e));
}

static void W2_without_tcp_none_is_tried(void **state)
{
	(void)state;
	begin(1);
	favour("4at", 0, true);
	found(0, "4a", START);
	assert_string_equal(tries(START), "0 4a");
}

static void W2_what_worked_over_tcp_is_tried_a_quarter_of_a_second_after_udp(void **state)
{
	(void)state;
	begin_with_tcp(2, 0);
	favour("4bt", 1, true);
	found(0, "4a", START + 100 * MS);
	found(1, "4b", START + 100 * MS);
	assert_string_equal(tries(START + 100 * MS), "100 4a 350 4b 350 4bt 1500 4at");

	begin_with_tcp(1, 0);
	favour("4zt", 0, false); /* its name has it still */
	found(0, "4a4z", START);
	assert_string_equal(tries(START), "0 4a 250 4z 250 4zt 1500 4at");

	begin_with_tcp(1, 0);
	favour("4zt", 0, false); /* its name leads to others now */
	found(0, "4a", START);
	assert_string_equal(tries(START), "0 4a 1500 4at");

	begin_with_tcp(1, 0);
	favour("4zt", 0, true); /* no name server answers */
	assert_string_equal(tries(START), "1500 4zt");
}

/* The relay's own addresses do not matter to a proxy: it gets the name. */
static void W2_each_endpoint_is_tried_through_each_address_of_the_proxy(void **state)
{
	(void)state;
	begin_with_tcp(2, 3);
	found(0, "4a", START);
	found(LP_LINK_PROXY, "6p4q", START);
	assert_string_equal(tries(START), "0 4a 1500 6pt 1750 4qt 2000 4qt 2250 6pt");
	lp_race_start(&race, START);
	assert_string_equal(tries(START), "0 4a 1500 6pt 1750 4qt 2000 4qt 2250 6pt");

	begin_with_tcp(2, 2); /* no_proxy names the first one */
	found(0, "4a", START);
	found(1, "4b", START);
	found(LP_LINK_PROXY, "4p", START);
	assert_string_equal(tries(START), "0 4a 250 4b 1500 4at 1750 4pt");

	begin_with_tcp(1, 1); /* only the proxy can resolve the name */
	found(LP_LINK_PROXY, "4p", START);
	assert_string_equal(tries(START), "1500 4pt");
	lp_race_start(&race, START);
	lp_race_open_streams(&race, START + 30 * MS);
	assert_string_equal(tries(START + 30 * MS), "30 4pt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(W1_families_take_turns_every_250_ms),
		cmocka_unit_test(W1_endpoints_and_families_take_turns_together),
		cmocka_unit_test(W1_a_failure_makes_the_next_due_at_once),
		cmocka_unit_test(W1_an_endpoint_that_is_found_late_is_tried_at_once_or_in_its_turn),
		cmocka_unit_test(W1_no_address_is_tried_twice_in_an_attempt),
		cmocka_unit_test(W1_what_worked_in_this_run_is_tried_before_any_look_up),
		cmocka_unit_test(W1_what_worked_in_an_earlier_run_is_tried_when_its_name_has_it),
		cmocka_unit_test(W1_ipv4_waits_50_ms_for_ipv6_addresses_that_are_slow),
		cmocka_unit_test(W1_an_attempt_tries_a_bounded_number_of_addresses),
		cmocka_unit_test(W2_tcp_begins_1500_ms_after_the_start),
		cmocka_unit_test(W2_tcp_begins_at_once_when_udp_has_failed),
		cmocka_unit_test(W2_without_tcp_none_is_tried),
		cmocka_unit_test(W2_what_worked_over_tcp_is_tried_a_quarter_of_a_second_after_udp),
		cmocka_unit_test(W2_each_endpoint_is_tried_through_each_address_of_the_proxy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
