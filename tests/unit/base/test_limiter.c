/* Row N6: sources, and how often each can do something. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/limiter.h"

static const struct lp_siphash_key key = {1, 2};

static struct lp_address ipv4(uint32_t address)
{
	struct lp_address a = {.len = sizeof(a.in)};
	a.in.sin_family = AF_INET;
	struct lp_writer w = lp_writer_of(&a.in.sin_addr, sizeof(a.in.sin_addr));
	lp_write_u32(&w, address);
	return a;
}

static struct lp_address ipv6(const uint8_t bytes[16])
{
	struct lp_address a = {.len = sizeof(a.in6)};
	a.in6.sin6_family = AF_INET6;
	memcpy(&a.in6.sin6_addr, bytes, 16);
	return a;
}

static struct lp_source source_of(struct lp_address remote)
{
	struct lp_path path = {ipv4(0xcb007105), remote};
	struct lp_source source;
	lp_source_of(&path, &key, &source);
	return source;
}

/* The narrowest network that both are in; LP_SOURCE_LEVELS for none. */
static size_t shared(struct lp_address a, struct lp_address b)
{
	struct lp_source x = source_of(a), y = source_of(b);
	size_t level = 0;
	while (level < LP_SOURCE_LEVELS && x.of[level] != y.of[level])
		level++;
	for (size_t i = level; i < LP_SOURCE_LEVELS; i++)
		assert_int_equal(x.of[i], y.of[i]);
	return level;
}

static void a_source_is_the_networks_of_its_address(void **state)
{
	(void)state;
	struct lp_address a = ipv4(0xc6336401);
	assert_int_equal(shared(a, ipv4(0xc6336401)), LP_SOURCE_HOST);
	assert_int_equal(shared(a, ipv4(0xc63364ff)), LP_SOURCE_NET);
	assert_int_equal(shared(a, ipv4(0xc6336501)), LP_SOURCE_LEVELS);
	uint8_t x[16] = {0x20, 1, 0xd, 0xb8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	static const struct {
		size_t byte, level;
	} rows[] = {
		{15, LP_SOURCE_HOST},
		{8, LP_SOURCE_HOST},
		{7, LP_SOURCE_NET},
		{6, LP_SOURCE_SITE},
		{5, LP_SOURCE_PROVIDER},
		{4, LP_SOURCE_PROVIDER},
		{3, LP_SOURCE_LEVELS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t y[16];
		memcpy(y, x, sizeof(y));
		y[rows[i].byte] ^= 1;
		assert_int_equal(shared(ipv6(x), ipv6(y)), rows[i].level);
	}
	const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 198, 51, 100, 1};
	assert_int_equal(shared(a, ipv6(mapped)), LP_SOURCE_HOST);
}

static void a_peer_of_this_computer_is_known_by_its_address(void **state)
{
	(void)state;
	static const uint8_t one[16] = {[15] = 1}, two[16] = {[15] = 2};
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1};
	static const uint8_t own[16] = {[10] = 0xff, [11] = 0xff, 203, 0, 113, 5};
	assert_true(source_of(ipv4(0x7f000001)).local);
	assert_true(source_of(ipv4(0xcb007105)).local); /* what it sends to */
	assert_true(source_of(ipv6(one)).local);
	assert_true(source_of(ipv6(mapped)).local);
	assert_true(source_of(ipv6(own)).local);
	assert_false(source_of(ipv4(0xcb007106)).local);
	assert_false(source_of(ipv4(0x80000001)).local);
	assert_false(source_of(ipv6(two)).local);
}

static unsigned times(struct lp_limiter *limiter, struct lp_source source, lp_time now)
{
	unsigned count = 0;
	while (count < 10000 && lp_limiter_has(limiter, &source, now)) {
		assert_true(lp_limiter_take(limiter, &source, now));
		count++;
	}
	assert_true(count == 10000 || !lp_limiter_take(limiter, &source, now));
	return count;
}

static void a_network_has_four_times_the_limit_of_the_next_narrower_one(void **state)
{
	(void)state;
	static const unsigned limits[] = {10, 40, 160, 640};
	for (size_t level = 0; level < LP_SOURCE_LEVELS; level++) {
		struct lp_limiter limiter;
		assert_true(lp_limiter_init(&limiter, 5, 10, LP_SECOND));
		unsigned count = 0;
		for (uint32_t i = 0; i < 200; i++) {
			struct lp_source source = {.of = {i, i, i, i}};
			for (size_t k = level; k < LP_SOURCE_LEVELS; k++)
				source.of[k] = 1000;
			count += times(&limiter, source, 0);
		}
		assert_int_equal(count, limits[level]);
		lp_limiter_clear(&limiter);
	}
}

static void a_host_at_its_limit_takes_nothing_from_its_neighbours(void **state)
{
	(void)state;
	struct lp_limiter limiter;
	assert_true(lp_limiter_init(&limiter, 5, 10, LP_SECOND));
	struct lp_source one = {.of = {1, 9, 9, 9}}, two = {.of = {2, 9, 9, 9}};
	assert_int_equal(times(&limiter, one, 0), 10);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(lp_limiter_take(&limiter, &one, 0));
	assert_int_equal(times(&limiter, two, 0), 10);
	lp_limiter_clear(&limiter);
}

static void a_network_at_its_limit_costs_its_hosts_nothing(void **state)
{
	(void)state;
	struct lp_limiter limiter;
	assert_true(lp_limiter_init(&limiter, 5, 10, LP_SECOND));
	for (uint32_t i = 0; i < 4; i++)
		times(&limiter, (struct lp_source){.of = {i, 9, 9, 9}}, 0);
	struct lp_source host = {.of = {7, 9, 9, 9}}, elsewhere = {.of = {7, 8, 8, 8}};
	for (unsigned i = 0; i < 10; i++)
		assert_false(lp_limiter_take(&limiter, &host, 0));
	assert_int_equal(times(&limiter, elsewhere, 0), 10);
	lp_limiter_clear(&limiter);
}

static void a_rate_can_be_one_of_minutes(void **state)
{
	(void)state;
	struct lp_limiter limiter;
	assert_true(lp_limiter_init(&limiter, 10, 10, 60 * LP_SECOND));
	struct lp_source source = {.of = {1, 2, 3, 4}};
	assert_int_equal(times(&limiter, source, 0), 10);
	assert_int_equal(times(&limiter, source, 6 * LP_SECOND - 1), 0);
	assert_int_equal(times(&limiter, source, 6 * LP_SECOND), 1);
	assert_int_equal(times(&limiter, source, 600 * LP_SECOND), 10);
	lp_limiter_clear(&limiter);
}

static void this_computer_and_a_rate_of_zero_have_no_limit(void **state)
{
	(void)state;
	struct lp_limiter limiter;
	struct lp_source source = {.of = {1, 2, 3, 4}};
	assert_true(lp_limiter_init(&limiter, 0, 1, LP_SECOND));
	assert_int_equal(times(&limiter, source, 0), 10000);
	lp_limiter_clear(&limiter);
	assert_true(lp_limiter_init(&limiter, 1, 1, LP_SECOND));
	source.local = true;
	assert_int_equal(times(&limiter, source, 0), 10000);
	lp_limiter_clear(&limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_the_networks_of_its_address),
		cmocka_unit_test(a_peer_of_this_computer_is_known_by_its_address),
		cmocka_unit_test(a_network_has_four_times_the_limit_of_the_next_narrower_one),
		cmocka_unit_test(a_host_at_its_limit_takes_nothing_from_its_neighbours),
		cmocka_unit_test(a_network_at_its_limit_costs_its_hosts_nothing),
		cmocka_unit_test(a_rate_can_be_one_of_minutes),
		cmocka_unit_test(this_computer_and_a_rate_of_zero_have_no_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
