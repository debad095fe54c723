#include "lanparty/edge/windows/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define QUESTIONS 64

static size_t answers, found_count;

static void take(void *context, const struct lp_addresses *found)
{
	(void)context;
	answers++;
	found_count += found->count;
}

static void wait_for(HANDLE loop, size_t count)
{
	lp_time deadline = lp_clock() + 20 * LP_SECOND;
	while (answers < count && lp_clock() < deadline)
		lp_loop_wait(loop, deadline);
}

static void each_look_up_is_answered_once(void **state)
{
	(void)state;
	HANDLE loop = lp_loop_open();
	answers = found_count = 0;
	for (size_t i = 0; i < QUESTIONS; i++)
		assert_non_null(lp_resolve(loop, "127.0.0.1", 443, take, NULL));
	wait_for(loop, QUESTIONS);
	assert_int_equal(answers, QUESTIONS);
	assert_int_equal(found_count, QUESTIONS);
	lp_loop_close(loop);
}

static void a_cancelled_look_up_is_never_answered(void **state)
{
	(void)state;
	HANDLE loop = lp_loop_open();
	answers = 0;
	for (DWORD i = 0; i < QUESTIONS; i++) {
		struct lp_resolve *r = lp_resolve(loop, "127.0.0.1", 443, take, NULL);
		assert_non_null(r);
		Sleep(i % 4); /* before the answer, or with the answer on its way */
		lp_resolve_forget(r);
	}
	assert_non_null(lp_resolve(loop, "::1", 443, take, NULL));
	wait_for(loop, 1);
	lp_loop_wait(loop, lp_clock() + 50 * LP_MILLISECOND);
	assert_int_equal(answers, 1);
	lp_loop_close(loop);
}

int main(void)
{
	WSADATA winsock;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_look_up_is_answered_once),
		cmocka_unit_test(a_cancelled_look_up_is_never_answered),
	};
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
