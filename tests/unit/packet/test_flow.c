#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/flow.h"

#define LEN 80

/* Ethernet, then IPv4 or IPv6, then ports. */
static void make(uint8_t f[LEN], unsigned type, uint8_t protocol)
{
	memset(f, 0, LEN);
	f[5] = 2, f[11] = 1;
	f[12] = (uint8_t)(type >> 8), f[13] = (uint8_t)type;
	uint8_t *ip = f + LP_ETH_HEADER;
	if (type == LP_ETHERTYPE_IPV4) {
		ip[0] = 0x45, ip[9] = protocol;
		ip[15] = 1, ip[19] = 2;
		ip[20] = 0x20, ip[22] = 0x30;
	} else {
		ip[0] = 0x60, ip[6] = protocol;
		ip[23] = 1, ip[39] = 2;
		ip[40] = 0x20, ip[42] = 0x30;
	}
}

static void flows_differ_in_addresses_protocol_and_ports_only(void **state)
{
	static const struct {
		unsigned type;
		uint8_t protocol;
		size_t at; /* the byte that is changed */
		bool same;
		const char *why;
	} rows[] = {
		{LP_ETHERTYPE_IPV4, 17, 5, false, "destination MAC"},
		{LP_ETHERTYPE_IPV4, 17, 11, false, "source MAC"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 15, false, "source address"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 19, false, "destination address"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 20, false, "source port"},
		{LP_ETHERTYPE_IPV4, 6, 14 + 23, false, "destination port, TCP"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 9, false, "protocol"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 3, true, "length"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 5, true, "identification"},
		{LP_ETHERTYPE_IPV4, 17, 14 + 24, true, "what is behind the ports"},
		{LP_ETHERTYPE_IPV4, 1, 14 + 20, true, "ICMP has no ports"},
		{LP_ETHERTYPE_IPV6, 17, 14 + 23, false, "IPv6 source"},
		{LP_ETHERTYPE_IPV6, 6, 14 + 42, false, "IPv6 port"},
		{LP_ETHERTYPE_IPV6, 17, 14 + 1, true, "IPv6 traffic class"},
		{LP_ETHERTYPE_IPV6, 58, 14 + 41, true, "ICMPv6"},
		{LP_ETHERTYPE_ARP, 0, 14 + 30, true, "ARP"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t a[LEN], b[LEN];
		make(a, rows[i].type, rows[i].protocol);
		memcpy(b, a, LEN);
		b[rows[i].at] ^= 1;
		uint32_t first = lp_flow_of(a, LEN, 99).hash, second = lp_flow_of(b, LEN, 99).hash;
		if ((first == second) != rows[i].same)
			fail_msg("%s", rows[i].why);
	}
}

static void the_fragments_of_an_ip_datagram_are_one_flow_and_not_tcp(void **state)
{
	uint8_t first[LEN], later[LEN];
	(void)state;
	make(first, LP_ETHERTYPE_IPV4, 6);
	assert_true(lp_flow_of(first, LEN, 0).tcp);
	first[14 + 6] = 0x20; /* more fragments follow */
	memcpy(later, first, LEN);
	later[14 + 6] = 0, later[14 + 7] = 100;
	later[14 + 20] = 0xee; /* not a port */
	assert_int_equal(lp_flow_of(first, LEN, 0).hash, lp_flow_of(later, LEN, 0).hash);
	assert_false(lp_flow_of(first, LEN, 0).tcp);
	assert_false(lp_flow_of(later, LEN, 0).tcp);
	make(first, LP_ETHERTYPE_IPV6, 6);
	assert_true(lp_flow_of(first, LEN, 0).tcp);
	make(first, LP_ETHERTYPE_IPV4, 17);
	assert_false(lp_flow_of(first, LEN, 0).tcp);
}

static void another_salt_is_another_hash_and_many_flows_spread(void **state)
{
	uint8_t f[LEN];
	unsigned used[32] = {0}, empty = 0;
	(void)state;
	make(f, LP_ETHERTYPE_IPV4, 17);
	assert_int_not_equal(lp_flow_of(f, LEN, 1).hash, lp_flow_of(f, LEN, 2).hash);
	for (unsigned port = 0; port < 256; port++) {
		f[14 + 21] = (uint8_t)port;
		used[lp_flow_of(f, LEN, 1).hash % 32]++;
	}
	for (size_t i = 0; i < 32; i++) {
		empty += used[i] == 0;
		assert_in_range(used[i], 0, 24);
	}
	assert_in_range(empty, 0, 2);
}

static void short_frames_are_flows_too(void **state)
{
	uint8_t f[LEN];
	(void)state;
	for (size_t len = 0; len <= LEN; len++) {
		make(f, len % 2 ? LP_ETHERTYPE_IPV4 : LP_ETHERTYPE_IPV6, 6);
		f[14] = (uint8_t)(0x40 | (len & 15)); /* any header length */
		struct lp_flow_key key = lp_flow_of(f, len, 0);
		if (len < LP_ETH_HEADER + 24)
			assert_false(key.tcp && f[12] == 8 && (len & 15) >= 5);
	}
	make(f, LP_ETHERTYPE_IPV4, 6);
	assert_false(lp_flow_of(f, 14 + 23, 0).tcp);
	assert_true(lp_flow_of(f, 14 + 24, 0).tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_differ_in_addresses_protocol_and_ports_only),
		cmocka_unit_test(the_fragments_of_an_ip_datagram_are_one_flow_and_not_tcp),
		cmocka_unit_test(another_salt_is_another_hash_and_many_flows_spread),
		cmocka_unit_test(short_frames_are_flows_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
