/* fd_port.h - a frame port of Linux: one descriptor says when there are frames to read. */
#ifndef LANPARTY_EDGE_FD_PORT_H
#define LANPARTY_EDGE_FD_PORT_H

#include "lanparty/port.h"

/* Every port of Linux begins with this one. */
struct lp_fd_port {
	struct lp_port port; /* first: a struct lp_port * may be cast */
	int fd;              /* readable when port.ops->read would hand over frames; -1: closed */
	bool gone;           /* its interface was deleted: found out by reading or writing */
};

static inline int lp_port_fd(const struct lp_port *port)
{
	return ((const struct lp_fd_port *)(const void *)port)->fd;
}

#endif
