/* Where the status page can be, and by which names it is asked (row H4). */
#include "admin.h"
#include "admin_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void addresses_and_localhost_are_good_hosts(void **state)
{
	(void)state;
	const char *const good[] = {"127.0.0.1", "127.0.0.1:9640", "localhost", "LocalHost:80",
		"[::1]", "[::1]:9640", "192.0.2.7:65535", "[2001:db8::1]:1"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(admin_host_is_good(good[i]));
}

static void other_names_are_not(void **state)
{
	(void)state;
	const char *const bad[] = {"", "evil.example", "evil.example:9640",
		"localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1:9640.evil.example",
		"localhost:", "localhost:x", "localhost:123456", "127.1", "0x7f.0.0.1",
		"127.0.0.1 ", "[::1", "[::1]evil.example", "[::1]:", "::1", "[evil.example]",
		"[127.0.0.1]", "[localhost]", "localhost@evil.example",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (admin_host_is_good(bad[i]))
			fail_msg("%s", bad[i]);
}

static void a_place_is_an_address_or_a_path(void **state)
{
	(void)state;
	struct admin_place place = {.given = false};
	assert_true(admin_parse("127.0.0.1:9640", &place));
	assert_true(place.given);
	assert_int_equal(place.address.sa.sa_family, AF_INET);
	assert_int_equal(ntohs(place.address.in.sin_port), 9640);
	assert_string_equal(place.path, "");
	assert_true(admin_parse("[::1]:9640", &place));
	assert_int_equal(place.address.sa.sa_family, AF_INET6);
	assert_true(admin_parse("/run/lanparty-relay/admin", &place));
	assert_string_equal(place.path, "/run/lanparty-relay/admin");
}

static void nothing_else_is_a_place(void **state)
{
	(void)state;
	struct admin_place place = {.given = false};
	char path[LP_LOCAL_PATH + 1];
	const char *const bad[] = {"", "9640", "443/udp", "localhost:9640", "127.0.0.1", "admin",
		"127.0.0.1:", "127.0.0.1:65536"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(admin_parse(bad[i], &place));
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[LP_LOCAL_PATH] = '\0';
	assert_false(admin_parse(path, &place));
	assert_false(place.given);
	path[LP_LOCAL_PATH - 1] = '\0';
	assert_true(admin_parse(path, &place));
}

static void an_answer_is_made_once_per_second_even_if_that_fails(void **state)
{
	(void)state;
	struct admin_made made = {.response = NULL};
	assert_true(admin_is_old(&made, 5 * LP_SECOND));
	made.at = 5 * LP_SECOND; /* it could not be made */
	assert_false(admin_is_old(&made, 5 * LP_SECOND));
	assert_false(admin_is_old(&made, 6 * LP_SECOND - 1));
	assert_true(admin_is_old(&made, 6 * LP_SECOND));
}

static void slow_readers_keep_nobody_from_asking_for_health(void **state)
{
	(void)state;
	struct admin_site site = {.held = ADMIN_HELD};
	assert_true(admin_can_make(&site, ADMIN_STATUS));
	site.held++;
	assert_false(admin_can_make(&site, ADMIN_STATUS));
	assert_false(admin_can_make(&site, ADMIN_METRICS));
	assert_true(admin_can_make(&site, ADMIN_HEALTH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_localhost_are_good_hosts),
		cmocka_unit_test(other_names_are_not),
		cmocka_unit_test(a_place_is_an_address_or_a_path),
		cmocka_unit_test(nothing_else_is_a_place),
		cmocka_unit_test(an_answer_is_made_once_per_second_even_if_that_fails),
		cmocka_unit_test(slow_readers_keep_nobody_from_asking_for_health),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
