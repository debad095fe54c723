/* workers.h - the relay as a whole: one worker (server.h) a core, each with a thread, sockets and rooms
 * of its own, beside each other at the same addresses.
 *
 * They share nothing but log and certificate. The first lives in the thread of main and takes the
 * signals; one alone is nothing but itself: no thread, no group of sockets. */
#ifndef LANPARTY_RELAY_WORKERS_H
#define LANPARTY_RELAY_WORKERS_H

#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/exit.h"
#include "lanparty/quic/identity.h"
#include "lanparty/room/hub.h"
#include "lanparty/edge/linux/udp_group.h"
#include "server.h"

#define WORKERS_MAX LP_UDP_GROUP_MAX

struct workers;

struct workers_config {
	struct lp_listen listen[SERVER_MAX_LISTEN];
	size_t listen_count;
	struct lp_hub_config hub; /* limits of the relay: each worker has its share */
	size_t count; /* 1 to WORKERS_MAX; 0: one a core that it may run on, but at most one
				   * for each 64 rooms, so that few rooms are no fewer for being divided */
	/* On SIGHUP: a new identity for new connections, or NULL to keep the old one. */
	struct lp_identity *(*reload)(void *context);
	void *context;
};

/* Binds and gets ready; the identity is taken, also when that fails. NULL, logged. */
struct workers *workers_open(
	const struct workers_config *config, struct lp_identity *identity, enum lp_exit *ret_exit);
/* Says "listening on ..." on stdout, then runs until SIGINT or SIGTERM. */
enum lp_exit workers_run(struct workers *w);
void workers_close(struct workers *w);

#endif
