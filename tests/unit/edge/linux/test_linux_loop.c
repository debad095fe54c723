#include "lanparty/edge/linux/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#define SOON   (2 * LP_MILLISECOND)
#define LATE   (60 * LP_SECOND)       /* a test that waits for this one has failed */
#define EASILY (500 * LP_MILLISECOND) /* what a busy machine may take */

static int ready_fd(void)
{
	return eventfd(1, EFD_CLOEXEC);
}

static void it_wakes_at_the_deadline(void **state)
{
	(void)state;
	struct lp_waiter waiter;
	int ready;
	lp_waiter_open(&waiter);
	lp_time begin = lp_clock();
	for (int i = 0; i < 10; i++) {
		lp_time deadline = lp_clock() + SOON;
		assert_int_equal(lp_wait(&waiter, deadline, &ready, 1), 0);
		assert_true(lp_clock() >= deadline);
	}
	assert_true(lp_clock() - begin < 10 * SOON + EASILY);
	lp_waiter_close(&waiter);
}

static void a_deadline_that_has_passed_does_not_wait(void **state)
{
	(void)state;
	struct lp_waiter waiter;
	int ready;
	lp_waiter_open(&waiter);
	lp_time begin = lp_clock();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lp_wait(&waiter, 0, &ready, 1), 0);
		assert_int_equal(lp_wait(&waiter, begin, &ready, 1), 0);
	}
	assert_true(lp_clock() - begin < EASILY);
	lp_waiter_close(&waiter);
}

/* The timer stays where it was while the deadline moves away, as it does with each packet. */
static void a_deadline_that_moved_later_counts(void **state)
{
	(void)state;
	struct lp_waiter waiter;
	int ready, fd = ready_fd();
	lp_waiter_open(&waiter);
	assert_true(lp_waiter_add(&waiter, fd));
	lp_time begin = lp_clock();
	assert_int_equal(lp_wait(&waiter, begin + SOON, &ready, 1), 1);
	eventfd_t value;
	eventfd_read(fd, &value);
	assert_int_equal(lp_wait(&waiter, begin + 10 * SOON, &ready, 1), 0);
	assert_true(lp_clock() >= begin + 10 * SOON);
	lp_waiter_close(&waiter);
	close(fd);
}

static void a_deadline_that_moved_earlier_is_met(void **state)
{
	(void)state;
	struct lp_waiter waiter;
	int ready, fd = ready_fd();
	lp_waiter_open(&waiter);
	assert_true(lp_waiter_add(&waiter, fd));
	lp_time begin = lp_clock();
	assert_int_equal(lp_wait(&waiter, begin + LATE, &ready, 1), 1);
	assert_int_equal(ready, fd);
	eventfd_t value;
	eventfd_read(fd, &value);
	assert_int_equal(lp_wait(&waiter, begin + SOON, &ready, 1), 0);
	assert_true(lp_clock() >= begin + SOON && lp_clock() < begin + SOON + EASILY);
	lp_waiter_close(&waiter);
}

static void a_readable_descriptor_wakes_the_loop(void **state)
{
	(void)state;
	struct lp_waiter waiter;
	int ready[3] = {-1, -1, -1}, fds[3] = {ready_fd(), ready_fd(), eventfd(0, EFD_CLOEXEC)};
	lp_waiter_open(&waiter);
	for (size_t i = 0; i < 3; i++)
		assert_true(lp_waiter_add(&waiter, fds[i]));
	assert_false(lp_waiter_add(&waiter, -1));
	/* The timer has gone off as well: it takes no place of theirs. */
	lp_time passed = lp_clock() - SOON;
	assert_int_equal(lp_wait(&waiter, passed, ready, 2), 2);
	assert_true((ready[0] == fds[0] && ready[1] == fds[1]) ||
		    (ready[0] == fds[1] && ready[1] == fds[0]));
	assert_int_equal(lp_wait(&waiter, LP_NEVER, ready, 1), 1);
	close(fds[0]); /* leaves by itself */
	assert_int_equal(lp_wait(&waiter, LP_NEVER, ready, 3), 1);
	assert_int_equal(ready[0], fds[1]);
	lp_waiter_close(&waiter);
	assert_false(lp_waiter_add(&waiter, fds[1]));
	close(fds[1]);
	close(fds[2]);
}

static void signals_are_readable(void **state)
{
	(void)state;
	static const int wanted[] = {SIGUSR1, SIGUSR2, 0};
	struct lp_waiter waiter;
	int ready, fd = lp_signals_open(wanted);
	lp_waiter_open(&waiter);
	assert_true(lp_waiter_add(&waiter, fd));
	assert_int_equal(lp_signals_next(fd), 0);
	kill(getpid(), SIGUSR2);
	assert_int_equal(lp_wait(&waiter, lp_clock() + LATE, &ready, 1), 1);
	assert_int_equal(ready, fd);
	assert_int_equal(lp_signals_next(fd), SIGUSR2);
	assert_int_equal(lp_signals_next(fd), 0);
	lp_waiter_close(&waiter);
	close(fd);
}

static void K2_a_signal_that_nohup_ignores_is_known(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_true(lp_signal_is_ignored(SIGHUP));
	signal(SIGHUP, SIG_DFL);
	assert_false(lp_signal_is_ignored(SIGHUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_wakes_at_the_deadline),
		cmocka_unit_test(a_deadline_that_has_passed_does_not_wait),
		cmocka_unit_test(a_deadline_that_moved_later_counts),
		cmocka_unit_test(a_deadline_that_moved_earlier_is_met),
		cmocka_unit_test(a_readable_descriptor_wakes_the_loop),
		cmocka_unit_test(signals_are_readable),
		cmocka_unit_test(K2_a_signal_that_nohup_ignores_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
