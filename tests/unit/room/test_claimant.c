/* Rows N3, K4: what a member asks of DHCP servers, and which addresses of a LAN the gateway tells. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"
#include "lanparty/room/claimant.h"

#define IP(a, b, c, d)                                                                             \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct lp_siphash_key secret = {1, 2};

/* The relay would take it for an address of the LAN, for hours. */
static void K4_an_address_that_is_only_held_is_not_told(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_filter_facts facts = {.is_claim = true, .probed_ipv4 = IP(10, 0, 0, 1)};
	const struct lp_mac mac = {{2, 0, 0, 0, 0, 1}};
	struct lp_lan_report report;
	assert_non_null(n);
	for (int known = 0; known < 2; known++) {
		size_t next = 0;
		assert_true(lp_neighbours_note_lan(n, &mac, &facts, 0));
		lp_neighbours_list_lan(n, &next, 0, 0, &report);
		assert_int_equal(report.ipv4_count, known);
		assert_true(lp_neighbours_claim(n, LP_OWNER_LAN, facts.probed_ipv4, 0));
	}
	lp_neighbours_free(n);
}

static enum lp_drop ask(
	struct lp_neighbours *n, struct lp_claimant *c, uint8_t type, uint8_t id, lp_time now)
{
	const uint8_t bytes[] = {0, id};
	const struct lp_filter_facts facts = {.is_dhcp_request = true,
		.dhcp_type = type,
		.dhcp_id = id ? bytes : NULL,
		.dhcp_id_len = sizeof(bytes)};
	return lp_claimant_admit(c, n, &facts, now);
}

static void N3_a_client_identifier_belongs_to_its_first_user(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_claimant a, b;
	const uint8_t lan[] = {0, 9};
	const struct lp_filter_facts station = {.dhcp_id = lan, .dhcp_id_len = sizeof(lan)};
	struct lp_lan_report report;
	size_t next = 0;
	assert_non_null(n);
	lp_claimant_init(&a, 1);
	lp_claimant_init(&b, 2);
	assert_true(lp_neighbours_note_lan(n, &(struct lp_mac){{2, 0, 0, 0, 0, 1}}, &station, 0));
	assert_int_equal(ask(n, &a, 3, 9, 0), LP_DROP_DHCP_SENDER); /* the station's */
	assert_int_equal(ask(n, &a, 3, 9, LP_NEIGHBOUR_LAN_ID_TTL - 1), LP_DROP_DHCP_SENDER);
	assert_int_equal(ask(n, &a, 3, 1, 0), LP_DROP_NONE);
	assert_int_equal(ask(n, &b, 7, 1, 0), LP_DROP_DHCP_SENDER);
	assert_int_equal(ask(n, &a, 3, 2, 1), LP_DROP_NONE);
	assert_int_equal(ask(n, &a, 3, 3, 1), LP_DROP_DHCP_SENDER); /* a third one */
	assert_int_equal(ask(n, &b, 3, 3, 1), LP_DROP_NONE);
	assert_int_equal(ask(n, &a, 3, 4, LP_NEIGHBOUR_TTL - 1), LP_DROP_DHCP_SENDER);
	assert_int_equal(ask(n, &a, 3, 4, LP_NEIGHBOUR_TTL), LP_DROP_NONE);
	assert_int_equal(ask(n, &b, 3, 9, LP_NEIGHBOUR_LAN_ID_TTL), LP_DROP_NONE);
	lp_neighbours_list_lan(n, &next, 0, 0, &report);
	assert_int_equal(report.ipv4_count + report.ipv6_count, 0); /* it is no address */
	lp_neighbours_free(n);
}

static enum lp_drop claim(
	struct lp_neighbours *n, struct lp_claimant *c, uint32_t ipv4, lp_time now)
{
	const struct lp_filter_facts facts = {.is_claim = true, .claim_ipv4 = ipv4};
	return lp_claimant_admit(c, n, &facts, now);
}

/* The next gateway is another one. */
static void N1_what_waits_to_be_protected_goes_with_its_gateway(void **state)
{
	(void)state;
	const uint32_t addresses[] = {IP(10, 0, 0, 1), IP(10, 0, 0, 2), IP(10, 0, 0, 3)};
	struct lp_protected told = {.ipv4_count = 3};
	memcpy(told.ipv4, addresses, sizeof(addresses));
	for (int leaves = 0; leaves < 2; leaves++) {
		struct lp_neighbours *n = lp_neighbours_new(&secret);
		const lp_time later = LP_NEIGHBOUR_TAKING_SECONDS * LP_SECOND;
		assert_non_null(n);
		for (uint16_t i = 0; i < 3; i++)
			lp_neighbours_lease(n, i + 1, addresses[i], 0);
		lp_neighbours_protect_told(n, &told, 0); /* two members give way at once */
		assert_true(lp_neighbours_use(n, 3, addresses[2], 0));
		if (leaves)
			lp_neighbours_forget(n, LP_OWNER_LAN);
		lp_neighbours_protect_again(n, later);
		assert_int_equal(lp_neighbours_claim(n, 4, addresses[0], later), leaves);
		assert_int_equal(lp_neighbours_use(n, 3, addresses[2], later), leaves);
		lp_neighbours_free(n);
	}
}

enum deed { CLAIM, ASK, DECLINE };

/* How often the member can do it now, until it is refused. */
static unsigned times(
	struct lp_neighbours *n, struct lp_claimant *c, enum deed deed, unsigned most, lp_time now)
{
	static uint32_t next = IP(10, 0, 0, 0);
	enum lp_drop drop = LP_DROP_NONE;
	unsigned count = 0;
	for (; count < most; count++) {
		drop = deed == CLAIM ? claim(n, c, ++next, now)
				     : ask(n, c, deed == ASK ? 1 : 4, 0, now);
		if (drop != LP_DROP_NONE)
			break;
	}
	assert_int_equal(drop, deed == CLAIM ? LP_DROP_ADDRESS_TAKEN : LP_DROP_DHCP_SENDER);
	return count;
}

static void N2_N3_a_member_claims_asks_and_declines_only_so_often(void **state)
{
	(void)state;
	static const struct {
		enum deed deed;
		unsigned burst, seconds;
	} rows[] = {
		{CLAIM, LP_CLAIM_IPV4, LP_CLAIM_IPV4_SECONDS},
		{ASK, LP_CLAIM_DHCP, LP_CLAIM_DHCP_SECONDS},
		{DECLINE, LP_CLAIM_DECLINES, LP_CLAIM_DECLINES_SECONDS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const lp_time one = rows[i].seconds * LP_SECOND;
		const unsigned burst = rows[i].burst, most = burst + 9;
		struct lp_neighbours *n = lp_neighbours_new(&secret);
		struct lp_claimant c;
		assert_non_null(n);
		lp_claimant_init(&c, 1);
		for (lp_time begin = 0; begin < 2; begin++) {
			lp_time now = begin * 99 * 3600 * LP_SECOND;
			assert_int_equal(times(n, &c, rows[i].deed, most, now), burst);
			assert_int_equal(times(n, &c, rows[i].deed, most, now + one - 1), 0);
			assert_int_equal(times(n, &c, rows[i].deed, most, now + one), 1);
			assert_int_equal(times(n, &c, rows[i].deed, most, now + 3 * one), 2);
		}
		lp_claimant_spend(&c, 200 * 3600 * LP_SECOND);
		assert_int_equal(
			times(n, &c, rows[i].deed, most, 200 * 3600 * LP_SECOND + one - 1), 0);
		lp_neighbours_free(n);
	}
}

static void K5_two_addresses_of_a_member_cost_nothing_again(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_claimant c;
	assert_non_null(n);
	lp_claimant_init(&c, 1);
	for (uint32_t i = 0; i < 9; i++)
		assert_int_equal(claim(n, &c, IP(10, 0, 0, 1) + i % 2, 0), LP_DROP_NONE);
	assert_int_equal(times(n, &c, CLAIM, 99, 0), LP_CLAIM_IPV4 - 2);
	lp_neighbours_free(n);
}

static void N3_a_lease_can_be_given_back_however_often_the_member_has_asked(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_claimant c;
	assert_non_null(n);
	lp_claimant_init(&c, 1);
	times(n, &c, ASK, LP_CLAIM_DHCP + 1, 0);
	assert_int_equal(ask(n, &c, 7, 0, 0), LP_DROP_NONE);
	lp_neighbours_free(n);
}

/* The members' part of each set is full, so the address is never remembered. */
static void N2_an_address_that_the_table_has_no_space_for_is_claimed_once(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_claimant c;
	assert_non_null(n);
	for (uint32_t i = 0; i < 4 * LP_NEIGHBOURS_ADDRESSES; i++)
		assert_true(lp_neighbours_claim(n, (uint16_t)(i + 2), IP(10, 9, 0, 0) + i, 0));
	lp_claimant_init(&c, 1);
	for (unsigned i = 0; i < 3 * LP_CLAIM_IPV4; i++)
		assert_int_equal(claim(n, &c, IP(10, 0, 1, 1), 0), LP_DROP_NONE);
	assert_true(lp_neighbours_is_new(n, IP(10, 0, 1, 1), 0));
	assert_int_equal(times(n, &c, CLAIM, 99, 0), LP_CLAIM_IPV4 - 1);
	assert_int_equal(claim(n, &c, IP(10, 0, 1, 1), 0), LP_DROP_ADDRESS_TAKEN);
	lp_neighbours_free(n);
}

/* What nobody owns, everybody could take. */
static void N2_N3_what_the_table_has_no_space_for_is_refused(void **state)
{
	(void)state;
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	struct lp_claimant c;
	uint8_t ipv6[16] = {0xfe, 0x80}, id[] = {0, 0};
	const struct lp_filter_facts plain = {.source_ipv6 = ipv6},
				     probe = {.is_claim = true, .target_ipv6 = ipv6},
				     request = {.is_dhcp_request = true,
					     .dhcp_type = 3,
					     .dhcp_id = id,
					     .dhcp_id_len = sizeof(id)};
	unsigned refused = 0;
	assert_non_null(n);
	for (uint32_t i = 0; i < 4 * LP_NEIGHBOURS_ADDRESSES; i++) {
		uint16_t owner = (uint16_t)(i + 2);
		lp_put32(ipv6 + 12, i);
		bool good = lp_neighbours_claim_ipv6(n, owner, ipv6, 0);
		assert_int_equal(lp_neighbours_claim_ipv6(n, owner + 1, ipv6, 0), false);
		assert_int_equal(lp_neighbours_claim_ipv6(n, owner, ipv6, 0), good);
		refused += !good;
	}
	/* the LAN has the other half */
	assert_int_equal(refused, 4 * LP_NEIGHBOURS_ADDRESSES - LP_NEIGHBOURS_ADDRESSES / 2);
	lp_claimant_init(&c, 1);
	assert_int_equal(lp_claimant_admit(&c, n, &plain, 0), LP_DROP_ADDRESS_TAKEN);
	assert_int_equal(lp_claimant_admit(&c, n, &probe, 0), LP_DROP_ADDRESS_TAKEN);
	assert_int_equal(lp_claimant_admit(&c, n, &request, 0), LP_DROP_DHCP_SENDER);
	assert_true(lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, ipv6, 0));
	for (uint32_t owner = 2; owner <= 4 * LP_NEIGHBOURS_ADDRESSES + 2; owner++)
		lp_neighbours_forget(n, (uint16_t)owner);
	ipv6[2] = 1;
	assert_int_equal(lp_claimant_admit(&c, n, &plain, 0), LP_DROP_NONE);
	assert_int_equal(lp_claimant_admit(&c, n, &request, 0), LP_DROP_NONE);
	lp_neighbours_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N1_what_waits_to_be_protected_goes_with_its_gateway),
		cmocka_unit_test(N3_a_client_identifier_belongs_to_its_first_user),
		cmocka_unit_test(N2_N3_a_member_claims_asks_and_declines_only_so_often),
		cmocka_unit_test(K5_two_addresses_of_a_member_cost_nothing_again),
		cmocka_unit_test(N3_a_lease_can_be_given_back_however_often_the_member_has_asked),
		cmocka_unit_test(N2_an_address_that_the_table_has_no_space_for_is_claimed_once),
		cmocka_unit_test(N2_N3_what_the_table_has_no_space_for_is_refused),
		cmocka_unit_test(K4_an_address_that_is_only_held_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
