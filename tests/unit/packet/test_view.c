/* The one parser: what it finds, where it stops, and that it never leaves the frame. Rows S1-S4 rest on
 * it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "evasion.h"
#include "lanparty/packet/view.h"

#define IP_MAX 120

/* IP headers, transport headers, and what may lie between. */
#define V4(total, place_high, place_low, protocol)                                                 \
	0x45, 0, 0, (total), 0x12, 0x34, (place_high), (place_low), 64, (protocol), 0, 0, 10, 0,   \
		0, 1, 10, 0, 0, 2
#define ADDRESS(n)                0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (n)
#define V6(payload, next)         0x60, 0, 0, 0, 0, (payload), (next), 64, ADDRESS(1), ADDRESS(2)
#define UDP(len)                  0x30, 0x39, 0, 53, 0, (len), 0, 0
#define TCP(size)                 0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, (size) * 16, 2, 0, 0, 0, 0, 0, 0
#define EIGHT                     1, 2, 3, 4, 5, 6, 7, 8
#define FRAGMENT(next, high, low) (next), 0, (high), (low), 0, 0, 0, 9
#define EXTENSION(next, units)    (next), (units), 1, 4, 0, 0, 0, 0

struct row {
	const char *story;
	uint16_t type;
	uint8_t ip[IP_MAX];
	size_t ip_len;
	struct lp_view expected;
};

static const struct row rows[] = {
	{"UDP over IPv4", 0x0800, {V4(32, 0, 0, 17), UDP(12), 1, 2, 3, 4}, 32,
		{.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 12,
			.transport_header = 8,
			.data_len = 4,
			.source_port = 12345,
			.destination_port = 53}},
	{"padding is no data", 0x0800, {V4(28, 0x40, 0, 17), UDP(8), EIGHT}, 36,
		{.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"UDP's own length ends its data", 0x0800, {V4(36, 0, 0, 17), UDP(10), EIGHT}, 36,
		{.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 16,
			.transport_header = 8,
			.data_len = 2,
			.source_port = 12345,
			.destination_port = 53}},
	{"UDP longer than the datagram", 0x0800, {V4(28, 0, 0, 17), UDP(9)}, 28,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"UDP shorter than its header", 0x0800, {V4(28, 0, 0, 17), UDP(7)}, 28,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"UDP cut off", 0x0800, {V4(27, 0, 0, 17), UDP(8)}, 28,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 17,
			.transport = 34,
			.transport_len = 7}},
	{"TCP with options", 0x0800, {V4(48, 0, 0, 6), TCP(6), 2, 4, 5, 180, EIGHT}, 52,
		{.version = 4,
			.protocol = 6,
			.transport = 34,
			.transport_len = 28,
			.transport_header = 24,
			.data_len = 4,
			.source_port = 12345,
			.destination_port = 80}},
	{"TCP whose header is too short", 0x0800, {V4(40, 0, 0, 6), TCP(4)}, 40,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 6,
			.transport = 34,
			.transport_len = 20,
			.source_port = 12345,
			.destination_port = 80}},
	{"TCP whose header is too long", 0x0800, {V4(40, 0, 0, 6), TCP(6)}, 40,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 6,
			.transport = 34,
			.transport_len = 20,
			.source_port = 12345,
			.destination_port = 80}},
	{"TCP cut off", 0x0800, {V4(39, 0, 0, 6), TCP(5)}, 40,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 6,
			.transport = 34,
			.transport_len = 19}},
	{"ICMP", 0x0800, {V4(28, 0, 0, 1), EIGHT}, 28,
		{.version = 4,
			.protocol = 1,
			.transport = 34,
			.transport_len = 8,
			.transport_header = 8}},
	{"IGMP cut off", 0x0800, {V4(27, 0, 0, 2), EIGHT}, 28,
		{.flaw = LP_VIEW_TRANSPORT,
			.version = 4,
			.protocol = 2,
			.transport = 34,
			.transport_len = 7}},
	{"ICMPv6 means nothing to IPv4", 0x0800, {V4(24, 0, 0, 58), EIGHT}, 28,
		{.version = 4, .protocol = 58, .transport = 34, .transport_len = 4}},
	{"no data at all", 0x0800, {V4(20, 0, 0, 99)}, 20,
		{.version = 4, .protocol = 99, .transport = 34}},
	{"a first fragment, whose UDP length is the datagram's", 0x0800,
		{V4(36, 0x20, 0, 17), UDP(200), EIGHT}, 36,
		{.version = 4,
			.protocol = 17,
			.is_fragmented = true,
			.fragment_more = true,
			.fragment_len = 16,
			.fragment_id = 0x1234,
			.transport = 34,
			.transport_len = 16,
			.transport_header = 8,
			.data_len = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"a middle fragment has no ports", 0x0800, {V4(36, 0x20, 2, 17), UDP(16), EIGHT}, 36,
		{.version = 4,
			.protocol = 17,
			.is_fragmented = true,
			.fragment_more = true,
			.fragment_offset = 16,
			.fragment_len = 16,
			.fragment_id = 0x1234,
			.transport = 34,
			.transport_len = 16}},
	{"the last fragment of the largest datagram", 0x0800, {V4(28, 0x1f, 0xff, 6), EIGHT}, 28,
		{.version = 4,
			.protocol = 6,
			.is_fragmented = true,
			.fragment_offset = 65528,
			.fragment_len = 8,
			.fragment_id = 0x1234,
			.transport = 34,
			.transport_len = 8}},
	{"IPv4 with options", 0x0800,
		{0x46, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 1,
			UDP(8)},
		32,
		{.version = 4,
			.protocol = 17,
			.transport = 38,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"longer than the frame", 0x0800, {V4(29, 0, 0, 17), UDP(8)}, 28, {.flaw = LP_VIEW_IP}},
	{"shorter than its header", 0x0800, {V4(19, 0, 0, 17), UDP(8)}, 28, {.flaw = LP_VIEW_IP}},
	{"a header of 16 bytes", 0x0800, {0x44, 0, 0, 28}, 28, {.flaw = LP_VIEW_IP}},
	{"a header cut off", 0x0800, {0x45, 0, 0, 19}, 19, {.flaw = LP_VIEW_IP}},
	{"IPv6 under IPv4's type", 0x0800, {V6(8, 17), UDP(8)}, 48, {.flaw = LP_VIEW_IP}},
	{"IPv4 under IPv6's type", 0x86dd, {V4(28, 0, 0, 17), UDP(8)}, 60, {.flaw = LP_VIEW_IP}},
	{"ARP is not looked into", 0x0806, {0, 1, 8, 0, 6, 4, 0, 1}, 28, {.flaw = LP_VIEW_SOUND}},

	{"TCP over IPv6", 0x86dd, {V6(21, 6), TCP(5), 1}, 61,
		{.version = 6,
			.protocol = 6,
			.transport = 54,
			.transport_len = 21,
			.transport_header = 20,
			.data_len = 1,
			.source_port = 12345,
			.destination_port = 80}},
	{"ICMPv6", 0x86dd, {V6(8, 58), EIGHT}, 48,
		{.version = 6,
			.protocol = 58,
			.transport = 54,
			.transport_len = 8,
			.transport_header = 8}},
	{"ICMP means nothing to IPv6", 0x86dd, {V6(1, 1), EIGHT}, 48,
		{.version = 6, .protocol = 1, .transport = 54, .transport_len = 1}},
	{"a jumbogram", 0x86dd, {V6(0, 17), UDP(8)}, 48, {.flaw = LP_VIEW_IP}},
	{"a payload longer than the frame", 0x86dd, {V6(9, 17), UDP(8)}, 48, {.flaw = LP_VIEW_IP}},
	{"a chain of three", 0x86dd,
		{V6(32, 0), EXTENSION(60, 0), EXTENSION(43, 0), EXTENSION(17, 0), UDP(8)}, 72,
		{.version = 6,
			.protocol = 17,
			.extensions = LP_VIEW_HOP_BY_HOP | LP_VIEW_DESTINATION | LP_VIEW_ROUTING,
			.transport = 78,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"an extension of 16 bytes", 0x86dd, {V6(24, 60), EXTENSION(17, 1), EIGHT, UDP(8)}, 64,
		{.version = 6,
			.protocol = 17,
			.extensions = LP_VIEW_DESTINATION,
			.transport = 70,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"AH counts in units of four", 0x86dd, {V6(20, 51), EXTENSION(17, 1), 1, 2, 3, 4, UDP(8)},
		60,
		{.version = 6,
			.protocol = 17,
			.extensions = LP_VIEW_OTHER,
			.transport = 66,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"an extension that is cut off", 0x86dd, {V6(8, 60), EXTENSION(17, 1)}, 64,
		{.flaw = LP_VIEW_CHAIN, .version = 6, .protocol = 60}},
	{"hop-by-hop in the second place", 0x86dd,
		{V6(24, 60), EXTENSION(0, 0), EXTENSION(17, 0), UDP(8)}, 64,
		{.flaw = LP_VIEW_ORDER,
			.version = 6,
			.extensions = LP_VIEW_DESTINATION,
			.protocol = 0}},
	{"a whole datagram with a fragment header", 0x86dd,
		{V6(16, 44), FRAGMENT(17, 0, 0), UDP(8)}, 56,
		{.version = 6,
			.protocol = 17,
			.extensions = LP_VIEW_FRAGMENT,
			.is_fragmented = true,
			.fragment_len = 8,
			.fragment_id = 9,
			.transport = 62,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"a first fragment with an extension behind", 0x86dd,
		{V6(24, 44), FRAGMENT(60, 0, 1), EXTENSION(17, 0), UDP(99)}, 64,
		{.version = 6,
			.protocol = 17,
			.extensions = LP_VIEW_FRAGMENT | LP_VIEW_DESTINATION,
			.is_fragmented = true,
			.fragment_more = true,
			.fragment_len = 16,
			.fragment_id = 9,
			.transport = 70,
			.transport_len = 8,
			.transport_header = 8,
			.source_port = 12345,
			.destination_port = 53}},
	{"a later fragment: nothing behind is a header", 0x86dd,
		{V6(16, 44), FRAGMENT(60, 1, 1), EIGHT}, 56,
		{.version = 6,
			.protocol = 60,
			.extensions = LP_VIEW_FRAGMENT,
			.is_fragmented = true,
			.fragment_more = true,
			.fragment_offset = 256,
			.fragment_len = 8,
			.fragment_id = 9,
			.transport = 62,
			.transport_len = 8}},
	{"a fragment of a fragment", 0x86dd,
		{V6(24, 44), FRAGMENT(44, 0, 0), FRAGMENT(17, 0, 0), UDP(8)}, 64,
		{.flaw = LP_VIEW_REPEATED,
			.version = 6,
			.protocol = 44,
			.extensions = LP_VIEW_FRAGMENT,
			.is_fragmented = true,
			.fragment_len = 16,
			.fragment_id = 9}},
	{"a fragment header cut off", 0x86dd, {V6(7, 44), FRAGMENT(17, 0, 0)}, 48,
		{.flaw = LP_VIEW_CHAIN, .version = 6, .protocol = 44}},
};

static size_t build(const struct row *row, uint8_t frame[LP_ETH_HEADER + IP_MAX])
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	memcpy(frame, macs, sizeof(macs));
	frame[12] = (uint8_t)(row->type >> 8);
	frame[13] = (uint8_t)row->type;
	memcpy(frame + LP_ETH_HEADER, row->ip, row->ip_len);
	return LP_ETH_HEADER + row->ip_len;
}

#define assert_field(row, view, field)                                                             \
	do {                                                                                       \
		if ((view).field != (row)->expected.field)                                         \
			fail_msg("%s: " #field " is %lu", (row)->story,                            \
				(unsigned long)(view).field);                                      \
	} while (0)

static void each_header_is_found_where_it_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint8_t frame[LP_ETH_HEADER + IP_MAX];
		struct lp_view v;
		size_t len = build(row, frame);
		memset(&v, 0xa5, sizeof(v));
		lp_view_of(frame, len, &v);
		assert_ptr_equal(v.frame, frame);
		assert_int_equal(v.len, len);
		assert_int_equal(v.eth.type, row->type);
		assert_int_equal(v.eth.dst.b[5], 1);
		assert_int_equal(v.eth.src.b[5], 2);
		assert_field(row, v, flaw);
		assert_field(row, v, version);
		assert_field(row, v, protocol);
		assert_field(row, v, extensions);
		assert_field(row, v, is_fragmented);
		assert_field(row, v, fragment_more);
		assert_field(row, v, fragment_offset);
		assert_field(row, v, fragment_len);
		assert_field(row, v, fragment_id);
		assert_field(row, v, transport);
		assert_field(row, v, transport_len);
		assert_field(row, v, transport_header);
		assert_field(row, v, data_len);
		assert_field(row, v, source_port);
		assert_field(row, v, destination_port);
	}
}

static void addresses_lie_one_behind_the_other(void **state)
{
	static const struct row v4 = {
		.type = 0x0800, .ip = {V4(28, 0, 0, 17), UDP(8)}, .ip_len = 28};
	static const struct row v6 = {.type = 0x86dd, .ip = {V6(8, 17), UDP(8)}, .ip_len = 48};
	static const uint8_t four[] = {10, 0, 0, 1, 10, 0, 0, 2}, six[] = {ADDRESS(1), ADDRESS(2)};
	uint8_t frame[LP_ETH_HEADER + IP_MAX];
	struct lp_view v;

	(void)state;
	lp_view_of(frame, build(&v4, frame), &v);
	assert_int_equal(lp_view_address_size(&v), 4);
	assert_memory_equal(lp_view_addresses(&v), four, sizeof(four));
	lp_view_of(frame, build(&v6, frame), &v);
	assert_int_equal(lp_view_address_size(&v), 16);
	assert_memory_equal(lp_view_addresses(&v), six, sizeof(six));
}

static void thirteen_bytes_are_no_frame(void **state)
{
	uint8_t frame[13];
	struct lp_view v;

	(void)state;
	memset(frame, 0xff, sizeof(frame));
	for (size_t len = 0; len <= sizeof(frame); len++) {
		lp_view_of(frame, len, &v);
		assert_int_equal(v.flaw, LP_VIEW_ETHERNET);
		assert_int_equal(v.eth.type, 0);
		assert_true(lp_mac_is_zero(&v.eth.src));
	}
}

static void a_chain_has_16_headers_at_most(void **state)
{
	uint8_t frame[LP_ETH_HEADER + LP_IPV6_HEADER + 17 * 8 + 8] = {[12] = 0x86, 0xdd, 0x60};
	uint8_t *ip = frame + LP_ETH_HEADER;
	struct lp_view v;

	(void)state;
	ip[LP_IPV6_NEXT] = LP_IP_DESTINATION;
	for (size_t count = 16; count <= 17; count++) {
		ip[LP_IPV6_LENGTH + 1] = (uint8_t)(count * 8 + 8);
		for (size_t i = 0; i < count; i++)
			ip[LP_IPV6_HEADER + i * 8] =
				i + 1 < count ? LP_IP_DESTINATION : LP_IP_ICMPV6;
		lp_view_of(frame, sizeof(frame), &v);
		assert_int_equal(v.flaw, count == 16 ? LP_VIEW_SOUND : LP_VIEW_CHAIN);
		assert_int_equal(v.transport, count == 16 ? LP_ETH_HEADER + 40 + 128 : 0);
	}
}

/* Offsets and lengths stay within the frame, which is a block of its very size. */
static void check_cut(const uint8_t *bytes, size_t len)
{
	uint8_t *frame = malloc(len > 0 ? len : 1);
	struct lp_view v;

	assert_non_null(frame);
	memcpy(frame, bytes, len);
	lp_view_of(frame, len, &v);
	assert_true((size_t)v.transport + v.transport_len <= len);
	assert_true((size_t)v.transport_header + v.data_len <= v.transport_len);
	free(frame);
}

static void cut_anywhere_a_frame_is_not_left(void **state)
{
	static const struct evasion_context addresses = {.client = {{2, 0, 0, 0, 0, 1}}};
	struct evasion_frame *frames = calloc(EVASION_FRAMES_MAX, sizeof(*frames));

	(void)state;
	assert_non_null(frames);
	size_t count = evasion_frames(&addresses, frames, EVASION_FRAMES_MAX);
	for (size_t i = 0; i < count; i++)
		for (size_t len = 0; len <= frames[i].len && len < 200; len++)
			check_cut(frames[i].bytes, len);
	free(frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_header_is_found_where_it_lies),
		cmocka_unit_test(addresses_lie_one_behind_the_other),
		cmocka_unit_test(thirteen_bytes_are_no_frame),
		cmocka_unit_test(a_chain_has_16_headers_at_most),
		cmocka_unit_test(cut_anywhere_a_frame_is_not_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
