/* fd_port.h - a frame port of Linux: one descriptor says when there are frames to read. */
#ifndef LANPARTY_EDGE_FD_PORT_H
#define LANPARTY_EDGE_FD_PORT_H

#include "lanparty/tunnel/port.h"

/* Every port of Linux begins with this one. */
struct lp_fd_port {
	struct lp_port port; /* first: a struct lp_port * may be cast */
	int fd;              /* readable when port.ops->read would hand over frames; -1: closed */
	bool gone;           /* reading has found that its interface was deleted */
	int needs;           /* the index of an interface without which it is useless; 0: none */
};

static inline int lp_port_fd(const struct lp_port *port)
{
	return ((const struct lp_fd_port *)(const void *)port)->fd;
}

#endif
