/* Ranges of addresses: the comparison that row N5 stands on. */
#include "lanparty/base/prefix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "frames.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void ranges_overlap_when_they_share_an_address(void **state)
{
	(void)state;
	static const struct {
		uint32_t a, b;
		uint8_t a_length, b_length;
		bool overlap;
	} rows[] = {
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 77, 101), 24, 24, true},
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 78, 101), 24, 24, false},
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 76, 1), 24, 23, true},
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 77, 51), 32, 32, false},
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 77, 50), 32, 32, true},
		{IPV4(192, 168, 77, 50), IPV4(192, 168, 77, 51), 31, 32, true},
		{IPV4(192, 168, 77, 50), IPV4(10, 0, 0, 1), 24, 0, true},
		{IPV4(10, 1, 0, 1), IPV4(10, 0, 0, 0), 16, 15, true},
		{IPV4(10, 2, 0, 1), IPV4(10, 0, 0, 0), 16, 15, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_prefix a = lp_prefix_ipv4(rows[i].a, rows[i].a_length);
		struct lp_prefix b = lp_prefix_ipv4(rows[i].b, rows[i].b_length);
		if (lp_prefix_overlaps(&a, &b) != rows[i].overlap ||
			lp_prefix_overlaps(&b, &a) != rows[i].overlap)
			fail_msg("row %zu", i);
		assert_true(lp_prefix_is_ipv4(&a));
	}
}

static void ipv4_and_ipv6_have_no_address_in_common(void **state)
{
	(void)state;
	static const uint8_t address[LP_PREFIX_BYTES] = {0x20, 0x01, 0x0d, 0xb8};
	struct lp_prefix four = lp_prefix_ipv4(IPV4(32, 1, 13, 184), 16);
	struct lp_prefix six = lp_prefix_ipv6(address, 3);
	struct lp_prefix all = lp_prefix_ipv6(address, 0);
	assert_false(lp_prefix_overlaps(&four, &six));
	assert_false(lp_prefix_is_ipv4(&six));
	assert_true(lp_prefix_overlaps(&all, &six));
	assert_true(lp_prefix_same_address(&all, &six));
	assert_false(lp_prefix_same_address(&four, &six));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_overlap_when_they_share_an_address),
		cmocka_unit_test(ipv4_and_ipv6_have_no_address_in_common),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
