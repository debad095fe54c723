/* tap.h - a TAP interface: what the system sends through it is read from a descriptor, and what is
 * written to the descriptor arrives at the system.
 *
 * The interface lives as long as the descriptor is open. Nothing here logs. */
#ifndef LANPARTY_EDGE_TAP_H
#define LANPARTY_EDGE_TAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/linux/fd_port.h"

#define LP_TAP_DEVICE "/dev/net/tun"

struct lp_tap {
	int fd; /* non-blocking; closing it removes the interface */
	int index;
	char name[IF_NAMESIZE];
};

/* Creates an interface, down. name: at most 15 characters; the kernel replaces "%d" by a free number.
 * Frames have no header of the kernel's, so checksums are complete and super-frames are cut before
 * they are read. Returns 0 or an errno value: EPERM or EACCES without CAP_NET_ADMIN, EBUSY when the
 * name is taken, ENOENT, ENODEV or ENXIO without the kernel module tun. */
int lp_tap_open(const char *name, struct lp_tap *ret_tap);

/* Reads one frame from a port whose fd is a TAP's. False with errno set when there is none; sets
 * port->gone when the interface was deleted. A frame of cap bytes was perhaps longer. */
bool lp_tap_read(struct lp_fd_port *port, uint8_t *frame, size_t cap, size_t *ret_len);
/* Writes one frame to a port whose fd is a TAP's. False with errno set when the frame was dropped.
 * After EAGAIN nothing is tried until lp_port_wake. */
bool lp_tap_write(struct lp_fd_port *port, const uint8_t *frame, size_t len);
/* Tells the system whether the interface's cable is plugged in. False: the kernel is older than
 * 4.20, and the interface always has a carrier. */
bool lp_tap_set_carrier(int fd, bool carrier);

#endif
