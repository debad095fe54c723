/* admin.h - the relay's status page (row H4): a thread of its own serves it over HTTP, asks the workers,
 * and shares nothing with them. None of them waits for it, and no visitor keeps others out. */
#ifndef LANPARTY_RELAY_ADMIN_H
#define LANPARTY_RELAY_ADMIN_H

#include "lanparty/base/address.h"
#include "lanparty/edge/linux/local.h"
#include "workers.h"

/* Connections at once; one more ends the one that was there for longest. */
#define ADMIN_VISITORS 16
#define ADMIN_SECONDS  20 /* of one connection, at most */

#define ADMIN_EXPECTS "ADDRESS:PORT, [V6]:PORT, or a path that begins with /"

/* Of the option --admin. */
struct admin_place {
	bool given;
	char path[LP_LOCAL_PATH]; /* of a Unix socket; "": address */
	struct lp_address address;
};
bool admin_parse(const char *text, void *ret_place);

struct admin;

/* Listens there. Call it before rights are dropped. NULL: it cannot; that was logged, and the relay goes
 * on without the page. */
struct admin *admin_open(const struct admin_place *place);
/* Starts the thread, once rights are dropped. Failures are logged. */
void admin_start(struct admin *a, struct workers *workers, bool shows_addresses);
/* Ends the thread and all connections. NULL is fine. */
void admin_close(struct admin *a);

#endif
