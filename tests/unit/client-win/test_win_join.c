#include "join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/crypto.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PIN          "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define INVITE       "lanparty://play.example.org/7H2K-9QWX-M4TD-PZ83?pin=sha256:" PIN
#define GUEST                                                                                      \
	"lanparty://play.example.org?pin=sha256:" PIN "&host=sha256:" PIN                          \
	"&guest=123400000001" PIN PIN

static const struct lp_peer_options stranger = {.name = "GAMER-PC"};
/* A player who used another relay before, with two pins and its own certificate name. */
static const struct lp_peer_options regular = {
	.relay = {"old.example.org", 8443},
	.server_name = "certified.example.org",
	.pins = {{1}, {2}},
	.pin_count = 2,
	.name = "GAMER-PC",
	.datagram_budget = 1200,
};

static struct lp_peer_options made;
static char sentence[JOIN_SENTENCE];

static bool join(const char *typed, const char *name, const struct lp_peer_options *known)
{
	memset(&made, 0xee, sizeof(made));
	sentence[0] = 0;
	return join_options(typed, name, known, &made, sentence);
}

static void assert_key_of(const char *text)
{
	struct lp_code code;
	uint8_t key[LP_ROOM_KEY_SIZE];
	assert_int_equal(lp_code_parse(text, &code), LP_OK);
	assert_true(lp_room_key(&code, key));
	assert_memory_equal(made.room_key, key, sizeof(key));
}

static void an_invite_suffices_without_a_known_relay(void **state)
{
	(void)state;
	assert_true(join(INVITE, "Anna", &stranger));
	assert_string_equal(made.relay.name, "play.example.org");
	assert_int_equal(made.relay.port, LP_RELAY_PORT);
	assert_string_equal(made.server_name, "play.example.org");
	assert_int_equal(made.pin_count, 1);
	assert_int_equal(made.pins[0][1], 0x11);
	assert_string_equal(made.name, "Anna");
	assert_key_of("7H2K9QWXM4TDPZ83");
}

static void an_invite_replaces_the_known_relay(void **state)
{
	(void)state;
	assert_true(
		join("lanparty://play.example.org:99/MYLANROOM?name=cert.example", "", &regular));
	assert_string_equal(made.relay.name, "play.example.org");
	assert_int_equal(made.relay.port, 99);
	assert_string_equal(made.server_name, "cert.example");
	assert_int_equal(made.pin_count, 0);
	assert_string_equal(made.name, "GAMER-PC");
	assert_int_equal(made.datagram_budget, 1200);
	assert_true(join(INVITE, "", &regular));
	assert_string_equal(made.server_name, "play.example.org");
	assert_int_equal(made.pin_count, 1);
}

static void a_code_is_for_the_known_relay(void **state)
{
	(void)state;
	assert_true(join(" 7h2k 9qwx-m4td pz83 ", "  ", &regular));
	assert_string_equal(made.relay.name, "old.example.org");
	assert_int_equal(made.relay.port, 8443);
	assert_string_equal(made.server_name, "certified.example.org");
	assert_int_equal(made.pin_count, 2);
	assert_string_equal(made.name, "GAMER-PC");
	assert_key_of("7H2K9QWXM4TDPZ83");
}

/* H3: it has no code; and a code that is typed later is no guest's. */
static void H3_an_invite_for_guests_suffices(void **state)
{
	(void)state;
	assert_true(join_is_invite(GUEST));
	assert_true(join(GUEST, "Anna", &stranger));
	assert_string_equal(made.relay.name, "play.example.org");
	assert_int_equal(lp_guest_steer(made.guest), 0x1234);
	assert_int_equal(lp_peer_options_steer(&made), 0x1234);
	assert_int_equal(made.host[1], 0x11);
	uint8_t key[LP_ROOM_KEY_SIZE];
	assert_true(lp_guest_room_key(made.host, made.guest, key));
	assert_memory_equal(made.room_key, key, sizeof(key));
	const struct lp_peer_options guest = made;
	assert_true(join("7H2K-9QWX-M4TD-PZ83", "", &guest));
	assert_false(lp_guest_is_known(made.guest));
	assert_key_of("7H2K9QWXM4TDPZ83");
}

static void white_space_and_brackets_of_mail_programs_are_ignored(void **state)
{
	(void)state;
	static const char *const typed[] = {
		"  " INVITE "\r\n",
		"<" INVITE ">",
		"\"" INVITE "\"",
		"lanparty://play.example.org/7H2K-9QWX-M4TD-PZ83\r\n?pin=sha256:\t" PIN,
		"LANPARTY://play.example.org/7h2k 9qwx m4td pz83?pin=sha256:" PIN,
	};
	for (size_t i = 0; i < COUNT(typed); i++) {
		assert_true(join_is_invite(typed[i]));
		assert_true(join(typed[i], "Anna", &regular));
		assert_string_equal(made.relay.name, "play.example.org");
		assert_int_equal(made.pin_count, 1);
		assert_key_of("7H2K9QWXM4TDPZ83");
	}
}

static void wrong_input_is_explained_and_yields_no_options(void **state)
{
	(void)state;
	char long_code[80];
	memset(long_code, 'A', 65);
	long_code[65] = 0;
	const struct {
		const char *typed;
		const struct lp_peer_options *known;
		const char *says;
	} rows[] = {
		{"", &stranger, "Paste the invite"},
		{" \r\n", &stranger, "Paste the invite"},
		{"", &regular, "Type the room's code"},
		{"7H2K-9QWX-M4TD-PZ83", &stranger, "relay is not known"},
		{"7H2K-9QWX-M4TD-PZ84", &regular, "typing error"},
		{"7H2K-9QWX-M4TD-PZ8", &regular, "typing error"},
		{"lanparty://play.example.org/7H2K-9QWX-M4TD-ZP83", &stranger, "typing error"},
		{"ABCDEFG", &regular, "too short"},
		{"-", &regular, "too short"},
		{long_code, &regular, "too long"},
		{"AB%CD", &regular, "\xe2\x80\x9c%\xe2\x80\x9d cannot be in a room code"},
		{"ABCD\xc3\x84", &regular,
			"\xe2\x80\x9c\xc3\x84\xe2\x80\x9d cannot be in a room code"},
		{"AB.CD, see you", &regular, "\xe2\x80\x9c.\xe2\x80\x9d cannot be"},
		{"lanparty://", &regular, "not complete"},
		{"lanparty://play.example.org", &regular, "not complete"},
		{"lanparty://play.example.org?pin=sha256:" PIN, &regular, "not complete"},
		{"lanparty://play.example.org/ABC", &regular, "not complete"},
		{"lanparty://play.example.org/ABCDEFGH?pin=sha256:0011", &regular, "not complete"},
		{"lanparty:ABCD", &regular, "not complete"},
		{"play.example.org/ABCD", &regular, "not complete"},
		{"https://play.example.org/ABCD", &regular, "not complete"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(join(rows[i].typed, "Anna", rows[i].known));
		if (!strstr(sentence, rows[i].says))
			fail_msg("'%s' is answered with '%s'", rows[i].typed, sentence);
		for (size_t k = 0; k < sizeof(made); k++)
			assert_int_equal(((uint8_t *)&made)[k], 0xee);
	}
}

static void names_are_cleaned_for_the_room(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *name;
	} rows[] = {
		{"Anna", "Anna"},
		{"", "GAMER-PC"},
		{"   ", "GAMER-PC"},
		{"An\nna\x7f", "Anna"},
		/* 31 bytes and a character of two bytes, which is left out */
		{"1234567890123456789012345678901\xc3\x84", "1234567890123456789012345678901"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(join(INVITE, rows[i].typed, &stranger));
		assert_string_equal(made.name, rows[i].name);
	}
}

static void the_hint_names_the_relay_while_the_player_types(void **state)
{
	(void)state;
	static const struct {
		const char *typed;
		const struct lp_peer_options *known;
		bool again;
		const char *says;
	} rows[] = {
		{"", &stranger, false, "begins with lanparty://"},
		{"", &regular, false, "the relay is old.example.org:8443"},
		{"", &regular, true, "goes back to the room"},
		{"lanpar", &stranger, false, "begins with lanparty://"},
		{"lanparty", &stranger, false, "The relay is unknown"},
		{"lanparty:", &stranger, false, "not complete yet"},
		{INVITE, &stranger, false, "to the relay play.example.org"},
		{INVITE, &regular, true, "to the relay play.example.org"},
		{"lanparty://[2001:db8::5]:99/ABCDEFGH", &stranger, false, "[2001:db8::5]:99"},
		{"ABCDEFGH", &regular, false, "code for the relay old.example.org:8443"},
		{"7H2K-9QWX-M4TD-PZ83", &regular, false, "code for the relay old.example.org:8443"},
		{"7H2K-9QWX-M4TD-PZ84", &regular, false, "or has a typing error"},
		{"7H2K-9QWX-M4TD-PZ8", &regular, false, "not complete yet"},
		{"7H2K9QWXM4TDPZ8", &regular, false, "Most have 16: compare it"},
		{"ABCDEFGH%", &regular, false, "the relay is old.example.org:8443"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char hint[JOIN_SENTENCE] = "";
		join_hint(rows[i].typed, rows[i].known, rows[i].again, hint);
		if (!strstr(hint, rows[i].says))
			fail_msg("'%s' gives '%s'", rows[i].typed, hint);
		assert_null(strstr(hint, "7H2K")); /* a hint never contains the code */
	}
}

static void only_complete_invites_are_accepted_from_outside(void **state)
{
	(void)state;
	static char long_one[2 * JOIN_TYPED];
	memset(long_one, ' ', sizeof(long_one) - 1);
	memcpy(long_one + sizeof(long_one) - sizeof(INVITE), INVITE, sizeof(INVITE));
	assert_true(join_is_invite(INVITE));
	assert_false(join_is_invite(long_one));
	assert_false(join_is_invite(""));
	assert_false(join_is_invite("7H2K-9QWX-M4TD-PZ83"));
	assert_false(join_is_invite("lanparty://play.example.org"));
	assert_false(join_is_invite("https://play.example.org/ABCD"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invite_suffices_without_a_known_relay),
		cmocka_unit_test(an_invite_replaces_the_known_relay),
		cmocka_unit_test(a_code_is_for_the_known_relay),
		cmocka_unit_test(H3_an_invite_for_guests_suffices),
		cmocka_unit_test(white_space_and_brackets_of_mail_programs_are_ignored),
		cmocka_unit_test(wrong_input_is_explained_and_yields_no_options),
		cmocka_unit_test(names_are_cleaned_for_the_room),
		cmocka_unit_test(the_hint_names_the_relay_while_the_player_types),
		cmocka_unit_test(only_complete_invites_are_accepted_from_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
