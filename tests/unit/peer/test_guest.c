/* Row H3: invites for guests. */
#include "lanparty/peer/guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lanparty/quic/crypto.h"
#include "lanparty/quic/host_key.h"
#include "lanparty/wire/guest.h"

static void a_duration_has_minutes_hours_or_days(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t seconds; /* 0: refused */
	} rows[] = {
		{"1m", 60},
		{"30m", 1800},
		{"8h", 28800},
		{"3d", 259200},
		{"366d", 31622400},
		{"8784h", 31622400},
		{"367d", 0},
		{"8785h", 0},
		{"527041m", 0},
		{"0m", 0},
		{"", 0},
		{"8", 0},
		{"h", 0},
		{"8s", 0},
		{"8hh", 0},
		{"-8h", 0},
		{" 8h", 0},
		{"8h ", 0},
		{"99999999999999999999999h", 0},
	};
	uint64_t seconds = 0;
	const struct lp_option option = lp_guest_option(&seconds);
	assert_ptr_equal(option.value, &seconds);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seconds = 77;
		assert_int_equal(option.parse(rows[i].text, &seconds), rows[i].seconds > 0);
		assert_int_equal(seconds, rows[i].seconds ? rows[i].seconds : 77);
	}
}

/* A host whose key is known already, with the invite of the room. */
static struct lp_invite invite_of_host(struct lp_peer_options *values)
{
	struct lp_invite invite = {.relay = {"play.example.org", 443}};
	*values = (struct lp_peer_options){0};
	assert_true(lp_host_key_make(&values->host_key));
	lp_host_print(values->host_key.public_half, values->host);
	assert_int_equal(lp_code_parse("7H2K-9QWX-M4TD-PZ83", &invite.code), LP_OK);
	assert_int_equal(lp_code_parse("7H2K-9QWX-M4TD-PZ83", &invite.token), LP_OK);
	return invite;
}

static void without_a_duration_the_invite_keeps_its_code(void **state)
{
	(void)state;
	struct lp_peer_options values;
	struct lp_options options = {0};
	struct lp_invite invite = invite_of_host(&values);
	int code = 77;
	assert_true(lp_guest_invite(&values, &options, 0, &invite, &code));
	assert_memory_equal(invite.host, values.host, sizeof(invite.host));
	assert_string_equal(invite.code.text, "7H2K9QWXM4TDPZ83");
	assert_true(invite.token.text[0]);
	assert_false(lp_guest_is_known(invite.guest));
}

static void a_guests_invite_has_a_pass_and_neither_code_nor_token(void **state)
{
	(void)state;
	struct lp_peer_options values;
	struct lp_options options = {0};
	struct lp_invite invite = invite_of_host(&values);
	uint8_t room_key[LP_ROOM_KEY_SIZE];
	int code = 77;
	assert_true(lp_room_key(&invite.code, room_key));
	time_t before = time(NULL);
	assert_true(lp_guest_invite(&values, &options, 1800, &invite, &code));
	assert_in_range(lp_guest_end(invite.guest), before + 1800, time(NULL) + 1800);
	assert_int_equal(lp_guest_steer(invite.guest), lp_room_steer(room_key));
	assert_true(lp_guest_is_signed(values.host_key.public_half, invite.guest));
	invite.guest[5] ^= 1; /* a later end */
	assert_false(lp_guest_is_signed(values.host_key.public_half, invite.guest));
	assert_int_equal(invite.code.text[0], '\0');
	assert_int_equal(invite.token.text[0], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_has_minutes_hours_or_days),
		cmocka_unit_test(without_a_duration_the_invite_keeps_its_code),
		cmocka_unit_test(a_guests_invite_has_a_pass_and_neither_code_nor_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
