/* The metrics of a relay, and its sums over all workers (row H4). */
#include "metrics.h"
#include "relay_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/role.h"

/* Two workers; clients of 10, 30 and 20 ms, the last two over TCP, a silent one, and a gateway of 5 ms. */
struct made_up {
	struct snapshot one, two;
	struct snapshot_member first[3], second[2];
	struct relay_view view;
};

static struct snapshot_member member(uint32_t room, enum lp_role role, unsigned ms)
{
	return (struct snapshot_member){.room = room,
		.peer = 1,
		.role = role,
		.silent = ms == 0,
		.over_tcp = ms == 20 || ms == 30,
		.rtt = ms * LP_MILLISECOND,
		.jitter = ms * LP_MILLISECOND / 10,
		.reached = 90,
		.lost = 10,
		.name = "zoe"};
}

static void make_up(struct made_up *m)
{
	*m = (struct made_up){.first = {member(1, LP_ROLE_GATEWAY, 5),
				      member(1, LP_ROLE_CLIENT, 10), member(1, LP_ROLE_CLIENT, 30)},
		.second = {member(2, LP_ROLE_CLIENT, 20), member(2, LP_ROLE_CLIENT, 0)}};
	m->one.members = m->first;
	m->one.count = 3;
	m->one.left_out = 7;
	m->one.counters.hub.rooms = 1;
	m->one.counters.hub.drops[LP_DROP_JUMBO] = 3;
	m->one.counters.quic.datagrams_lost = 5;
	m->two = m->one;
	m->two.members = m->second;
	m->two.count = 2;
	m->two.counters.hub.copy_drops[LP_DROP_LATE] = 2;
	m->view = (struct relay_view){.workers = {&m->one, &m->two},
		.count = 2,
		.shows_addresses = true,
		.shows_members = true};
}

static char *metrics_of(const struct relay_view *view)
{
	const struct metrics_process process = {1790000000, 1500 * LP_MILLISECOND};
	struct lp_text text;
	lp_text_init(&text, 1 << 20);
	metrics_write(view, &process, &text);
	assert_non_null(lp_text_get(&text));
	return text.bytes;
}

static bool has(const char *text, const char *line)
{
	char whole[256];
	snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(text, whole) != NULL;
}

static void all_workers_are_added_up(void **state)
{
	struct made_up m;
	(void)state;
	make_up(&m);
	char *text = metrics_of(&m.view);
	const char *const lines[] = {"lanparty_relay_rooms 2", "lanparty_relay_workers 2",
		"lanparty_relay_members{role=\"client\"} 4",
		"lanparty_relay_members{role=\"gateway\"} 1", "lanparty_relay_silent_members 1",
		"lanparty_relay_members_over_tcp 2", "lanparty_relay_members_not_shown 14",
		"lanparty_relay_frames_dropped_total{from=\"member\",reason=\"jumbo\"} 6",
		"lanparty_relay_frames_dropped_total{from=\"queue\",reason=\"late\"} 2",
		"lanparty_relay_datagrams_lost_total 10", "process_start_time_seconds 1790000000",
		"process_cpu_seconds_total 1.500"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!has(text, lines[i]))
			fail_msg("%s is not in\n%s", lines[i], text);
	free(text);
}

static void those_who_are_measured_have_a_median(void **state)
{
	struct made_up m;
	(void)state;
	make_up(&m);
	char *text = metrics_of(&m.view);
	assert_true(has(text, "lanparty_relay_round_trip_seconds{rank=\"median\"} 0.010000"));
	assert_true(has(text, "lanparty_relay_round_trip_seconds{rank=\"highest\"} 0.030000"));
	assert_true(has(text, "lanparty_relay_jitter_seconds{rank=\"highest\"} 0.003000"));
	free(text);
	m.view.count = 1;
	m.one.count = 0;
	text = metrics_of(&m.view);
	assert_null(strstr(text, "round_trip_seconds{"));
	free(text);
}

static size_t lines_of(const char *text)
{
	size_t count = 0;
	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static void members_add_no_time_series(void **state)
{
	struct made_up m;
	struct snapshot_member many[500];
	(void)state;
	make_up(&m);
	char *few = metrics_of(&m.view);
	for (uint32_t i = 0; i < 500; i++)
		many[i] = member(i, LP_ROLE_CLIENT, i);
	m.one.members = many;
	m.one.count = 500;
	char *text = metrics_of(&m.view);
	assert_int_equal(lines_of(text), lines_of(few));
	assert_null(strstr(text, "zoe"));
	free(few);
	free(text);
}

static void status_says_how_many_frames_reached_a_member(void **state)
{
	struct made_up m;
	struct lp_text text;
	(void)state;
	make_up(&m);
	lp_text_init(&text, 1 << 20);
	relay_report_json(&m.view, &text);
	assert_non_null(
		strstr(lp_text_get(&text), "\"loss_percent\":10.00,\"reached\":90,\"lost\":10"));
	lp_text_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_workers_are_added_up),
		cmocka_unit_test(those_who_are_measured_have_a_median),
		cmocka_unit_test(members_add_no_time_series),
		cmocka_unit_test(status_says_how_many_frames_reached_a_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
