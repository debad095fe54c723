#include "window_inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct stay stay; /* the stay of a player with the name me and peer id 3 */
static char told[WORDS_MAX];
static lp_time now;

static void tell(const struct session_event *event)
{
	stay_event(&stay, event, now, told);
}
static void tell_kind(enum session_kind kind, const char *text)
{
	struct session_event event = {.kind = kind};
	strcpy(event.text, text);
	tell(&event);
}
static void tell_action(struct lp_tunnel_action action, enum lp_quic_end end)
{
	const struct session_event event = {.kind = SESSION_ACTION, .end = end, .action = action};
	tell(&event);
}
static void joins(uint16_t peer, enum lp_role role, const char *name)
{
	struct lp_tunnel_action a = {
		.kind = LP_TUNNEL_PEER_JOINED, .member = {.peer = peer, .role = role}};
	strcpy(a.member.name, name);
	tell_action(a, 0);
}
static void leaves(uint16_t peer, enum lp_role role)
{
	tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_PEER_LEFT,
			    .member = {.peer = peer, .role = role},
			    .peer_left = {.peer = peer}},
		0);
}
static void pings(uint16_t peer, unsigned ms)
{
	tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_PEER_STATUS,
			    .peer_status = {.peer = peer, .rtt_us = ms * 1000}},
		0);
}
static void ends(bool final, enum lp_quic_end end)
{
	tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_DISCONNECTED, .final = final}, end);
}
static void rejects(bool final)
{
	tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_REJECTED,
			    .final = final,
			    .reject = {.reason = LP_REJECT_ROOM_FULL}},
		0);
}

static void begin(bool gateway, bool joined)
{
	struct lp_peer_options options = {.relay = {"play.example.org", 443}, .name = "me"};
	now = 1000 * LP_SECOND;
	stay_begin(&stay, &options);
	tell_kind(SESSION_CONNECTING, "");
	if (joined)
		tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_JOINED,
				    .welcome = {.peer = 3, .gateway_connected = gateway}},
			0);
}

static void assert_members(const char *wanted)
{
	char names[200] = "";
	for (size_t i = 0; i < stay.count; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? " " : "",
			stay.members[i].name);
	assert_string_equal(names, wanted);
}

static void members_are_sorted_and_include_this_client(void **state)
{
	(void)state;
	begin(true, true);
	joins(1, LP_ROLE_GATEWAY, "zz-attic");
	joins(2, LP_ROLE_CLIENT, "bert");
	joins(4, LP_ROLE_CLIENT, "Anna");
	joins(5, LP_ROLE_CLIENT, "zoe");
	assert_members("zz-attic Anna bert me zoe");
	assert_true(stay.gateway);
	assert_non_null(strstr(stay.status, "with 3 others and connected to the LAN"));
	leaves(1, LP_ROLE_GATEWAY);
	leaves(4, LP_ROLE_CLIENT);
	assert_members("bert me zoe");
	assert_false(stay.gateway);
	assert_non_null(strstr(stay.status, "with 2 others. The LAN gateway is missing"));
	joins(2, LP_ROLE_CLIENT, "Bert"); /* reported twice, listed once */
	assert_members("Bert me zoe");
	leaves(77, LP_ROLE_CLIENT); /* an unknown member */
	assert_members("Bert me zoe");
}

static void a_welcome_shows_at_once_whether_the_gateway_is_present(void **state)
{
	(void)state;
	begin(true, true);
	assert_non_null(strstr(stay.status, "connected to the LAN"));
	begin(false, true);
	assert_non_null(strstr(stay.status, "You are alone in this room."));
}

static void the_fullest_room_fits(void **state)
{
	(void)state;
	begin(false, true);
	for (uint16_t i = 0; i < LP_MAX_MEMBERS + 5; i++)
		joins((uint16_t)(i + 10), LP_ROLE_CLIENT, "x");
	assert_int_equal(stay.count, LP_MAX_MEMBERS);
}

static void a_ping_is_the_round_trip_through_the_relay(void **state)
{
	(void)state;
	begin(false, true);
	joins(2, LP_ROLE_CLIENT, "bert");
	assert_int_equal(stay_ping(&stay, &stay.members[0]), 0);
	pings(2, 20);
	/* half of the path is not known yet */
	assert_int_equal(stay_ping(&stay, &stay.members[0]), 0);
	struct session_event traffic = {.kind = SESSION_TRAFFIC, .rtt = 15 * LP_MILLISECOND};
	tell(&traffic);
	assert_int_equal(stay_ping(&stay, &stay.members[0]), 35 * LP_MILLISECOND);
	assert_int_equal(stay_ping(&stay, &stay.members[1]), 15 * LP_MILLISECOND); /* the own one */
}

static void traffic_is_a_rate_and_a_total(void **state)
{
	(void)state;
	struct session_event e = {
		.kind = SESSION_TRAFFIC, .stats = {.rx_bytes = 5000, .tx_bytes = 100}};
	begin(false, true);
	tell(&e);
	assert_true(stay.in.rate == 0); /* a rate needs two samples */
	assert_int_equal(stay.in.bytes, 5000);
	now += 2 * LP_SECOND;
	e.stats.rx_bytes = 9000;
	e.stats.tx_bytes = 300;
	tell(&e);
	assert_true(stay.in.rate == 2000 && stay.out.rate == 100);
	assert_int_equal(stay.out.bytes, 300);
	ends(false, LP_QUIC_END_IDLE);
	assert_true(stay.in.rate == 0 && stay.in.bytes == 9000);
}

static void a_fault_stays_visible_while_the_client_retries(void **state)
{
	(void)state;
	begin(true, true);
	joins(2, LP_ROLE_CLIENT, "bert");
	ends(false, LP_QUIC_END_IDLE);
	assert_int_equal(stay.state, STAY_TRYING_AGAIN);
	assert_members("");
	assert_non_null(strstr(stay.status, "stopped answering"));
	assert_non_null(strstr(told, "stopped answering"));
	tell_kind(SESSION_CONNECTING, "");
	assert_non_null(strstr(stay.status, "stopped answering"));
	assert_string_equal(told, ""); /* and it is not logged again */
	ends(false, LP_QUIC_END_HANDSHAKE);
	assert_non_null(strstr(told, "does not answer"));
	ends(false, LP_QUIC_END_HANDSHAKE);
	assert_string_equal(told, ""); /* one log line for a hundred attempts */
	tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_JOINED, .welcome = {.peer = 3}}, 0);
	assert_int_equal(stay.state, STAY_JOINED);
	assert_false(stay.failed);
	assert_members("me");
	assert_string_equal(told, "You are in the room.");
}

static void the_end_does_not_overwrite_the_relays_answer(void **state)
{
	(void)state;
	begin(false, false);
	rejects(true);
	assert_non_null(strstr(told, "The room is full."));
	ends(true, LP_QUIC_END_LOCAL);
	assert_string_equal(told, "");
	tell_kind(SESSION_OVER, "");
	assert_string_equal(told, "");
	assert_non_null(strstr(stay.status, "The room is full."));
	assert_true(stay.failed);
	assert_int_equal(stay.state, STAY_NONE);
}

static void a_missing_adapter_ends_the_stay_with_its_reason(void **state)
{
	(void)state;
	struct session_event event = {.kind = SESSION_NO_ADAPTER, .problem = ADAPTER_TOO_OLD};
	begin(false, false);
	tell(&event);
	tell_kind(SESSION_OVER, "");
	assert_non_null(strstr(stay.status, "too old"));
	assert_int_equal(stay.problem, ADAPTER_TOO_OLD);
	assert_true(stay.failed);
	begin(false, false);
	assert_int_equal(stay.problem, ADAPTER_GOOD); /* a new stay starts without the problem */
}

static void leaving_is_no_fault(void **state)
{
	(void)state;
	begin(true, true);
	stay_leave(&stay);
	assert_non_null(strstr(stay.status, "Leaving"));
	leaves(1, LP_ROLE_GATEWAY);
	assert_string_equal(told, "");
	ends(true, LP_QUIC_END_LOCAL);
	assert_string_equal(told, "");
	assert_non_null(strstr(stay.status, "Leaving"));
	tell_kind(SESSION_OVER, "");
	assert_string_equal(told, "You have left the room.");
	assert_string_equal(stay.status, "You have left the room.");
	assert_false(stay.failed);
	/* and while it reconnects */
	begin(true, true);
	ends(false, LP_QUIC_END_IDLE);
	stay_leave(&stay);
	tell_kind(SESSION_OVER, "");
	assert_string_equal(stay.status, "You have left the room.");
	assert_false(stay.failed);
}

static void an_unrequested_end_gives_its_reason(void **state)
{
	(void)state;
	begin(true, true);
	tell_kind(SESSION_OVER, "The network adapter was removed.");
	assert_string_equal(stay.status, "The network adapter was removed.");
	assert_string_equal(told, "The network adapter was removed.");
	assert_true(stay.failed);
}

static void a_room_that_was_never_joined_is_not_left(void **state)
{
	(void)state;
	begin(false, false);
	stay_leave(&stay);
	assert_null(strstr(stay.status, "Leaving"));
	tell_kind(SESSION_OVER, "");
	assert_string_equal(told, "You have not joined the room.");
	assert_string_equal(stay.status, "You have not joined the room.");
	assert_false(stay.failed);
}

static void a_warning_is_shown_with_the_status(void **state)
{
	(void)state;
	begin(true, true);
	tell_kind(SESSION_WARNING, "Two networks overlap.");
	assert_string_equal(told, "Two networks overlap.");
	joins(2, LP_ROLE_CLIENT, "bert");
	assert_non_null(strstr(stay.status, "with 1 other"));
	assert_non_null(strstr(stay.status, "\nTwo networks overlap."));
	tell_kind(SESSION_ADDRESS, "192.168.77.101/24");
	assert_string_equal(stay.address, "192.168.77.101");
	tell_kind(SESSION_OVER, "");
	assert_string_equal(stay.address, "");
	assert_null(strstr(stay.status, "overlap"));
}

static void the_warning_returns_after_a_notice(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		lp_time later;
		bool joins, warns;
		const char *wanted;
	} rows[] = {
		{"too short a time", LP_SECOND, false, false, "\nAn invite was opened."},
		{"some seconds", 11 * LP_SECOND, false, false, "\nTwo networks overlap."},
		{"another state", 0, true, false, "\nTwo networks overlap."},
		{"a new warning", 0, false, true, "\nNo rights."},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session_event traffic = {.kind = SESSION_TRAFFIC};
		begin(true, true);
		tell_kind(SESSION_WARNING, "Two networks overlap.");
		stay_notice(&stay, "An invite was opened.", now);
		assert_non_null(strstr(stay.status, "\nAn invite was opened."));
		assert_null(strstr(stay.status, "overlap"));
		now += rows[i].later;
		if (rows[i].joins) {
			ends(false, LP_QUIC_END_IDLE);
			tell_action((struct lp_tunnel_action){.kind = LP_TUNNEL_JOINED}, 0);
		}
		if (rows[i].warns)
			tell_kind(SESSION_WARNING, "No rights.");
		tell(&traffic);
		if (!strstr(stay.status, rows[i].wanted))
			fail_msg("%s: '%s'", rows[i].what, stay.status);
	}
}

/* ---- the inbox between the threads and the window */

#define FLOOD 100000

static struct window_inbox box;
static struct window_look seen;
static volatile LONG posted;

static void tell_box(const struct session_event *event)
{
	if (inbox_event(&box, event, LP_SECOND))
		InterlockedIncrement(&posted);
}
static DWORD WINAPI flood(void *unused)
{
	struct session_event e = {.kind = SESSION_ACTION,
		.action = {.kind = LP_TUNNEL_JOINED, .welcome = {.peer = 3}}};
	(void)unused;
	tell_box(&e);
	for (unsigned i = 0; i < FLOOD; i++) {
		static const enum lp_tunnel_kind kinds[] = {
			LP_TUNNEL_PEER_JOINED, LP_TUNNEL_PEER_STATUS, LP_TUNNEL_PEER_LEFT};
		e.action = (struct lp_tunnel_action){.kind = kinds[i % 3],
			.member = {.peer = 7, .role = LP_ROLE_CLIENT, .name = "mallory"}};
		if (e.action.kind == LP_TUNNEL_PEER_STATUS)
			e.action.peer_status = (struct lp_peer_status){.peer = 7, .rtt_us = i};
		else if (e.action.kind == LP_TUNNEL_PEER_LEFT)
			e.action.peer_left = (struct lp_peer_left){.peer = 7};
		tell_box(&e);
	}
	return 0;
}
static void begin_box(void)
{
	struct lp_peer_options options = {.relay = {"play.example.org", 443}, .name = "me"};
	memset(&box, 0, sizeof(box));
	posted = 0;
	inbox_begin(&box, &options);
	inbox_look(&box, &seen, &stay);
}
static void run_flood(bool looking)
{
	HANDLE thread = CreateThread(NULL, 0, flood, NULL, 0, NULL);
	assert_non_null(thread);
	while (WaitForSingleObject(thread, looking ? 1 : INFINITE) != WAIT_OBJECT_0)
		inbox_look(&box, &seen, &stay);
	CloseHandle(thread);
}
/* FLOOD % 3 == 1: the last event is that mallory is in the room. */
static void assert_last_state(void)
{
	inbox_look(&box, &seen, &stay);
	assert_members("mallory me");
	assert_int_equal(stay.state, STAY_JOINED);
}

static void a_flood_of_events_is_one_message_with_the_last_state(void **state)
{
	(void)state;
	begin_box();
	run_flood(false);
	assert_int_equal(posted, 1);
	assert_last_state();
	assert_true(seen.changed && seen.entered);
	assert_non_null(strstr(seen.log, "  You are in the room.\r\n"));
	assert_non_null(strstr(seen.log, " lines are left out here)\r\n"));
	inbox_look(&box, &seen, &stay);
	assert_string_equal(seen.log, "");
	assert_false(seen.changed || seen.entered);
}

static void a_window_that_looks_during_a_flood_sees_the_last_state(void **state)
{
	(void)state;
	begin_box();
	run_flood(true);
	assert_last_state();
}

static void a_refused_message_is_sent_again(void **state)
{
	(void)state;
	begin_box();
	assert_true(inbox_line(&box, "one", 3));
	assert_false(inbox_line(&box, "two", 3));
	inbox_not_told(&box);
	assert_true(inbox_line(&box, "three", 5));
	inbox_look(&box, &seen, &stay);
	assert_false(seen.changed);
	const char *two = strstr(seen.log, "  two\r\n");
	assert_non_null(two);
	assert_non_null(strstr(two, "  three\r\n"));
}

static void a_line_of_any_length_fits_or_is_counted_as_lost(void **state)
{
	(void)state;
	static char line[2 * INBOX_LOG];
	memset(line, 'x', sizeof(line));
	for (size_t len = INBOX_LOG - 20; len < INBOX_LOG + 20; len++) {
		begin_box();
		inbox_line(&box, line, len);
		inbox_line(&box, "short", 5);
		inbox_look(&box, &seen, &stay);
		assert_true(strlen(seen.log) < sizeof(seen.log));
		assert_true(strstr(seen.log, " lines are left out here)\r\n") ||
			    strstr(seen.log, "  short\r\n"));
	}
}

static void an_end_without_an_event_ends_the_stay(void **state)
{
	(void)state;
	begin_box();
	run_flood(false);
	inbox_end(&box, LP_SECOND);
	inbox_look(&box, &seen, &stay);
	assert_true(stay.over);
	assert_int_equal(stay.state, STAY_NONE);
	assert_members("");
	assert_string_equal(stay.status, "You have left the room.");
	/* a reported end is not reported twice */
	begin_box();
	struct session_event over = {
		.kind = SESSION_OVER, .text = "The network adapter was removed."};
	tell_box(&over);
	inbox_end(&box, LP_SECOND);
	inbox_look(&box, &seen, &stay);
	assert_string_equal(stay.status, "The network adapter was removed.");
	assert_null(strstr(seen.log, "You have"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_sorted_and_include_this_client),
		cmocka_unit_test(a_welcome_shows_at_once_whether_the_gateway_is_present),
		cmocka_unit_test(the_fullest_room_fits),
		cmocka_unit_test(a_ping_is_the_round_trip_through_the_relay),
		cmocka_unit_test(traffic_is_a_rate_and_a_total),
		cmocka_unit_test(a_fault_stays_visible_while_the_client_retries),
		cmocka_unit_test(the_end_does_not_overwrite_the_relays_answer),
		cmocka_unit_test(a_missing_adapter_ends_the_stay_with_its_reason),
		cmocka_unit_test(leaving_is_no_fault),
		cmocka_unit_test(an_unrequested_end_gives_its_reason),
		cmocka_unit_test(a_room_that_was_never_joined_is_not_left),
		cmocka_unit_test(a_warning_is_shown_with_the_status),
		cmocka_unit_test(the_warning_returns_after_a_notice),
		cmocka_unit_test(a_flood_of_events_is_one_message_with_the_last_state),
		cmocka_unit_test(a_window_that_looks_during_a_flood_sees_the_last_state),
		cmocka_unit_test(a_refused_message_is_sent_again),
		cmocka_unit_test(a_line_of_any_length_fits_or_is_counted_as_lost),
		cmocka_unit_test(an_end_without_an_event_ends_the_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
