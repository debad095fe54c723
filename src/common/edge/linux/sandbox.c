#include "lanparty/edge/linux/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "lanparty/edge/log.h"
#include "sandbox_lists.h"
#include "sanitized.h"

#define CALLS_MAX 512 /* call numbers whose refusal is logged; each once */
#define CODE_MAX  512 /* instructions; each call takes two */
#define X32_BIT   0x40000000u

#if defined(__x86_64__)
#define ARCH            AUDIT_ARCH_X86_64
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARCH            AUDIT_ARCH_AARCH64
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum mode { DENY, KILL, OFF };
static enum mode mode;

bool lp_sandbox_parse(const char *text, void *value)
{
	static const char *const words[] = {[DENY] = "deny", [KILL] = "kill", [OFF] = "off"};
	(void)value;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			mode = (enum mode)i;
			return true;
		}
	}
	return false;
}

#ifdef ARCH

struct code {
	struct sock_filter list[CODE_MAX];
	unsigned short count;
};

static void add(struct code *c, struct sock_filter instruction)
{
	if (c->count < CODE_MAX)
		c->list[c->count] = instruction;
	c->count++;
}

static void load(struct code *c, size_t offset)
{
	add(c, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void end_with(struct code *c, uint32_t verdict)
{
	add(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* If the loaded word is number, the verdict; else the next instruction. */
static void end_if(struct code *c, uint32_t number, uint32_t verdict)
{
	add(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
	end_with(c, verdict);
}

static void allow(struct code *c, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		end_if(c, (uint32_t)calls[i], SECCOMP_RET_ALLOW);
}

static void check_architecture(struct code *c)
{
	load(c, offsetof(struct seccomp_data, arch));
	add(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	end_with(c, SECCOMP_RET_KILL_PROCESS);
	load(c, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	add(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	end_with(c, SECCOMP_RET_KILL_PROCESS);
#endif
}

/* Threads, but no processes. The flags of clone3 lie in memory, which a filter cannot read: the C library
 * takes clone where the kernel has no clone3. A process is refused without a signal, because newer C libraries
 * block all signals around fork, and a blocked SIGSYS kills. */
static void allow_threads(struct code *c)
{
	end_if(c, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	add(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
	load(c, offsetof(struct seccomp_data, args[0])); /* the low half: both are little-endian */
	add(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
	end_with(c, SECCOMP_RET_ALLOW);
	end_with(c, mode == KILL ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM);
}

static void fill(struct code *c, enum lp_sandbox_program program)
{
	check_architecture(c);
	if (program == LP_SANDBOX_KEYHOLDER) {
		allow(c, keyholder_calls, COUNT(keyholder_calls));
	} else {
		allow_threads(c);
		allow(c, loop_calls, COUNT(loop_calls));
	}
	if (program == LP_SANDBOX_RELAY)
		allow(c, relay_calls, COUNT(relay_calls));
	if (program == LP_SANDBOX_MEMBER || program == LP_SANDBOX_PORT)
		allow(c, member_calls, COUNT(member_calls));
	if (program == LP_SANDBOX_PORT)
		allow(c, port_calls, COUNT(port_calls));
	end_with(c, mode == KILL ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_TRAP);
}

/* The thread is at a system call, so it holds a lock of the C library only inside of the call that was
 * refused; writing a line of the log makes no such call. */
static void on_refused(int number, siginfo_t *info, void *context)
{
	static atomic_bool said[CALLS_MAX];
	ucontext_t *thread = context;
	int before = errno;
	unsigned call = (unsigned)info->si_syscall;
	(void)number;
	RESULT(thread) = -EPERM;
	if (call < CALLS_MAX && !atomic_exchange(&said[call], true))
		lp_log(LP_LOG_WARNING, "system_call_refused", "call=%u hint=%s", call,
			"this system call is not on this program's list: please report it; "
			"--sandbox off allows all");
	errno = before;
}

static bool install(const struct code *c)
{
	struct sigaction action = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO};
	/* seccomp's own type wants a pointer to what it does not change. */
	struct sock_fprog program = {c->count, (struct sock_filter *)(uintptr_t)c->list};
	if (c->count > CODE_MAX) {
		errno = E2BIG;
		return false;
	}
	return sigaction(SIGSYS, &action, NULL) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ==
		       0;
}

bool lp_sandbox_enter(enum lp_sandbox_program program)
{
	struct code code = {.count = 0};
	if (mode == OFF || LP_SANITIZED)
		return true;
	fill(&code, program);
	if (install(&code))
		return true;
	bool missing = errno == ENOSYS || errno == EINVAL;
	lp_log(missing ? LP_LOG_WARNING : LP_LOG_ERROR, "sandbox_failed", "error=%s hint=%s",
		strerror(errno),
		missing ? "this kernel has no seccomp filters, so system calls are not limited"
			: "--sandbox off starts without limits of system calls");
	return missing;
}

#else

bool lp_sandbox_enter(enum lp_sandbox_program program)
{
	(void)program;
	lp_log(LP_LOG_WARNING, "sandbox_failed", "hint=%s",
		"there is no list for this processor, so system calls are not limited");
	return true;
}

#endif
