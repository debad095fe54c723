/* Which stations of a gateway's LAN take part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lanparty/packet/stations.h"

static const struct lp_mac console = {{0x00, 0x1f, 0x32, 0xaa, 0xbb, 0xcc}};
static const struct lp_mac sister = {{0x00, 0x1f, 0x32, 0xaa, 0xbb, 0xcd}};
static const struct lp_mac printer = {{0x00, 0x1f, 0x33, 0xaa, 0xbb, 0xcc}};

static void without_a_list_all_take_part(void **state)
{
	(void)state;
	const struct lp_stations s = {0};
	assert_true(lp_stations_has(&s, &console) && lp_stations_has(&s, &printer));
}

static void only_those_of_the_list_take_part(void **state)
{
	(void)state;
	struct lp_stations s = {0};
	assert_true(lp_stations_add_mac(&s, "00:1F:32:aa:bb:cc"));
	assert_true(lp_stations_has(&s, &console));
	assert_false(lp_stations_has(&s, &sister) || lp_stations_has(&s, &printer));
	assert_true(lp_stations_add_mac(&s, "00-1f-32-aa-bb-cd"));
	assert_true(lp_stations_has(&s, &console) && lp_stations_has(&s, &sister));
}

static void a_vendors_stations_take_part(void **state)
{
	(void)state;
	struct lp_stations s = {0};
	assert_true(lp_stations_add_vendor(&s, "00:1f:32"));
	assert_true(lp_stations_has(&s, &console) && lp_stations_has(&s, &sister));
	assert_false(lp_stations_has(&s, &printer));
	assert_true(lp_stations_add_mac(&s, "00:1f:33:aa:bb:cc"));
	assert_true(lp_stations_has(&s, &printer) && lp_stations_has(&s, &sister));
}

static void what_names_no_station_is_refused(void **state)
{
	(void)state;
	struct lp_stations s = {0};
	static const char *const macs[] = {"", "00:1f:32", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
		"00:00:00:00:00:00", "00:1f:32:aa:bb:cc:dd", "nintendo"};
	static const char *const vendors[] = {"", "00:1f", "00:1f:3", "01:1f:32",
		"00:1f:32:", "00:1f:32:aa:bb:cc", "00:1f:3g", "nintendo"};
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
		assert_false(lp_stations_add_mac(&s, macs[i]));
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		assert_false(lp_stations_add_vendor(&s, vendors[i]));
	assert_true(lp_stations_has(&s, &printer)); /* nothing was added */
}

static void the_lists_have_limits(void **state)
{
	(void)state;
	struct lp_stations s = {0};
	char text[LP_MAC_TEXT];
	for (unsigned i = 0; i <= LP_MAX_STATIONS; i++) {
		snprintf(text, sizeof(text), "02:00:00:00:00:%02x", i);
		assert_int_equal(lp_stations_add_mac(&s, text), i < LP_MAX_STATIONS);
	}
	for (unsigned i = 0; i <= LP_MAX_VENDORS; i++) {
		snprintf(text, sizeof(text), "02:00:%02x", i);
		assert_int_equal(lp_stations_add_vendor(&s, text), i < LP_MAX_VENDORS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_list_all_take_part),
		cmocka_unit_test(only_those_of_the_list_take_part),
		cmocka_unit_test(a_vendors_stations_take_part),
		cmocka_unit_test(what_names_no_station_is_refused),
		cmocka_unit_test(the_lists_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
