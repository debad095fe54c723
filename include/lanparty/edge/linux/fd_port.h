/* fd_port.h - a frame port on Linux: a frame port with a descriptor to wait for. */
#ifndef LANPARTY_EDGE_FD_PORT_H
#define LANPARTY_EDGE_FD_PORT_H

#include "lanparty/tunnel/port.h"

/* Every frame port on Linux starts with this struct. */
struct lp_fd_port {
	struct lp_port port; /* first member, so that struct lp_port * can be cast */
	int fd;              /* readable while port.ops->read would return frames; -1: closed */
	bool gone;           /* the interface was deleted, or connects with nothing any more */
	bool full;           /* a write failed with EAGAIN: see lp_port_wake */
	int needs;           /* index of an interface that this port depends on; 0: none */
	/* The interface was deleted: uses one of the same name, if there is one that is up now. NULL: it
	 * cannot. */
	bool (*reopen)(struct lp_port *port);
};

static inline int lp_port_fd(const struct lp_port *port)
{
	return ((const struct lp_fd_port *)(const void *)port)->fd;
}

/* The loop calls it once per wake-up. A write that failed with EAGAIN has set full: until the next
 * wake-up the port drops and counts all frames without a system call. */
static inline void lp_port_wake(struct lp_port *port)
{
	((struct lp_fd_port *)(void *)port)->full = false;
}

#endif
