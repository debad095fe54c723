/* peer.h - what gateway and Linux client do all day: socket, link and frame port in one loop, and the
 * events told on stdout.
 *
 * The program opens its port, gives up its rights, and calls lp_peer_run. */
#ifndef LANPARTY_PEER_H
#define LANPARTY_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"

struct lp_peer_config {
	const struct lp_peer_options *options;
	enum lp_role role;
	struct lp_mac mac;              /* clients */
	const uint32_t *protected_ipv4; /* gateways; host byte order */
	size_t protected_count;
	struct lp_port *port; /* an lp_fd_port; stays the caller's */

	/* What else the program wants from the loop; all may be NULL, or -1. */
	void *context;
	void (*joined)(void *context); /* each time */
	int fd;
	void (*readable)(void *context);   /* fd is */
	void (*child)(void *context);      /* a child has ended (SIGCHLD) */
	lp_time (*leaving)(void *context); /* asked to end: how long to stay joined yet */
};

/* Until SIGINT or SIGTERM, or until it is of no use to try any more: an exit code. A second signal
 * ends at once. */
int lp_peer_run(const struct lp_peer_config *config);

#endif
