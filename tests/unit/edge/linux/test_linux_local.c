/* The control socket of a program (rows H3, H4). */
#include "lanparty/edge/linux/local.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <poll.h>
#include <unistd.h>
#include <cmocka.h>

#include "linux_log.h"
#include "temporary.h"

static const struct lp_local_name gateway = {"gateway", "gateway"};
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

static int64_t wait_for(struct lp_local *l, const char **ret_line)
{
	int64_t who;
	struct pollfd poll_fd = {.fd = lp_local_fd(l), .events = POLLIN};
	while ((who = lp_local_next(l, ret_line)) < 0)
		assert_true(poll(&poll_fd, 1, 10000) > 0);
	return who;
}

/* The answer; NULL: there is none. */
static void *ask(void *request)
{
	char *answer = NULL;
	lp_local_ask(&gateway, request, &answer);
	return answer;
}

static void H3_a_request_is_answered(void **state)
{
	(void)state;
	struct lp_local l;
	struct stat st;
	pthread_t thread;
	char request[] = "{\"command\":\"lock\"}";
	const char *line;
	void *result;
	lp_local_open(&l, &gateway);
	assert_true(lp_local_fd(&l) >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pthread_create(&thread, NULL, ask, request), 0);
	int64_t who = wait_for(&l, &line);
	assert_string_equal(line, "{\"command\":\"lock\"}");
	lp_local_answer(&l, who, "{\"result\":\"done\"}");
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	assert_string_equal(result, "{\"result\":\"done\"}");
	free(result);
	lp_local_close(&l);
	assert_int_not_equal(stat(path, &st), 0);
}

/* H3: a command asks it, or else joins the room itself. */
static void H3_it_is_known_whether_a_program_runs(void **state)
{
	(void)state;
	struct lp_local l;
	assert_false(lp_local_runs(&gateway));
	lp_local_open(&l, &gateway);
	assert_true(lp_local_runs(&gateway));
	assert_false(lp_local_runs(&(struct lp_local_name){"client", "lanparty0"}));
	close(l.listener); /* as when the program is killed */
	l.listener = -1;
	assert_false(lp_local_runs(&gateway));
	lp_local_close(&l);
}

static void serve(struct lp_local *l)
{
	const char *line;
	struct pollfd poll_fd = {.fd = lp_local_fd(l), .events = POLLIN};
	assert_true(poll(&poll_fd, 1, 10000) > 0);
	assert_int_equal(lp_local_next(l, &line), -1);
}

static struct sockaddr_un address_of_path(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

static int connect_one(void)
{
	struct sockaddr_un address = address_of_path();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int64_t ask_by(struct lp_local *l, int fd)
{
	const char *line;
	assert_int_equal(send(fd, "{}\n", 3, 0), 3);
	return wait_for(l, &line);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) > 0;
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
	lp_local_open(&l, &gateway);
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
	int64_t who = wait_for(&l, &line);
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

/* Far longer than what a socket takes at once. */
static void H4_a_slow_reader_of_a_long_answer_does_not_make_the_program_wait(void **state)
{
	(void)state;
	enum { LONG = 8 << 20, PIECE = 65536 };
	static char text[LONG + 1], piece[PIECE];
	struct lp_local l;
	const char *line;
	size_t got = 0;
	ssize_t n;
	memset(text, 'x', LONG);
	lp_local_open(&l, &gateway);
	int slow = connect_one(), gone = connect_one();
	assert_int_equal(send(slow, "{}\n", 3, 0), 3);
	lp_local_answer(&l, wait_for(&l, &line), text);
	assert_int_equal(send(gone, "{}\n", 3, 0), 3);
	lp_local_answer(&l, wait_for(&l, &line), text);
	close(gone);
	serve(&l);
	struct pollfd idle = {.fd = lp_local_fd(&l), .events = POLLIN};
	assert_int_equal(poll(&idle, 1, 0), 0); /* nobody reads: nothing to do */
	while ((n = recv(slow, piece, sizeof(piece), MSG_DONTWAIT)) != 0) {
		if (n > 0)
			got += (size_t)n;
		else
			serve(&l);
	}
	assert_int_equal(got, LONG + 1);
	close(slow);
	lp_local_close(&l);
}

static void H4_a_long_answer_is_read_as_a_whole(void **state)
{
	(void)state;
	enum { LONG = 3 << 20 };
	static char text[LONG + 1];
	char request[] = "{}";
	struct lp_local l;
	const char *line;
	pthread_t thread;
	void *result;
	memset(text, 'y', LONG);
	lp_local_open(&l, &gateway);
	assert_int_equal(pthread_create(&thread, NULL, ask, request), 0);
	int64_t who = wait_for(&l, &line);
	lp_local_answer(&l, who, text);
	while (l.clients[who % LP_LOCAL_CLIENTS].fd >= 0)
		serve(&l);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_string_equal(result, text);
	free(result);
	lp_local_close(&l);
}

static void H3_a_socket_that_is_left_is_replaced_and_a_live_one_is_not(void **state)
{
	(void)state;
	struct lp_local l, other;
	char *answer;
	lp_local_open(&l, &gateway);
	lp_local_open(&other, &gateway);
	assert_int_equal(lp_local_fd(&other), -1);
	lp_local_close(&other);
	close(l.listener); /* as when the program is killed */
	l.listener = -1;
	assert_int_equal(lp_local_ask(&gateway, "{}", &answer), LP_EXIT_UNAVAILABLE);
	lp_local_open(&other, &gateway);
	assert_true(lp_local_fd(&other) >= 0);
	lp_local_close(&other);
	lp_local_close(&l);
	assert_int_equal(lp_local_ask(&gateway, "{}", &answer), LP_EXIT_UNAVAILABLE);
}

/* One that asked and was replaced, and one that has not asked yet. */
static void H4_what_is_no_socket_is_never_replaced(void **state)
{
	(void)state;
	struct stat st;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(lp_local_listen(path, 0660), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(stat(path, &st), 0);
	remove(path);
	int fd = lp_local_listen(path, 0660);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(lp_local_listen(path, 0660), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	remove(path);
}

static void H3_only_who_asked_is_answered(void **state)
{
	(void)state;
	struct lp_local l;
	const char *line;
	char byte;
	int fds[1 + LP_LOCAL_CLIENTS];
	lp_local_open(&l, &gateway);
	fds[0] = connect_one();
	int64_t gone = ask_by(&l, fds[0]);
	for (size_t i = 1; i <= LP_LOCAL_CLIENTS; i++)
		fds[i] = connect_one();
	assert_int_equal(lp_local_next(&l, &line), -1);
	assert_int_equal(read(fds[0], &byte, 1), 0); /* it was replaced */
	lp_local_answer(&l, gone, "{\"result\":\"of another one\"}");
	for (size_t i = 1; i <= LP_LOCAL_CLIENTS; i++)
		assert_false(is_readable(fds[i]));
	int64_t who = ask_by(&l, fds[LP_LOCAL_CLIENTS]);
	assert_int_equal(who % LP_LOCAL_CLIENTS, gone % LP_LOCAL_CLIENTS);
	lp_local_answer(&l, gone, "{\"result\":\"of another one\"}");
	assert_false(is_readable(fds[LP_LOCAL_CLIENTS]));
	lp_local_answer(&l, who - 1, ""); /* the one before, who has not asked */
	for (size_t i = 1; i <= LP_LOCAL_CLIENTS; i++)
		assert_false(is_readable(fds[i]));
	lp_local_answer(&l, who, "x");
	assert_int_equal(read(fds[LP_LOCAL_CLIENTS], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	for (size_t i = 0; i <= LP_LOCAL_CLIENTS; i++)
		close(fds[i]);
	lp_local_close(&l);
}

static void H3_a_path_that_is_too_long_is_named_as_the_cause(void **state)
{
	(void)state;
	struct lp_local l;
	char text[LP_LOCAL_PATH + 1], *answer;
	size_t most = LP_LOCAL_PATH - sizeof("/gateway.control");
	snprintf(text, sizeof(text), "%.80s/", folder);
	memset(text + strlen(text), 'x', sizeof(text) - strlen(text));
	text[most + 1] = '\0';
	setenv("RUNTIME_DIRECTORY", text, 1);
	catch_log();
	lp_local_open(&l, &gateway);
	assert_int_equal(lp_local_fd(&l), -1);
	assert_int_equal(lp_local_ask(&gateway, "{}", &answer), LP_EXIT_UNAVAILABLE);
	release_log();
	assert_int_equal(times_logged("File name too long"), 2);
	assert_int_equal(times_logged("give RUNTIME_DIRECTORY a shorter path"), 2);
	text[most] = '\0'; /* just fits */
	setenv("RUNTIME_DIRECTORY", text, 1);
	lp_local_open(&l, &gateway);
	assert_true(lp_local_fd(&l) >= 0);
	lp_local_close(&l);
	rmdir(text);
	setenv("RUNTIME_DIRECTORY", folder, 1);
}

/* A program that hangs: all that its socket can hold for it are waiting. */
static void H3_a_program_that_takes_no_connections_blocks_nobody(void **state)
{
	(void)state;
	struct lp_local l;
	struct sockaddr_un address = address_of_path();
	int full = socket(AF_UNIX, SOCK_STREAM, 0), fds[8];
	size_t count = 0;
	assert_int_equal(bind(full, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(full, 0), 0);
	for (;; count++) {
		assert_true(count < 8);
		fds[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fds[count], (struct sockaddr *)&address, sizeof(address)) != 0)
			break;
	}
	alarm(10); /* it would wait without end */
	lp_local_open(&l, &gateway);
	alarm(0);
	assert_int_equal(lp_local_fd(&l), -1);
	assert_int_equal(access(path, F_OK), 0); /* it is not replaced */
	for (size_t i = 0; i <= count; i++)
		close(fds[i]);
	close(full);
	remove(path);
}

static void H3_without_descriptors_the_program_does_not_spin(void **state)
{
	(void)state;
	struct lp_local l;
	struct rlimit limit, none;
	const char *line;
	lp_local_open(&l, &gateway);
	int fd = connect_one(), other = connect_one();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_true(is_readable(lp_local_fd(&l)));
	assert_int_equal(lp_local_next(&l, &line), -1);
	bool spins = is_readable(lp_local_fd(&l));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_false(spins);
	/* With the next one, those that had to wait are taken. */
	int third = connect_one();
	assert_true(is_readable(lp_local_fd(&l)));
	assert_true(ask_by(&l, fd) >= 0);
	close(fd);
	close(other);
	close(third);
	lp_local_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H3_a_request_is_answered),
		cmocka_unit_test(H3_it_is_known_whether_a_program_runs),
		cmocka_unit_test(H3_bad_clients_disturb_nobody),
		cmocka_unit_test(H4_a_slow_reader_of_a_long_answer_does_not_make_the_program_wait),
		cmocka_unit_test(H4_a_long_answer_is_read_as_a_whole),
		cmocka_unit_test(H3_a_socket_that_is_left_is_replaced_and_a_live_one_is_not),
		cmocka_unit_test(H4_what_is_no_socket_is_never_replaced),
		cmocka_unit_test(H3_only_who_asked_is_answered),
		cmocka_unit_test(H3_a_path_that_is_too_long_is_named_as_the_cause),
		cmocka_unit_test(H3_a_program_that_takes_no_connections_blocks_nobody),
		cmocka_unit_test(H3_without_descriptors_the_program_does_not_spin),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
