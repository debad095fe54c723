/* peer.h - the main loop of the gateway and the Linux client: it serves socket, link and frame
 * port, and prints events to stdout.
 *
 * The program opens its frame port, drops its privileges, and calls lp_peer_run. */
#ifndef LANPARTY_PEER_H
#define LANPARTY_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/edge/linux/local.h"
#include "lanparty/peer/linux/once.h"
#include "lanparty/peer/linux/room_memory.h"
#include "lanparty/peer/linux/resume_file.h"
#include "lanparty/peer/peer_options.h"

struct lp_peer_config {
	const struct lp_peer_options *options;
	enum lp_role role;
	struct lp_mac mac;                  /* clients only */
	struct lp_protected protected;      /* gateways only */
	bool keep_default_route;            /* gateways only; as in lp_tunnel_config */
	const struct lp_stations *stations; /* likewise */
	bool checks;                        /* as in lp_link_config; prints each step that worked */
	struct lp_once *once; /* one act of a host, and no events of the room; NULL: none */
	int tap; /* clients only: index of the room's interface, which takes none of the computer's ways */
	struct lp_port *port;                /* a struct lp_fd_port; the caller keeps ownership */
	struct lp_resume_file *resume;       /* where the membership is kept; borrowed */
	uint8_t resume_token[LP_TOKEN_SIZE]; /* of an earlier run; zero: none */
	const char *interface;               /* its name, for people; NULL: not known */
	struct lp_local *local;              /* takes commands (acts.h); NULL: none */
	struct lp_room_memory *hosts;        /* where the room's host key is kept; NULL: nowhere */
	uint8_t host[LP_HOST_PRINT];         /* of an earlier run; options' own comes first */
	struct lp_room_memory *ways; /* where the address that worked is kept; NULL: nowhere */
	struct lp_entry remembered;  /* as in lp_link_config */

	/* Hooks of the program; each can be NULL, and fd can be -1. */
	void *context;
	/* called after an action for people was told */
	void (*told)(void *context, const struct lp_tunnel_action *action, lp_time now);
	/* called at each wake-up; returns when it is due again, LP_NEVER: it is not */
	lp_time (*on_time)(void *context, lp_time now);
	/* called when the computer's interfaces, addresses or routes have changed */
	void (*changed)(void *context);
	int fd;
	void (*readable)(void *context); /* called when fd is readable */
	void (*child)(void *context);    /* called when a child has ended (SIGCHLD) */
	/* called after each wake-up; true when what no client can have has changed (row N1), or when another
	 * LAN can be there (*ret_moved, row K5) */
	bool (*protects)(void *context, struct lp_protected *ret_protected, bool *ret_moved);
	/* called when the user asks to end; returns how much longer to stay joined */
	lp_time (*leaving)(void *context);
};

/* What a service manager hears of a member that is in the room (sd_notify(3)). */
#define LP_STATUS_JOINED "In the room"

/* Runs until SIGINT, SIGTERM or SIGHUP, or until further attempts are useless. SIGHUP says that the terminal
 * was closed; under nohup(1) it does nothing. A second signal ends it at once. Returns an exit code. */
int lp_peer_run(const struct lp_peer_config *config);

/* Checks the relay without a room: looks its name up, completes a handshake, compares the certificate, and
 * leaves. Joins nothing, so that no member hears of it. Prints each step that worked to stdout. Gives up all
 * rights. Returns an exit code: LP_EXIT_UNAVAILABLE when the relay does not answer. */
int lp_peer_check(const struct lp_peer_options *options);
/* Joins the room as a client that has the host key, asks the relay for one act (acts.h), and leaves. It has
 * no interface, drops all frames, and gives up all rights. Says what became of the act. Returns an exit
 * code. */
int lp_peer_act(const struct lp_peer_options *options, const char *word, char *argument);

#endif
