/* The network settings of a joined room are restored, wherever the program stops. */
#include "win_netfix_world.h"

/* A room that was joined on a fake computer, and how that computer was before. */
struct played {
	struct world w, before;
	struct netfix_work work;
	struct netfix_system system;
};

static void play_init(struct played *p)
{
	world_init(&p->w);
	p->before = p->w;
	begin(&p->work, &p->system, &p->w);
}

static void play_begin(struct played *p)
{
	play_init(p);
	netfix_work_apply(&p->work, LP_SECOND);
}

static void assert_restored(const struct played *p)
{
	assert_true(same_settings(&p->w, &p->before));
	assert_int_equal(p->w.note_count, 0);
}

static void changes_are_undone_in_reverse_order(void **state)
{
	struct played p;
	int next = NETFIX_ITEMS;

	(void)state;
	play_begin(&p);
	p.w.entries = 0;
	netfix_work_end(&p.work);
	for (size_t i = 0; i < p.w.entries; i++) {
		if (p.w.journal[i].kind == 'w')
			assert_int_equal(p.w.journal[i].item, --next);
	}
	assert_int_equal(next, 0);
	assert_restored(&p);
	assert_false(p.w.locked);
	assert_int_equal(p.w.warnings, 0);
}

/* A complete stay: join, play, leave. The crash can happen in any of its steps. */
static void stay(struct world *w)
{
	struct netfix_work work;
	struct netfix_system system;
	begin(&work, &system, w);
	netfix_work_apply(&work, LP_SECOND);
	netfix_work_apply(&work, 2 * LP_SECOND);
	netfix_work_end(&work);
}

/* Starts the program again. how: 0 only recovers, 1 joins a room. */
static void start_again(struct world *w, int how, int crash_after)
{
	struct netfix_system system = system_of(w);
	w->locked = false;
	w->steps = 0;
	w->crash_after = crash_after;
	w->entries = 0;
	if (how == 0)
		netfix_put_back_all(&system);
	else
		stay(w);
}

static void crash_at_every_step(const struct world *fresh, bool twice)
{
	struct world whole = *fresh;
	stay(&whole);
	assert_true(whole.steps > 40);
	for (int k = 1; k <= whole.steps; k++) {
		for (int second = twice ? 1 : 0; second <= (twice ? whole.steps : 0); second++) {
			for (int how = 0; how < 2; how++) {
				struct world w = *fresh;
				w.crash_after = k;
				stay(&w);
				if (twice)
					start_again(&w, how, second);
				start_again(&w, how, 0);
				if (!same_settings(&w, fresh) || w.note_count != 0)
					fail_msg("crash after %d and %d, then %d", k, second, how);
			}
		}
	}
}

static void a_crash_at_any_step_is_repaired(void **state)
{
	struct world fresh;

	(void)state;
	world_init(&fresh);
	crash_at_every_step(&fresh, false);
	crash_at_every_step(&fresh, true);
	fresh.values[0][NETFIX_METRIC_4] = 35;
	fresh.values[0][NETFIX_BROADCAST_ROUTE] = 256;
	fresh.values[0][NETFIX_ROUTER_DISCOVERY_6] = 2;
	fresh.values[0][NETFIX_MTU_6] = 1280;
	crash_at_every_step(&fresh, false);
}

static void what_a_crash_left_is_restored_before_the_next_room(void **state)
{
	struct world w, before;
	struct netfix_work work, next;
	struct netfix_system system = system_of(&w);

	(void)state;
	world_init(&w);
	before = w;
	netfix_work_init(&work, &system, ONE, 1300, (struct netfix_listener){world_tell, &w});
	netfix_work_apply(&work, LP_SECOND);
	assert_int_equal(w.values[0][NETFIX_MTU_4], 1300);
	w.locked = false; /* the program crashed */
	begin(&next, &system, &w);
	netfix_work_apply(&next, LP_SECOND);
	assert_changed(&w); /* this room's MTU is 1400 */
	netfix_work_end(&next);
	assert_true(same_settings(&w, &before));
	assert_int_equal(w.note_count, 0);
}

static void what_others_changed_in_the_meantime_stays(void **state)
{
	static const struct {
		enum netfix_item item;
		uint32_t value;
	} rows[] = {
		{NETFIX_FIREWALL_RULE, 0},
		{NETFIX_ROUTER_DISCOVERY_6, 2},
		{NETFIX_DEFAULT_ROUTES_4, 0},
		{NETFIX_DEFAULT_ROUTES_6, 0},
		{NETFIX_METRIC_4, 7},
		{NETFIX_METRIC_6, 7},
		{NETFIX_MTU_4, 1300},
		{NETFIX_MTU_6, 1300},
		{NETFIX_BROADCAST_ROUTE, 5},
		{NETFIX_MULTICAST_ROUTE, NETFIX_ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct played p;
		play_begin(&p);
		p.before.values[0][rows[i].item] = rows[i].value;
		p.w.values[0][rows[i].item] = rows[i].value;
		p.w.writes = 0;
		netfix_work_end(&p.work);
		if (!same_settings(&p.w, &p.before) || p.w.writes != NETFIX_ITEMS - 1)
			fail_msg("%s", netfix_item_name(rows[i].item));
		assert_int_equal(p.w.note_count, 0);
	}
}

static void notes_of_an_adapter_that_is_gone_are_dropped(void **state)
{
	struct played p;

	(void)state;
	play_begin(&p);
	p.w.there[0] = NETFIX_GONE;
	p.w.forgotten[1] = true;
	netfix_work_end(&p.work);
	assert_int_equal(p.w.note_count, 0);
	assert_int_equal(p.w.values[0][NETFIX_FIREWALL_RULE], 0);
	assert_int_equal(p.w.warnings, 0);
}

static void notes_of_an_adapter_that_is_switched_off_wait_for_it(void **state)
{
	struct played p;

	(void)state;
	play_begin(&p);
	p.w.there[0] = NETFIX_NOT_THERE;
	netfix_work_end(&p.work);
	assert_int_equal(p.w.note_count, NETFIX_ITEMS - 2); /* rule and category were restored */
	assert_int_equal(p.w.warnings, 1);
	assert_false(same_settings(&p.w, &p.before));
	p.w.there[0] = NETFIX_OK;
	netfix_put_back_all(&p.system);
	assert_restored(&p);
}

static void a_failed_restore_is_tried_at_the_next_start(void **state)
{
	struct played p;

	(void)state;
	play_begin(&p);
	p.w.write_answer[NETFIX_METRIC_4] = NETFIX_REFUSED;
	netfix_work_end(&p.work);
	assert_int_equal(p.w.note_count, 1);
	assert_int_equal(p.w.warnings, 1);
	assert_non_null(strstr(p.w.warned, "restore"));
	netfix_put_back_all(&p.system);
	assert_int_equal(p.w.note_count, 1);
	p.w.write_answer[NETFIX_METRIC_4] = NETFIX_OK;
	netfix_put_back_all(&p.system);
	assert_restored(&p);
}

static void another_programs_adapter_is_left_alone(void **state)
{
	struct played p;
	struct netfix_work other;

	(void)state;
	play_begin(&p);
	p.w.locked = false; /* the fake system has one lock, which the first program holds */
	netfix_work_init(&other, &p.system, TWO, 1400, (struct netfix_listener){world_tell, &p.w});
	netfix_work_apply(&other, LP_SECOND);
	p.w.locked = false;
	p.w.locked_by_other = true;

	/* a third program starts: ONE is locked, and the program of TWO has crashed */
	netfix_put_back_all(&p.system);
	assert_int_equal(p.w.values[0][NETFIX_METRIC_4], 1);
	assert_int_equal(p.w.values[1][NETFIX_METRIC_4], NETFIX_AUTOMATIC);
	assert_memory_equal(p.w.values[1], p.before.values[1], sizeof(p.w.values[1]));
	for (size_t i = 0; i < p.w.note_count; i++)
		assert_string_equal(p.w.notes[i].guid, ONE);
}

static void an_invalid_note_is_ignored(void **state)
{
	static const struct netfix_note good = {
		.guid = ONE, .item = NETFIX_METRIC_4, .former = 25, .now = 1};
	static const struct {
		const char *guid;
		int item;
		unsigned network;
		uint32_t former, now;
		bool good;
		const char *story;
	} rows[] = {
		{ONE, NETFIX_METRIC_4, 0, 25, 1, true, "as we write it"},
		{TWO, NETFIX_METRIC_4, 0, NETFIX_AUTOMATIC, 1, true, "letters in any case"},
		{ONE, NETFIX_METRIC_4, 0, 1, 1, false, "no change"},
		{ONE, NETFIX_METRIC_4, 0, 25, 2, false, "we never set that"},
		{ONE, NETFIX_METRIC_4, 7, 25, 1, false, "a metric of a network"},
		{ONE, NETFIX_NOTED, NETFIX_ABSENT, 25, 1, false, "no such item"},
		{ONE, -1, 0, 25, 1, false, "no such item"},
		{ONE, NETFIX_CATEGORY, 7, 0, 1, true, "a network's category"},
		{ONE, NETFIX_CATEGORY, 0, 0, 1, false, "of no network"},
		{ONE, NETFIX_CATEGORY, 7, 2, 1, false, "no domain was made private"},
		{ONE, NETFIX_CATEGORY, 7, 0, 3, false, "no such category"},
		{ONE, NETFIX_FIREWALL_RULE, 0, 0, 1, true, "a rule that was not there"},
		{ONE, NETFIX_FIREWALL_RULE, 0, 1, 0, false, "we never take one away"},
		{ONE, NETFIX_ROUTER_DISCOVERY_6, 0, 2, 0, true, "as DHCP says"},
		{ONE, NETFIX_ROUTER_DISCOVERY_6, 0, 3, 0, false, "no such behaviour"},
		{ONE, NETFIX_ROUTER_DISCOVERY_6, 0, UINT32_MAX, 0, false, "no such behaviour"},
		{ONE, NETFIX_DEFAULT_ROUTES_4, 0, 0, 1, true, "they were taken"},
		{ONE, NETFIX_DEFAULT_ROUTES_6, 0, 2, 1, false, "neither yes nor no"},
		{ONE, NETFIX_MTU_4, 0, 1500, 576, true, "the smallest room"},
		{ONE, NETFIX_MTU_4, 0, 1500, 575, false, "below the smallest"},
		{ONE, NETFIX_MTU_4, 0, 9000, 1501, false, "above the largest"},
		{ONE, NETFIX_MTU_4, 0, 100, 1400, false, "an MTU that IPv4 does not have"},
		{ONE, NETFIX_MTU_6, 0, 1500, 1279, false, "below what IPv6 needs"},
		{ONE, NETFIX_BROADCAST_ROUTE, 0, NETFIX_ABSENT, 0, true, "it was not there"},
		{ONE, NETFIX_BROADCAST_ROUTE, 0, 256, 0, false, "we leave one alone that is"},
		{"", NETFIX_METRIC_4, 0, 25, 1, false, "no adapter"},
		{"{11111111-2222-3333-4444-55555555555}", NETFIX_METRIC_4, 0, 25, 1, false,
			"short"},
		{"{11111111-2222-3333-4444-55555555555g}", NETFIX_METRIC_4, 0, 25, 1, false, "a g"},
		{"{11111111 2222-3333-4444-555555555555}", NETFIX_METRIC_4, 0, 25, 1, false,
			"form"},
		{"\\1111111-2222-3333-4444-555555555555}", NETFIX_METRIC_4, 0, 25, 1, false,
			"form"},
	};

	(void)state;
	assert_true(netfix_note_is_good(&good));
	assert_false(netfix_is_guid(ONE "x"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct netfix_note note = {.item = (enum netfix_item)rows[i].item,
			.network = {.Data1 = rows[i].network},
			.former = rows[i].former,
			.now = rows[i].now};
		snprintf(note.guid, sizeof(note.guid), "%s", rows[i].guid);
		if (netfix_note_is_good(&note) != rows[i].good)
			fail_msg("%s", rows[i].story);
	}
}

/* H6 */
static void the_rooms_address_comes_changes_and_goes(void **state)
{
	const struct netfix_prefix one = {0x0a010203, 24}, two = {0x0a010204, 32}, none = {0};
	struct played p;

	(void)state;
	play_init(&p);
	assert_false(netfix_work_room(&p.work, one)); /* the adapter is not ours yet */
	netfix_work_apply(&p.work, LP_SECOND);
	assert_true(netfix_work_room(&p.work, none));
	assert_true(netfix_work_room(&p.work, one));
	assert_int_equal(p.w.values[0][NETFIX_ROOM_ADDRESS], one.address);
	assert_int_equal(p.w.note_count, NETFIX_ITEMS + 1);
	int writes = p.w.writes;
	assert_true(netfix_work_room(&p.work, one));
	assert_int_equal(p.w.writes, writes);
	assert_true(netfix_work_room(&p.work, two));
	assert_int_equal(p.w.values[0][NETFIX_ROOM_ADDRESS], two.address);
	assert_true(netfix_work_room(&p.work, none));
	assert_int_equal(p.w.values[0][NETFIX_ROOM_ADDRESS], NETFIX_ABSENT);
	assert_int_equal(p.w.note_count, NETFIX_ITEMS);
	assert_true(netfix_work_room(&p.work, one));
	netfix_work_end(&p.work);
	assert_restored(&p);
	assert_int_equal(p.w.warnings, 0);
}

static void the_rooms_address_is_taken_away_after_a_crash(void **state)
{
	struct played p;

	(void)state;
	play_begin(&p);
	assert_true(netfix_work_room(&p.work, (struct netfix_prefix){0x0a010203, 24}));
	p.w.locked = false; /* the program is dead */
	netfix_put_back_all(&p.system);
	assert_restored(&p);
}

static void a_room_address_that_windows_refuses_is_told(void **state)
{
	struct played p;

	(void)state;
	play_begin(&p);
	p.w.write_answer[NETFIX_ROOM_ADDRESS] = NETFIX_REFUSED;
	assert_true(netfix_work_room(&p.work, (struct netfix_prefix){0x0a010203, 24}));
	assert_int_equal(p.w.warnings, 1);
	assert_non_null(strstr(p.w.warned, "address for the room"));
	netfix_work_end(&p.work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rooms_address_comes_changes_and_goes),
		cmocka_unit_test(the_rooms_address_is_taken_away_after_a_crash),
		cmocka_unit_test(a_room_address_that_windows_refuses_is_told),
		cmocka_unit_test(changes_are_undone_in_reverse_order),
		cmocka_unit_test(a_crash_at_any_step_is_repaired),
		cmocka_unit_test(what_a_crash_left_is_restored_before_the_next_room),
		cmocka_unit_test(what_others_changed_in_the_meantime_stays),
		cmocka_unit_test(notes_of_an_adapter_that_is_gone_are_dropped),
		cmocka_unit_test(notes_of_an_adapter_that_is_switched_off_wait_for_it),
		cmocka_unit_test(a_failed_restore_is_tried_at_the_next_start),
		cmocka_unit_test(another_programs_adapter_is_left_alone),
		cmocka_unit_test(an_invalid_note_is_ignored),
	};
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
