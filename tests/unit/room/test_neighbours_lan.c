/* Rows N1, K4: what is known of the LAN's stations, and listed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/room/neighbours.h"

static const struct lp_siphash_key secret = {1, 2};

static void stations_of_the_LAN_are_known_for_hours(void **state)
{
	static const struct lp_mac station = {{2, 0, 0, 0, 0, 1}};
	static const struct lp_mac group = {{1, 0, 0x5e, 0, 0, 1}};
	static const struct lp_mac zero;
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	(void)state;
	assert_non_null(n);
	assert_false(lp_neighbours_on_lan(n, &station, 0));
	lp_neighbours_see(n, &station, 0);
	lp_neighbours_see(n, &group, 0);
	lp_neighbours_see(n, &zero, 0);
	assert_true(lp_neighbours_on_lan(n, &station, LP_NEIGHBOUR_MAC_TTL - 1));
	assert_false(lp_neighbours_on_lan(n, &station, LP_NEIGHBOUR_MAC_TTL));
	assert_false(lp_neighbours_on_lan(n, &group, 0));
	assert_false(lp_neighbours_on_lan(n, &zero, 0));
	lp_neighbours_see(n, &station, LP_NEIGHBOUR_MAC_TTL);
	assert_true(lp_neighbours_on_lan(n, &station, LP_NEIGHBOUR_MAC_TTL + 1));
	lp_neighbours_forget(n, 1);
	assert_true(lp_neighbours_on_lan(n, &station, LP_NEIGHBOUR_MAC_TTL + 1));
	lp_neighbours_forget(n, LP_OWNER_LAN);
	assert_false(lp_neighbours_on_lan(n, &station, LP_NEIGHBOUR_MAC_TTL + 1));
	lp_neighbours_free(n);
}

static void K4_the_LANs_list_has_its_own_addresses_alone(void **state)
{
	static const uint8_t members[16] = {0x20, 1, [15] = 1}, stations[16] = {0x20, 1, [15] = 2};
	static const struct lp_mac station = {{2, 0, 0, 0, 0, 1}};
	const struct lp_filter_facts asks = {.dhcp_id = station.b, .dhcp_id_len = 6};
	const struct lp_filter_facts tries = {.is_claim = true, .probed_ipv4 = 0x0a000001};
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_lan_report report;
	size_t next = 0;

	(void)state;
	assert_non_null(n);
	assert_true(lp_neighbours_note_lan(n, &station, &asks, 0));
	lp_time now = LP_NEIGHBOUR_LAN_ID_TTL - LP_NEIGHBOUR_TTL;
	assert_true(lp_neighbours_claim_ipv6(n, 1, members, now));
	assert_true(lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, stations, now));
	assert_true(lp_neighbours_note_lan(n, &station, &tries, now));
	lp_neighbours_list_lan(n, &next, 0, now, &report);
	assert_int_equal(report.ipv4_count, 0); /* what a station only tries is not its own yet */
	assert_int_equal(report.ipv6_count, 1); /* nor is a DHCP client's ID one */
	assert_memory_equal(report.ipv6[0], stations, 16);
	lp_neighbours_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stations_of_the_LAN_are_known_for_hours),
		cmocka_unit_test(K4_the_LANs_list_has_its_own_addresses_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
