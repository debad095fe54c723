/* Rows K5, K6: which DHCP client runs, and what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp_plan.h"

#define START (1000 * LP_SECOND)

static struct dhcp_plan plan;

/* The steps that are due, as letters. */
static const char *steps(void)
{
	static const char letters[] = "-RFAGNSBL";
	static char text[8];
	size_t len = 0;
	enum dhcp_step step;
	while ((step = dhcp_plan_next(&plan)) != DHCP_STEP_NONE)
		text[len++] = letters[step];
	text[len] = 0;
	return text;
}

static void begin(size_t count)
{
	dhcp_plan_init(&plan, count);
	dhcp_plan_join(&plan, START);
	assert_string_equal(steps(), "R");
	assert_int_equal(plan.at, 0);
}

static void it_runs_one_client_from_the_first_join_on(void **state)
{
	(void)state;
	dhcp_plan_init(&plan, 2);
	dhcp_plan_renew(&plan, START);
	dhcp_plan_on_time(&plan, START);
	assert_string_equal(steps(), "");
	begin(2);
	dhcp_plan_join(&plan, START + LP_SECOND);
	dhcp_plan_alive(&plan);
	dhcp_plan_address(&plan);
	dhcp_plan_join(&plan, START + 2 * LP_SECOND);
	dhcp_plan_on_time(&plan, START + 3600 * LP_SECOND);
	assert_string_equal(steps(), "");
	assert_true(plan.deadline == LP_NEVER);
}

static void a_client_that_ends_without_an_address_is_replaced(void **state)
{
	(void)state;
	begin(3);
	dhcp_plan_ended(&plan, START);
	assert_string_equal(steps(), "FR");
	assert_int_equal(plan.at, 1);
	dhcp_plan_alive(&plan);
	dhcp_plan_ended(&plan, START + LP_SECOND);
	assert_string_equal(steps(), "FR");
	assert_int_equal(plan.at, 2);
}

static void a_client_that_never_calls_its_script_is_replaced(void **state)
{
	(void)state;
	begin(2);
	dhcp_plan_on_time(&plan, START + DHCP_SIGN_WAIT - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_on_time(&plan, START + DHCP_SIGN_WAIT);
	assert_string_equal(steps(), "FR");
	assert_int_equal(plan.at, 1);
}

static void when_all_have_failed_the_round_begins_again_silently(void **state)
{
	(void)state;
	begin(2);
	dhcp_plan_ended(&plan, START);
	assert_string_equal(steps(), "FR");
	dhcp_plan_ended(&plan, START);
	assert_string_equal(steps(), "FA");
	dhcp_plan_ended(&plan, START); /* late news */
	dhcp_plan_on_time(&plan, START + DHCP_ALL_WAIT - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_on_time(&plan, START + DHCP_ALL_WAIT);
	assert_string_equal(steps(), "R");
	assert_int_equal(plan.at, 0);
	dhcp_plan_ended(&plan, START + DHCP_ALL_WAIT);
	assert_string_equal(steps(), "R");
	dhcp_plan_ended(&plan, START + DHCP_ALL_WAIT);
	assert_string_equal(steps(), "");
}

static void a_missing_server_is_told_once_until_something_changes(void **state)
{
	(void)state;
	begin(1);
	dhcp_plan_alive(&plan);
	dhcp_plan_on_time(&plan, START + DHCP_ANSWER_WAIT - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_on_time(&plan, START + DHCP_ANSWER_WAIT);
	assert_string_equal(steps(), "N");
	dhcp_plan_on_time(&plan, START + 100 * LP_SECOND);
	assert_string_equal(steps(), "");
	dhcp_plan_renew(&plan, START + 200 * LP_SECOND);
	assert_string_equal(steps(), "R");
	dhcp_plan_alive(&plan);
	dhcp_plan_on_time(&plan, START + 200 * LP_SECOND + DHCP_ANSWER_WAIT);
	assert_string_equal(steps(), "N");
}

static void clients_that_fail_do_not_delay_the_news_that_no_server_answers(void **state)
{
	(void)state;
	begin(3);
	dhcp_plan_on_time(&plan, START + DHCP_SIGN_WAIT);
	assert_string_equal(steps(), "FR");
	dhcp_plan_alive(&plan);
	dhcp_plan_on_time(&plan, START + DHCP_ANSWER_WAIT - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_on_time(&plan, START + DHCP_ANSWER_WAIT);
	assert_string_equal(steps(), "N");
}

static void a_client_that_was_started_late_has_time_for_an_answer(void **state)
{
	(void)state;
	begin(3);
	dhcp_plan_on_time(&plan, START + DHCP_SIGN_WAIT);
	assert_string_equal(steps(), "FR");
	dhcp_plan_on_time(&plan, START + 2 * DHCP_SIGN_WAIT);
	assert_string_equal(steps(), "FR");
	dhcp_plan_alive(&plan);
	dhcp_plan_on_time(&plan, START + 2 * DHCP_SIGN_WAIT + DHCP_ANSWER_LEAST - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_on_time(&plan, START + 2 * DHCP_SIGN_WAIT + DHCP_ANSWER_LEAST);
	assert_string_equal(steps(), "N");
}

static void a_client_that_has_died_is_started_again_with_growing_pauses(void **state)
{
	(void)state;
	lp_time now = START, pause = DHCP_REST_MIN;
	begin(2);
	for (int i = 0; i < 10; i++) {
		dhcp_plan_address(&plan);
		dhcp_plan_ended(&plan, now);
		assert_string_equal(steps(), "G");
		dhcp_plan_on_time(&plan, now + pause - 1);
		assert_string_equal(steps(), "");
		now += pause;
		dhcp_plan_on_time(&plan, now);
		assert_string_equal(steps(), "R");
		assert_int_equal(plan.at, 0);
		pause = pause < DHCP_REST_MAX ? 2 * pause : pause;
	}
	assert_true(pause == DHCP_REST_MAX);
	dhcp_plan_address(&plan);
	now += DHCP_STEADY;
	dhcp_plan_ended(&plan, now);
	assert_string_equal(steps(), "G");
	dhcp_plan_on_time(&plan, now + DHCP_REST_MIN);
	assert_string_equal(steps(), "R");
}

/* H6 */
static void nobody_is_asked_while_there_is_no_gateway(void **state)
{
	(void)state;
	begin(2);
	dhcp_plan_rest(&plan);
	assert_string_equal(steps(), "S");
	dhcp_plan_rest(&plan);
	dhcp_plan_renew(&plan, START + LP_SECOND);
	dhcp_plan_ended(&plan, START + LP_SECOND); /* late news */
	dhcp_plan_on_time(&plan, START + 100 * LP_SECOND);
	assert_string_equal(steps(), "");
	assert_true(plan.deadline == LP_NEVER);
	dhcp_plan_join(&plan, START + 100 * LP_SECOND);
	assert_string_equal(steps(), "R");
	dhcp_plan_stop(&plan);
	dhcp_plan_rest(&plan);
	assert_string_equal(steps(), "");
}

static void a_gateway_that_comes_brings_a_new_lease(void **state)
{
	(void)state;
	begin(2);
	dhcp_plan_renew(&plan, START + DHCP_YOUNG - 1);
	assert_string_equal(steps(), "");
	dhcp_plan_renew(&plan, START + DHCP_YOUNG);
	assert_string_equal(steps(), "R");
	dhcp_plan_address(&plan);
	dhcp_plan_renew(&plan, START + DHCP_YOUNG); /* the lease can be one of the last LAN's */
	assert_string_equal(steps(), "R");
	dhcp_plan_address(&plan);
	dhcp_plan_renew(&plan, START + 100 * LP_SECOND);
	assert_string_equal(steps(), "R");
	assert_int_equal(plan.at, 0);
}

static void a_lease_is_lost_only_by_the_run_that_had_it(void **state)
{
	(void)state;
	begin(1);
	assert_false(dhcp_plan_lost(&plan, START)); /* udhcpc says so when it starts */
	dhcp_plan_address(&plan);
	assert_true(dhcp_plan_lost(&plan, START + LP_SECOND));
	assert_false(dhcp_plan_lost(&plan, START + LP_SECOND));
	dhcp_plan_on_time(&plan, START + LP_SECOND + DHCP_ANSWER_WAIT);
	assert_string_equal(steps(), "N");
	dhcp_plan_address(&plan);
	dhcp_plan_renew(&plan, START + 100 * LP_SECOND);
	assert_string_equal(steps(), "R");
	assert_false(dhcp_plan_lost(&plan, START + 100 * LP_SECOND));
}

/* H6 */
static void a_lease_is_remembered_while_its_client_is_started_again(void **state)
{
	(void)state;
	begin(1);
	assert_false(plan.leased);
	assert_true(dhcp_plan_address(&plan));
	dhcp_plan_ended(&plan, START);
	assert_string_equal(steps(), "G");
	assert_true(plan.leased);
	dhcp_plan_on_time(&plan, START + DHCP_REST_MIN);
	assert_string_equal(steps(), "R");
	assert_false(dhcp_plan_lost(&plan, START + DHCP_REST_MIN));
	assert_true(plan.leased);
	dhcp_plan_give_up(
		&plan, START + 101 * LP_SECOND); /* the client that runs has none to give back */
	assert_string_equal(steps(), "SL");
	assert_false(plan.leased);
	dhcp_plan_give_up(&plan, START + 101 * LP_SECOND);
	assert_string_equal(steps(), "");
	assert_false(dhcp_plan_address(&plan)); /* late news */
	assert_false(plan.leased);
	dhcp_plan_join(&plan, START + 100 * LP_SECOND);
	assert_true(dhcp_plan_address(&plan));
	assert_true(dhcp_plan_lost(&plan, START + 100 * LP_SECOND));
	assert_false(plan.leased);
	assert_true(dhcp_plan_address(&plan));
	dhcp_plan_stop(&plan);
	steps();
	dhcp_plan_give_up(&plan, START + 101 * LP_SECOND);
	assert_string_equal(steps(), "L");
}

/* It must be sent from the lease's address. */
static void a_lease_is_given_back_before_its_address_goes(void **state)
{
	(void)state;
	const lp_time until = START + LP_SECOND;
	begin(1);
	dhcp_plan_address(&plan);
	dhcp_plan_give_up(&plan, until);
	dhcp_plan_give_up(&plan, until + 1);
	assert_string_equal(steps(), "B");
	assert_true(plan.leased);
	dhcp_plan_renew(&plan, START);
	assert_false(dhcp_plan_lost(&plan, START)); /* it says so before the packet is sent */
	assert_false(dhcp_plan_address(&plan));
	assert_true(plan.deadline == until);
	dhcp_plan_on_time(&plan, until);
	assert_string_equal(steps(), "SL");
	assert_false(plan.leased);
	dhcp_plan_join(&plan, until);
	assert_string_equal(steps(), "R");
	dhcp_plan_address(&plan);
	dhcp_plan_give_up(&plan, until);
	dhcp_plan_join(&plan, until - 1); /* the player has removed his address again */
	assert_string_equal(steps(), "BR");
	assert_true(plan.leased);
	dhcp_plan_address(&plan);
	dhcp_plan_give_up(&plan, until);
	dhcp_plan_stop(&plan);
	assert_string_equal(steps(), "SL");
	assert_int_equal(plan.state, DHCP_OVER);
}

static void without_a_keeper_nothing_runs_any_more(void **state)
{
	(void)state;
	begin(2);
	dhcp_plan_address(&plan);
	dhcp_plan_ended(&plan, START);
	dhcp_plan_stop(&plan);
	dhcp_plan_on_time(&plan, START + 3600 * LP_SECOND);
	dhcp_plan_renew(&plan, START + 3600 * LP_SECOND);
	dhcp_plan_join(&plan, START + 3600 * LP_SECOND);
	assert_string_equal(steps(), "");
	assert_true(plan.deadline == LP_NEVER);
	assert_true(dhcp_plan_lost(&plan, START + 3600 * LP_SECOND));
	assert_string_equal(steps(), "");
	assert_true(plan.deadline == LP_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_one_client_from_the_first_join_on),
		cmocka_unit_test(a_client_that_ends_without_an_address_is_replaced),
		cmocka_unit_test(a_client_that_never_calls_its_script_is_replaced),
		cmocka_unit_test(when_all_have_failed_the_round_begins_again_silently),
		cmocka_unit_test(a_missing_server_is_told_once_until_something_changes),
		cmocka_unit_test(clients_that_fail_do_not_delay_the_news_that_no_server_answers),
		cmocka_unit_test(a_client_that_was_started_late_has_time_for_an_answer),
		cmocka_unit_test(a_client_that_has_died_is_started_again_with_growing_pauses),
		cmocka_unit_test(nobody_is_asked_while_there_is_no_gateway),
		cmocka_unit_test(a_gateway_that_comes_brings_a_new_lease),
		cmocka_unit_test(without_a_keeper_nothing_runs_any_more),
		cmocka_unit_test(a_lease_is_remembered_while_its_client_is_started_again),
		cmocka_unit_test(a_lease_is_given_back_before_its_address_goes),
		cmocka_unit_test(a_lease_is_lost_only_by_the_run_that_had_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
