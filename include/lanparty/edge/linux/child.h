/* child.h - a child process that keeps one right which the program gives up, and does one task with it. */
#ifndef LANPARTY_EDGE_LINUX_CHILD_H
#define LANPARTY_EDGE_LINUX_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "lanparty/edge/linux/sandbox.h"

struct lp_child {
	pid_t pid;  /* 0: there is none */
	int socket; /* to the child, SOCK_SEQPACKET; -1: none */
};

struct lp_child_task {
	const char *name; /* of the process, 15 bytes at most */
	int kept;         /* as in lp_rights_drop */
	enum lp_sandbox_program program;
	int fd; /* stays open in the child, besides its socket and the standard descriptors; -1: none */
	/* Does the task until nothing more comes from the program, which is when that ends, too. Returns
	 * whether all went well. */
	bool (*run)(const void *context, int socket);
	const void *context;
};

/* Starts the child, which ignores the signals that end the program. Returns when it has given up its other
 * rights. Call it before there are threads. False, with errno: the system refused. */
bool lp_child_start(const struct lp_child_task *task, struct lp_child *ret_child);
/* A child of the program has ended: true if it was this one. Its socket stays. */
bool lp_child_has_ended(struct lp_child *child);
/* Closes the socket, and waits for the child. True: there was none, or all went well. */
bool lp_child_end(struct lp_child *child);

#endif
