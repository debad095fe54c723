/* Row H1: what invites name, and what the router of a home gives. */
#include "endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct lp_host four = {"11.7.7.10", 8443}, six = {"2001:db8::5", 8443},
			    six_again = {"2001:DB8:0::5", 8443}, six_other = {"2001:db8::6", 8443},
			    four_other = {"11.7.7.10", 8444}, name = {"play.example.org", 8443};

static void an_endpoint_is_an_address_and_a_port(void **state)
{
	(void)state;
	const struct lp_host list[] = {name, four, six};
	assert_true(endpoints_have(list, 3, &name));
	assert_true(endpoints_have(list, 3, &six));
	assert_false(endpoints_have(list, 2, &six));
	assert_true(endpoints_have(list, 3, &six_again));
	assert_false(endpoints_have(list, 3, &six_other));
	assert_false(endpoints_have(list, 3, &four_other));
}

static void an_address_has_the_port_that_was_given_with_it(void **state)
{
	(void)state;
	const struct lp_host given[] = {four_other, six_other};
	struct lp_host host = four;
	endpoints_take_port(&host, given, 2);
	assert_int_equal(host.port, 8444);
	host = (struct lp_host){"2001:db8::5", 1};
	endpoints_take_port(&host, given, 2);
	assert_int_equal(host.port, 1);
}

static void what_invites_do_not_name_is_found(void **state)
{
	(void)state;
	const struct lp_host both[] = {four, six}, named[] = {six_again, name};
	struct lp_host missing[2];
	assert_int_equal(endpoints_missing(&four, 1, both, 2, missing), 1);
	assert_string_equal(missing[0].name, six.name);
	assert_int_equal(endpoints_missing(named, 2, both, 2, missing), 1);
	assert_string_equal(missing[0].name, four.name);
	assert_int_equal(endpoints_missing(both, 2, both, 2, missing), 0);
	assert_int_equal(endpoints_missing(&name, 1, both, 2, missing), 2);
	assert_string_equal(missing[1].name, six.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_an_address_and_a_port),
		cmocka_unit_test(an_address_has_the_port_that_was_given_with_it),
		cmocka_unit_test(what_invites_do_not_name_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
