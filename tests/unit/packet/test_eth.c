#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/packet/eth.h"
#include "lanparty/base/role.h"
#include "lanparty/base/status.h"
#include "lanparty/packet/verdict.h"

static void a_header_is_read_and_13_bytes_are_too_short(void **state)
{
	static const uint8_t frame[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd};
	struct lp_eth eth;

	(void)state;
	assert_false(lp_eth_parse(frame, 13, &eth));
	assert_true(lp_eth_parse(frame, 14, &eth));
	assert_int_equal(eth.type, LP_ETHERTYPE_IPV6);
	assert_int_equal(eth.dst.b[5], 1);
	assert_int_equal(eth.src.b[5], 9);
}

static void a_station_is_neither_group_nor_zero(void **state)
{
	static const struct {
		struct lp_mac mac;
		bool group, zero;
		const char *why;
	} rows[] = {
		{{{2, 0, 0x5e, 1, 2, 3}}, false, false, "a locally administered address"},
		{{{0, 0, 0, 0, 0, 1}}, false, false, "nearly zero"},
		{{{0, 0, 0, 0, 0, 0}}, false, true, "zero"},
		{{{1, 0, 0x5e, 0, 0, 1}}, true, false, "IPv4 multicast"},
		{{{255, 255, 255, 255, 255, 255}}, true, false, "broadcast"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lp_mac *mac = &rows[i].mac;
		if (lp_mac_is_group(mac) != rows[i].group || lp_mac_is_zero(mac) != rows[i].zero ||
			lp_mac_is_station(mac) != (!rows[i].group && !rows[i].zero))
			fail_msg("%s", rows[i].why);
	}
}

static void mac_texts_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *shown; /* NULL: refused */
	} rows[] = {
		{"02:00:5e:10:20:30", "02:00:5e:10:20:30"},
		{"02-00-5E-aB-20-FF", "02:00:5e:ab:20:ff"},
		{"09:a9:Af:fA:99:F0", "09:a9:af:fa:99:f0"},
		{"02:00:5e:10:20:3", NULL},
		{"02:00:5e:10:20", NULL},
		{"02:00:5e:10:20:", NULL},
		{"02:00:5e:10:20:30:40", NULL},
		{"02:00:5e:10:20:30 ", NULL},
		{"02005e102030", NULL},
		{"02:00:5e:10:20:3g", NULL},
		{"02:00:5e:10:20:g0", NULL},
		{"02:00:5e:10:20:/0", NULL},
		{"02.00.5e.10.20.30", NULL},
		{"", NULL},
		{"0", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_mac mac = {{7}};
		char text[LP_MAC_TEXT];
		bool good = lp_mac_parse(rows[i].text, &mac);
		if (good != (rows[i].shown != NULL))
			fail_msg("\"%s\"", rows[i].text);
		if (good)
			assert_string_equal(lp_mac_format(&mac, text), rows[i].shown);
		else
			assert_int_equal(mac.b[0], 7);
	}
}

/* F6: one vocabulary, so no two reasons can have the same word. */
static void F6_every_drop_reason_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < LP_DROP_COUNT; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				lp_drop_text((enum lp_drop)i), lp_drop_text((enum lp_drop)j));
	}
	assert_string_equal(lp_drop_text(LP_DROP_NONE), "none");
	assert_string_equal(lp_drop_text(LP_DROP_PORT), "port");
	assert_string_equal(lp_drop_text(LP_DROP_COUNT), "unknown");
	assert_string_equal(lp_action_text(LP_ACTION_DROP), "drop");
	assert_string_equal(lp_action_text(LP_ACTION_WAIT), "wait");
	assert_string_equal(lp_action_text(LP_ACTION_UNICAST), "unicast");
	assert_string_equal(lp_action_text(LP_ACTION_GATEWAY), "gateway");
	assert_string_equal(lp_action_text(LP_ACTION_FLOOD), "flood");
	assert_string_equal(lp_action_text((enum lp_action)99), "unknown");
}

static void roles_and_statuses_have_texts(void **state)
{
	(void)state;
	assert_string_equal(lp_role_text(LP_ROLE_CLIENT), "client");
	assert_string_equal(lp_role_text(LP_ROLE_GATEWAY), "gateway");
	assert_string_equal(lp_role_text((enum lp_role)0), "unknown");
	assert_string_equal(lp_status_text(LP_OK), "success");
	assert_string_equal(lp_status_text(LP_CRYPTO), "the TLS library refused");
	assert_string_equal(lp_status_text((enum lp_status)99), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_and_13_bytes_are_too_short),
		cmocka_unit_test(a_station_is_neither_group_nor_zero),
		cmocka_unit_test(mac_texts_are_read_strictly),
		cmocka_unit_test(F6_every_drop_reason_has_a_word_of_its_own),
		cmocka_unit_test(roles_and_statuses_have_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
