/* Row H6: when a client takes the room's address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/peer/address_plan.h"

#define START (100 * LP_SECOND)
#define IPV4  0x0a010203

static struct lp_address_plan plan;

static void join(bool gateway, lp_time now)
{
	const struct lp_welcome welcome = {
		.gateway_connected = gateway, .ipv4 = IPV4, .prefix = 24};
	lp_address_plan_join(&plan, &welcome, now);
}

static void begin(bool asks, bool gateway)
{
	lp_address_plan_init(&plan, asks);
	assert_true(plan.deadline == LP_NEVER);
	join(gateway, START);
}

/* Not before that time, and then. */
static void assert_taken_at(lp_time time)
{
	assert_true(plan.deadline == time);
	lp_address_plan_on_time(&plan, time - 1);
	assert_false(plan.taken);
	lp_address_plan_on_time(&plan, time);
	assert_true(plan.taken);
	assert_true(plan.deadline == LP_NEVER);
}

static void H6_without_a_gateway_it_is_taken_at_once(void **state)
{
	(void)state;
	begin(true, false);
	assert_true(plan.taken);
	assert_int_equal(plan.ipv4, IPV4);
	assert_int_equal(plan.prefix, 24);
	begin(false, true); /* nor is there anybody to ask without a DHCP client */
	assert_true(plan.taken);
}

static void H6_with_a_gateway_the_LAN_has_eight_seconds(void **state)
{
	(void)state;
	begin(true, true);
	assert_false(plan.taken);
	lp_address_plan_gateway(&plan, true, START + LP_SECOND); /* the welcome has said so */
	assert_taken_at(START + LP_ADDRESS_SILENCE);
	lp_address_plan_lease(&plan, true, START + 20 * LP_SECOND);
	assert_false(plan.taken);
	assert_true(plan.deadline == LP_NEVER);
	lp_address_plan_lease(&plan, true, START + 30 * LP_SECOND); /* renewed */
	assert_true(plan.deadline == LP_NEVER);
	lp_address_plan_lease(&plan, false, START + 40 * LP_SECOND);
	assert_taken_at(START + 40 * LP_SECOND + LP_ADDRESS_SILENCE);
}

static void H6_a_gateway_that_comes_later_takes_over(void **state)
{
	(void)state;
	begin(true, false);
	lp_address_plan_gateway(&plan, true, START + LP_SECOND);
	assert_true(plan.taken); /* until there is a lease */
	lp_address_plan_lease(&plan, false, START + LP_SECOND);
	assert_true(plan.taken);
	assert_true(plan.deadline == LP_NEVER);
	lp_address_plan_lease(&plan, true, START + 2 * LP_SECOND);
	assert_false(plan.taken);
}

/* Members that come now have no lease, and must be reached. */
static void H6_without_the_gateway_a_client_with_a_lease_has_both(void **state)
{
	(void)state;
	begin(true, true);
	lp_address_plan_lease(&plan, true, START);
	lp_address_plan_gateway(&plan, false, START + LP_SECOND);
	lp_address_plan_gateway(&plan, true, START + 2 * LP_SECOND); /* the relay was restarted */
	assert_true(plan.deadline == LP_NEVER);
	lp_address_plan_gateway(&plan, false, START + 3 * LP_SECOND);
	assert_taken_at(START + 3 * LP_SECOND + LP_ADDRESS_ABSENCE);
	assert_true(plan.leased);
	lp_address_plan_gateway(&plan, true, START + 60 * LP_SECOND);
	assert_true(plan.taken);
	lp_address_plan_lease(&plan, true, START + 61 * LP_SECOND);
	assert_false(plan.taken);
	join(false, START + 70 * LP_SECOND); /* the client itself comes back */
	assert_taken_at(START + 70 * LP_SECOND + LP_ADDRESS_ABSENCE);
}

static void H6_an_address_set_by_hand_needs_no_other(void **state)
{
	(void)state;
	begin(true, false);
	lp_address_plan_players(&plan, true, START + LP_SECOND);
	assert_false(plan.taken);
	join(false, START + 2 * LP_SECOND);
	assert_false(plan.taken);
	assert_true(plan.deadline == LP_NEVER);
	lp_address_plan_players(&plan, false, START + 3 * LP_SECOND);
	assert_true(plan.taken);
}

static void H6_a_relay_that_gives_none_changes_nothing(void **state)
{
	(void)state;
	lp_address_plan_init(&plan, true);
	lp_address_plan_join(&plan, &(struct lp_welcome){0}, START);
	assert_false(plan.taken);
	assert_true(plan.deadline == LP_NEVER);
	join(false, START);
	assert_true(plan.taken);
	lp_address_plan_join(&plan, &(struct lp_welcome){0}, START);
	assert_false(plan.taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H6_without_a_gateway_it_is_taken_at_once),
		cmocka_unit_test(H6_with_a_gateway_the_LAN_has_eight_seconds),
		cmocka_unit_test(H6_a_gateway_that_comes_later_takes_over),
		cmocka_unit_test(H6_without_the_gateway_a_client_with_a_lease_has_both),
		cmocka_unit_test(H6_an_address_set_by_hand_needs_no_other),
		cmocka_unit_test(H6_a_relay_that_gives_none_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
