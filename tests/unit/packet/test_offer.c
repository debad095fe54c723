/* Row N5: what a LAN offers a player's computer takes none of its ways. */
#include "lanparty/packet/offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames.h"
#include "lanparty/packet/checksum.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DHCP_AT    (LP_ETH_HEADER + 28)
#define MASK_AT    (DHCP_AT + 240 + 3 + 2)
#define RA_AT      (LP_ETH_HEADER + 40)
#define OPTIONS_AT (RA_AT + 16)

static const uint8_t relay6[LP_PREFIX_BYTES] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x77, [15] = 5};
static const uint8_t own6[LP_PREFIX_BYTES] = {0xfd, 0, [15] = 2};
static const uint8_t own_wide6[LP_PREFIX_BYTES] = {0x2a, 1};

/* A player with a home network, a company's VPN, a VPN for the internet, and a relay. */
static struct lp_own_list player(void)
{
	struct lp_own_list own = {0};
	const struct {
		enum lp_own_kind kind;
		struct lp_prefix prefix;
	} rows[] = {
		{LP_OWN_RELAY, lp_prefix_ipv4(IPV4(203, 0, 113, 5), 32)},
		{LP_OWN_RELAY, lp_prefix_ipv6(relay6, 128)},
		{LP_OWN_NAME_SERVER, lp_prefix_ipv4(IPV4(9, 9, 9, 9), 32)},
		{LP_OWN_ROUTER, lp_prefix_ipv4(IPV4(192, 168, 1, 1), 32)},
		{LP_OWN_NETWORK, lp_prefix_ipv4(IPV4(192, 168, 1, 50), 24)},
		{LP_OWN_NETWORK, lp_prefix_ipv4(IPV4(10, 0, 0, 0), 8)},
		{LP_OWN_NETWORK, lp_prefix_ipv4(IPV4(0, 0, 0, 0), 1)},
		{LP_OWN_NETWORK, lp_prefix_ipv4(IPV4(128, 0, 0, 0), 1)},
		{LP_OWN_NETWORK, lp_prefix_ipv6(own6, 64)},
		{LP_OWN_NETWORK, lp_prefix_ipv6(own_wide6, 32)},
		{LP_OWN_NETWORK, lp_prefix_ipv6(own_wide6, 3)},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(lp_own_add(&own, rows[i].kind, &rows[i].prefix));
	return own;
}

static enum lp_drop check(uint8_t *f, size_t len, struct lp_offer *ret_offer)
{
	struct lp_own_list own = player();
	struct lp_view view;
	lp_view_of(f, len, &view);
	assert_true(lp_offer_is(&view));
	return lp_offer_check(f, &view, &own, ret_offer);
}

/* ---- DHCP */

static size_t lease_of(uint8_t *f, uint32_t address, uint32_t mask)
{
	const struct frame_lease lease = {.client = player_mac(1),
		.server_mac = host_mac(1),
		.server = IPV4(192, 168, 77, 1),
		.address = address,
		.mask = mask};
	return frame_dhcp_reply(f, &lease);
}

#define M(bits) ((bits) == 0 ? 0u : UINT32_MAX << (32 - (bits)))

static void a_lease_passes_is_narrowed_or_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint32_t address;
		unsigned length;
		enum lp_offer_fault fault;
		bool passes, narrowed;
		const char *story;
	} rows[] = {
		{IPV4(192, 168, 77, 101), 24, LP_OFFER_GOOD, true, false, "an ordinary LAN"},
		{IPV4(172, 16, 0, 9), 16, LP_OFFER_GOOD, true, false, "the shortest mask"},
		{IPV4(172, 16, 0, 9), 15, LP_OFFER_WIDE, false, false, "one bit shorter"},
		{IPV4(8, 0, 0, 146), 8, LP_OFFER_WIDE, false, false, "a part of the internet"},
		{IPV4(192, 168, 1, 101), 24, LP_OFFER_COVERS, true, true, "as the home network"},
		{IPV4(192, 168, 0, 9), 23, LP_OFFER_COVERS, true, true,
			"it covers the home network"},
		{IPV4(192, 168, 1, 200), 25, LP_OFFER_COVERS, true, true, "a part of it"},
		{IPV4(192, 168, 1, 200), 32, LP_OFFER_COVERS, true, true, "an address of it"},
		{IPV4(10, 7, 7, 7), 24, LP_OFFER_COVERS, true, true, "a part of the VPN's"},
		{IPV4(192, 168, 1, 1), 24, LP_OFFER_IS, false, false, "the own router's address"},
		{IPV4(192, 168, 1, 50), 24, LP_OFFER_IS, false, false, "the own address"},
		{IPV4(9, 9, 9, 9), 32, LP_OFFER_IS, false, false, "the name server's address"},
		{IPV4(9, 9, 1, 2), 16, LP_OFFER_COVERS, true, true, "it covers the name server"},
		{IPV4(9, 8, 1, 2), 16, LP_OFFER_GOOD, true, false, "it does not"},
		{IPV4(203, 0, 113, 77), 24, LP_OFFER_COVERS, true, true, "it covers the relay"},
		{IPV4(203, 0, 113, 5), 24, LP_OFFER_IS, false, false, "the relay's address"},
		{IPV4(127, 0, 0, 5), 24, LP_OFFER_GOOD, false, false, "no host's address"},
		{IPV4(224, 0, 0, 5), 24, LP_OFFER_GOOD, false, false, "a group"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_offer offer;
		size_t len = lease_of(f, rows[i].address, M(rows[i].length));
		bool passes = check(f, len, &offer) == LP_DROP_NONE;
		uint32_t mask = lp_get32(f + MASK_AT);
		if (passes != rows[i].passes || offer.fault != rows[i].fault ||
			offer.narrowed != rows[i].narrowed ||
			mask != (rows[i].narrowed ? UINT32_MAX : M(rows[i].length)))
			fail_msg("%s: passes=%d fault=%d mask=%x", rows[i].story, passes,
				(int)offer.fault, (unsigned)mask);
	}
}

static void masks_of_every_length_but_the_long_ones_are_refused(void **state)
{
	(void)state;
	for (unsigned length = 1; length <= 32; length++) {
		uint8_t f[FRAME_CAP];
		struct lp_offer offer;
		size_t len = lease_of(f, IPV4(100, 64, 3, 4), M(length));
		assert_int_equal(check(f, len, &offer),
			length >= LP_OFFER_IPV4_LEAST ? LP_DROP_NONE : LP_DROP_OFFER);
	}
}

/* Clients would differ in what they take of it. */
static void replies_with_two_meanings_are_dropped(void **state)
{
	(void)state;
	static const uint8_t second[] = {1, 4, 255, 0, 0, 0}, short_one[] = {1, 2, 255, 255};
	static const struct {
		uint32_t mask;
		const uint8_t *options;
		size_t len;
		bool passes;
		const char *story;
	} rows[] = {
		{0xffffff00, NULL, 0, true, "one mask"},
		{0xffffff00, second, sizeof(second), false, "two masks"},
		{0, short_one, sizeof(short_one), false, "half a mask"},
		{0xff00ff00, NULL, 0, false, "a mask with gaps"},
		{0xffffff01, NULL, 0, false, "a long mask with gaps"},
		{0, NULL, 0, true, "no mask: its class has 24 bits"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_offer offer;
		const struct frame_lease lease = {.client = player_mac(1),
			.server_mac = host_mac(1),
			.server = IPV4(192, 168, 77, 1),
			.address = IPV4(192, 168, 77, 101),
			.mask = rows[i].mask,
			.options = rows[i].options,
			.options_len = rows[i].len};
		size_t len = frame_dhcp_reply(f, &lease);
		if ((check(f, len, &offer) == LP_DROP_NONE) != rows[i].passes)
			fail_msg("%s", rows[i].story);
	}
}

static void a_lease_without_a_mask_has_its_class(void **state)
{
	(void)state;
	static const struct {
		uint32_t address;
		enum lp_offer_fault fault;
	} rows[] = {
		{IPV4(100, 1, 2, 3), LP_OFFER_WIDE}, {IPV4(172, 16, 2, 3), LP_OFFER_GOOD},
		{IPV4(192, 168, 77, 3), LP_OFFER_GOOD},
		{IPV4(192, 168, 1, 3), LP_OFFER_COVERS}, /* there is no mask to narrow */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_offer offer;
		size_t len = lease_of(f, rows[i].address, 0);
		assert_int_equal(check(f, len, &offer),
			rows[i].fault == LP_OFFER_GOOD ? LP_DROP_NONE : LP_DROP_OFFER);
		assert_int_equal(offer.fault, rows[i].fault);
		assert_false(offer.narrowed);
	}
}

static void a_mask_in_the_servers_name_counts_too(void **state)
{
	(void)state;
	/* a client that heeds the first or the last of two reads the name in any case */
	static const uint8_t overload[] = {52, 1, 2, 52, 1, 1}, mask[] = {1, 4, 255, 0, 0, 0, 255};
	const struct frame_lease lease = {.client = player_mac(1),
		.server_mac = host_mac(1),
		.server = IPV4(192, 168, 77, 1),
		.address = IPV4(192, 168, 77, 101),
		.options = overload,
		.options_len = sizeof(overload)};
	uint8_t f[FRAME_CAP];
	struct lp_offer offer;
	size_t len = frame_dhcp_reply(f, &lease);
	memcpy(f + DHCP_AT + 44, mask, sizeof(mask));
	assert_int_equal(check(f, len, &offer), LP_DROP_OFFER);
	assert_int_equal(offer.fault, LP_OFFER_WIDE);
}

static void what_is_no_reply_is_dropped(void **state)
{
	(void)state;
	uint8_t f[FRAME_CAP];
	struct lp_offer offer;
	size_t len = lease_of(f, IPV4(192, 168, 77, 101), 0xffffff00);
	f[DHCP_AT + 239] ^= 1; /* without the cookie it is BOOTP, whose options nobody can judge */
	assert_int_equal(check(f, len, &offer), LP_DROP_OFFER);
	f[DHCP_AT + 239] ^= 1;
	assert_int_equal(check(f, len, &offer), LP_DROP_NONE);
	f[DHCP_AT] = 1;
	assert_int_equal(check(f, len, &offer), LP_DROP_OFFER);
}

/* ---- router advertisements */

static void a_prefix(uint8_t option[32], const uint8_t *address, uint8_t length, uint32_t lifetime)
{
	memset(option, 0, 32);
	memcpy(option, (const uint8_t[]){3, 4, length, 0xc0}, 4);
	lp_put32(option + 4, lifetime);
	lp_put32(option + 8, lifetime);
	memcpy(option + 16, address, 16);
}

/* Is the checksum that of the bytes? */
static void assert_sealed(const uint8_t *f, size_t len)
{
	uint8_t copy[FRAME_CAP];
	memcpy(copy, f, len);
	lp_put16(copy + RA_AT + 2, 0);
	assert_int_equal(lp_checksum_transport(copy + LP_ETH_HEADER, 58, copy + RA_AT, len - RA_AT),
		lp_get16(f + RA_AT + 2));
}

static enum lp_drop check_prefix(const uint8_t *address, uint8_t length, uint32_t lifetime,
	struct lp_offer *ret_offer, bool *ret_stays)
{
	uint8_t f[FRAME_CAP], option[32];
	a_prefix(option, address, length, lifetime);
	size_t len = frame_router_options(f, host_mac(1), option, sizeof(option));
	enum lp_drop drop = check(f, len, ret_offer);
	*ret_stays = memcmp(f + OPTIONS_AT, option, sizeof(option)) == 0;
	assert_int_equal(f[RA_AT + 5], 0);
	assert_int_equal(lp_get16(f + RA_AT + 6), 0);
	assert_sealed(f, len);
	return drop;
}

static void prefixes_of_64_bits_that_take_nothing_stay(void **state)
{
	(void)state;
	static const struct {
		uint8_t address[16], length;
		enum lp_offer_fault fault;
		const char *story;
	} rows[] = {
		{{0xfd, 0x77}, 64, LP_OFFER_GOOD, "unique local"},
		{{0x20, 1, 0xd, 0xb8, 0, 0x78}, 64, LP_OFFER_GOOD, "global"},
		{{0x20}, 3, LP_OFFER_LENGTH, "the whole internet"},
		{{0x20}, 64, LP_OFFER_GOOD, "its first network"},
		{{0}, 0, LP_OFFER_LENGTH, "everything"},
		{{0xfd, 0x77}, 63, LP_OFFER_LENGTH, "one bit short"},
		{{0xfd, 0x77}, 65, LP_OFFER_LENGTH, "one bit long"},
		{{0xfd, 0x77}, 128, LP_OFFER_LENGTH, "one address"},
		{{0x20, 1, 0xd, 0xb8, 0, 0x77}, 64, LP_OFFER_COVERS, "it covers the relay"},
		{{0xfd}, 64, LP_OFFER_COVERS, "as the own network"},
		{{0x2a, 1, 0, 0, 5}, 64, LP_OFFER_COVERS, "a part of an own network"},
		{{0, 0x64, 0xff, 0x9b}, 64, LP_OFFER_LENGTH, "all of IPv4, by NAT64"},
		{{0}, 64, LP_OFFER_LENGTH, "mapped IPv4"},
		{{0xfe, 0x80}, 64, LP_OFFER_LENGTH, "link-local"},
		{{0xff, 2}, 64, LP_OFFER_LENGTH, "groups"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_offer offer;
		bool stays;
		assert_int_equal(
			check_prefix(rows[i].address, rows[i].length, 1800, &offer, &stays),
			LP_DROP_NONE);
		if (stays != (rows[i].fault == LP_OFFER_GOOD) || offer.fault != rows[i].fault)
			fail_msg("%s: stays=%d fault=%d", rows[i].story, stays, (int)offer.fault);
	}
}

static void prefixes_of_every_length_and_lifetime_are_judged(void **state)
{
	(void)state;
	static const uint8_t address[16] = {0xfd, 0x77};
	static const uint32_t lifetimes[] = {0, 1, 7200, UINT32_MAX};
	for (unsigned length = 0; length <= 255; length++)
		for (size_t i = 0; i < COUNT(lifetimes); i++) {
			struct lp_offer offer;
			bool stays;
			check_prefix(address, (uint8_t)length, lifetimes[i], &offer, &stays);
			assert_int_equal(stays, length == LP_OFFER_IPV6_LENGTH);
		}
}

static void of_an_advertisement_mac_mtu_and_prefixes_stay_alone(void **state)
{
	(void)state;
	static const uint8_t mtu[8] = {5, 1, [6] = 5, 0xdc};
	for (unsigned type = 0; type <= 255; type++) {
		uint8_t f[FRAME_CAP], option[24], nothing[22] = {0};
		struct lp_offer offer;
		memset(option, 0xaa, sizeof(option));
		option[0] = (uint8_t)type;
		option[1] = 2; /* 16 bytes, and another option behind it */
		memcpy(option + 16, mtu, sizeof(mtu));
		size_t len = frame_router_options(f, host_mac(1), option, sizeof(option));
		bool stays = type == 1 || type == 5;
		assert_int_equal(check(f, len, &offer), LP_DROP_NONE);
		assert_int_equal(offer.fault, LP_OFFER_GOOD);
		assert_int_equal(f[OPTIONS_AT], stays ? type : 253);
		assert_memory_equal(f + OPTIONS_AT + 2, stays ? option + 2 : nothing, 14);
		assert_memory_equal(f + OPTIONS_AT + 16, mtu, sizeof(mtu));
		assert_sealed(f, len);
	}
}

static void advertisements_that_do_not_parse_are_dropped(void **state)
{
	(void)state;
	static const struct {
		uint8_t options[8];
		size_t len;
		const char *story;
	} rows[] = {
		{{1, 0}, 8, "an option without a length"},
		{{1, 2}, 8, "an option that is cut off"},
		{{1}, 1, "half an option's head"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_offer offer;
		size_t len = frame_router_options(f, host_mac(1), rows[i].options, rows[i].len);
		if (check(f, len, &offer) != LP_DROP_OFFER)
			fail_msg("%s", rows[i].story);
	}
}

static void the_first_of_several_faults_is_told(void **state)
{
	(void)state;
	static const uint8_t wide[16] = {0x20}, good[16] = {0xfd, 0x77};
	uint8_t f[FRAME_CAP], options[96];
	struct lp_offer offer;
	a_prefix(options, wide, 3, 1800);
	a_prefix(options + 32, relay6, 64, 1800);
	a_prefix(options + 64, good, 64, 1800);
	size_t len = frame_router_options(f, host_mac(1), options, sizeof(options));
	assert_int_equal(check(f, len, &offer), LP_DROP_NONE);
	assert_int_equal(offer.fault, LP_OFFER_LENGTH);
	assert_int_equal(offer.prefix.length, 3);
	assert_int_equal(f[OPTIONS_AT + 32], 253);
	assert_memory_equal(f + OPTIONS_AT + 64, options + 64, 32);
}

/* ---- others */

static void redirects_and_old_advertisements_are_dropped(void **state)
{
	(void)state;
	static const struct {
		uint8_t version, type;
		enum lp_drop drop;
	} rows[] = {
		{4, 5, LP_DROP_REDIRECT},
		{4, 9, LP_DROP_ROUTER_ADVERTISEMENT},
		{4, 8, LP_DROP_NONE},
		{6, 137, LP_DROP_REDIRECT},
		{6, 136, LP_DROP_NONE},
		{6, 5, LP_DROP_NONE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_own_list own = player();
		struct lp_view view;
		struct lp_offer offer;
		size_t len = rows[i].version == 4
				     ? frame_udp(f, player_mac(1), host_mac(1), 1, 2, 3, 60)
				     : frame_router_advertisement(f, host_mac(1));
		f[LP_ETH_HEADER + (rows[i].version == 4 ? 9 : 6)] = rows[i].version == 4 ? 1 : 58;
		f[rows[i].version == 4 ? LP_ETH_HEADER + 20 : RA_AT] = rows[i].type;
		lp_view_of(f, len, &view);
		assert_int_equal(lp_offer_is(&view), rows[i].drop != LP_DROP_NONE);
		if (lp_offer_is(&view))
			assert_int_equal(lp_offer_check(f, &view, &own, &offer), rows[i].drop);
	}
}

/* Windows asks for one although the advertisements say that there is none. */
static void dhcpv6_servers_reach_no_player(void **state)
{
	(void)state;
	static const uint8_t server[16] = IPV6_LOCAL(1);
	for (unsigned port = 545; port <= 547; port++) {
		uint8_t f[FRAME_CAP];
		struct lp_own_list own = player();
		struct lp_view view;
		struct lp_offer offer;
		size_t len = frame_udp_ipv6(f, player_mac(1), host_mac(1), server);
		lp_put16(f + RA_AT + 2, (uint16_t)port);
		lp_view_of(f, len, &view);
		assert_int_equal(lp_offer_is(&view), port == 546);
		if (port == 546)
			assert_int_equal(
				lp_offer_check(f, &view, &own, &offer), LP_DROP_DHCPV6_SERVER);
	}
}

static void a_list_takes_each_network_once_and_no_way_into_the_internet(void **state)
{
	(void)state;
	struct lp_own_list own = {0};
	struct lp_prefix prefix;
	for (uint32_t i = 0; i < LP_OWN_MAX; i++) {
		prefix = lp_prefix_ipv4(IPV4(10, 0, 0, 0) + (i << 8), 24);
		assert_true(lp_own_add(&own, LP_OWN_NETWORK, &prefix));
		assert_true(lp_own_add(&own, LP_OWN_NETWORK, &prefix));
	}
	assert_int_equal(own.count, LP_OWN_MAX);
	prefix = lp_prefix_ipv4(0, 7);
	assert_true(lp_own_add(&own, LP_OWN_NETWORK, &prefix));
	prefix = lp_prefix_ipv4(IPV4(172, 16, 0, 0), 24);
	assert_false(lp_own_add(&own, LP_OWN_NETWORK, &prefix));
	assert_int_equal(own.count, LP_OWN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_passes_is_narrowed_or_is_refused),
		cmocka_unit_test(masks_of_every_length_but_the_long_ones_are_refused),
		cmocka_unit_test(replies_with_two_meanings_are_dropped),
		cmocka_unit_test(a_lease_without_a_mask_has_its_class),
		cmocka_unit_test(a_mask_in_the_servers_name_counts_too),
		cmocka_unit_test(what_is_no_reply_is_dropped),
		cmocka_unit_test(prefixes_of_64_bits_that_take_nothing_stay),
		cmocka_unit_test(prefixes_of_every_length_and_lifetime_are_judged),
		cmocka_unit_test(of_an_advertisement_mac_mtu_and_prefixes_stay_alone),
		cmocka_unit_test(advertisements_that_do_not_parse_are_dropped),
		cmocka_unit_test(the_first_of_several_faults_is_told),
		cmocka_unit_test(redirects_and_old_advertisements_are_dropped),
		cmocka_unit_test(dhcpv6_servers_reach_no_player),
		cmocka_unit_test(a_list_takes_each_network_once_and_no_way_into_the_internet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
