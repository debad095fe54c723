/* local.h - the control socket of a program: commands of this computer reach the program while it runs.
 *
 * It is a Unix socket NAME.control in the runtime directory: the first one of RUNTIME_DIRECTORY, which systemd
 * sets, or /run/lanparty-PROGRAM. Its owner and root alone can use it. Each connection carries one request, a
 * line of JSON (json.h), and one answer, likewise. A slow reader of a long answer never makes the program
 * wait. */
#ifndef LANPARTY_EDGE_LINUX_LOCAL_H
#define LANPARTY_EDGE_LINUX_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"

#define LP_LOCAL_CLIENTS 4    /* at once; one more replaces the one that has waited for longest */
#define LP_LOCAL_LINE    1024 /* bytes of a request */
#define LP_LOCAL_ANSWER  (32 << 20) /* bytes of an answer */
#define LP_LOCAL_PATH    108        /* sun_path of unix(7) */
#define LP_LOCAL_SECONDS 15         /* how long a command waits for its answer */

struct lp_local_client {
	int fd; /* -1: none */
	bool asked;
	int64_t ticket; /* of its connection: no other one has it; modulo LP_LOCAL_CLIENTS, its slot */
	size_t len;
	char line[LP_LOCAL_LINE + 1];
	char *answer; /* what is being sent; NULL: nothing */
	size_t answer_len, sent;
};

struct lp_local {
	int set, listener; /* -1: not open */
	char path[LP_LOCAL_PATH];
	int64_t count;
	struct lp_local_client clients[LP_LOCAL_CLIENTS];
};

/* What was never opened. */
#define LP_LOCAL_CLOSED                                                                            \
	{                                                                                          \
		.set = -1, .listener = -1, .clients = {                                            \
			{.fd = -1},                                                                \
			{.fd = -1},                                                                \
			{.fd = -1},                                                                \
			{.fd = -1}                                                                 \
		}                                                                                  \
	}

/* Which control socket. */
struct lp_local_name {
	const char *program; /* without lanparty- */
	const char *name; /* of the socket: the program; or its interface, where several can run */
};

/* Makes a Unix socket at the path that listens, with these permissions: it belongs to the user that root
 * becomes, and does not block. One that a killed program has left is replaced. Call it before rights are
 * dropped. -1, with errno; EADDRINUSE: a program uses it; EEXIST: something else is there. */
int lp_local_listen(const char *path, unsigned mode);

/* Makes the socket, which then belongs to the user that root becomes. Call it before rights are dropped. A
 * socket that cannot be made is logged; the program goes on without it. */
void lp_local_open(struct lp_local *l, const struct lp_local_name *name);
/* Closes it and removes it. */
void lp_local_close(struct lp_local *l);
/* Readable when lp_local_next has work; -1: not open. */
int lp_local_fd(const struct lp_local *l);
/* The next request. Returns the ticket of who has asked, for lp_local_answer, with the line in *ret_line; or
 * -1: none. */
int64_t lp_local_next(struct lp_local *l, const char **ret_line);
/* Sends the answer, a line without its end, which is copied, to the one with that ticket, and then closes the
 * connection. Nothing happens when that one has gone. */
void lp_local_answer(struct lp_local *l, int64_t who, const char *line);

/* False: no program has that control socket here. */
bool lp_local_runs(const struct lp_local_name *name);
/* Sends a request to the program and writes its answer, which the caller frees. LP_EXIT_UNAVAILABLE: it does
 * not run, or does not answer; LP_EXIT_NO_PERMISSION. Both are logged. */
enum lp_exit lp_local_ask(const struct lp_local_name *name, const char *request, char **ret_answer);

#endif
