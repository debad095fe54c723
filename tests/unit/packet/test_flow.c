#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/flow.h"

#define LEN 80

/* The IP header says that the datagram has so many bytes. */
static void set_length(uint8_t *f, size_t len)
{
	uint8_t *ip = f + LP_ETH_HEADER;
	if (f[12] == 8)
		ip[3] = (uint8_t)len;
	else
		ip[5] = (uint8_t)(len - 40);
}

static struct lp_flow_key flow_of(const uint8_t *f, size_t len, uint64_t key)
{
	const struct lp_siphash_key secret = {.k0 = key};
	struct lp_view view;
	lp_view_of(f, len, &view);
	return lp_flow_of(&view, &secret);
}

/* Ethernet, then IPv4 or IPv6, then UDP or TCP. */
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
		ip[25] = 20; /* UDP's length */
		ip[32] = protocol == 6 ? 0x50 : 0;
	} else {
		ip[0] = 0x60, ip[6] = protocol;
		ip[23] = 1, ip[39] = 2;
		ip[40] = 0x20, ip[42] = 0x30;
		ip[45] = 20;
		ip[52] = protocol == 6 ? 0x50 : 0;
	}
	set_length(f, LEN - LP_ETH_HEADER - 1); /* and a byte of padding */
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
		uint32_t first = flow_of(a, LEN, 99).hash, second = flow_of(b, LEN, 99).hash;
		if ((first == second) != rows[i].same)
			fail_msg("%s", rows[i].why);
	}
}

static void the_fragments_of_an_ip_datagram_are_one_flow_and_not_tcp(void **state)
{
	uint8_t first[LEN], later[LEN];
	(void)state;
	make(first, LP_ETHERTYPE_IPV4, 6);
	assert_true(flow_of(first, LEN, 0).tcp);
	first[14 + 6] = 0x20; /* more fragments follow */
	memcpy(later, first, LEN);
	later[14 + 6] = 0, later[14 + 7] = 100;
	later[14 + 20] = 0xee; /* not a port */
	assert_int_equal(flow_of(first, LEN, 0).hash, flow_of(later, LEN, 0).hash);
	assert_false(flow_of(first, LEN, 0).tcp);
	assert_false(flow_of(later, LEN, 0).tcp);
	make(first, LP_ETHERTYPE_IPV6, 6);
	assert_true(flow_of(first, LEN, 0).tcp);
	make(first, LP_ETHERTYPE_IPV4, 17);
	assert_false(flow_of(first, LEN, 0).tcp);
}

static void another_salt_is_another_hash_and_many_flows_spread(void **state)
{
	uint8_t f[LEN];
	unsigned used[32] = {0}, empty = 0;
	(void)state;
	make(f, LP_ETHERTYPE_IPV4, 17);
	assert_int_not_equal(flow_of(f, LEN, 1).hash, flow_of(f, LEN, 2).hash);
	for (unsigned port = 0; port < 256; port++) {
		f[14 + 21] = (uint8_t)port;
		used[flow_of(f, LEN, 1).hash % 32]++;
	}
	for (size_t i = 0; i < 32; i++) {
		empty += used[i] == 0;
		assert_in_range(used[i], 0, 24);
	}
	assert_in_range(empty, 0, 2);
}

/* A multiplication loses what only the highest bit of a word carries, and two such differences cancel each
 * other whatever the secret is. */
static void no_difference_collides_under_every_secret(void **state)
{
	static const size_t places[][3] = {{14 + 15, 14 + 19, 14 + 23}, {14 + 23, 14 + 27, 14 + 31},
		{14 + 31, 14 + 35, 14 + 39}};
	unsigned same = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t a[LEN], b[LEN];
		make(a, LP_ETHERTYPE_IPV6, 17);
		memcpy(b, a, LEN);
		for (size_t j = 0; j < 3; j++)
			b[places[i][j]] ^= 0x80;
		for (uint64_t secret = 0; secret < 64; secret++)
			same += flow_of(a, LEN, secret).hash == flow_of(b, LEN, secret).hash;
	}
	assert_int_equal(same, 0);
}

static void fragments_of_ipv6_are_one_flow_but_not_a_whole_datagram_with_a_fragment_header(
	void **state)
{
	static const uint8_t header[8] = {17, 0, 0, 1, 0, 0, 0, 9}; /* a first fragment */
	uint8_t plain[LEN], first[LEN], later[LEN], whole[LEN];
	(void)state;
	make(plain, LP_ETHERTYPE_IPV6, 17);
	memcpy(first, plain, LEN);
	memcpy(first + 54 + 8, plain + 54, LEN - 54 - 8);
	memcpy(first + 54, header, sizeof(header));
	first[14 + 6] = 44;
	memcpy(later, first, LEN);
	later[54] = 60; /* only the first fragment's counts */
	later[56] = 1;
	memcpy(whole, first, LEN);
	whole[57] = 0;
	assert_int_equal(flow_of(first, LEN, 0).hash, flow_of(later, LEN, 0).hash);
	assert_int_not_equal(flow_of(first, LEN, 0).hash, flow_of(plain, LEN, 0).hash);
	assert_int_equal(flow_of(whole, LEN, 0).hash, flow_of(plain, LEN, 0).hash);
}

static void short_frames_are_flows_too(void **state)
{
	uint8_t f[LEN];
	(void)state;
	for (size_t len = 0; len <= LEN; len++) {
		make(f, len % 2 ? LP_ETHERTYPE_IPV4 : LP_ETHERTYPE_IPV6, 6);
		f[14] = (uint8_t)((len % 2 ? 0x40 : 0x60) | (len & 15)); /* any header length */
		set_length(f, len - LP_ETH_HEADER);
		struct lp_flow_key key = flow_of(f, len, 0);
		if (len < LP_ETH_HEADER + 40)
			assert_false(key.tcp);
	}
	make(f, LP_ETHERTYPE_IPV4, 6);
	set_length(f, 39);
	assert_false(flow_of(f, 14 + 39, 0).tcp);
	set_length(f, 40);
	assert_false(flow_of(f, 14 + 39, 0).tcp);
	assert_true(flow_of(f, 14 + 40, 0).tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_differ_in_addresses_protocol_and_ports_only),
		cmocka_unit_test(the_fragments_of_an_ip_datagram_are_one_flow_and_not_tcp),
		cmocka_unit_test(another_salt_is_another_hash_and_many_flows_spread),
		cmocka_unit_test(no_difference_collides_under_every_secret),
		cmocka_unit_test(
			fragments_of_ipv6_are_one_flow_but_not_a_whole_datagram_with_a_fragment_header),
		cmocka_unit_test(short_frames_are_flows_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
