#include "lanparty/packet/mss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/packet/eth.h"

#define SYN 0x02
#define ACK 0x10

/* The start of a TCP header's options. Each value that a row leaves unset is different. */
struct row {
	bool v6;
	uint8_t flags;
	uint8_t options[12];
	size_t options_len;
	unsigned fragment; /* IPv4 fragment field */
	size_t frame_max;
	unsigned expected; /* expected segment size; 0: unchanged */
	const char *story;
};

static const struct row rows[] = {
	{false, SYN, {2, 4, 0x05, 0xb4}, 4, 0, 1432, 1378, "1460 becomes what fits"},
	{false, SYN | ACK, {2, 4, 0x05, 0xb4}, 4, 0, 1432, 1378, "in the answer as well"},
	{true, SYN, {2, 4, 0x05, 0xa0}, 4, 0, 1432, 1358, "IPv6 has the larger header"},
	{false, SYN, {1, 2, 4, 0x05, 0xb4, 1, 1, 1}, 8, 0, 1432, 1378, "at an odd place"},
	{true, SYN, {1, 2, 4, 0x05, 0xa0, 1, 1, 1}, 8, 0, 1432, 1358, "at an odd place, IPv6"},
	{false, SYN, {4, 2, 1, 1, 2, 4, 0x05, 0xb4}, 8, 0, 1432, 1378, "behind other options"},
	{false, SYN, {2, 4, 0x05, 0x62}, 4, 0, 1432, 0, "1378 stays"},
	{false, SYN, {2, 4, 0x05, 0x63}, 4, 0, 1432, 1378, "1379 does not"},
	{false, SYN, {2, 4, 0x02, 0x00}, 4, 0, 1432, 0, "a small one stays"},
	{false, SYN, {2, 4, 0x05, 0xb4}, 4, 0, 300, 536, "never below 536"},
	{true, SYN, {2, 4, 0x05, 0xa0}, 4, 0, 300, 1220, "never below 1220 in IPv6"},
	{false, ACK, {2, 4, 0x05, 0xb4}, 4, 0, 1432, 0, "no SYN"},
	{false, SYN, {1, 1, 1, 0}, 4, 0, 1432, 0, "no option"},
	{false, SYN, {0, 2, 4, 5, 0xb4}, 8, 0, 1432, 0, "behind the end of the options"},
	{false, SYN, {3, 0, 2, 4, 5, 0xb4}, 8, 0, 1432, 0, "behind an option of no length"},
	{false, SYN, {3, 40, 2, 4, 5, 0xb4}, 8, 0, 1432, 0, "behind one that is too long"},
	{false, SYN, {1, 1, 1, 2}, 4, 0, 1432, 0, "cut off"},
	{false, SYN, {2, 3, 0x05, 0xb4}, 4, 0, 1432, 0, "of another length"},
	{false, SYN, {2, 4, 0x05, 0xb4}, 4, 0x2000, 1432, 0, "a first fragment"},
	{false, SYN, {2, 4, 0x05, 0xb4}, 4, 0x0001, 1432, 0, "a later fragment"},
};

static void put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static bool clamp(uint8_t *frame, size_t len, size_t frame_max)
{
	struct lp_view view;
	lp_view_of(frame, len, &view);
	return lp_mss_clamp(frame, &view, frame_max);
}

static bool is_syn(const uint8_t *frame, size_t len)
{
	struct lp_view view;
	lp_view_of(frame, len, &view);
	return lp_mss_is_syn(&view);
}

/* The IP header says that the datagram has as many bytes as the frame. */
static void set_length(uint8_t *frame, bool v6, size_t len)
{
	if (v6 && len >= LP_ETH_HEADER + 40)
		put16(frame + LP_ETH_HEADER + 4, len - LP_ETH_HEADER - 40);
	else if (!v6 && len >= LP_ETH_HEADER + 20)
		put16(frame + LP_ETH_HEADER + 2, len - LP_ETH_HEADER);
}

static uint32_t sum(const uint8_t *p, size_t len)
{
	uint32_t total = 0;
	for (size_t i = 0; i < len; i++)
		total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return total;
}

/* One's complement sum of pseudo header and segment: 0xffff if the checksum is right (RFC 9293,
 * 3.1). */
static unsigned verify(const uint8_t *frame, bool v6, size_t len)
{
	size_t ip = LP_ETH_HEADER, tcp = ip + (v6 ? 40u : 20u);
	uint32_t total = sum(frame + ip + (v6 ? 8 : 12), v6 ? 32 : 8) + 6 + (uint32_t)(len - tcp) +
			 sum(frame + tcp, len - tcp);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

static size_t build(const struct row *row, uint8_t *f)
{
	size_t ip = LP_ETH_HEADER, tcp = ip + (row->v6 ? 40u : 20u);
	size_t size = 20 + row->options_len, len = tcp + size;
	memset(f, 0, len);
	memset(f, 2, 12);
	put16(f + 12, row->v6 ? LP_ETHERTYPE_IPV6 : LP_ETHERTYPE_IPV4);
	f[ip] = row->v6 ? 0x60 : 0x45;
	f[ip + (row->v6 ? 6u : 9u)] = 6;
	if (!row->v6)
		put16(f + ip + 6, row->fragment);
	set_length(f, row->v6, len);
	memset(f + tcp - 8, 0x77, 8); /* addresses, in part */
	put16(f + tcp, 40000);
	f[tcp + 12] = (uint8_t)(size / 4 << 4);
	f[tcp + 13] = row->flags;
	memcpy(f + tcp + 20, row->options, row->options_len);
	put16(f + tcp + 16, ~verify(f, row->v6, len) & 0xffff);
	assert_int_equal(verify(f, row->v6, len), 0xffff);
	return len;
}

static unsigned mss_of(const uint8_t *f, size_t len)
{
	for (size_t i = 34; i + 3 < len; i++)
		if (f[i] == 2 && f[i + 1] == 4 && i >= len - 12)
			return (unsigned)f[i + 2] << 8 | f[i + 3];
	return 0;
}

static void a_syn_offers_no_more_than_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t f[128], before[128];
		size_t len = build(&rows[i], f);
		memcpy(before, f, len);
		bool changed = clamp(f, len, rows[i].frame_max);
		if (changed != (rows[i].expected != 0))
			fail_msg("%s", rows[i].story);
		if (!changed) {
			assert_memory_equal(f, before, len);
			continue;
		}
		assert_true(is_syn(before, len));
		if (mss_of(f, len) != rows[i].expected)
			fail_msg("%s: %u", rows[i].story, mss_of(f, len));
		assert_int_equal(verify(f, rows[i].v6, len), 0xffff);
		assert_false(clamp(f, len, rows[i].frame_max));
	}
}

static void a_frame_truncated_anywhere_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t f[128];
		size_t len = build(&rows[i], f);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *exact = test_malloc(cut ? cut : 1);
			memcpy(exact, f, cut);
			set_length(exact, rows[i].v6, cut);
			clamp(exact, cut, 1432);
			test_free(exact);
		}
		for (unsigned ihl = 0; ihl < 16; ihl++) {
			build(&rows[i], f);
			f[LP_ETH_HEADER] = (uint8_t)(0x40 | ihl);
			clamp(f, len, 1432);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_offers_no_more_than_fits),
		cmocka_unit_test(a_frame_truncated_anywhere_is_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
