/* workers.h - the relay as a whole: one worker (server.h) per core. Each has its own thread,
 * sockets and rooms, and all are bound to the same addresses.
 *
 * They share only the log and the certificate. The first worker runs in the main thread and handles
 * signals. A single worker needs no thread and no group of sockets. */
#ifndef LANPARTY_RELAY_WORKERS_H
#define LANPARTY_RELAY_WORKERS_H

#include <stdatomic.h>
#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/exit.h"
#include "lanparty/quic/identity.h"
#include "lanparty/room/hub.h"
#include "lanparty/edge/linux/udp_group.h"
#include "server.h"
#include "snapshot.h"

#define WORKERS_MAX LP_UDP_GROUP_MAX

struct workers;

struct workers_config {
	struct lp_listen listen[SERVER_MAX_LISTEN];
	size_t listen_count;
	struct lp_hub_config hub; /* the relay's limits, divided among the workers */
	/* 1 to WORKERS_MAX. 0: one per available core, but at most one per 64 rooms, so that a
	 * small number of rooms is not reduced by rounding */
	size_t count;
	/* On SIGHUP: a new identity for new connections; NULL: the old one stays. False: it
	 * cannot be read; that was logged. */
	bool (*reload)(void *context, struct lp_identity **ret_identity);
	/* On SIGHUP, too: likewise, which rooms are permitted from now on (row H3). */
	bool (*rooms)(void *context, struct lp_room_list **ret_list);
	struct lp_room_list *permitted; /* at the start; NULL: all. Stays the caller's. */
	void (*daily)(void *context);   /* called once per day, and on SIGALRM */
	void (*child)(void *context);   /* called when a child has ended (SIGCHLD) */
	void *context;
	bool log_addresses; /* of those who join, leave or are refused */
	bool no_tcp;        /* UDP alone (row W2) */
};

/* What another thread wants of one worker. */
struct ask {
	enum ask_kind {
		ASK_SNAPSHOT,
		ASK_ACT,    /* room, act */
		ASK_RELOAD, /* what SIGHUP does; the first worker alone */
		ASK_TRACE,  /* on: log a line per frame */
		ASK_ALIVE,  /* nothing but an answer */
	} kind;
	uint32_t room;
	struct lp_host_act act;
	bool on;
	/* the answer */
	struct snapshot *snapshot; /* the asker's; NULL: out of memory */
	enum lp_acted acted;
	bool good; /* all was read again */
	atomic_bool done;
};

size_t workers_count(const struct workers *w);
/* The worker whose room has that id. */
size_t workers_of_room(const struct workers *w, uint32_t room);
/* Asks one worker, from another thread than its own, and waits until it has answered. One thread asks at a
 * time; others wait. False: it has not answered in WORKERS_PATIENCE ms, or the relay ends. */
#define WORKERS_PATIENCE 2000
bool workers_ask(struct workers *w, size_t worker, struct ask *ask);

/* Binds and prepares all workers. Takes ownership of identity, also when it fails. NULL: failed;
 * the error was logged. */
struct workers *workers_open(
	const struct workers_config *config, struct lp_identity *identity, enum lp_exit *ret_exit);
/* Prints "listening on ..." to stdout, then runs until SIGINT or SIGTERM. */
enum lp_exit workers_run(struct workers *w);
void workers_close(struct workers *w);

#endif
