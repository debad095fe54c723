/* Rows H3, H4: the relay's commands, through its real control socket and thread. */
#include "control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "linux_log.h"
#include "lanparty/edge/log.h"
#include "snapshot.h"
#include "temporary.h"

#define WORKERS 3

/* ---- the workers, by the linker's --wrap */

static struct ask asked[2 * WORKERS];
static size_t asked_of[2 * WORKERS], count;
static size_t silent;        /* this worker does not answer; WORKERS: all do */
static bool good, no_memory; /* what they answer */
static enum lp_acted acted;

bool __wrap_workers_ask(struct workers *w, size_t worker, struct ask *ask);
bool __wrap_workers_ask(struct workers *w, size_t worker, struct ask *ask)
{
	(void)w;
	if (count == 2 * WORKERS)
		abort(); /* not this thread's assertion */
	asked_of[count] = worker;
	asked[count].kind = ask->kind;
	asked[count].room = ask->room;
	asked[count].act = ask->act;
	asked[count++].on = ask->on;
	ask->good = good;
	ask->acted = acted;
	if (ask->kind == ASK_SNAPSHOT && !no_memory && worker != silent)
		ask->snapshot = calloc(1, sizeof(*ask->snapshot));
	return worker != silent;
}

size_t __wrap_workers_count(const struct workers *w);
size_t __wrap_workers_count(const struct workers *w)
{
	(void)w;
	return WORKERS;
}

size_t __wrap_workers_of_room(const struct workers *w, uint32_t room);
size_t __wrap_workers_of_room(const struct workers *w, uint32_t room)
{
	(void)w;
	return room % WORKERS;
}

/* ---- the socket */

static const struct lp_local_name name = {"relay", "relay"};
static char folder[TEMPORARY_PATH];
static struct control control;

static int start(void **state)
{
	static const struct control closed = CONTROL_CLOSED;
	(void)state;
	control = closed;
	count = 0;
	silent = WORKERS;
	good = true;
	no_memory = false;
	acted = LP_ACTED_DONE;
	if (!temporary_folder(folder) || setenv("RUNTIME_DIRECTORY", folder, 1) != 0)
		return 1;
	catch_log();
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	control_open(&control);
	control_start(&control, NULL, true);
	return !control.running;
}

static int stop(void **state)
{
	(void)state;
	control_close(&control);
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	release_log();
	return rmdir(folder);
}

/* True if the answer to this command has that text. */
static bool says(const char *command, const char *argument, const char *text)
{
	char request[256], *answer = NULL;
	snprintf(request, sizeof(request), "{\"command\":\"%s\",\"argument\":\"%s\"}", command,
		argument);
	count = 0;
	assert_int_equal(lp_local_ask(&name, request, &answer), LP_EXIT_OK);
	bool found = strstr(answer, text);
	if (!found)
		print_error("%s\n", answer);
	free(answer);
	return found;
}

#define DONE "{\"result\":\"done\"}"

static void what_makes_no_sense_is_answered(void **state)
{
	(void)state;
	char *answer = NULL;
	assert_true(says("explode", "", "{\"error\":\"there is no such command\"}"));
	assert_int_equal(lp_local_ask(&name, "{\"command\":\"reload\"}", &answer), LP_EXIT_OK);
	assert_string_equal(answer, "{\"error\":\"the request makes no sense\"}");
	free(answer);
	assert_int_equal(count, 0);
}

static void reload_is_what_the_first_worker_does(void **state)
{
	(void)state;
	assert_true(says("reload", "", DONE));
	assert_int_equal(count, 1);
	assert_int_equal(asked_of[0], 0);
	assert_int_equal(asked[0].kind, ASK_RELOAD);
	good = false;
	assert_true(says("reload", "", "{\"error\":\"something could not be read"));
	good = true;
	silent = 0;
	assert_true(says("reload", "", "{\"error\":\"a part of the relay does not answer"));
}

static void each_change_of_the_level_has_a_line_and_reaches_all_workers(void **state)
{
	(void)state;
	static const struct {
		const char *level, *line;
	} rows[] = {
		{"frame", "level=info event=log_level level=frame"},
		{"debug", "level=info event=log_level level=debug"},
		{"warning", "level=info event=log_level level=warning"},
		{"error", "level=warning event=log_level level=error"},
		{"warning", "level=warning event=log_level level=warning"},
		{"error", "level=warning event=log_level level=error"},
		{"info", "level=info event=log_level level=info"},
		{"error", "level=info event=log_level level=error"},
		{"error", "level=error event=log_level level=error"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum lp_log_level level;
		logged[0] = '\0';
		assert_true(says("log-level", rows[i].level, DONE));
		assert_int_equal(times_logged(rows[i].line), 1);
		assert_int_equal(times_logged("event="), 1);
		assert_true(lp_log_level_parse(rows[i].level, &level));
		assert_true(lp_log_on(level));
		assert_false(level < LP_LOG_FRAME && lp_log_on((enum lp_log_level)(level + 1)));
		assert_int_equal(count, WORKERS);
		for (size_t k = 0; k < WORKERS; k++) {
			assert_int_equal(asked_of[k], k);
			assert_int_equal(asked[k].kind, ASK_TRACE);
			assert_int_equal(asked[k].on, level == LP_LOG_FRAME);
		}
	}
}

static void a_level_that_not_all_workers_take_changes_nothing(void **state)
{
	(void)state;
	silent = 1;
	assert_true(says("log-level", "debug", "{\"error\":\"a part of the relay"));
	assert_int_equal(count, 2);
	assert_false(lp_log_on(LP_LOG_DEBUG));
	assert_true(says("log-level", "loud", "{\"error\":\"which level? "));
	assert_int_equal(count, 0);
	assert_string_equal(logged, "");
}

static void a_member_is_removed_by_its_rooms_worker(void **state)
{
	(void)state;
	assert_true(says("kick", "7/65535", DONE));
	assert_int_equal(asked_of[0], 7 % WORKERS);
	assert_int_equal(asked[0].kind, ASK_ACT);
	assert_int_equal(asked[0].room, 7);
	assert_int_equal(asked[0].act.act, LP_ACT_KICK);
	assert_int_equal(asked[0].act.peer, 65535);
	assert_int_equal(times_logged("event=operator_act act=kick room=7 peer=65535"), 1);
	assert_true(says("ban", "4294967295/1", DONE));
	assert_int_equal(asked[0].act.act, LP_ACT_BAN);
	assert_true(asked[0].room == UINT32_MAX);
	acted = LP_ACTED_NOT_KEPT; /* it is done all the same */
	assert_true(says("ban", "1/1", "{\"result\":\"done, but"));
	assert_int_equal(times_logged("event=operator_act"), 3);
}

static void a_member_that_is_not_removed_is_told(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"", "7", "7/", "/1", "0/1", "7/0", "7/65536", "4294967296/1", "7/1x", "x/1", "7 1"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(says("kick", wrong[i], "{\"error\":\"which member? "));
		assert_int_equal(count, 0);
	}
	acted = LP_ACTED_NO_MEMBER;
	assert_true(says("kick", "7/1", "{\"error\":\"no such member"));
	acted = LP_ACTED_DONE;
	silent = 1;
	assert_true(says("kick", "7/1", "{\"error\":\"a part of the relay"));
	assert_string_equal(logged, "");
}

static void status_needs_all_workers(void **state)
{
	(void)state;
	assert_true(says("status", "json", "{\"program\":"));
	assert_int_equal(count, WORKERS);
	assert_true(says("rooms", "", "{\"result\":\""));
	silent = 2;
	assert_true(says("status", "", "{\"error\":\"a part of the relay"));
	assert_int_equal(count, WORKERS);
	silent = WORKERS;
	no_memory = true;
	assert_true(says("status", "", "{\"error\":\"a part of the relay"));
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_answered, start, stop),
		cmocka_unit_test_setup_teardown(reload_is_what_the_first_worker_does, start, stop),
		cmocka_unit_test_setup_teardown(
			each_change_of_the_level_has_a_line_and_reaches_all_workers, start, stop),
		cmocka_unit_test_setup_teardown(
			a_level_that_not_all_workers_take_changes_nothing, start, stop),
		cmocka_unit_test_setup_teardown(
			a_member_is_removed_by_its_rooms_worker, start, stop),
		cmocka_unit_test_setup_teardown(a_member_that_is_not_removed_is_told, start, stop),
		cmocka_unit_test_setup_teardown(status_needs_all_workers, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
