/* What a home's router says of its address, and what the host reads of it. */
#include "mapping.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct in_addr address(const char *text)
{
	struct in_addr result;
	assert_int_equal(inet_pton(AF_INET, text, &result), 1);
	return result;
}

static void an_address_says_who_is_in_front_of_the_router(void **state)
{
	(void)state;
	static const struct {
		const char *first, *last, *before, *after;
		enum router_verdict verdict;
	} table[] = {
		{"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0", ROUTER_BEHIND_NAT},
		{"172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0", ROUTER_BEHIND_NAT},
		{"192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0",
			ROUTER_BEHIND_NAT},
		{"100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0", ROUTER_SHARED},
		{"192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0", ROUTER_SHARED},
		{"169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0",
			ROUTER_NO_ADDRESS},
		{"127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0", ROUTER_NO_ADDRESS},
		{"0.0.0.0", "0.255.255.255", "1.0.0.0", "1.0.0.1", ROUTER_NO_ADDRESS},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(router_judge(address(table[i].first)), table[i].verdict);
		assert_int_equal(router_judge(address(table[i].last)), table[i].verdict);
		assert_int_equal(router_judge(address(table[i].before)), ROUTER_MAPPED);
		assert_int_equal(router_judge(address(table[i].after)), ROUTER_MAPPED);
	}
}

static void each_answer_has_a_sentence_that_says_what_to_do(void **state)
{
	(void)state;
	static const char *const words[] = {[ROUTER_MAPPED] = "11.7.7.10 port 4433",
		[ROUTER_NONE] = "connect it",
		[ROUTER_SILENT] = "turn one of them on",
		[ROUTER_REFUSED] = "allow it",
		[ROUTER_NO_ADDRESS] = "status page",
		[ROUTER_BEHIND_NAT] = "double NAT",
		[ROUTER_SHARED] = "carrier-grade NAT"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char text[MAPPING_SENTENCE];
		struct router_answer a = {.verdict = (enum router_verdict)i,
			.router = address("192.168.100.100"),
			.external = address("11.7.7.10"),
			.beyond = address("192.168.200.200"),
			.inner = 65535,
			.outer = 4433,
			.code = -2147483647};
		mapping_explain(&a, text);
		assert_non_null(strstr(text, words[i]));
		assert_true(strlen(text) < sizeof(text) - 1); /* not cut off */
	}
}

static void a_port_is_renewed_at_half_of_its_time(void **state)
{
	(void)state;
	struct router_answer a = {.verdict = ROUTER_MAPPED, .seconds = 3600};
	assert_int_equal(mapping_pause(&a), 1800);
	a.seconds = 100;
	assert_int_equal(mapping_pause(&a), 50);
	a.seconds = 1; /* a router is not asked all the time */
	assert_int_equal(mapping_pause(&a), 2);
	a.seconds = UINT32_MAX; /* more than it was asked for */
	assert_int_equal(mapping_pause(&a), 1800);
	a.seconds = 0; /* it keeps the port until it is restarted */
	assert_in_range(mapping_pause(&a), 60, 900);
	a.verdict = ROUTER_SILENT;
	assert_in_range(mapping_pause(&a), 10, 60);
}

/* Each time the whole LAN hears the question. */
static void a_hole_that_is_not_opened_is_asked_for_ever_less_often(void **state)
{
	(void)state;
	struct hole h = {.verdict = ROUTER_SILENT};
	assert_int_equal(mapping_hole_pause(&h, 1), 30); /* the router starts anew */
	assert_int_equal(mapping_hole_pause(&h, 2), 60);
	assert_int_equal(mapping_hole_pause(&h, 5), 480);
	assert_int_equal(mapping_hole_pause(&h, 6), 600);
	h.verdict = ROUTER_REFUSED;
	assert_int_equal(mapping_hole_pause(&h, UINT32_MAX), 600);
	h.verdict = ROUTER_NONE;
	assert_int_equal(mapping_hole_pause(&h, 1), 600);
	h.verdict = ROUTER_MAPPED;
	h.seconds = 3600;
	assert_int_equal(mapping_hole_pause(&h, 0), 1800);
}

/* It comes from a process that reads what the LAN sends. */
static void an_answer_that_makes_no_sense_is_noticed(void **state)
{
	(void)state;
	const struct router_answer good = {.verdict = ROUTER_MAPPED,
		.open = true,
		.external = address("11.7.7.10"),
		.inner = 8443,
		.outer = 8443};
	struct router_answer a = good;
	assert_true(router_is_sane(&a));
	a.outer = 0;
	assert_false(router_is_sane(&a));
	a = good;
	a.open = false;
	assert_false(router_is_sane(&a));
	a = good;
	a.external.s_addr = 0;
	assert_false(router_is_sane(&a));
	a.verdict = ROUTER_SHARED; /* the last one; it has no port */
	assert_true(router_is_sane(&a));
	a.verdict = (enum router_verdict)(ROUTER_SHARED + 1);
	assert_false(router_is_sane(&a));
	a = good;
	a.way = (enum router_way)(ROUTER_UPNP + 1);
	assert_false(router_is_sane(&a));
}

static struct in6_addr address6(const char *text)
{
	struct in6_addr result;
	assert_int_equal(inet_pton(AF_INET6, text, &result), 1);
	return result;
}

static void what_invites_name_is_compared_with_the_router(void **state)
{
	(void)state;
	const struct lp_host four = {"11.7.7.10", 4433}, six = {"2001:db8::5", 8443};
	const struct lp_host name = {"11.7.7.example", 4433}, none = {"", 443};
	const struct in6_addr own6 = address6("2001:db8::5");
	struct mapping m = {.inner = 8443};
	mapping_expect(&m, &none, NULL, 0);
	assert_int_equal(m.outer, 8443);
	mapping_expect(&m, &name, &four, 1); /* forwarded by hand */
	assert_int_equal(m.outer, 4433);
	assert_int_equal(m.expected.s_addr, 0);
	m.outer = 0;
	mapping_expect(&m, &six, &four, 1);
	assert_int_equal(m.outer, 4433);
	assert_int_equal(m.expected.s_addr, address("11.7.7.10").s_addr);
	assert_memory_equal(&m.expected6, &own6, sizeof(own6));
	m = (struct mapping){.inner = 1};
	mapping_expect(&m, &four, &six, 1);
	assert_int_equal(m.outer, 4433);
	assert_int_equal(m.expected.s_addr, address("11.7.7.10").s_addr);
	assert_memory_equal(&m.expected6, &own6, sizeof(own6));
}

static void some_addresses_of_ipv6_are_reached_by_others(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool public;
	} table[] = {
		{"2000::1", true},
		{"1fff::1", false},
		{"3fff:ffff::1", true},
		{"4000::1", false},
		{"2001:db8::1", true},
		{"2001::1", false},  /* Teredo */
		{"2001:1::1", true}, /* not any more */
		{"2001:0:1::1", false},
		{"2002:0b07:70a::1", false}, /* 6to4 */
		{"2003::1", true},
		{"fe80::1", false},
		{"fd77::1", false},
		{"::ffff:11.7.7.10", false},
		{"::", false},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct in6_addr a = address6(table[i].text);
		assert_int_equal(hole_is_public(&a), table[i].public);
	}
}

static void each_answer_for_ipv6_has_a_sentence_that_says_what_to_do(void **state)
{
	(void)state;
	static const char *const words[] = {
		[ROUTER_MAPPED] = "[2001:db8:1111:2222:3333:4444:5555:6666] port 4433 leads",
		[ROUTER_NONE] = "turn IPv6 on",
		[ROUTER_SILENT] = "turn one of them on",
		[ROUTER_REFUSED] = "allow it"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char text[MAPPING_SENTENCE];
		struct hole h = {.verdict = (enum router_verdict)i,
			.way = ROUTER_UPNP,
			.own = address6("2001:db8:1111:2222:3333:4444:5555:6667"),
			.external = address6("2001:db8:1111:2222:3333:4444:5555:6666"),
			.inner = 65535,
			.outer = 4433,
			.code = -2147483647};
		mapping_explain_hole(&h, text);
		assert_non_null(strstr(text, words[i]));
		assert_true(strlen(text) < sizeof(text) - 1); /* not cut off */
	}
}

static void an_answer_for_ipv6_that_makes_no_sense_is_noticed(void **state)
{
	(void)state;
	const struct hole good = {.verdict = ROUTER_MAPPED,
		.way = ROUTER_UPNP,
		.external = address6("2001:db8::5"),
		.outer = 8443};
	struct hole h = good;
	assert_true(hole_is_sane(&h));
	h.outer = 0;
	assert_false(hole_is_sane(&h));
	h = good;
	h.external = address6("fe80::1");
	assert_false(hole_is_sane(&h));
	h.verdict = ROUTER_REFUSED;
	assert_true(hole_is_sane(&h));
	h.verdict = ROUTER_NO_ADDRESS;
	assert_false(hole_is_sane(&h));
	h = good;
	h.way = (enum router_way)(ROUTER_UPNP + 1);
	assert_false(hole_is_sane(&h));
	h = good;
	memset(h.id, '1', sizeof(h.id));
	assert_false(hole_is_sane(&h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_says_who_is_in_front_of_the_router),
		cmocka_unit_test(each_answer_has_a_sentence_that_says_what_to_do),
		cmocka_unit_test(an_answer_that_makes_no_sense_is_noticed),
		cmocka_unit_test(a_port_is_renewed_at_half_of_its_time),
		cmocka_unit_test(a_hole_that_is_not_opened_is_asked_for_ever_less_often),
		cmocka_unit_test(what_invites_name_is_compared_with_the_router),
		cmocka_unit_test(some_addresses_of_ipv6_are_reached_by_others),
		cmocka_unit_test(each_answer_for_ipv6_has_a_sentence_that_says_what_to_do),
		cmocka_unit_test(an_answer_for_ipv6_that_makes_no_sense_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
