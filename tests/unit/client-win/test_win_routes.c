/* The route to the relay, and networks that overlap. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netfix_routes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lp_address address_of(const char *text, unsigned long scope)
{
	struct lp_address a = {.len = sizeof(a.in)};
	a.in.sin_family = AF_INET;
	if (strchr(text, ':')) {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_scope_id = scope;
		assert_int_equal(inet_pton(AF_INET6, text, &a.in6.sin6_addr), 1);
	} else {
		assert_int_equal(inet_pton(AF_INET, text, &a.in.sin_addr), 1);
	}
	return a;
}

struct row {
	const char *prefix;
	unsigned length;
	uint64_t metric;
	unsigned long index;
};

static size_t table_of(const struct row *rows, size_t count, struct netfix_route *table)
{
	for (size_t i = 0; i < count; i++) {
		bool six = strchr(rows[i].prefix, ':') != NULL;
		memset(&table[i], 0, sizeof(table[i]));
		table[i].family = six ? AF_INET6 : AF_INET;
		table[i].length = rows[i].length;
		table[i].metric = rows[i].metric;
		table[i].index = rows[i].index;
		assert_int_equal(inet_pton(table[i].family, rows[i].prefix, table[i].prefix), 1);
	}
	return count;
}

/* A computer with Ethernet (4), Wi-Fi (7) and an office VPN (9). */
static const struct row computer[] = {
	{"0.0.0.0", 0, 25, 4},
	{"0.0.0.0", 0, 50, 7},
	{"192.168.1.0", 24, 281, 4},
	{"192.168.1.0", 24, 306, 7},
	{"192.168.1.5", 32, 281, 4},
	{"10.0.0.0", 8, 60, 9},
	{"10.20.0.0", 15, 300, 4},
	{"198.51.100.128", 25, 400, 7},
	{"::", 0, 300, 7},
	{"::", 0, 41, 4},
	{"2001:db8:5::", 48, 500, 9},
	{"fe80::", 64, 281, 4},
	{"fe80::", 64, 306, 7},
	{"198.51.100.0", 33, 0, 99},
};

static void packets_take_the_longest_prefix_then_the_lowest_metric(void **state)
{
	static const struct {
		const char *to;
		unsigned long scope, index;
		const char *story;
	} rows[] = {
		{"203.0.113.9", 0, 4, "the better of two default routes"},
		{"192.168.1.77", 0, 4, "on-link, the better of two"},
		{"192.168.2.1", 0, 4, "the neighbouring network is not on-link"},
		{"10.1.2.3", 0, 9, "through the VPN"},
		{"10.20.1.1", 0, 4, "a longer prefix wins against a lower metric"},
		{"10.21.255.255", 0, 4, "to the last address of a prefix that ends within a byte"},
		{"10.22.0.0", 0, 9, "and not further"},
		{"198.51.100.128", 0, 7, "the first address of half a network"},
		{"198.51.100.127", 0, 4, "which the other half is not in"},
		{"198.51.100.0", 0, 4, "a prefix of more than 32 bits is none"},
		{"2001:db8::1", 0, 4, "IPv6 has its own default route"},
		{"2001:db8:5::1", 0, 9, "and its own prefixes"},
		{"::ffff:10.1.2.3", 0, 9, "a mapped address is an IPv4 address"},
		{"fe80::1", 7, 7, "a link-local address is where its scope says"},
		{"fe80::1", 0, 4, "without a scope it is a guess"},
		{"fe80::1", 9, 0, "and nowhere on an interface without IPv6"},
		{"127.0.0.1", 0, 1, "this computer itself"},
		{"::1", 0, 1, "this computer itself"},
	};
	struct netfix_route table[COUNT(computer)];
	size_t count = table_of(computer, COUNT(computer), table);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_address to = address_of(rows[i].to, rows[i].scope);
		unsigned long index = netfix_route_choose(table, count, &to);
		if (index != rows[i].index)
			fail_msg("%s: %lu, not %lu", rows[i].story, index, rows[i].index);
	}
}

static void without_a_route_there_is_no_interface(void **state)
{
	static const struct row offline[] = {{"192.168.1.0", 24, 281, 4}, {"fe80::", 64, 281, 4}};
	struct netfix_route table[COUNT(offline)];
	struct lp_address to = address_of("203.0.113.9", 0), none = {0};
	struct lp_address six = address_of("2001:db8::1", 0);
	size_t count = table_of(offline, COUNT(offline), table);

	(void)state;
	assert_int_equal(netfix_route_choose(table, count, &to), 0);
	assert_int_equal(netfix_route_choose(table, count, &six), 0);
	assert_int_equal(netfix_route_choose(table, 0, &to), 0);
	assert_int_equal(netfix_route_choose(table, count, &none), 0);
}

static struct netfix_prefix prefix_of(const char *text)
{
	struct netfix_prefix prefix = {0};
	char copy[NETFIX_PREFIX_TEXT];
	struct in_addr address;
	if (!*text)
		return prefix;
	strcpy(copy, text);
	char *slash = strchr(copy, '/');
	*slash = 0;
	assert_int_equal(inet_pton(AF_INET, copy, &address), 1);
	prefix.address = ntohl(address.s_addr);
	prefix.length = (unsigned)strtoul(slash + 1, NULL, 10);
	return prefix;
}

static void two_networks_with_the_same_addresses_are_reported(void **state)
{
	static const struct {
		const char *own, *others[3], *named[3], *story;
	} rows[] = {
		{"192.168.1.77/24", {"192.168.1.5/24"},
			{"(192.168.1.0/24)", "(192.168.1.0/24)", "192.168.77.0/24"},
			"the router of both came from the same shop"},
		{"192.168.1.77/24", {"192.168.2.5/24"}, {0}, "neighbours do not overlap"},
		{"192.168.1.77/24", {"192.168.2.5/24", "10.8.0.2/24", "192.168.1.9/16"},
			{"(192.168.0.0/16)", "(192.168.1.0/24)", "10.77.77.0/24"},
			"a wide network has the LAN's in it, and both usual suggestions"},
		{"10.1.2.3/8", {"10.9.0.1/30"},
			{"(10.9.0.0/30)", "(10.0.0.0/8)", "192.168.77.0/24"},
			"the LAN is the wide one"},
		{"192.168.1.77/16", {"192.168.1.5/24"},
			{"(192.168.1.0/24)", "(192.168.0.0/16)", "10.77.77.0/24"},
			"the LAN has both usual suggestions in it"},
		{"192.168.77.101/24", {"192.168.77.4/24"},
			{"(192.168.77.0/24)", "(192.168.77.0/24)", "192.168.177.0/24"},
			"the suggestion is another one"},
		{"192.168.1.77/25", {"192.168.1.200/25"}, {0}, "halves of a network"},
		{"192.168.1.77/25", {"192.168.1.100/25"},
			{"(192.168.1.0/25)", "(192.168.1.0/25)", "192.168.77.0/24"},
			"the same half"},
		{"", {"192.168.1.5/24"}, {0}, "no address from the LAN yet"},
		{"192.168.1.77/32", {"192.168.1.5/24"}, {0}, "an address alone takes nothing"},
		{"192.168.1.77/24", {NULL}, {0}, "no other network"},
		{"192.168.1.77/24", {""}, {0}, "an address without a prefix is no network"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct netfix_view view = {.own = prefix_of(rows[i].own)};
		char text[ADAPTER_REASON] = "";
		for (size_t k = 0; k < 3 && rows[i].others[k]; k++)
			view.other[view.others++] = prefix_of(rows[i].others[k]);
		bool told = netfix_overlap(&view, text);
		if (told != (rows[i].named[0] != NULL))
			fail_msg("%s: %s", rows[i].story, text);
		for (size_t k = 0; k < 3 && rows[i].named[k]; k++) {
			if (!strstr(text, rows[i].named[k]))
				fail_msg("%s: no %s in: %s", rows[i].story, rows[i].named[k], text);
		}
		assert_true(strlen(text) + 1 < ADAPTER_REASON);
	}
}

static void a_prefix_is_shown_as_people_write_it(void **state)
{
	static const char *const rows[] = {
		"192.168.77.101/24", "10.0.0.1/8", "255.255.255.255/32", "0.0.0.0/1", ""};
	char text[NETFIX_PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(netfix_prefix_format(prefix_of(rows[i]), text), rows[i]);
	assert_true(netfix_prefix_is_makeshift(prefix_of("169.254.7.8/16")));
	assert_false(netfix_prefix_is_makeshift(prefix_of("169.253.7.8/16")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_take_the_longest_prefix_then_the_lowest_metric),
		cmocka_unit_test(without_a_route_there_is_no_interface),
		cmocka_unit_test(two_networks_with_the_same_addresses_are_reported),
		cmocka_unit_test(a_prefix_is_shown_as_people_write_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
