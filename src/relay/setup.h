/* setup.h - the host's commands of the relay: setup makes it ready, invite prints what the gateway needs.
 *
 * setup is idempotent: it never replaces a certificate or a key, and never changes a line of the
 * configuration. It runs as root, and before any sandbox. */
#ifndef LANPARTY_RELAY_SETUP_H
#define LANPARTY_RELAY_SETUP_H

#include "keyholder.h"
#include "lanparty/edge/exit.h"
#include "lanparty/host/invite.h"

/* Where else members reach the relay. */
struct setup_also {
	struct lp_host hosts[LP_MAX_ALSO];
	const char *texts[LP_MAX_ALSO]; /* as they were given */
	size_t count;
};

struct setup {
	const struct keyholder *files;
	const char *config_file;
	struct lp_host name; /* under which members reach the relay */
	const char *listen;  /* as --listen was given; NULL: not, or in the configuration file */
	uint16_t port;       /* that it listens at, first of all */
	size_t listen_count; /* of addresses that it listens at; 0: the default */
	struct setup_also also, found; /* found: what the router gave besides; without texts */
	bool home;                     /* behind a router that is asked for a port */
	bool no_tcp;                   /* it listens at UDP alone */
	bool own;                      /* these files are those that the service reads */
	struct lp_invite_options show;
};

/* Makes certificate and key if there are none, adds what is missing to the configuration, starts the service,
 * and says what to do next. At home it asks the router first, and names what that gave. Errors are logged. */
enum lp_exit setup_run(struct setup *s);
/* Prints the relay's own invite, which has no room. */
enum lp_exit setup_invite(const struct setup *s);

#endif
