/* The control socket of a program (row H3). */
#include "lanparty/edge/linux/local.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <poll.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

static char folder[TEMPORARY_PATH], path[TEMPORARY_PATH + 20];

static int make_folder(void **state)
{
	(void)state;
	return !temporary_folder(folder) || setenv("RUNTIME_DIRECTORY", folder, 1) != 0 ||
	       snprintf(path, sizeof(path), "%s/gateway.control", folder) < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	remove(path);
	return rmdir(folder);
}

static int wait_for(struct lp_local *l, const char **ret_line)
{
	int who;
	struct pollfd poll_fd = {.fd = lp_local_fd(l), .events = POLLIN};
	while ((who = lp_local_next(l, ret_line)) < 0)
		assert_true(poll(&poll_fd, 1, 10000) > 0);
	return who;
}

static void *ask(void *answer)
{
	enum lp_exit code = lp_local_ask("gateway", "{\"command\":\"lock\"}", answer);
	return code == LP_EXIT_OK ? answer : NULL;
}

static void H3_a_request_is_answered(void **state)
{
	(void)state;
	struct lp_local l;
	struct stat st;
	pthread_t thread;
	char answer[LP_LOCAL_LINE + 1];
	const char *line;
	void *result;
	lp_local_open(&l, "gateway");
	assert_true(lp_local_fd(&l) >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pthread_create(&thread, NULL, ask, answer), 0);
	int who = wait_for(&l, &line);
	assert_string_equal(line, "{\"command\":\"lock\"}");
	lp_local_answer(&l, who, "{\"result\":\"done\"}");
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	assert_string_equal(answer, "{\"result\":\"done\"}");
	lp_local_close(&l);
	assert_int_not_equal(stat(path, &st), 0);
}

static int connect_one(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Silent ones, long ones, and ones that leave. */
static void H3_bad_clients_disturb_nobody(void **state)
{
	(void)state;
	struct lp_local l;
	const char *line;
	char text[3000], byte;
	int fds[3 * LP_LOCAL_CLIENTS];
	memset(text, 'x', sizeof(text));
	lp_local_open(&l, "gateway");
	for (size_t i = 0; i < 3 * LP_LOCAL_CLIENTS; i++) {
		fds[i] = connect_one();
		if (i % 3 == 1)
			assert_int_equal(send(fds[i], text, sizeof(text), 0), sizeof(text));
		else if (i % 3 == 2)
			close(fds[i]);
		assert_int_equal(lp_local_next(&l, &line), -1);
	}
	int fd = connect_one();
	assert_int_equal(send(fd, "{", 1, 0), 1);
	assert_int_equal(lp_local_next(&l, &line), -1);
	assert_int_equal(send(fd, "}\n", 2, 0), 2);
	int who = wait_for(&l, &line);
	assert_string_equal(line, "{}");
	assert_int_equal(lp_local_next(&l, &line), -1); /* once */
	lp_local_answer(&l, who, "");
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	lp_local_answer(&l, who, ""); /* it has gone */
	close(fd);
	for (size_t i = 0; i < 3 * LP_LOCAL_CLIENTS; i++)
		if (i % 3 != 2)
			close(fds[i]);
	lp_local_close(&l);
}

static void H3_a_socket_that_is_left_is_replaced_and_a_live_one_is_not(void **state)
{
	(void)state;
	struct lp_local l, other;
	char answer[LP_LOCAL_LINE + 1];
	lp_local_open(&l, "gateway");
	lp_local_open(&other, "gateway");
	assert_int_equal(lp_local_fd(&other), -1);
	lp_local_close(&other);
	close(l.listener); /* as when the program is killed */
	l.listener = -1;
	assert_int_equal(lp_local_ask("gateway", "{}", answer), LP_EXIT_UNAVAILABLE);
	lp_local_open(&other, "gateway");
	assert_true(lp_local_fd(&other) >= 0);
	lp_local_close(&other);
	lp_local_close(&l);
	assert_int_equal(lp_local_ask("gateway", "{}", answer), LP_EXIT_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H3_a_request_is_answered),
		cmocka_unit_test(H3_bad_clients_disturb_nobody),
		cmocka_unit_test(H3_a_socket_that_is_left_is_replaced_and_a_live_one_is_not),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
