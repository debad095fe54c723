/* sandbox.h - limits the system calls of a program (seccomp(2), a BPF allow-list per program).
 *
 * A call that is not on the list fails with EPERM, and one line of the log names it; with
 * --sandbox kill it ends the program. Calls of another architecture end the program in any case. A
 * program that was built with a sanitizer has no list, because the sanitizer makes calls of its own. */
#ifndef LANPARTY_EDGE_LINUX_SANDBOX_H
#define LANPARTY_EDGE_LINUX_SANDBOX_H

#include <stdbool.h>

#define LP_EXPECTS_SANDBOX "deny, kill or off"

enum lp_sandbox_program {
	LP_SANDBOX_RELAY,
	LP_SANDBOX_KEYHOLDER, /* the relay's child */
	LP_SANDBOX_PORT,      /* the relay's other child, which speaks to the router of a home */
	LP_SANDBOX_MEMBER,    /* gateway and client, which look names up and speak netlink */
	LP_SANDBOX_PROGRAMS,
};

/* The option --sandbox: "deny" (the default), "kill" or "off" for the whole process. value is not used. */
bool lp_sandbox_parse(const char *text, void *value);
/* Limits all threads of the process, and what it starts from now on. It needs
 * no_new_privs or CAP_SYS_ADMIN. False: the kernel refused; the error was logged. A kernel without seccomp
 * is no failure: a line of the log says so. */
bool lp_sandbox_enter(enum lp_sandbox_program program);

#endif
