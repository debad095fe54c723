#include "words.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct lp_host relay = {"play.example.org", LP_RELAY_PORT};
static char text[WORDS_MAX];

static const char *say(const struct session_event *event)
{
	return words_event(event, &relay, text);
}

/* Starts with a capital, ends with punctuation, and contains no options and no error numbers. */
static void assert_for_players(const char *sentence)
{
	static const char *const jargon[] = {"--", "MAC", "QUIC", "TLS", "UDP", "ALPN", "SNI",
		"DER", "sha256", "pinned", "mtu", "MTU", "certificate", "protocol", "(null)", "  "};
	size_t len = strlen(sentence);
	bool quoted = strncmp(sentence, "\xe2\x80\x9c", 3) == 0;
	if (len < 10 || !(quoted || isupper((unsigned char)sentence[0])) ||
		!(strchr(".!?", sentence[len - 1]) ||
			strcmp(sentence + len - 3, "\xe2\x80\xa6") == 0))
		fail_msg("no sentence: '%s'", sentence);
	for (size_t i = 0; i < COUNT(jargon); i++)
		if (strstr(sentence, jargon[i]))
			fail_msg("'%s' in '%s'", jargon[i], sentence);
}

static void each_reject_reason_has_a_sentence_and_a_remedy(void **state)
{
	(void)state;
	static const struct {
		enum lp_reject_reason reason;
		const char *says, *remedy;
	} rows[] = {
		{LP_REJECT_OTHER, "does not let you in: go away.", "Ask your host"},
		{LP_REJECT_VERSION, "different versions", "Get the newest lanparty"},
		{LP_REJECT_ROOM_FULL, "The room is full", "ask your host"},
		{LP_REJECT_TOO_MANY_ROOMS, "is full", "Try later"},
		{LP_REJECT_GATEWAY_PRESENT, "has a LAN gateway already", "stop that one"},
		{LP_REJECT_MAC_IN_USE, "same adapter address", "leave the room there"},
		{LP_REJECT_MAC_INVALID, "cannot be used", "Install the adapter's driver again"},
		{LP_REJECT_MTU, "too large", "Tell your host"},
		{LP_REJECT_MALFORMED, "did not understand", "Get the newest lanparty"},
		{LP_REJECT_WORN_OUT, "too many times", "Let everybody leave"},
		{LP_REJECT_WRONG_WORKER, "could not connect this program",
			"Get the newest lanparty"},
		{LP_REJECT_MAC_SILENT, "still in the room", "Waiting"},
		{LP_REJECT_GATEWAY_SILENT, "gateway is silent", "Waiting"},
		{LP_REJECT_BUSY, "Very many joins", "Waiting"},
		{LP_REJECT_NOT_HOST, "Only the host's LAN gateway", "Ask your host"},
		{LP_REJECT_LOCKED, "has locked the room", "Ask your host"},
		{LP_REJECT_REMOVED, "has removed this computer", "Ask your host"},
		{LP_REJECT_GUEST_WAITS, "is not open yet", "ask for a new invite"},
		{LP_REJECT_GUEST_EXPIRED, "has expired", "Ask your host for a new one"},
		{LP_REJECT_GUEST_WRONG, "not one of the room's host", "Copy it again"},
	};
	unsigned listed = 0;
#define COUNT_ONE(...) listed++;
	LP_REJECT_LIST(COUNT_ONE)
	assert_int_equal(COUNT(rows), listed);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.action = {.kind = LP_TUNNEL_REJECTED,
				.final = true,
				.reject = {.reason = rows[i].reason, .text = "go away"}}};
		if (rows[i].reason != LP_REJECT_OTHER)
			strcpy(event.action.reject.text, "raise --max-clients");
		assert_non_null(strstr(say(&event), rows[i].says));
		assert_non_null(strstr(text, rows[i].remedy));
		assert_for_players(text);
		assert_null(strstr(text, "Trying again"));
		/* the relay accepted it before, so the client retries */
		event.action.final = false;
		assert_non_null(strstr(say(&event), "Trying again"));
		assert_for_players(text);
	}
}

static void each_kind_of_connection_end_has_a_sentence(void **state)
{
	(void)state;
	static const struct {
		enum lp_quic_end end;
		const char *reason, *says, *remedy;
	} rows[] = {
		{LP_QUIC_END_PEER, "the relay closed the connection (the relay is shutting down)",
			"The relay closed the connection (the relay is shutting down).", ""},
		{LP_QUIC_END_LOCAL, "the relay's events make no sense", "was closed",
			"(the relay's events make no sense)"},
		{LP_QUIC_END_IDLE, "", "stopped answering", "your internet connection"},
		{LP_QUIC_END_RESET, "", "was restarted", ""},
		{LP_QUIC_END_HANDSHAKE, "", "does not answer", "Check your internet"},
		{LP_QUIC_END_PIN, "the relay's certificate is not the pinned one",
			"not the one that your invite was made for", "new invite"},
		{LP_QUIC_END_EXPIRED, "", "has expired", "Ask your host to renew it"},
		{LP_QUIC_END_EARLY, "", "clock is behind", "Check date and time"},
		{LP_QUIC_END_NAME, "", "another name", "Compare the invite"},
		{LP_QUIC_END_AUTHORITY, "no certificate authority confirms", "cannot verify",
			"the whole invite"},
		{LP_QUIC_END_ALPN, "", "different versions", "Get the newest lanparty"},
		{LP_QUIC_END_ERROR, "", "was closed", "no reason is known"},
	};
	bool seen[LP_QUIC_END_ERROR + 1] = {false};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.end = rows[i].end,
			.action = {.kind = LP_TUNNEL_DISCONNECTED, .final = true}};
		strcpy(event.action.text, rows[i].reason);
		seen[rows[i].end] = true;
		assert_non_null(strstr(say(&event), rows[i].says));
		assert_non_null(strstr(text, rows[i].remedy));
		assert_for_players(text);
		event.action.final = false;
		say(&event);
		assert_non_null(strstr(text, " Trying again"));
		assert_for_players(text);
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_true(seen[i]);
}

static void each_cause_of_silence_has_a_sentence(void **state)
{
	(void)state;
	static const struct {
		enum lp_send_failure failure;
		const char *says, *remedy;
	} rows[] = {
		{LP_SEND_GOOD, "does not answer", "Check your internet"},
		{LP_SEND_NO_ROUTE, "does not answer", "Check your internet"},
		{LP_SEND_TOO_BIG, "only small packets", "Turn the VPN off"},
		{LP_SEND_NO_FAMILY, "IPv4 and IPv6", "Use another network"},
		{LP_SEND_FORBIDDEN, "A firewall of this computer", "Allow it there"},
		{LP_SEND_REFUSED, "No relay runs at", "Ask your host to start it"},
		{LP_SEND_UNREACHABLE, "cannot be reached", "Ask your host"},
		{LP_SEND_REJECTED, "A firewall at the relay", "Ask your host to let them in"},
	};
	assert_int_equal(COUNT(rows), LP_SEND_REJECTED + 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.end = LP_QUIC_END_HANDSHAKE,
			.failure = rows[i].failure,
			.action = {.kind = LP_TUNNEL_DISCONNECTED}};
		assert_non_null(strstr(say(&event), rows[i].says));
		assert_non_null(strstr(text, rows[i].remedy));
		assert_for_players(text);
	}
}

/* [W2] */
static void each_end_of_a_stream_has_a_sentence(void **state)
{
	(void)state;
	static const struct {
		enum lp_stream_end end;
		const char *says, *remedy;
	} rows[] = {
		{LP_STREAM_GOOD, "No relay runs at", "Ask your host to start it"},
		{LP_STREAM_NO_TCP, "No relay runs at", "Ask your host to start it"},
		{LP_STREAM_SLOW, "does not answer in time", "Use another network"},
		{LP_STREAM_CLOSED, "cuts the connection", "Use another network"},
		{LP_STREAM_PROXY, "does not connect to the relay", "to allow it"},
		{LP_STREAM_PASSWORD, "wants a user and a password", "LANPARTY_PROXY"},
		{LP_STREAM_NOT_LANPARTY, "answers in place of the relay", "log in first"},
		{LP_STREAM_MEMORY, "No relay runs at", "Ask your host to start it"},
	};
	assert_int_equal(COUNT(rows), LP_STREAM_MEMORY + 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.end = LP_QUIC_END_HANDSHAKE,
			.failure = LP_SEND_REFUSED,
			.stream = true,
			.stream_end = rows[i].end,
			.action = {.kind = LP_TUNNEL_DISCONNECTED}};
		assert_non_null(strstr(say(&event), rows[i].says));
		assert_non_null(strstr(text, rows[i].remedy));
		assert_for_players(text);
		bool silent = rows[i].end == LP_STREAM_NO_TCP || rows[i].end == LP_STREAM_SLOW;
		event.proxy = true;
		say(&event);
		assert_int_equal(
			silent, strstr(text, "proxy of this network does not answer") != NULL);
		assert_non_null(strstr(text, silent ? "https_proxy" : rows[i].remedy));
		assert_for_players(text);
		event.stream = false; /* what came of another stream says nothing of UDP */
		assert_non_null(strstr(say(&event), "No relay runs at"));
	}
}

/* [W2] */
static void a_player_is_told_that_only_web_traffic_passes(void **state)
{
	(void)state;
	struct session_event event = {
		.kind = SESSION_ACTION, .stream = true, .action = {.kind = LP_TUNNEL_JOINED}};
	assert_non_null(strstr(say(&event), "You are in the room."));
	assert_non_null(strstr(text, "only web traffic"));
	assert_for_players(text);
	event.kind = SESSION_MOVED;
	event.stream = false;
	assert_non_null(strstr(say(&event), "more than web traffic again"));
	assert_for_players(text);
}

static void a_network_of_the_other_kind_is_no_missing_network(void **state)
{
	(void)state;
	struct session_event event = {.kind = SESSION_ACTION,
		.end = LP_QUIC_END_HANDSHAKE,
		.unreachable = true,
		.failure = LP_SEND_NO_FAMILY,
		.action = {.kind = LP_TUNNEL_DISCONNECTED}};
	assert_non_null(strstr(say(&event), "IPv4 and IPv6"));
	event.failure = LP_SEND_NO_ROUTE;
	assert_non_null(strstr(say(&event), "no internet connection"));
}

static void a_wrong_clock_is_named_before_the_relay(void **state)
{
	(void)state;
	static const enum lp_quic_end ends[] = {
		LP_QUIC_END_EXPIRED, LP_QUIC_END_EARLY, LP_QUIC_END_AUTHORITY};
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.end = ends[i],
			.clock_behind = true,
			.action = {.kind = LP_TUNNEL_DISCONNECTED, .final = true}};
		assert_non_null(strstr(say(&event), "clock is wrong"));
		assert_non_null(strstr(text, "Set date and time"));
		assert_for_players(text);
	}
	struct session_event event = {.kind = SESSION_ACTION,
		.end = LP_QUIC_END_NAME,
		.clock_behind = true,
		.action = {.kind = LP_TUNNEL_DISCONNECTED, .final = true}};
	assert_non_null(strstr(say(&event), "another name"));
}

static void a_computer_without_authorities_is_told_what_helps(void **state)
{
	(void)state;
	struct session_event event = {.kind = SESSION_ACTION,
		.end = LP_QUIC_END_ERROR,
		.no_store = true,
		.action = {.kind = LP_TUNNEL_DISCONNECTED, .final = true}};
	assert_non_null(strstr(say(&event), "list of authorities"));
	assert_non_null(strstr(text, "the whole invite"));
	assert_for_players(text);
	event.clock_behind = true; /* so that none of the authorities is valid yet */
	assert_non_null(strstr(say(&event), "clock is wrong"));
}

static void no_network_and_an_unknown_relay_are_distinguished(void **state)
{
	(void)state;
	struct session_event event = {.kind = SESSION_ACTION,
		.unreachable = true,
		.end = LP_QUIC_END_ERROR,
		.action = {.kind = LP_TUNNEL_DISCONNECTED, .final = true}};
	assert_non_null(strstr(say(&event), "There is no relay play.example.org."));
	assert_for_players(text);
	event.action.final = false;
	assert_non_null(strstr(say(&event), "no internet connection"));
	assert_for_players(text);
}

/* A relay that has answered once was there: its silence is not this computer's network. */
static void a_relay_cannot_be_reached_without_an_address_or_a_network(void **state)
{
	(void)state;
	static const struct {
		struct lp_link_end last;
		bool unreachable;
	} rows[] = {
		{{.no_address = true}, true},
		{{.failure = LP_SEND_NO_ROUTE}, true},
		{{.failure = LP_SEND_NO_ROUTE, .answered = true}, false},
		{{.no_address = true, .answered = true}, true},
		{{.failure = LP_SEND_NO_FAMILY}, false},
		{{.end = LP_QUIC_END_HANDSHAKE}, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION};
		session_take_end(&event, &rows[i].last);
		if (event.unreachable != rows[i].unreachable)
			fail_msg("row %zu", i);
		assert_int_equal(event.end, rows[i].last.end);
		assert_int_equal(event.failure, rows[i].last.failure);
	}
	const struct lp_link_end wrong = {.no_store = true, .clock_behind = true};
	struct session_event event = {.kind = SESSION_ACTION};
	session_take_end(&event, &wrong);
	assert_true(event.no_store && event.clock_behind);
}

static void each_adapter_problem_has_a_sentence(void **state)
{
	(void)state;
	static const struct {
		enum adapter_problem problem;
		const char *says;
	} rows[] = {
		{ADAPTER_GOOD, "could not be set up"},
		{ADAPTER_NO_DRIVER, "Install the TAP-Windows driver"},
		{ADAPTER_NOT_FOUND, "is not there"},
		{ADAPTER_TOO_OLD, "too old"},
		{ADAPTER_IN_USE, "Close that program"},
		{ADAPTER_NO_RIGHTS, "as administrator"},
		{ADAPTER_FAILED, "Restart the computer"},
	};
	unsigned seen = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {
			.kind = SESSION_NO_ADAPTER, .problem = rows[i].problem};
		seen |= 1u << rows[i].problem;
		assert_non_null(strstr(say(&event), rows[i].says));
		assert_for_players(text);
		strcpy(event.text, "the adapter \"Ethernet 3\" is held by OpenVPN: close it");
		assert_string_equal(
			say(&event), "The adapter \"Ethernet 3\" is held by OpenVPN: close it.");
	}
	assert_int_equal(seen, (1u << COUNT(rows)) - 1);
}

static void joining_and_leaving_members_are_reported(void **state)
{
	(void)state;
	static const struct {
		enum lp_tunnel_kind kind;
		enum lp_role role;
		const char *name;
		enum lp_leave_reason reason;
		const char *says;
	} rows[] = {
		{LP_TUNNEL_PEER_JOINED, LP_ROLE_CLIENT, "Anna", 0, "Anna is in the room."},
		{LP_TUNNEL_PEER_JOINED, LP_ROLE_CLIENT, "", 0, "A player is in the room."},
		{LP_TUNNEL_PEER_JOINED, LP_ROLE_GATEWAY, "attic", 0,
			"The LAN gateway is in the room."},
		{LP_TUNNEL_PEER_LEFT, LP_ROLE_CLIENT, "Anna", LP_LEAVE_NORMAL,
			"Anna has left the room."},
		{LP_TUNNEL_PEER_LEFT, LP_ROLE_CLIENT, "Anna", LP_LEAVE_TIMED_OUT,
			"Anna is gone: the connection was lost."},
		{LP_TUNNEL_PEER_LEFT, LP_ROLE_GATEWAY, "attic", LP_LEAVE_NORMAL,
			"The LAN gateway has left the room: players still see each other."},
		{LP_TUNNEL_JOINED, 0, "", 0, "You are in the room."},
		{LP_TUNNEL_PEER_STATUS, LP_ROLE_CLIENT, "Anna", 0, ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.action = {.kind = rows[i].kind,
				.member = {.role = rows[i].role},
				.peer_left = {.reason = rows[i].reason}}};
		strcpy(event.action.member.name, rows[i].name);
		assert_string_equal(say(&event), rows[i].says);
	}
}

static void H7_games_are_reported_with_their_address(void **state)
{
	(void)state;
	struct session_event event = {.kind = SESSION_ACTION,
		.action = {.kind = LP_TUNNEL_GAME,
			.member = {.role = LP_ROLE_CLIENT, .name = "Anna"},
			.game = {.game = {.title = "Minecraft", .name = "World", .port = 54321},
				.address = lp_prefix_ipv4(0xc0a84d65, 32)}}};
	assert_string_equal(say(&event),
		"Anna hosts a game: Minecraft: World. Its address is 192.168.77.101:54321.");
	event.action.member.role = LP_ROLE_GATEWAY;
	assert_string_equal(say(&event), "A computer of the LAN hosts a game: Minecraft: World. "
					 "Its address is 192.168.77.101:54321.");
}

static void old_protocols_are_reported(void **state)
{
	(void)state;
	static const char *const says[] = {[LP_OLD_IPX] = "uses IPX",
		[LP_OLD_IPX_8023] = "Ask your host to allow IPX",
		[LP_OLD_NETBEUI] = "uses NetBEUI"};
	for (int old = LP_OLD_IPX; old < LP_OLD_COUNT; old++) {
		struct session_event event = {.kind = SESSION_ACTION,
			.action = {.kind = LP_TUNNEL_OLD, .old = (enum lp_old_protocol)old}};
		assert_non_null(strstr(say(&event), says[old]));
		assert_for_players(text);
	}
}

static void other_events_are_reported_too(void **state)
{
	(void)state;
	static const struct {
		enum session_kind kind;
		const char *given, *says;
	} rows[] = {
		{SESSION_CONNECTING, "", "Connecting to the relay play.example.org \xe2\x80\xa6"},
		{SESSION_ADDRESS, "192.168.77.101/24",
			"The address from the LAN is 192.168.77.101."},
		{SESSION_ADDRESS, "", "The address from the LAN is gone."},
		{SESSION_WARNING, "the LAN and your own network overlap",
			"The LAN and your own network overlap."},
		{SESSION_OVER, "", "You have left the room."},
		{SESSION_OVER, "the network adapter was removed",
			"The network adapter was removed."},
		{SESSION_TRAFFIC, "", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_event event = {.kind = rows[i].kind};
		strcpy(event.text, rows[i].given);
		assert_string_equal(say(&event), rows[i].says);
	}
}

static void a_room_is_described(void **state)
{
	(void)state;
	static const struct {
		size_t others;
		bool gateway;
		const char *says;
	} rows[] = {
		{0, false, "You are alone in this room. If your friends are in, compare the code."},
		{0, true, "You are in the room and connected to the LAN. Start your game now."},
		{1, true, "You are in the room with 1 other and connected to the LAN."},
		{2, true, "with 2 others and connected to the LAN."},
		{2, false, "with 2 others. The LAN gateway is missing: you see each other"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_non_null(
			strstr(words_room(rows[i].others, rows[i].gateway, text), rows[i].says));
		assert_for_players(text);
	}
}

static void the_relay_is_written_as_people_do(void **state)
{
	(void)state;
	static const struct {
		struct lp_host host;
		const char *text;
	} rows[] = {
		{{"play.example.org", 443}, "play.example.org"},
		{{"play.example.org", 8443}, "play.example.org:8443"},
		{{"2001:db8::5", 443}, "[2001:db8::5]"},
		{{"2001:db8::5", 65535}, "[2001:db8::5]:65535"},
	};
	char written[WORDS_RELAY];
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(words_relay(&rows[i].host, written), rows[i].text);
	struct lp_host longest = {.port = 65535};
	memset(longest.name, ':', LP_HOST_MAX);
	assert_int_equal(strlen(words_relay(&longest, written)), WORDS_RELAY - 1);
}

static void bytes_have_a_readable_unit(void **state)
{
	(void)state;
	static const struct {
		double bytes;
		const char *text;
	} rows[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{9949, "9.9 kB"},
		{9950, "10 kB"},
		{999499, "999 kB"},
		{999500, "1.0 MB"},
		{12e6, "12 MB"},
		{3.4e9, "3.4 GB"},
		{5e15, "5000 TB"},
	};
	char written[24];
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(words_bytes(rows[i].bytes, written), rows[i].text);
}

/* The longest texts of others: the message is cut, never overrun. */
static void long_texts_are_cut(void **state)
{
	(void)state;
	struct lp_host host = {.port = 65535};
	struct session_event event = {.kind = SESSION_ACTION,
		.action = {.kind = LP_TUNNEL_REJECTED, .reject = {.reason = LP_REJECT_OTHER}}};
	memset(host.name, 'r', LP_HOST_MAX);
	memset(event.action.reject.text, 't', LP_TEXT_MAX);
	memset(text, 'x', sizeof(text));
	words_event(&event, &host, text);
	assert_in_range(strlen(text), 200, WORDS_MAX - 1);
	assert_non_null(strstr(text, "Trying again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reject_reason_has_a_sentence_and_a_remedy),
		cmocka_unit_test(each_kind_of_connection_end_has_a_sentence),
		cmocka_unit_test(each_cause_of_silence_has_a_sentence),
		cmocka_unit_test(each_end_of_a_stream_has_a_sentence),
		cmocka_unit_test(a_player_is_told_that_only_web_traffic_passes),
		cmocka_unit_test(a_network_of_the_other_kind_is_no_missing_network),
		cmocka_unit_test(a_wrong_clock_is_named_before_the_relay),
		cmocka_unit_test(a_computer_without_authorities_is_told_what_helps),
		cmocka_unit_test(no_network_and_an_unknown_relay_are_distinguished),
		cmocka_unit_test(a_relay_cannot_be_reached_without_an_address_or_a_network),
		cmocka_unit_test(each_adapter_problem_has_a_sentence),
		cmocka_unit_test(joining_and_leaving_members_are_reported),
		cmocka_unit_test(H7_games_are_reported_with_their_address),
		cmocka_unit_test(old_protocols_are_reported),
		cmocka_unit_test(other_events_are_reported_too),
		cmocka_unit_test(a_room_is_described),
		cmocka_unit_test(the_relay_is_written_as_people_do),
		cmocka_unit_test(bytes_have_a_readable_unit),
		cmocka_unit_test(long_texts_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
