/* Row K4: the LAN message, whose fields are lists. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"
#include "lanparty/wire/control.h"

static const struct {
	uint8_t id, size;
} lists[] = {{2, 6}, {3, 4}, {4, 16}, {12, 4}};

/* Decodes a message with one field of len bytes. */
static enum lp_status decode(uint8_t id, size_t len, struct lp_control *ret_message)
{
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t used;
	struct lp_writer w = lp_writer_of(bytes, sizeof(bytes));
	lp_write_varint(&w, LP_LAN);
	lp_write_varint(&w, 1 + lp_varint_size(len) + len);
	lp_write_varint(&w, id);
	lp_write_varint(&w, len);
	memset(w.at, 7, len);
	return lp_control_decode(bytes, (size_t)(w.at - bytes) + len, ret_message, &used);
}

static void lists_have_a_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		size_t limit = lists[i].id == 12 ? LP_PROTECTED_IPV4 : LP_LAN_LIST;
		struct lp_control m;
		assert_int_equal(decode(lists[i].id, limit * lists[i].size, &m), LP_OK);
		assert_int_equal(m.lan.mac_count, lists[i].id == 2 ? limit : 0);
		assert_int_equal(m.lan.ipv4_count, lists[i].id == 3 ? limit : 0);
		assert_int_equal(m.lan.ipv6_count, lists[i].id == 4 ? limit : 0);
		assert_int_equal(m.lan.protected.ipv4_count, lists[i].id == 12 ? limit : 0);
		assert_int_equal(decode(lists[i].id, (limit + 1) * lists[i].size, &m), LP_INVALID);
	}
}

static void lists_hold_whole_elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct lp_control m;
		assert_int_equal(decode(lists[i].id, 0, &m), LP_OK);
		assert_int_equal(decode(lists[i].id, lists[i].size - 1u, &m), LP_MALFORMED);
		assert_int_equal(decode(lists[i].id, lists[i].size + 1u, &m), LP_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_have_a_limit),
		cmocka_unit_test(lists_hold_whole_elements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
