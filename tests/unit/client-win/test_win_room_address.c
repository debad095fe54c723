/* Row H6: when the Windows client takes the room's address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "room_address.h"

#define START (100 * LP_SECOND)

static char text[LP_OFFER_TEXT];

static void a_gateway_decides_on_the_address(void **state)
{
	(void)state;
	static struct lp_tunnel_action joined = {
		.kind = LP_TUNNEL_JOINED, .welcome = {.ipv4 = 0x0a010203, .prefix = 24}};
	static struct lp_tunnel_action comes = {
		.kind = LP_TUNNEL_PEER_JOINED, .member = {.role = LP_ROLE_CLIENT}};
	struct room_address r;
	room_address_init(&r);
	assert_false(r.plan.taken);
	room_address_action(&r, &joined, START);
	assert_true(r.plan.taken);
	assert_false(room_address_follow(&r, NULL, text)); /* a pipe has no addresses */
	assert_int_equal(r.ipv4, 0);
	room_address_action(&r, &comes, START);
	assert_false(r.plan.gateway);
	comes.member.role = LP_ROLE_GATEWAY;
	room_address_action(&r, &comes, START);
	lp_address_plan_lease(&r.plan, true, START);
	assert_false(r.plan.taken);
	comes.kind = LP_TUNNEL_PEER_LEFT;
	room_address_action(&r, &comes, START);
	lp_address_plan_on_time(&r.plan, START + LP_ADDRESS_ABSENCE);
	assert_true(r.plan.taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_decides_on_the_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
