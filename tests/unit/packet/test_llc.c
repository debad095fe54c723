/* Protocols of old games: IPX in its four kinds of frames, NetBEUI, and what looks like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames.h"
#include "lanparty/packet/filter.h"
#include "lanparty/packet/llc.h"

#define IPX(length) 0xff, 0xff, 0, (length), 0, 20, 0, 0, 0, 0
#define SNAP        0xaa, 0xaa, 3, 0, 0, 0

struct row {
	const char *story;
	uint16_t type; /* or length */
	uint8_t data[20];
	size_t len; /* of the data: padded with zeroes */
	enum lp_old_protocol protocol;
};

static const struct row rows[] = {
	{"Ethernet II", 0x8137, {IPX(30)}, 46, LP_OLD_IPX},
	{"Ethernet II, cut off", 0x8137, {IPX(47)}, 46, LP_OLD_NONE},
	{"Ethernet II, shorter than a header", 0x8137, {IPX(29)}, 46, LP_OLD_NONE},
	{"raw", 30, {IPX(30)}, 46, LP_OLD_IPX_8023},
	{"raw, without padding", 30, {IPX(30)}, 30, LP_OLD_IPX_8023},
	{"raw, longer than its frame", 31, {IPX(30)}, 30, LP_OLD_NONE},
	{"raw, the packet is longer than the length", 30, {IPX(31)}, 46, LP_OLD_NONE},
	{"raw, padded to an even length", 32, {IPX(31)}, 46, LP_OLD_IPX_8023},
	{"raw, the largest", 1500, {0xff, 0xff, 5, 0xdc}, 1500, LP_OLD_IPX_8023},
	{"raw, past the largest", 1501, {0xff, 0xff, 5, 0xdc}, 1501, LP_OLD_NONE},
	{"raw, shorter than a header", 29, {IPX(29)}, 46, LP_OLD_NONE},
	{"LLC", 33, {0xe0, 0xe0, 3, IPX(30)}, 46, LP_OLD_IPX_8023},
	{"LLC, cut off", 32, {0xe0, 0xe0, 3, IPX(30)}, 46, LP_OLD_NONE},
	{"LLC with connections", 33, {0xe0, 0xe0, 1, IPX(30)}, 46, LP_OLD_NONE},
	{"SNAP", 38, {SNAP, 0x81, 0x37, 0xff, 0xff, 0, 30}, 46, LP_OLD_IPX_8023},
	{"SNAP, cut off", 37, {SNAP, 0x81, 0x37, IPX(30)}, 46, LP_OLD_NONE},
	{"SNAP, shorter than its head", 7, {SNAP, 0x81, 0x37, 0xff, 0xff, 0, 30}, 46, LP_OLD_NONE},
	{"SNAP, cut off in its head", 7, {SNAP, 0x81}, 7, LP_OLD_NONE},
	{"IPv4 in SNAP", 38, {SNAP, 0x08, 0x00, 0x45}, 46, LP_OLD_NONE},
	{"ARP in SNAP", 38, {SNAP, 0x08, 0x06, 0, 1}, 46, LP_OLD_NONE},
	{"IPv6 in SNAP", 38, {SNAP, 0x86, 0xdd, 0x60}, 46, LP_OLD_NONE},
	{"CDP", 38, {0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00}, 46, LP_OLD_NONE},
	{"spanning tree", 38, {0x42, 0x42, 3}, 46, LP_OLD_NONE},
	{"IS-IS", 38, {0xfe, 0xfe, 3}, 46, LP_OLD_NONE},
	{"NetBEUI, a question", 44, {0xf0, 0xf0, 3, 0x2c}, 46, LP_OLD_NETBEUI},
	{"NetBEUI, a response", 8, {0xf0, 0xf1, 0x01}, 46, LP_OLD_NETBEUI},
	{"NetBEUI, to a group", 8, {0xf1, 0xf0, 0x7f}, 46, LP_OLD_NETBEUI},
	{"NetBIOS to another", 8, {0xf0, 0x42, 3}, 46, LP_OLD_NONE},
	{"another to NetBIOS", 8, {0x42, 0xf0, 3}, 46, LP_OLD_NONE},
	{"NetBEUI opens a session", 3, {0xf0, 0xf0, 0x7f}, 46, LP_OLD_NETBEUI},
	{"NetBEUI, the answer to that", 3, {0xf0, 0xf1, 0x73}, 46, LP_OLD_NETBEUI},
	{"NetBEUI is ready for more", 4, {0xf0, 0xf0, 1, 1}, 46, LP_OLD_NETBEUI},
	{"too short to be anything", 2, {0xf0, 0xf0, 3}, 46, LP_OLD_NONE},
	{"length 0", 0, {0xf0, 0xf0, 3}, 46, LP_OLD_NONE},
	{"between length and type", 0x05ff, {0xff, 0xff, 0, 30}, 1500, LP_OLD_NONE},
	{"IPv4", 0x0800, {IPX(30)}, 46, LP_OLD_NONE},
};

static size_t frame_of(const struct row *r, uint8_t *f)
{
	static const uint8_t head[LP_ETH_TYPE] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1};
	memset(f, 0, LP_ETH_HEADER + r->len);
	memcpy(f, head, sizeof(head));
	lp_put16(f + LP_ETH_TYPE, r->type);
	memcpy(f + LP_ETH_HEADER, r->data, sizeof(r->data) < r->len ? sizeof(r->data) : r->len);
	return LP_ETH_HEADER + r->len;
}

/* In an exact allocation, so that a sanitizer reports an overread. */
static enum lp_old_protocol protocol_in(const uint8_t *frame, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	struct lp_view view;
	assert_non_null(exact);
	memcpy(exact, frame, len);
	lp_view_of(exact, len, &view);
	enum lp_old_protocol protocol = lp_old_protocol_of(&view);
	free(exact);
	return protocol;
}

static void old_protocols_are_told_from_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t f[FRAME_CAP];
		size_t len = frame_of(&rows[i], f);
		if (protocol_in(f, len) != rows[i].protocol)
			fail_msg("%s: %d", rows[i].story, protocol_in(f, len));
		for (size_t cut = 0; cut < len; cut++)
			protocol_in(f, cut);
	}
}

static enum lp_drop drop_of(const struct lp_filter *filter, const struct row *r)
{
	static const struct lp_mac client = {{2, 0, 0, 0, 0, 1}};
	struct lp_filter_source source;
	struct lp_filter_facts facts;
	struct lp_view view;
	uint8_t f[FRAME_CAP];
	lp_filter_source_init(&source, LP_ROLE_CLIENT, &client);
	lp_view_of(f, frame_of(r, f), &view);
	return lp_filter_check(filter, &source, &view, 0, &facts);
}

/* S1: they pass where they are allowed, and nothing else does. */
static void S1_802_3_frames_pass_only_with_old_protocols_that_are_allowed(void **state)
{
	(void)state;
	const struct lp_filter none = {0}, llc = {.llc = true};
	struct lp_filter ipx = {0};
	assert_true(lp_filter_allow(&ipx, LP_ETHERTYPE_IPX));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		bool old = r->protocol == LP_OLD_IPX_8023, beui = r->protocol == LP_OLD_NETBEUI;
		if (r->type >= LP_ETHERTYPE_MIN)
			continue;
		if (r->len > LP_ETH_MTU) {
			assert_int_equal(drop_of(&llc, r), LP_DROP_JUMBO);
			continue;
		}
		if (drop_of(&none, r) != LP_DROP_LLC ||
			drop_of(&ipx, r) != (old ? LP_DROP_NONE : LP_DROP_LLC) ||
			drop_of(&llc, r) != (old || beui ? LP_DROP_NONE : LP_DROP_LLC))
			fail_msg("%s", r->story);
	}
	assert_int_equal(drop_of(&llc, &rows[0]), LP_DROP_ETHERTYPE);
	assert_int_equal(drop_of(&ipx, &rows[0]), LP_DROP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_protocols_are_told_from_others),
		cmocka_unit_test(S1_802_3_frames_pass_only_with_old_protocols_that_are_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
