#include "lanparty/packet/dhcp_strip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define IP      14
#define UDP     (IP + 20)
#define DHCP    (UDP + 8)
#define SNAME   (DHCP + 44)
#define FILE_AT (DHCP + 108)
#define OPTIONS (DHCP + 240)

static void put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static bool strip(uint8_t *frame, size_t len)
{
	struct lp_view view;
	lp_view_of(frame, len, &view);
	return lp_dhcp_strip(frame, &view);
}

static bool is_fragment(const uint8_t *frame, size_t len)
{
	struct lp_view view;
	lp_view_of(frame, len, &view);
	return lp_dhcp_is_fragment(&view);
}

static uint16_t sum(const uint8_t *at, size_t len, uint32_t before)
{
	for (size_t i = 0; i < len; i++)
		before += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (before > 0xffff)
		before = (before & 0xffff) + (before >> 16);
	return (uint16_t)before;
}

static uint16_t udp_sum(const uint8_t *frame, size_t len)
{
	return sum(frame + UDP, len - UDP, sum(frame + IP + 12, 8, (uint32_t)(17 + len - UDP)));
}

static void set_checksum(uint8_t *frame, size_t len)
{
	put16(frame + UDP + 6, 0);
	put16(frame + UDP + 6, (uint16_t)~udp_sum(frame, len));
}

/* Builds the reply of a home router's DHCP server to a client. Returns its length. */
static size_t make(uint8_t frame[600], const uint8_t *options, size_t size)
{
	size_t len = OPTIONS + size;
	memset(frame, 0, 600);
	memset(frame, 0xff, 6);
	put16(frame + 12, 0x0800);
	frame[IP] = 0x45;
	put16(frame + IP + 2, len - IP);
	frame[IP + 8] = 64;
	frame[IP + 9] = 17;
	memcpy(frame + IP + 12, (uint8_t[]){192, 168, 1, 1, 255, 255, 255, 255}, 8);
	put16(frame + UDP, 67);
	put16(frame + UDP + 2, 68);
	put16(frame + UDP + 4, len - UDP);
	frame[DHCP] = 2;
	frame[DHCP + 1] = 1;
	frame[DHCP + 2] = 6;
	memcpy(frame + DHCP + 16, (uint8_t[]){192, 168, 1, 77}, 4);
	memcpy(frame + DHCP + 236, (uint8_t[]){0x63, 0x82, 0x53, 0x63}, 4);
	memcpy(frame + OPTIONS, options, size);
	set_checksum(frame, len);
	return len;
}

#define TYPE_ACK 53, 1, 5
#define SERVER   54, 4, 192, 168, 1, 1
#define LEASE    51, 4, 0, 0, 14, 16
#define MASK     1, 4, 255, 255, 255, 0
#define ROUTER   3, 4, 192, 168, 1, 1
#define DNS      6, 8, 192, 168, 1, 1, 8, 8, 8, 8
#define DOMAIN   15, 3, 'l', 'a', 'n'
#define ROUTES   121, 5, 0, 192, 168, 1, 1
#define ROUTES_2 249, 5, 0, 192, 168, 1, 1
#define PROXY    252, 2, 'h', 't'
#define ZEROES_4 0, 0, 0, 0
#define ZEROES_6 ZEROES_4, 0, 0
#define ZEROES_7 ZEROES_6, 0
#define END      255

#define OPTIONS_MAX 64
static const struct {
	uint8_t before[OPTIONS_MAX], after[OPTIONS_MAX];
	const char *story;
} messages[] = {
	{{TYPE_ACK, SERVER, LEASE, MASK, ROUTER, DNS, DOMAIN, END},
		{TYPE_ACK, SERVER, LEASE, MASK, ZEROES_6, ZEROES_6, ZEROES_4, DOMAIN, END},
		"router and DNS of an ordinary lease"},
	{{TYPE_ACK, ROUTES, ROUTES_2, PROXY, MASK, END},
		{TYPE_ACK, ZEROES_7, ZEROES_7, ZEROES_4, MASK, END}, "routes and proxy"},
	{{TYPE_ACK, 33, 8, 8, 8, 8, 8, 192, 168, 1, 1, MASK, END},
		{TYPE_ACK, ZEROES_6, ZEROES_4, MASK, END}, "static routes"},
	{{53, 1, 2, 0, 0, ROUTER, END}, {53, 1, 2, 0, 0, ZEROES_6, END}, "an offer, with padding"},
	{{TYPE_ACK, ROUTER, ROUTER, END}, {TYPE_ACK, ZEROES_6, ZEROES_6, END},
		"split in two (RFC 3396)"},
	{{TYPE_ACK, 3, 0, MASK, END}, {TYPE_ACK, 0, 0, MASK, END}, "an empty one"},
	{{TYPE_ACK, MASK, END, ROUTER}, {TYPE_ACK, MASK, END, ROUTER},
		"nothing counts after the end"},
	{{TYPE_ACK, 43, 6, ROUTER, END}, {TYPE_ACK, 43, 6, ROUTER, END}, "inside another option"},
	{{TYPE_ACK, ROUTER, 43, 200, 6, 1}, {TYPE_ACK, ZEROES_6, 43, 200, 6, 1},
		"an option too long"},
};

static void routers_and_name_servers_become_padding(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t frame[600], expected[600];
		size_t len = make(frame, messages[i].before, OPTIONS_MAX);
		make(expected, messages[i].after, OPTIONS_MAX);
		bool changes = memcmp(messages[i].before, messages[i].after, OPTIONS_MAX) != 0;
		if (strip(frame, len) != changes || memcmp(frame, expected, len) != 0)
			fail_msg("%s", messages[i].story);
		assert_int_equal(udp_sum(frame, len), 0xffff);
	}
}

static void a_first_fragment_for_a_client_is_reported(void **state)
{
	(void)state;
	static const struct {
		unsigned fragment; /* of the IPv4 header */
		unsigned port;
		bool expected;
	} rows[] = {
		{0, 68, false},
		{0x4000, 68, false}, /* do not fragment */
		{0x2000, 68, true},
		{0x2000, 67, false},
		{0x2001, 68, false}, /* a later fragment, without ports */
		{0x0001, 68, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t frame[600];
		size_t len = make(frame, messages[0].before, OPTIONS_MAX);
		put16(frame + IP + 6, rows[i].fragment);
		put16(frame + UDP + 2, rows[i].port);
		assert_int_equal(is_fragment(frame, len), rows[i].expected);
		for (size_t cut = 0; cut < UDP + 8; cut++) {
			put16(frame + IP + 2, cut > IP ? cut - IP : 0);
			assert_false(is_fragment(frame, cut));
		}
	}
}

static void overloaded_options_are_stripped_too(void **state)
{
	(void)state;
	for (uint8_t overload = 0; overload < 4; overload++) {
		const uint8_t options[] = {TYPE_ACK, 52, 1, overload, END};
		const uint8_t hidden[] = {MASK, ROUTER, END};
		const uint8_t stripped[] = {MASK, ZEROES_6, END};
		uint8_t frame[600];
		size_t len = make(frame, options, sizeof(options));
		memcpy(frame + SNAME, hidden, sizeof(hidden));
		memcpy(frame + FILE_AT, hidden, sizeof(hidden));
		set_checksum(frame, len);
		assert_int_equal(strip(frame, len), overload != 0);
		assert_memory_equal(
			frame + FILE_AT, overload & 1 ? stripped : hidden, sizeof(hidden));
		assert_memory_equal(
			frame + SNAME, overload & 2 ? stripped : hidden, sizeof(hidden));
		assert_int_equal(udp_sum(frame, len), 0xffff);
	}
}

static void a_message_without_checksum_stays_without(void **state)
{
	(void)state;
	const uint8_t options[] = {TYPE_ACK, ROUTER, END};
	uint8_t frame[600];
	size_t len = make(frame, options, sizeof(options));
	put16(frame + UDP + 6, 0);
	assert_true(strip(frame, len));
	assert_int_equal(frame[UDP + 6] << 8 | frame[UDP + 7], 0);
}

/* With one byte changed, it is not a lease, or not for a client. */
static const struct {
	size_t at;
	uint8_t value;
	const char *story;
} others[] = {
	{12, 0x86, "another ethertype"},
	{IP, 0x65, "another IP version"},
	{IP, 0x44, "an IP header too short"},
	{IP + 6, 0x20, "a fragment"},
	{IP + 9, 6, "TCP"},
	{UDP + 3, 67, "to the server"},
	{UDP + 4, 0xff, "a length too large"},
	{DHCP, 1, "a request"},
	{DHCP + 236, 0, "no DHCP: another cookie"},
};

static void other_frames_are_not_touched(void **state)
{
	(void)state;
	const uint8_t options[] = {TYPE_ACK, ROUTER, END};
	for (size_t i = 0; i < COUNT(others); i++) {
		uint8_t frame[600], before[600];
		size_t len = make(frame, options, sizeof(options));
		frame[others[i].at] = others[i].value;
		memcpy(before, frame, sizeof(before));
		if (strip(frame, len) || memcmp(frame, before, sizeof(before)) != 0)
			fail_msg("%s", others[i].story);
	}
}

static void a_truncated_message_is_not_read_past_its_end(void **state)
{
	(void)state;
	const uint8_t options[] = {TYPE_ACK, ROUTER, 52, 1, 3};
	uint8_t frame[600];
	size_t len = make(frame, options, sizeof(options));
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t *exact = malloc(cut > 0 ? cut : 1);
		assert_non_null(exact);
		memcpy(exact, frame, cut);
		if (cut >= IP + 4)
			put16(exact + IP + 2, cut - IP);
		if (cut >= UDP + 6)
			put16(exact + UDP + 4, cut - UDP);
		strip(exact, cut);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routers_and_name_servers_become_padding),
		cmocka_unit_test(a_first_fragment_for_a_client_is_reported),
		cmocka_unit_test(overloaded_options_are_stripped_too),
		cmocka_unit_test(a_message_without_checksum_stays_without),
		cmocka_unit_test(other_frames_are_not_touched),
		cmocka_unit_test(a_truncated_message_is_not_read_past_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
