/* Rows H3, H4: what a member's program does for commands, over a real control socket; and one act of a program
 * that joins the room for a moment. */
#include "lanparty/peer/linux/acts.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/peer/linux/once.h"
#include "linux_log.h"
#include "temporary.h"

/* ---- the link, by the linker's --wrap */

static size_t found;            /* members of that name */
static struct lp_host_act sent; /* the last act; id 0: none */
static const char *refusal;     /* why the link does not ask */
static unsigned leaves;

size_t __wrap_lp_link_find(const struct lp_link *l, const char *text, uint16_t *ret_peer);
size_t __wrap_lp_link_find(const struct lp_link *l, const char *text, uint16_t *ret_peer)
{
	(void)l;
	assert_string_equal(text, "zoe");
	*ret_peer = 7;
	return found;
}

const char *__wrap_lp_link_act(struct lp_link *l, const struct lp_host_act *act);
const char *__wrap_lp_link_act(struct lp_link *l, const struct lp_host_act *act)
{
	(void)l;
	sent = *act;
	return refusal;
}

void __wrap_lp_link_leave(struct lp_link *l, lp_time now);
void __wrap_lp_link_leave(struct lp_link *l, lp_time now)
{
	(void)l;
	(void)now;
	leaves++;
}

static int reset(void **state)
{
	(void)state;
	found = 1;
	sent = (struct lp_host_act){0};
	refusal = NULL;
	leaves = 0;
	return 0;
}

/* ---- what is asked of the relay */

static const char *asks(const char *word, const char *argument)
{
	char text[64];
	snprintf(text, sizeof(text), "%s", argument);
	sent = (struct lp_host_act){0};
	return lp_act_ask(NULL, 9, word, text);
}

static void an_act_names_its_member_or_none(void **state)
{
	(void)state;
	static const struct {
		const char *word, *argument;
		enum lp_act act;
		uint16_t peer;
		const char *name;
	} rows[] = {
		{"lock", "", LP_ACT_LOCK, 0, ""},
		{"unlock", "", LP_ACT_UNLOCK, 0, ""},
		{"kick", "zoe", LP_ACT_KICK, 7, "zoe"},
		{"ban", "zoe", LP_ACT_BAN, 7, "zoe"},
		{"unban", "anna", LP_ACT_UNBAN, 0, "anna"},
		{"rename", "zoe=Zoë", LP_ACT_RENAME, 7, "Zoë"},
		{"isolate", "", LP_ACT_ISOLATE, 0, ""},
		{"unisolate", "", LP_ACT_UNISOLATE, 0, ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(asks(rows[i].word, rows[i].argument));
		assert_int_equal(sent.id, 9);
		assert_int_equal(sent.act, rows[i].act);
		assert_int_equal(sent.peer, rows[i].peer);
		assert_string_equal(sent.name, rows[i].name);
	}
}

static void what_makes_no_sense_is_not_asked(void **state)
{
	(void)state;
	assert_string_equal(asks("none", ""), "there is no such command");
	assert_string_equal(asks("explode", ""), "there is no such command");
	assert_string_equal(asks("rename", "zoe"), "which name? Give MEMBER=NAME");
	assert_string_equal(asks("rename", "zoe="), "which name? Give MEMBER=NAME");
	found = 0;
	assert_string_equal(asks("kick", "zoe"), "no such member is in the room");
	found = 2;
	assert_non_null(strstr(asks("ban", "zoe"), "several members have this name"));
	assert_int_equal(sent.id, 0);
	found = 1;
	refusal = "not now";
	assert_string_equal(asks("kick", "zoe"), "not now");
}

/* ---- the control socket */

static const struct lp_local_name name = {"client", "lp0"};
static char folder[TEMPORARY_PATH];

struct asker {
	pthread_t thread;
	const char *request;
	char *answer;
};

static void *ask(void *argument)
{
	struct asker *a = argument;
	lp_local_ask(&name, a->request, &a->answer);
	return NULL;
}

struct program {
	struct lp_local local;
	struct lp_acts acts;
};

static int start(void **state)
{
	static struct program program;
	reset(state);
	if (!temporary_folder(folder) || setenv("RUNTIME_DIRECTORY", folder, 1) != 0)
		return 1;
	lp_local_open(&program.local, &name);
	program.acts = (struct lp_acts){.local = &program.local};
	*state = &program;
	catch_log();
	return lp_local_fd(&program.local) < 0;
}

static int stop(void **state)
{
	struct program *p = *state;
	release_log();
	lp_local_close(&p->local);
	return rmdir(folder);
}

static void begin(struct asker *a, const char *request)
{
	*a = (struct asker){.request = request};
	assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void expect(struct asker *a, const char *answer)
{
	assert_int_equal(pthread_join(a->thread, NULL), 0);
	assert_non_null(a->answer);
	assert_string_equal(a->answer, answer);
	free(a->answer);
}

/* Until somebody waits for the relay, or nothing comes. */
static void read_requests(struct program *p, int wait_ms)
{
	struct pollfd ready = {.fd = lp_local_fd(&p->local), .events = POLLIN};
	uint64_t before = p->acts.last_id;
	while (p->acts.last_id == before && poll(&ready, 1, wait_ms) > 0)
		lp_acts_read(&p->acts, NULL, 0);
}

static void tell(struct program *p, uint64_t id, enum lp_acted acted)
{
	const struct lp_tunnel_action action = {
		.kind = LP_TUNNEL_ACTED, .done = {.id = id, .acted = acted}};
	lp_acts_told(&p->acts, &action);
}

static void H3_each_command_gets_the_relays_answer_to_it(void **state)
{
	struct program *p = *state;
	struct asker lock, kick;
	begin(&lock, "{\"command\":\"lock\",\"argument\":\"\"}");
	read_requests(p, 5000);
	begin(&kick, "{\"command\":\"kick\",\"argument\":\"zoe\"}");
	read_requests(p, 5000);
	assert_int_equal(p->acts.last_id, 2);
	tell(p, 3, LP_ACTED_DONE); /* of nobody */
	tell(p, 2, LP_ACTED_NO_MEMBER);
	tell(p, 1, LP_ACTED_NOT_KEPT);
	expect(&kick, "{\"error\":\"no such member is in the room\"}");
	assert_int_equal(pthread_join(lock.thread, NULL), 0);
	assert_non_null(strstr(lock.answer, "{\"result\":\"done, but it ends"));
	free(lock.answer);
	tell(p, 1, LP_ACTED_DONE); /* once more: nobody waits */
}

static void H3_the_loss_of_the_relay_is_an_answer(void **state)
{
	struct program *p = *state;
	struct asker lock;
	const struct lp_tunnel_action lost = {.kind = LP_TUNNEL_DISCONNECTED},
				      other = {.kind = LP_TUNNEL_PEER_JOINED};
	begin(&lock, "{\"command\":\"lock\",\"argument\":\"\"}");
	read_requests(p, 5000);
	lp_acts_told(&p->acts, &other);
	assert_int_equal(p->acts.waiting[0].id, 1);
	lp_acts_told(&p->acts, &lost);
	assert_int_equal(p->acts.waiting[0].id, 0);
	expect(&lock, "{\"error\":\"the relay was lost before it answered\"}");
}

static void H4_leave_is_answered_at_the_end(void **state)
{
	struct program *p = *state;
	struct asker leave;
	begin(&leave, "{\"command\":\"leave\",\"argument\":\"\"}");
	assert_false(p->acts.leaves);
	struct pollfd ready = {.fd = lp_local_fd(&p->local), .events = POLLIN};
	while (!p->acts.leaves && poll(&ready, 1, 5000) > 0)
		lp_acts_read(&p->acts, NULL, 0);
	assert_true(p->acts.leaves);
	assert_int_equal(sent.id, 0);
	lp_acts_end(&p->acts);
	expect(&leave, "{\"result\":\"left the room\"}");
}

static void a_request_without_sense_is_answered(void **state)
{
	struct program *p = *state;
	static const char *const requests[] = {"{\"command\":\"lock\"}", "{\"argument\":\"\"}"};
	for (size_t i = 0; i < 2; i++) {
		struct asker a;
		begin(&a, requests[i]);
		read_requests(p, 300);
		expect(&a, "{\"error\":\"the request makes no sense\"}");
	}
	assert_int_equal(p->acts.last_id, 0);
}

/* ---- once */

static struct lp_once once_for(const char *word, char *argument)
{
	struct lp_once once = {.word = word, .argument = argument};
	lp_once_begin(&once, LP_SECOND);
	return once;
}

static void tell_once(struct lp_once *once, enum lp_tunnel_kind kind, lp_time now)
{
	struct lp_tunnel_action action = {.kind = kind, .text = "nobody answers"};
	lp_once_told(once, &action, now);
}

static void acted_once(struct lp_once *once, enum lp_acted acted, lp_time now)
{
	const struct lp_tunnel_action action = {
		.kind = LP_TUNNEL_ACTED, .done = {.id = 1, .acted = acted}};
	lp_once_told(once, &action, now);
}

static void the_relay_is_asked_a_second_after_the_join(void **state)
{
	(void)state;
	char argument[] = "zoe";
	struct lp_once once = once_for("kick", argument);
	lp_once_on_time(&once, NULL, 2 * LP_SECOND);
	assert_int_equal(sent.id, 0);
	tell_once(&once, LP_TUNNEL_JOINED, 3 * LP_SECOND);
	lp_once_on_time(&once, NULL, 4 * LP_SECOND - 1);
	assert_int_equal(sent.id, 0);
	lp_once_on_time(&once, NULL, 4 * LP_SECOND);
	assert_int_equal(sent.act, LP_ACT_KICK);
	assert_int_equal(sent.peer, 7);
	acted_once(&once, LP_ACTED_DONE, 5 * LP_SECOND);
	assert_true(once.over);
	assert_int_equal(once.code, LP_EXIT_OK);
	assert_int_equal(leaves, 0);
	lp_once_on_time(&once, NULL, 5 * LP_SECOND);
	assert_int_equal(leaves, 1);
	assert_true(once.at == LP_NEVER);
}

static void what_the_relay_refuses_has_its_own_exit_code(void **state)
{
	(void)state;
	char none[] = "";
	struct lp_once once = once_for("lock", none);
	tell_once(&once, LP_TUNNEL_JOINED, 2 * LP_SECOND);
	lp_once_on_time(&once, NULL, 3 * LP_SECOND);
	acted_once(&once, LP_ACTED_FULL, 4 * LP_SECOND);
	assert_int_equal(once.code, LP_EXIT_REFUSED);
	tell_once(&once, LP_TUNNEL_DISCONNECTED, 5 * LP_SECOND); /* it changes nothing */
	assert_int_equal(once.code, LP_EXIT_REFUSED);
	once = once_for("explode", none);
	tell_once(&once, LP_TUNNEL_JOINED, 2 * LP_SECOND);
	lp_once_on_time(&once, NULL, 3 * LP_SECOND);
	assert_true(once.over);
	assert_int_equal(once.code, LP_EXIT_REFUSED);
}

static void a_relay_that_does_not_answer_is_given_up(void **state)
{
	(void)state;
	char none[] = "";
	for (int joined = 0; joined < 2; joined++) {
		struct lp_once once = once_for("lock", none);
		lp_time last = LP_SECOND;
		logged[0] = '\0';
		leaves = 0;
		tell_once(&once, LP_TUNNEL_DISCONNECTED, 2 * LP_SECOND);
		assert_false(once.over); /* it tries again */
		if (joined) {
			last = 4 * LP_SECOND;
			tell_once(&once, LP_TUNNEL_JOINED, 3 * LP_SECOND);
			lp_once_on_time(&once, NULL, last);
		}
		lp_once_on_time(&once, NULL, last + LP_LOCAL_SECONDS * LP_SECOND - 1);
		assert_false(once.over);
		lp_once_on_time(&once, NULL, last + LP_LOCAL_SECONDS * LP_SECOND);
		assert_true(once.over);
		assert_int_equal(once.code, LP_EXIT_UNAVAILABLE);
		assert_int_equal(leaves, 1);
		assert_non_null(
			strstr(logged, joined ? "does not answer in time" : "nobody answers"));
	}
}

static void a_loss_after_the_join_ends_it(void **state)
{
	(void)state;
	char none[] = "";
	struct lp_once once = once_for("lock", none);
	tell_once(&once, LP_TUNNEL_JOINED, 2 * LP_SECOND);
	tell_once(&once, LP_TUNNEL_DISCONNECTED, 3 * LP_SECOND);
	assert_true(once.over);
	assert_int_equal(once.code, LP_EXIT_UNAVAILABLE);
}

static int begin_log(void **state)
{
	catch_log();
	return reset(state);
}

static int end_log(void **state)
{
	(void)state;
	release_log();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_act_names_its_member_or_none, reset),
		cmocka_unit_test_setup(what_makes_no_sense_is_not_asked, reset),
		cmocka_unit_test_setup_teardown(
			H3_each_command_gets_the_relays_answer_to_it, start, stop),
		cmocka_unit_test_setup_teardown(H3_the_loss_of_the_relay_is_an_answer, start, stop),
		cmocka_unit_test_setup_teardown(H4_leave_is_answered_at_the_end, start, stop),
		cmocka_unit_test_setup_teardown(a_request_without_sense_is_answered, start, stop),
		cmocka_unit_test_setup_teardown(
			the_relay_is_asked_a_second_after_the_join, begin_log, end_log),
		cmocka_unit_test_setup_teardown(
			what_the_relay_refuses_has_its_own_exit_code, begin_log, end_log),
		cmocka_unit_test_setup_teardown(
			a_relay_that_does_not_answer_is_given_up, begin_log, end_log),
		cmocka_unit_test_setup_teardown(a_loss_after_the_join_ends_it, begin_log, end_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
