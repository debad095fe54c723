/* The allow-lists of system calls. Each check runs in a child process, because a list stays for good. */
#include "lanparty/edge/linux/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static volatile unsigned lines; /* counted in a signal's handler */
static char last[500];

static void take(void *context, const char *line, size_t len)
{
	(void)context;
	lines++;
	snprintf(last, sizeof(last), "%.*s", (int)len, line);
}

static bool enter(const char *mode, enum lp_sandbox_program program)
{
	lp_log_to(take, NULL);
	return lp_sandbox_parse(mode, NULL) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       lp_sandbox_enter(program);
}

/* The status that wait reports of a child that runs play. play returns the exit status. */
static int run(int (*play)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(play());
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void assert_exits_well(int (*play)(void))
{
	int status = run(play);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("status %d, signal %d", WEXITSTATUS(status), WTERMSIG(status));
}

static long execute_nothing(void)
{
	char *none[] = {NULL};
	return execve("/nonexistent", none, none);
}

static int play_deny(void)
{
	if (!enter("deny", LP_SANDBOX_RELAY))
		return 1;
	if (execute_nothing() != -1 || errno != EPERM || lines != 1)
		return 2;
	if (!strstr(last, "event=system_call_refused") || !strstr(last, "--sandbox off"))
		return 3;
	if (execute_nothing() != -1 || errno != EPERM || lines != 1) /* said once */
		return 4;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM || lines != 2)
		return 5;
	if (fork() != -1 || errno != EPERM)
		return 6;
	if (socket(AF_INET, SOCK_DGRAM, 0) != -1 || errno != EPERM) /* it opens no more sockets */
		return 7;
	return 0;
}

static void a_call_that_is_not_listed_fails_and_is_logged_once(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_exits_well(play_deny);
}

static int play_kill(void)
{
	if (!enter("kill", LP_SANDBOX_RELAY))
		return 1;
	execute_nothing();
	return 0;
}

static int play_end_connection(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || !enter("deny", LP_SANDBOX_RELAY))
		return 1;
	if (shutdown(ends[0], SHUT_RDWR) != 0)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EPERM) /* it connects to nobody */
		return 3;
	return 0;
}

/* Over TCP, and to its status page. */
static void a_relay_ends_connections_and_makes_none(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_exits_well(play_end_connection);
}

static void assert_killed_by_the_list(int (*play)(void))
{
	int status = run(play);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("status %d, signal %d", WEXITSTATUS(status), WTERMSIG(status));
}

static void with_kill_it_ends_the_program(void **state)
{
	(void)state;
	if (SANITIZED)
		assert_exits_well(play_kill); /* there is no list */
	else
		assert_killed_by_the_list(play_kill);
}

static int play_off(void)
{
	if (!enter("off", LP_SANDBOX_RELAY))
		return 1;
	return execute_nothing() == -1 && errno == ENOENT && prctl(PR_GET_SECCOMP) == 0 ? 0 : 2;
}

static void off_is_off(void **state)
{
	(void)state;
	assert_exits_well(play_off);
}

static int play_sanitized(void)
{
	if (!enter("kill", LP_SANDBOX_MEMBER))
		return 1;
	return prctl(PR_GET_SECCOMP) == (SANITIZED ? 0 : SECCOMP_MODE_FILTER) ? 0 : 2;
}

static void programs_with_a_sanitizer_have_no_list(void **state)
{
	(void)state;
	assert_exits_well(play_sanitized);
}

static void *think(void *argument)
{
	free(malloc(1 << 20));
	return argument;
}

static int play_member(void)
{
	pthread_t thread;
	void *result = NULL;
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
	if (!enter("kill", LP_SANDBOX_MEMBER))
		return 1;
	if (pthread_create(&thread, NULL, think, last) != 0 || pthread_join(thread, &result) != 0 ||
		result != last)
		return 2;
	if (getaddrinfo("localhost", "443", &hints, &list) != 0)
		return 3;
	freeaddrinfo(list);
	char *text = realpath("/", NULL);
	if (!text)
		return 4;
	free(text);
	return 0;
}

static void a_member_has_threads_and_looks_names_up(void **state)
{
	(void)state;
	assert_exits_well(play_member);
}

static int play_keyholder(void)
{
	char byte;
	if (!enter("deny", LP_SANDBOX_KEYHOLDER))
		return 1;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != 0)
		return 2;
	if (SANITIZED)
		return 0; /* there is no list */
	return socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EPERM ? 0 : 3;
}

static void the_keyholder_opens_files_alone(void **state)
{
	(void)state;
	assert_exits_well(play_keyholder);
}

#ifdef __x86_64__
/* A kernel without calls of 32-bit programs ends a program that makes one with SIGSEGV. */
static int call_getpid_as_32_bit(void)
{
	long result = 20;
	signal(SIGSEGV, SIG_DFL); /* not the sanitizer's */
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return result == getpid() ? 0 : 2;
}

static int play_old_calls(void)
{
	return enter("deny", LP_SANDBOX_RELAY) ? call_getpid_as_32_bit() : 1;
}

static void calls_of_32_bit_programs_end_the_program(void **state)
{
	(void)state;
	if (SANITIZED || !WIFEXITED(run(call_getpid_as_32_bit)))
		skip(); /* no list, or a kernel without these calls */
	assert_killed_by_the_list(play_old_calls);
}

static int play_x32(void)
{
	if (!enter("deny", LP_SANDBOX_RELAY))
		return 1;
	syscall(0x40000000 | SYS_getpid);
	return 0;
}

static void calls_of_x32_programs_end_the_program(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_killed_by_the_list(play_x32);
}
#endif

static void other_words_are_no_mode(void **state)
{
	(void)state;
	assert_false(lp_sandbox_parse("", NULL));
	assert_false(lp_sandbox_parse("Kill", NULL));
	assert_false(lp_sandbox_parse("on", NULL));
	assert_true(lp_sandbox_parse("deny", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_that_is_not_listed_fails_and_is_logged_once),
		cmocka_unit_test(with_kill_it_ends_the_program),
		cmocka_unit_test(a_relay_ends_connections_and_makes_none),
		cmocka_unit_test(off_is_off),
		cmocka_unit_test(programs_with_a_sanitizer_have_no_list),
		cmocka_unit_test(a_member_has_threads_and_looks_names_up),
		cmocka_unit_test(the_keyholder_opens_files_alone),
#ifdef __x86_64__
		cmocka_unit_test(calls_of_32_bit_programs_end_the_program),
		cmocka_unit_test(calls_of_x32_programs_end_the_program),
#endif
		cmocka_unit_test(other_words_are_no_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
