/* The network settings of a joined room: the changes and their order, failures and their reports,
 * and the thread. */
#include "win_netfix_world.h"

static void every_change_is_made_in_order_and_noted_first(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;
	int next = 0;

	(void)state;
	world_init(&w);
	begin(&work, &system, &w);
	assert_true(netfix_work_apply(&work, LP_SECOND));
	assert_changed(&w);
	for (size_t i = 0; i < w.entries; i++) {
		if (w.journal[i].kind != 'w')
			continue;
		assert_int_equal(w.journal[i].item, next++);
		assert_int_equal(w.journal[i - 1].kind, 'n');
		assert_int_equal(w.journal[i - 1].item, w.journal[i].item);
		assert_int_equal(w.journal[i - 1].value, w.journal[i].value);
	}
	assert_int_equal(next, NETFIX_ITEMS);
	assert_int_equal(w.note_count, NETFIX_ITEMS);
	assert_int_equal(w.warnings, 0);

	/* changes are made once */
	assert_true(netfix_work_apply(&work, 2 * LP_SECOND));
	assert_int_equal(w.writes, NETFIX_ITEMS);
}

static void correct_settings_are_left_alone(void **state)
{
	static const struct {
		enum netfix_item item;
		uint32_t value;
		bool left;
		const char *story;
	} rows[] = {
		{NETFIX_METRIC_4, 1, true, "somebody has made it the first by hand"},
		{NETFIX_METRIC_4, 2, false, "the second is not the first"},
		{NETFIX_METRIC_6, 1, true, "IPv6 too"},
		{NETFIX_MTU_4, 1400, true, "the room's MTU"},
		{NETFIX_MTU_4, 1300, true, "a smaller one does as well"},
		{NETFIX_MTU_4, 1401, false, "a larger one does not"},
		{NETFIX_ROUTER_DISCOVERY_6, 0, true, "off already"},
		{NETFIX_ROUTER_DISCOVERY_6, 2, false, "as DHCP says is not off"},
		{NETFIX_DEFAULT_ROUTES_4, 1, true, "kept away already"},
		{NETFIX_BROADCAST_ROUTE, 256, true, "Windows' own route"},
		{NETFIX_MULTICAST_ROUTE, 0, true, "a route like ours"},
		{NETFIX_FIREWALL_RULE, 1, true, "a rule that somebody made"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w, before;
		struct netfix_work work;
		struct netfix_system system;
		world_init(&w);
		w.values[0][rows[i].item] = rows[i].value;
		before = w;
		begin(&work, &system, &w);
		netfix_work_apply(&work, LP_SECOND);
		if ((w.values[0][rows[i].item] == rows[i].value) != rows[i].left)
			fail_msg("%s", rows[i].story);
		assert_int_equal(w.note_count, NETFIX_ITEMS - rows[i].left);
		assert_int_equal(w.warnings, 0);
		netfix_work_end(&work);
		if (!same_settings(&w, &before))
			fail_msg("undone: %s", rows[i].story);
	}
}

static void the_mtu_is_the_rooms_within_each_protocols_limits(void **state)
{
	static const struct {
		unsigned room;
		uint32_t four, six;
		const char *story;
	} rows[] = {
		{1500, 1500, 1500, "the usual room"},
		{1400, 1400, 1400, "a narrow one"},
		{1200, 1200, 1280, "too narrow for IPv6, which needs 1280"},
		{576, 576, 1280, "the narrowest"},
		{0, 576, 1280, "narrower than any"},
		{9000, 1500, 1500, "wider than Ethernet"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w, before;
		struct netfix_work work;
		struct netfix_system system;
		world_init(&w);
		w.values[0][NETFIX_MTU_4] = w.values[0][NETFIX_MTU_6] = 9000;
		before = w;
		system = system_of(&w);
		netfix_work_init(&work, &system, ONE, rows[i].room,
			(struct netfix_listener){world_tell, &w});
		netfix_work_apply(&work, LP_SECOND);
		if (w.values[0][NETFIX_MTU_4] != rows[i].four ||
			w.values[0][NETFIX_MTU_6] != rows[i].six)
			fail_msg("%s", rows[i].story);
		netfix_work_end(&work);
		assert_true(same_settings(&w, &before));
	}
}

static void a_failed_change_does_not_prevent_the_others(void **state)
{
	static const struct {
		enum netfix_item item;
		const char *warning;
		int at_once;
	} rows[] = {
		{NETFIX_FIREWALL_RULE, "firewall", 0},
		{NETFIX_ROUTER_DISCOVERY_6, "internet", 1},
		{NETFIX_DEFAULT_ROUTES_4, "internet", 1},
		{NETFIX_DEFAULT_ROUTES_6, "internet", 1},
		{NETFIX_METRIC_4, "wrong one", 0},
		{NETFIX_METRIC_6, "wrong one", 0},
		{NETFIX_MTU_4, "packet size", 0},
		{NETFIX_MTU_6, "packet size", 0},
		{NETFIX_BROADCAST_ROUTE, "broadcasts", 0},
		{NETFIX_MULTICAST_ROUTE, "broadcasts", 0},
		{NETFIX_CATEGORY, "Private", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w, before;
		struct netfix_work work;
		struct netfix_system system;
		world_init(&w);
		w.write_answer[rows[i].item] = NETFIX_REFUSED;
		before = w;
		begin(&work, &system, &w);
		assert_false(netfix_work_apply(&work, LP_SECOND));
		assert_int_equal(w.writes, NETFIX_ITEMS);
		assert_int_equal(w.warnings, rows[i].at_once);
		for (lp_time now = 2; now < 90; now++)
			netfix_work_apply(&work, now * LP_SECOND);
		if (w.warnings != 1 || !strstr(w.warned, rows[i].warning))
			fail_msg("%s: %d warnings, %s", netfix_item_name(rows[i].item), w.warnings,
				w.warned);
		netfix_work_end(&work);
		assert_true(same_settings(&w, &before));
		assert_int_equal(w.note_count, 0);
	}
}

static void a_failed_change_is_tried_again(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.there[0] = NETFIX_NOT_THERE; /* the adapter was restarted for its MAC address */
	/* Windows is still identifying the network */
	w.write_answer[NETFIX_CATEGORY] = NETFIX_REFUSED;
	begin(&work, &system, &w);
	for (lp_time now = 1; now < 15; now++)
		assert_false(netfix_work_apply(&work, now * LP_SECOND));
	w.there[0] = NETFIX_OK;
	for (lp_time now = 15; now < 40; now++)
		assert_false(netfix_work_apply(&work, now * LP_SECOND));
	w.write_answer[NETFIX_CATEGORY] = NETFIX_OK;
	assert_true(netfix_work_apply(&work, 40 * LP_SECOND));
	assert_changed(&w);
	assert_int_equal(w.warnings, 0);
}

static void missing_IPv4_is_reported_once_and_missing_IPv6_is_not(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.there[0] = NETFIX_NOT_THERE;
	begin(&work, &system, &w);
	for (lp_time now = 1; now < 90; now++)
		netfix_work_apply(&work, now * LP_SECOND);
	assert_int_equal(w.warnings, 1);
	assert_non_null(strstr(w.warned, "IPv4"));
	assert_int_equal(w.values[0][NETFIX_FIREWALL_RULE], 1);
}

static void an_adapter_without_IPv6_is_accepted(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.no_ipv6 = true;
	begin(&work, &system, &w);
	for (lp_time now = 1; now < 90; now++)
		netfix_work_apply(&work, now * LP_SECOND);
	assert_int_equal(w.warnings, 0);
	assert_int_equal(w.note_count, NETFIX_ITEMS - 4);
	assert_true(netfix_work_apply(&work, 90 * LP_SECOND));
}

static void missing_privileges_are_reported_in_one_sentence(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	for (int i = 0; i < NETFIX_ITEMS; i++)
		w.write_answer[i] = NETFIX_DENIED;
	begin(&work, &system, &w);
	for (lp_time now = 1; now < 90; now++)
		netfix_work_apply(&work, now * LP_SECOND);
	assert_int_equal(w.warnings, 1);
	assert_non_null(strstr(w.warned, "administrator"));
	assert_int_equal(w.writes, NETFIX_ITEMS);
}

static void a_setting_without_a_note_is_not_changed(void **state)
{
	struct world w, before;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	before = w;
	w.note_fails = true;
	begin(&work, &system, &w);
	for (lp_time now = 1; now < 90; now++)
		netfix_work_apply(&work, now * LP_SECOND);
	assert_int_equal(w.writes, 0);
	assert_true(same_settings(&w, &before));
	assert_int_equal(w.warnings, 1);
	assert_non_null(strstr(w.warned, "cannot store"));
}

static void netfix_waits_for_an_adapter_that_another_program_holds(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.locked_by_other = true;
	begin(&work, &system, &w);
	assert_false(netfix_work_apply(&work, LP_SECOND));
	assert_int_equal(w.warnings, 1); /* at once */
	for (lp_time now = 2; now < 90; now++)
		assert_false(netfix_work_apply(&work, now * LP_SECOND));
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.warnings, 1);
	assert_non_null(strstr(w.warned, "Another lanparty"));
	netfix_work_end(&work);
	assert_int_equal(w.steps, 0);
	w.locked_by_other = false;
	assert_true(netfix_work_apply(&work, 90 * LP_SECOND));
	assert_changed(&w);
}

static void each_network_is_made_private_once_when_it_appears(void **state)
{
	static const struct {
		int network;       /* the network that the adapter is in; 0: the medium is down */
		int made_public;   /* the network that a user made public since; 0: none */
		uint32_t expected; /* expected category after the next call */
		const char *story;
	} rows[] = {
		{0, 0, 0, "not yet there"},
		{0, 0, 0, "nor after minutes: no reason to warn"},
		{1, 0, NETFIX_PRIVATE, "there it is"},
		{1, 1, NETFIX_PUBLIC, "the player wants it public"},
		{1, 0, NETFIX_PUBLIC, "and is not overruled"},
		{0, 0, 0, "the relay was restarted"},
		{1, 0, NETFIX_PRIVATE, "a new stay in it begins as Windows' default"},
		{2, 0, NETFIX_PRIVATE, "identified as another one now"},
		{3, 0, 2, "a domain is no public network"},
	};
	struct world w, before;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.category[3] = 2;
	before = w;
	begin(&work, &system, &w);
	for (size_t i = 0; i < COUNT(rows); i++) {
		w.network = rows[i].network;
		if (rows[i].made_public)
			w.category[rows[i].made_public] = NETFIX_PUBLIC;
		if (!netfix_work_apply(&work, (i + 1) * 100 * LP_SECOND))
			fail_msg("%s: waits", rows[i].story);
		if (w.category[w.network] != rows[i].expected)
			fail_msg("%s", rows[i].story);
	}
	assert_int_equal(w.warnings, 0);
	netfix_work_end(&work);
	assert_true(same_settings(&w, &before));
	assert_int_equal(w.note_count, 0);
}

static void a_pipe_has_no_settings_to_change(void **state)
{
	static const char *const names[] = {"", "\\\\.\\pipe\\tap", "{no}"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct world w;
		struct netfix_work work;
		struct netfix_system system;
		world_init(&w);
		system = system_of(&w);
		netfix_work_init(
			&work, &system, names[i], 1400, (struct netfix_listener){world_tell, &w});
		assert_true(netfix_work_apply(&work, LP_SECOND));
		netfix_work_end(&work);
		assert_int_equal(w.steps, 0);
	}
}

static void each_warning_is_reported_once(void **state)
{
	struct world w;
	struct netfix_work work;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	begin(&work, &system, &w);
	for (int i = 0; i < 3; i++) {
		netfix_work_warn(&work, "one");
		netfix_work_warn(&work, "two");
	}
	assert_int_equal(w.warnings, 2);
	for (int i = 0; i < 3 * NETFIX_TOLD_MAX; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", i);
		netfix_work_warn(&work, text);
		netfix_work_warn(&work, text);
	}
	assert_int_equal(w.warnings, 2 + 3 * NETFIX_TOLD_MAX);
}

/* Waits up to three seconds for another thread. */
static bool comes_true(const int *value, int expected)
{
	for (int i = 0; i < 300 && *(volatile const int *)value != expected; i++)
		Sleep(10);
	return *(volatile const int *)value == expected;
}

static void the_thread_changes_watches_and_restores(void **state)
{
	static struct world w, before;
	struct netfix_system system;
	struct netfix *n;

	(void)state;
	world_init(&w);
	w.view.fingerprint = 4;
	before = w;
	system = system_of(&w);
	n = netfix_start_with(&system, ONE, 1400, 3000, (struct netfix_listener){world_tell, &w});
	assert_non_null(n);
	assert_changed(&w); /* before netfix_start returns */

	w.view.own = (struct netfix_prefix){0xc0a84d65, 24};
	SetEvent(w.event);
	assert_true(comes_true(&w.address_reports, 1));
	assert_string_equal(w.address, "192.168.77.101/24");
	netfix_set_room(n, 0x0a010203, 24); /* H6 */
	assert_true(comes_true((const int *)&w.values[0][NETFIX_ROOM_ADDRESS], 0x0a010203));
	netfix_set_room(n, 0, 0);
	assert_true(comes_true((const int *)&w.values[0][NETFIX_ROOM_ADDRESS], -1));
	w.view.other[0] = (struct netfix_prefix){0xc0a84d01, 24};
	w.view.others = 1;
	SetEvent(w.event);
	assert_true(comes_true(&w.warnings, 1));
	assert_non_null(strstr(w.warned, "192.168.77.0/24"));
	assert_int_equal(w.network_reports, 0);
	w.view.fingerprint = 5;
	SetEvent(w.event);
	assert_true(comes_true(&w.network_reports, 1));
	w.view.own.length = 0;
	SetEvent(w.event);
	assert_true(comes_true(&w.address_reports, 2));
	assert_string_equal(w.address, "");
	assert_int_equal(w.warnings, 1);

	netfix_stop(n);
	assert_true(same_settings(&w, &before));
	assert_int_equal(w.note_count, 0);
	assert_int_equal(w.closed, 1);
	assert_int_equal(w.network_reports, 1);
}

static void hanging_windows_calls_do_not_hang_the_program(void **state)
{
	static struct world w;
	struct netfix_system system;

	(void)state;
	world_init(&w);
	w.hang = CreateEventW(NULL, TRUE, FALSE, NULL);
	system = system_of(&w);
	w.view.own = (struct netfix_prefix){0xc0a84d65, 24};
	ULONGLONG start = GetTickCount64();
	struct netfix *n = netfix_start_with(
		&system, ONE, 1400, 300, (struct netfix_listener){world_tell, &w});
	assert_non_null(n);
	assert_int_equal(w.warnings, 1); /* the medium goes up without the protection */
	assert_non_null(strstr(w.warned, "internet"));
	netfix_stop(n);
	assert_in_range(GetTickCount64() - start, 550, 2500);
	assert_int_equal(w.closed, 0);
	SetEvent(w.hang); /* the thread continues, restores the settings, and reports to nobody */
	assert_true(comes_true(&w.closed, 1));
	assert_int_equal(w.note_count, 0);
	assert_int_equal(w.address_reports, 0);
	CloseHandle(w.hang);
	netfix_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_made_in_order_and_noted_first),
		cmocka_unit_test(correct_settings_are_left_alone),
		cmocka_unit_test(the_mtu_is_the_rooms_within_each_protocols_limits),
		cmocka_unit_test(a_failed_change_does_not_prevent_the_others),
		cmocka_unit_test(a_failed_change_is_tried_again),
		cmocka_unit_test(missing_IPv4_is_reported_once_and_missing_IPv6_is_not),
		cmocka_unit_test(an_adapter_without_IPv6_is_accepted),
		cmocka_unit_test(missing_privileges_are_reported_in_one_sentence),
		cmocka_unit_test(a_setting_without_a_note_is_not_changed),
		cmocka_unit_test(netfix_waits_for_an_adapter_that_another_program_holds),
		cmocka_unit_test(each_network_is_made_private_once_when_it_appears),
		cmocka_unit_test(a_pipe_has_no_settings_to_change),
		cmocka_unit_test(each_warning_is_reported_once),
		cmocka_unit_test(the_thread_changes_watches_and_restores),
		cmocka_unit_test(hanging_windows_calls_do_not_hang_the_program),
	};
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
