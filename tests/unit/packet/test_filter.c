/* Rows F4, S1-S4, and S5, because the gateway runs the same filter again. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/packet/filter.h"
#include "evasion.h"

static const struct evasion_context addresses = {
	.client = {{0x02, 0, 0x5e, 0x10, 0, 1}},
	.victim = {{0x02, 0, 0x5e, 0x10, 0, 2}},
	.station = {{0x00, 0x1b, 0x21, 0x10, 0, 3}},
	.client_ipv4 = 0xc0a80a01,
	.victim_ipv4 = 0xc0a80a02,
	.station_ipv4 = 0xc0a80a03,
};

static const struct lp_filter no_extras;

static struct lp_filter_source client_source(void)
{
	struct lp_filter_source source;

	lp_filter_source_init(&source, LP_ROLE_CLIENT, &addresses.client);
	return source;
}

static struct lp_filter_source gateway_source(void)
{
	static const struct lp_mac none;
	struct lp_filter_source source;

	lp_filter_source_init(&source, LP_ROLE_GATEWAY, &none);
	return source;
}

/* Checks a copy of exactly the frame's size, so that a sanitizer reports an overread. */
static enum lp_drop check(struct lp_filter_source *from, const uint8_t *frame, size_t len,
	lp_time now, struct lp_filter_facts *ret_facts)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, frame, len);
	struct lp_view view;
	lp_view_of(copy, len, &view);
	if (len >= LP_ETH_HEADER)
		assert_memory_equal(view.eth.src.b, frame + 6, 6);
	enum lp_drop drop = lp_filter_check(&no_extras, from, &view, now, ret_facts);
	free(copy);
	return drop;
}

static struct evasion_frame *frames;
static size_t count;

static int make_frames(void **state)
{
	(void)state;
	frames = calloc(EVASION_FRAMES_MAX, sizeof(*frames));
	if (!frames)
		return -1;
	count = evasion_frames(&addresses, frames, EVASION_FRAMES_MAX);
	return count <= EVASION_FRAMES_MAX ? 0 : -1;
}

static int free_frames(void **state)
{
	(void)state;
	free(frames);
	return 0;
}

static const struct evasion_frame *named(const char *name, bool from_gateway)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(frames[i].name, name) == 0 && frames[i].from_gateway == from_gateway)
			return &frames[i];
	}
	fail_msg("no frame \"%s\"", name);
	return NULL;
}

/* F4, S1, S2, S3, S4, S5 */
static void S1_S2_S3_S4_F4_each_hostile_frame_is_dropped_and_each_honest_one_passes(void **state)
{
	struct lp_filter_source client = client_source();
	struct lp_filter_source gateway = gateway_source();
	size_t hostile = 0, honest = 0, failures = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct evasion_frame *f = &frames[i];
		struct lp_filter_facts facts;
		enum lp_drop drop =
			check(f->from_gateway ? &gateway : &client, f->bytes, f->len, 0, &facts);
		hostile += !f->honest;
		honest += f->honest;
		if (drop != f->drop) {
			failures++;
			print_error("%s %s: %s instead of %s\n", f->from_gateway ? "LAN" : "client",
				f->name, lp_drop_text(drop), lp_drop_text(f->drop));
		}
	}
	print_message("%zu hostile, %zu honest\n", hostile, honest);
	assert_int_equal(failures, 0);
	assert_true(hostile >= 200);
	assert_true(honest >= 40);
}

/* A frame truncated anywhere is dropped, unless it was padded. Nothing reads past its end. */
static void truncated_frames_are_read_within_their_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct evasion_frame *f = &frames[i];
		for (size_t len = 0; len <= f->len && len < 200; len++) {
			struct lp_filter_source source =
				f->from_gateway ? gateway_source() : client_source();
			struct lp_filter_facts facts;
			enum lp_drop drop = check(&source, f->bytes, len, 0, &facts);
			if (len < LP_ETH_HEADER)
				assert_int_equal(drop, LP_DROP_ETHERNET);
		}
	}
}

/* N2 */
static void facts_contain_the_ipv6_addresses_that_the_sender_uses(void **state)
{
	static const struct {
		const char *name;
		bool from_gateway, source, target, is_claim;
	} rows[] = {
		{"neighbour solicitation", false, true, false, true},
		{"neighbour advertisement", false, true, true, true},
		{"neighbour advertisement", true, true, true, true},
		{"duplicate address detection", false, false, true, true},
		{"router solicitation without an address", false, false, false, false},
		{"MLDv2 report", false, false, false, false},
		{"IPv6: UDP", true, true, false, true}, /* it is link-local */
		{"IPv6: the middle fragment", false, true, false, true},
		{"UDP", true, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct evasion_frame *f = named(rows[i].name, rows[i].from_gateway);
		struct lp_filter_source source =
			f->from_gateway ? gateway_source() : client_source();
		struct lp_filter_facts facts;
		struct lp_view view;
		if (strstr(rows[i].name, "middle")) {
			const struct evasion_frame *first =
				named("IPv6: the first fragment", false);
			lp_view_of(first->bytes, first->len, &view);
			lp_filter_check(&no_extras, &source, &view, 0, &facts);
		}
		memset(&facts, 0xff, sizeof(facts));
		lp_view_of(f->bytes, f->len, &view);
		assert_int_equal(
			lp_filter_check(&no_extras, &source, &view, 0, &facts), LP_DROP_NONE);
		const uint8_t *from = rows[i].source ? f->bytes + LP_ETH_HEADER + 8 : NULL;
		const uint8_t *target = rows[i].target ? f->bytes + LP_ETH_HEADER + 48 : NULL;
		if (facts.source_ipv6 != from || facts.target_ipv6 != target ||
			facts.is_claim != rows[i].is_claim)
			fail_msg("%s", rows[i].name);
	}
}

static void facts_contain_the_address_that_the_sender_claims(void **state)
{
	static const struct {
		const char *name;
		bool from_gateway;
		uint32_t claim;
	} rows[] = {
		{"ARP request", false, 0xc0a80a01},
		{"ARP reply", true, 0xc0a80a03},
		{"ARP probe", false, 0},
		{"UDP", false, 0xc0a80a01},
		{"DHCP discover", false, 0},
		{"IPv6: UDP", false, 0},
		{"the first fragment", false, 0xc0a80a01},
		{"UDP", true, 0xc0a80a03},
		{"from the internet", true, 0x08080808},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct evasion_frame *f = named(rows[i].name, rows[i].from_gateway);
		struct lp_filter_source source =
			f->from_gateway ? gateway_source() : client_source();
		struct lp_filter_facts facts;
		memset(&facts, 0xff, sizeof(facts));
		assert_int_equal(check(&source, f->bytes, f->len, 0, &facts), LP_DROP_NONE);
		if (facts.claim_ipv4 != rows[i].claim)
			fail_msg("%s", rows[i].name);
		assert_int_equal(facts.lease_ipv4, 0);
	}
}

/* What the gateway waits for an answer to. */
static void facts_contain_the_address_that_the_sender_asks_for(void **state)
{
	static const struct {
		const char *name;
		uint32_t ipv4;
		bool ipv6;
	} rows[] = {
		{"ARP request", 0xc0a80a02, false},
		{"ARP reply", 0, false},
		{"ARP probe", 0, false},
		{"ARP announcement", 0, false},
		{"neighbour solicitation", 0, true},
		{"neighbour advertisement", 0, false},
		{"duplicate address detection", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evasion_frame f = *named(rows[i].name, false);
		struct lp_filter_source gateway = gateway_source();
		struct lp_filter_facts facts;
		struct lp_view view;
		uint8_t *target = f.bytes + LP_ETH_HEADER + 48;
		lp_view_of(f.bytes, f.len, &view);
		lp_filter_check(&no_extras, &gateway, &view, 0, &facts);
		assert_null(facts.asked_ipv6); /* none, or its own address */
		target[15] ^= rows[i].ipv6;
		lp_filter_check(&no_extras, &gateway, &view, 0, &facts);
		if (facts.asked_ipv4 != rows[i].ipv4 ||
			facts.asked_ipv6 != (rows[i].ipv6 ? target : NULL))
			fail_msg("%s", rows[i].name);
	}
}

/* S3: the LAN's DHCP server is behind the gateway, and the room learns from its replies. */
static void S3_an_ACK_from_the_gateway_reports_a_lease(void **state)
{
	enum { UDP = 34, MESSAGE = 42, OPTIONS = 282 };
	static const struct {
		size_t at;
		uint8_t value;
		bool lease;
		const char *why;
	} rows[] = {
		{6, 0x02, true, "as it is"},
		{MESSAGE, 1, false, "a request"},
		{MESSAGE + 1, 6, false, "another kind of network"},
		{MESSAGE + 2, 8, false, "another length of address"},
		{MESSAGE + 16, 224, false, "a group address"},
		{MESSAGE + 16, 0, false, "no address"},
		{MESSAGE + 236, 0, false, "BOOTP without options"},
		{OPTIONS, 52, false, "no message type"},
		{OPTIONS, 0, false, "padding, then an option past the end"},
		{OPTIONS + 1, 2, false, "a message type of two bytes"},
		{OPTIONS + 1, 200, false, "an option past the end"},
		{OPTIONS, 255, false, "the end before the message type"},
		{OPTIONS + 2, 2, false, "an OFFER"},
		{OPTIONS + 2, 6, false, "a NAK"},
		{UDP + 1, 68, false, "from a client's port"},
		{UDP + 3, 67, false, "to the server's port"},
	};
	const struct evasion_frame *ack = named("DHCP ACK", true);
	struct lp_filter_source gateway = gateway_source();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evasion_frame f = *ack;
		struct lp_filter_facts facts;
		f.bytes[rows[i].at] = rows[i].value;
		assert_int_equal(check(&gateway, f.bytes, f.len, 0, &facts), LP_DROP_NONE);
		if ((facts.lease_ipv4 == addresses.client_ipv4) != rows[i].lease ||
			(facts.lease_ipv4 == 0) == rows[i].lease ||
			lp_mac_equal(&facts.lease_mac, &addresses.client) != rows[i].lease)
			fail_msg("%s", rows[i].why);
	}
}

/* The message type is the last option, and the message is truncated to len bytes of options. */
static bool is_lease(size_t options, uint8_t before)
{
	enum { UDP = 34, MESSAGE = 42, OPTIONS = 282 };
	struct evasion_frame f = *named("DHCP ACK", true);
	struct lp_filter_source gateway = gateway_source();
	struct lp_filter_facts facts;

	memset(f.bytes + OPTIONS, before, 8);
	memcpy(f.bytes + OPTIONS + 2, (uint8_t[]){53, 1, 5}, 3);
	f.bytes[UDP + 4] = (uint8_t)((OPTIONS + options - UDP) >> 8);
	f.bytes[UDP + 5] = (uint8_t)(OPTIONS + options - UDP);
	assert_int_equal(check(&gateway, f.bytes, f.len, 0, &facts), LP_DROP_NONE);
	return facts.lease_ipv4 != 0;
}

static void S3_a_lease_is_read_within_the_options(void **state)
{
	(void)state;
	assert_true(is_lease(5, 0));
	assert_false(is_lease(4, 0));
	assert_false(is_lease(3, 0));
	assert_false(is_lease(2, 0));
	assert_false(is_lease(0, 0));
	assert_false(is_lease(5, 255));
}

static void a_first_fragment_is_remembered_for_half_a_minute(void **state)
{
	const struct evasion_frame *first = named("the first fragment", false);
	const struct evasion_frame *last = named("the last fragment", false);
	struct lp_filter_source client = client_source();
	struct lp_filter_facts facts;

	(void)state;
	assert_int_equal(check(&client, first->bytes, first->len, 5, &facts), LP_DROP_NONE);
	lp_time end = 5 + LP_FILTER_FRAGMENT_TTL;
	assert_int_equal(check(&client, last->bytes, last->len, end - 1, &facts), LP_DROP_NONE);
	assert_int_equal(check(&client, last->bytes, last->len, end, &facts), LP_DROP_FRAGMENT);
}

/* The IPv4 id is at 18, the checksum at 24. */
static void set_id(struct evasion_frame *f, uint8_t id)
{
	uint32_t sum = 0;

	f->bytes[19] = id;
	f->bytes[24] = f->bytes[25] = 0;
	for (size_t i = 14; i < 34; i += 2)
		sum += (uint32_t)(f->bytes[i] << 8 | f->bytes[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	f->bytes[24] = (uint8_t)(sum >> 8);
	f->bytes[25] = (uint8_t)sum;
}

static void the_oldest_of_too_many_first_fragments_is_forgotten(void **state)
{
	struct evasion_frame first = *named("the first fragment", false);
	struct evasion_frame last = *named("the last fragment", false);
	struct lp_filter_source client = client_source();
	struct lp_filter_facts facts;

	(void)state;
	for (uint8_t id = 0; id <= LP_FILTER_FRAGMENTS; id++) {
		set_id(&first, id);
		assert_int_equal(check(&client, first.bytes, first.len, 0, &facts), LP_DROP_NONE);
	}
	for (uint8_t id = 0; id <= LP_FILTER_FRAGMENTS; id++) {
		set_id(&last, id);
		assert_int_equal(check(&client, last.bytes, last.len, 0, &facts),
			id == 0 ? LP_DROP_FRAGMENT : LP_DROP_NONE);
	}
}

static void extra_ethertypes_pass_when_allowed(void **state)
{
	static const uint16_t never[] = {
		0, 0x05ff, 0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x888e, 0x88cc, 0x8809};
	struct evasion_frame ipx = *named("type 8137", false);
	struct lp_filter_source client = client_source();
	struct lp_filter filter = {0};
	struct lp_filter_facts facts;
	struct lp_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_false(lp_filter_allow(&filter, never[i]));
	lp_view_of(ipx.bytes, ipx.len, &view);
	assert_int_equal(lp_filter_check(&filter, &client, &view, 0, &facts), LP_DROP_ETHERTYPE);
	assert_true(lp_filter_allow(&filter, 0x0600));
	assert_true(lp_filter_allow(&filter, 0x8137));
	assert_int_equal(lp_filter_check(&filter, &client, &view, 0, &facts), LP_DROP_NONE);
	ipx.bytes[13] = 0x38;
	lp_view_of(ipx.bytes, ipx.len, &view);
	assert_int_equal(lp_filter_check(&filter, &client, &view, 0, &facts), LP_DROP_ETHERTYPE);
	for (size_t i = 2; i < LP_MAX_EXTRA_ETHERTYPES; i++)
		assert_true(lp_filter_allow(&filter, (uint16_t)(0x9000 + i)));
	assert_false(lp_filter_allow(&filter, 0x9050));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			S1_S2_S3_S4_F4_each_hostile_frame_is_dropped_and_each_honest_one_passes),
		cmocka_unit_test(truncated_frames_are_read_within_their_bounds),
		cmocka_unit_test(facts_contain_the_ipv6_addresses_that_the_sender_uses),
		cmocka_unit_test(facts_contain_the_address_that_the_sender_claims),
		cmocka_unit_test(facts_contain_the_address_that_the_sender_asks_for),
		cmocka_unit_test(S3_an_ACK_from_the_gateway_reports_a_lease),
		cmocka_unit_test(S3_a_lease_is_read_within_the_options),
		cmocka_unit_test(a_first_fragment_is_remembered_for_half_a_minute),
		cmocka_unit_test(the_oldest_of_too_many_first_fragments_is_forgotten),
		cmocka_unit_test(extra_ethertypes_pass_when_allowed),
	};
	return cmocka_run_group_tests(tests, make_frames, free_frames);
}
