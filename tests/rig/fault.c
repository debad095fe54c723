/* fault.so, for LD_PRELOAD: makes a program's calls fail.
 *
 *   FAULT_ALLOCATION=N             the N-th allocation of the process fails, once
 *   FAULT_CALLS=send or receive    with FAULT_ERRNO=E and FAULT_ONE_IN=K: of the calls that send or
 *                                  receive, one in K fails with E, at random;
 *                                  not those to the kernel (netlink)
 *   FAULT_REPORT=FILE              adds lines to FILE: "failed" at the first failure and where that was, for
 *                                  addr2line(1), and at the end of each process "allocations N" */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_ulong allocations;
static atomic_flag has_failed = ATOMIC_FLAG_INIT;
static _Atomic uint64_t random_state;
static unsigned long failing_allocation, one_in;
static int error, report = -1;
static char direction; /* s or r */

#define CALLERS 24
static void *callers[CALLERS];

static unsigned long number_of(const char *name)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void read_settings(void)
{
	const char *which = getenv("FAULT_CALLS"), *file = getenv("FAULT_REPORT");
	one_in = number_of("FAULT_ONE_IN");
	error = (int)number_of("FAULT_ERRNO");
	direction = which ? which[0] : 0;
	if (file)
		report = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	backtrace(callers, CALLERS); /* the first one allocates */
	allocations = 0;
	failing_allocation = number_of("FAULT_ALLOCATION");
}

__attribute__((destructor)) static void write_report(void)
{
	if (report >= 0)
		dprintf(report, "allocations %lu\n", (unsigned long)allocations);
}

static int fails_with(int reason)
{
	if (report >= 0 && !atomic_flag_test_and_set(&has_failed)) {
		(void)!write(report, "failed\n", 7);
		backtrace_symbols_fd(callers, backtrace(callers, CALLERS), report);
	}
	errno = reason;
	return 1;
}

/* glibc 2.36 crashes when getpwnam has no memory. */
static _Thread_local int spared;

static int allocation_fails(void)
{
	return !spared && ++allocations == failing_allocation && fails_with(ENOMEM);
}

struct passwd *getpwnam(const char *name)
{
	struct passwd *(*next)(const char *);
	*(void **)&next = dlsym(RTLD_NEXT, "getpwnam");
	spared = 1;
	struct passwd *entry = next(name);
	spared = 0;
	return entry;
}

void *malloc(size_t size)
{
	return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : __libc_realloc(old, size);
}

static int call_fails(char way, int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);
	if (way != direction || one_in == 0)
		return 0;
	/* the kernel does not lose what it says about interfaces as a network loses packets */
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain == AF_NETLINK)
		return 0;
	/* the high bits of Knuth's 64-bit generator; a fixed rhythm could meet only one kind of call */
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	if ((random_state >> 33) % one_in != 0)
		return 0;
	return fails_with(error);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return call_fails('s', fd) ? -1 : (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	return call_fails('s', fd) ? -1 : (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return call_fails('r', fd) ? -1 : (ssize_t)syscall(SYS_recvmsg, fd, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
	return call_fails('r', fd)
		       ? -1
		       : (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);
}
