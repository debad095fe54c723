/* Addresses that the operating system, QUIC and the carrier share. */
#include "lanparty/base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* [W2] */
static void the_address_of_a_stream_holds_its_number(void **state)
{
	(void)state;
	static const uint8_t expected[16] = {0x01, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct lp_address address = lp_address_of_stream(UINT64_C(0x0102030405060708));
	uint64_t number = 0;
	assert_int_equal(address.sa.sa_family, AF_INET6);
	assert_int_equal(address.len, sizeof(struct sockaddr_in6));
	assert_int_equal(address.in6.sin6_port, 0);
	assert_memory_equal(&address.in6.sin6_addr, expected, sizeof expected);
	assert_true(lp_address_is_stream(&address, &number));
	assert_true(number == UINT64_C(0x0102030405060708));
	assert_true(lp_address_is_stream(&address, NULL));
	struct lp_address other = lp_address_of_stream(UINT64_C(0x0102030405060709));
	assert_false(lp_address_equal(&address, &other));
	other = lp_address_of_stream(UINT64_MAX);
	assert_true(lp_address_is_stream(&other, &number));
	assert_true(number == UINT64_MAX);
}

/* [W2] */
static void other_addresses_are_no_streams(void **state)
{
	(void)state;
	struct lp_address address = lp_address_of_stream(1);
	uint64_t number = 77;
	((uint8_t *)&address.in6.sin6_addr)[7] = 1; /* 100:0:0:1::/64 */
	assert_false(lp_address_is_stream(&address, &number));
	memset(&address.in6.sin6_addr, 0, 16); /* [::] */
	assert_false(lp_address_is_stream(&address, &number));
	address = lp_address_of_stream(1);
	address.in.sin_family = AF_INET; /* whatever lies behind an IPv4 address */
	assert_false(lp_address_is_stream(&address, &number));
	memset(&address, 0, sizeof address); /* no address at all */
	assert_false(lp_address_is_stream(&address, &number));
	assert_true(number == 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_address_of_a_stream_holds_its_number),
		cmocka_unit_test(other_addresses_are_no_streams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
