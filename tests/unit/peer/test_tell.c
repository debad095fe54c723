/* The sentences for a player: what limits it (rows L1, L3), and what the LAN offered in vain (row N5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/peer/tell.h"

static void L3_a_limit_of_bytes_is_told_in_units_for_people(void **state)
{
	(void)state;
	static const struct {
		uint64_t rate;
		const char *text;
	} rows[] = {
		{20480, ": 20 kB per second. "},
		{999999, ": 999 kB per second. "},
		{1000000, ": 1.0 MB per second. "},
		{2 << 20, ": 2.0 MB per second. "},
		{32 << 20, ": 33.5 MB per second. "},
	};
	char text[LP_LIMIT_TEXT];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lp_tell_limit(LP_DROP_BYTE_RATE, rows[i].rate, text);
		if (!strstr(text, rows[i].text) || !strstr(text, "--client-rate."))
			fail_msg("%s is not in: %s", rows[i].text, text);
	}
}

static void L1_a_limit_of_broadcasts_is_told_in_frames(void **state)
{
	(void)state;
	char text[LP_LIMIT_TEXT];
	lp_tell_limit(LP_DROP_BROADCAST_RATE, 200, text);
	assert_non_null(strstr(text, "more broadcasts"));
	assert_non_null(strstr(text, ": 200 per second. "));
	assert_non_null(strstr(text, "--broadcast-rate."));
	lp_tell_limit(LP_DROP_BROADCAST_RATE, UINT64_MAX, text);
	assert_int_equal(text[strlen(text) - 1], '.'); /* whole */
}

static void N5_an_offer_is_told_whole_and_in_one_wording(void **state)
{
	(void)state;
	char text[LP_OFFER_TEXT];
	struct lp_offer offer = {.fault = LP_OFFER_COVERS,
		.narrowed = true,
		.prefix = lp_prefix_ipv4(0x0a14003c, 24),
		.own = {LP_OWN_NETWORK, lp_prefix_ipv4(0x0a140000, 24)}};
	for (int kind = LP_OWN_NETWORK; kind <= LP_OWN_RELAY; kind++) {
		offer.own.kind = (enum lp_own_kind)kind;
		lp_tell_offer(&offer, text);
		assert_non_null(
			strstr(text, "The room's DHCP server offers 10.20.0.60/24. That range "
				     "covers addresses of "));
		assert_non_null(
			strstr(text, " 10.20.0.0/24, so lanparty took only the address. You "
				     "reach these addresses as before. "));
		assert_non_null(strstr(text, "10.77.77.0/24."));
	}
	offer.narrowed = false;
	offer.fault = LP_OFFER_IS;
	lp_tell_offer(&offer, text);
	assert_non_null(strstr(text, "That address belongs to the relay 10.20.0.0/24, so lanparty "
				     "did not take it. Ask the host "));
}

static void H6_an_offer_of_the_relay_is_told_as_such(void **state)
{
	(void)state;
	char text[LP_OFFER_TEXT];
	struct lp_offer offer = {.fault = LP_OFFER_COVERS,
		.narrowed = true,
		.by_relay = true,
		.prefix = lp_prefix_ipv4(0x0a010203, 24),
		.own = {LP_OWN_NETWORK, lp_prefix_ipv4(0x0a010200, 24)}};
	lp_tell_offer(&offer, text);
	assert_non_null(strstr(text, "The room's relay offers 10.1.2.3/24. That range covers "
				     "addresses of your own network 10.1.2.0/24, so lanparty took "
				     "only the address. "));
	assert_int_equal(text[strlen(text) - 1], '.'); /* whole */
	offer.narrowed = false;
	offer.fault = LP_OFFER_IS;
	lp_tell_offer(&offer, text);
	assert_non_null(strstr(text, "did not take it. Set another address by hand."));
}

static void each_old_protocol_has_a_whole_sentence(void **state)
{
	(void)state;
	char text[LP_OLD_TEXT];
	for (int i = LP_OLD_NONE + 1; i < LP_OLD_COUNT; i++) {
		lp_tell_old((enum lp_old_protocol)i, text);
		assert_non_null(strstr(text, "--allow-"));
		assert_int_equal(text[strlen(text) - 1], '.');
	}
	lp_tell_old(LP_OLD_IPX_8023, text);
	assert_non_null(strstr(text, "--allow-ethertype 8137"));
	assert_null(strstr(text, "Ethernet II")); /* this frame type is as good as others */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(L3_a_limit_of_bytes_is_told_in_units_for_people),
		cmocka_unit_test(L1_a_limit_of_broadcasts_is_told_in_frames),
		cmocka_unit_test(N5_an_offer_is_told_whole_and_in_one_wording),
		cmocka_unit_test(H6_an_offer_of_the_relay_is_told_as_such),
		cmocka_unit_test(each_old_protocol_has_a_whole_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
