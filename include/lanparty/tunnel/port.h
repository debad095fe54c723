/* port.h - the frame port: where the frames of a tunnel enter and leave a computer.
 *
 * A TAP, a packet socket, a bridge port: one struct of the platform's that begins with this one.
 * What comes in is pushed: the platform's loop reads and calls lp_tunnel_on_frame. */
#ifndef LANPARTY_TUNNEL_PORT_H
#define LANPARTY_TUNNEL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/filter.h"

struct lp_port;

/* What a port does with each frame it has read. */
typedef void lp_port_sink(void *context, const uint8_t *frame, size_t len);

enum lp_port_way { LP_PORT_READ, LP_PORT_WRITTEN };

struct lp_port_ops {
	/* Hands up to a bounded batch of frames to sink; returns how many. Never blocks. */
	size_t (*read)(struct lp_port *port, lp_port_sink *sink, void *context);
	/* One frame out. False when it could not be written now: it is dropped, and counted. */
	bool (*write)(struct lp_port *port, const uint8_t *frame, size_t len);
	/* The room is joined with this MTU. False, logged, when the port cannot do it. */
	bool (*up)(struct lp_port *port, size_t mtu);
	/* The room is left or lost. */
	void (*down)(struct lp_port *port);
	/* The MACs of the room's other members have changed. */
	void (*members)(struct lp_port *port, const struct lp_mac *macs, size_t count);
	/* Puts back what was changed, and frees the port. */
	void (*close)(struct lp_port *port);
	/* NULL, or hears of each frame of a member that was written, and of each frame for one member that
	 * was read and passed the filter. */
	void (*note)(struct lp_port *port, enum lp_port_way way, const struct lp_view *view,
		const struct lp_filter_facts *facts);
};

struct lp_port {
	const struct lp_port_ops *ops;
};

#endif
