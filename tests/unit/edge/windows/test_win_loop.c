#include "lanparty/edge/windows/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define MANY 200

struct counted {
	struct lp_io io; /* first */
	size_t calls;
	DWORD error, bytes;
};

static void count(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct counted *c = (struct counted *)io;
	c->calls++;
	c->error = error;
	c->bytes = bytes;
}

#define TRIES 10 /* a busy computer stops between two looks at a clock, but not each time */

static bool clocks_agree(void)
{
	lp_time begin = lp_clock();
	ULONGLONG other = GetTickCount64();
	Sleep(200);
	lp_time passed = (lp_clock() - begin) / LP_MILLISECOND;
	ULONGLONG expected = GetTickCount64() - other;
	return passed + 50 >= expected && passed <= expected + 50;
}

static void the_clock_runs_as_fast_as_that_of_windows(void **state)
{
	(void)state;
	bool agree = false;
	for (int i = 0; i < TRIES && !agree; i++)
		agree = clocks_agree();
	assert_true(agree);
}

/* Ten waits of 2.1 to 3 ms. Returns how long they took. */
static lp_time wait_ten_times(HANDLE loop)
{
	lp_time begin = lp_clock();
	for (lp_time i = 1; i <= 10; i++) {
		lp_time deadline = lp_clock() + 2 * LP_MILLISECOND + i * 100000;
		assert_int_equal(lp_loop_wait(loop, deadline), 0);
		assert_true(lp_clock() + LP_MILLISECOND >= deadline);
	}
	return lp_clock() - begin;
}

/* With Windows' usual 64 ticks a second, ten waits would take 160 ms. */
static void it_wakes_at_the_deadline(void **state)
{
	(void)state;
	HANDLE loop = lp_loop_open();
	lp_time took = LP_NEVER;
	for (int i = 0; i < TRIES && took > 100 * LP_MILLISECOND; i++) {
		took = wait_ten_times(loop);
		assert_true(took >= 20 * LP_MILLISECOND);
	}
	assert_true(took <= 100 * LP_MILLISECOND);
	lp_time begin = lp_clock();
	for (int i = 0; i < 10; i++) /* less than the millisecond it counts in: not at once */
		lp_loop_wait(loop, lp_clock() + LP_MILLISECOND / 2);
	assert_true(lp_clock() - begin > 4 * LP_MILLISECOND);
	took = LP_NEVER;
	for (int i = 0; i < TRIES && took >= 20 * LP_MILLISECOND; i++) {
		begin = lp_clock();
		assert_int_equal(lp_loop_wait(loop, 0), 0);
		took = lp_clock() - begin;
	}
	assert_true(took < 20 * LP_MILLISECOND);
	lp_loop_close(loop);
}

static DWORD WINAPI post_later(void *context)
{
	HANDLE *both = context;
	Sleep(50);
	lp_loop_post(both[0], (struct lp_io *)both[1], 7);
	return 0;
}

static void another_thread_wakes_it(void **state)
{
	(void)state;
	struct counted c = {.io.done = count, .error = 1};
	c.io.overlapped.Internal =
		0xc0000120; /* what an operation before may have left: cancelled */
	HANDLE both[] = {lp_loop_open(), (HANDLE)&c.io};
	HANDLE thread = CreateThread(NULL, 0, post_later, both, 0, NULL);
	assert_int_equal(lp_loop_wait(both[0], LP_NEVER), 1);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.error, 0);
	assert_int_equal(c.bytes, 7);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	lp_loop_close(both[0]);
}

static void a_batch_is_bounded_and_nothing_is_lost(void **state)
{
	(void)state;
	static struct counted many[MANY];
	HANDLE loop = lp_loop_open();
	size_t total = 0, most = 0, got;
	for (DWORD i = 0; i < MANY; i++) {
		many[i] = (struct counted){.io.done = count};
		assert_true(lp_loop_post(loop, &many[i].io, i));
	}
	while ((got = lp_loop_wait(loop, 0)) > 0) {
		total += got;
		most = got > most ? got : most;
	}
	assert_int_equal(total, MANY);
	assert_int_equal(most, 64);
	for (DWORD i = 0; i < MANY; i++) {
		assert_int_equal(many[i].calls, 1);
		assert_int_equal(many[i].bytes, i);
	}
	lp_loop_close(loop);
}

static void a_failed_operation_reports_its_error(void **state)
{
	(void)state;
	static const wchar_t name[] = L"\\\\.\\pipe\\test-loop";
	struct counted c = {.io.done = count};
	char bytes[16];
	HANDLE loop = lp_loop_open();
	HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
		PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, NULL);
	HANDLE client =
		CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(client != INVALID_HANDLE_VALUE);
	assert_true(lp_loop_add(loop, server));

	assert_false(ReadFile(server, bytes, sizeof(bytes), NULL, &c.io.overlapped));
	CancelIoEx(server, &c.io.overlapped);
	assert_int_equal(lp_loop_wait(loop, LP_NEVER), 1);
	assert_int_equal(c.error, ERROR_OPERATION_ABORTED);

	DWORD written;
	c.io.overlapped = (OVERLAPPED){0};
	assert_false(ReadFile(server, bytes, sizeof(bytes), NULL, &c.io.overlapped));
	assert_true(WriteFile(client, "five", 5, &written, NULL));
	assert_int_equal(lp_loop_wait(loop, LP_NEVER), 1);
	assert_int_equal(c.error, 0);
	assert_int_equal(c.bytes, 5);

	c.io.overlapped = (OVERLAPPED){0};
	assert_false(ReadFile(server, bytes, sizeof(bytes), NULL, &c.io.overlapped));
	CloseHandle(client);
	assert_int_equal(lp_loop_wait(loop, LP_NEVER), 1);
	assert_int_equal(c.error, ERROR_BROKEN_PIPE);
	CloseHandle(server);
	lp_loop_close(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_runs_as_fast_as_that_of_windows),
		cmocka_unit_test(it_wakes_at_the_deadline),
		cmocka_unit_test(another_thread_wakes_it),
		cmocka_unit_test(a_batch_is_bounded_and_nothing_is_lost),
		cmocka_unit_test(a_failed_operation_reports_its_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
