/* null_port.h - a frame port that does nothing: whole, or for the operations that a test does not look at. */
#ifndef LANPARTY_TESTS_NULL_PORT_H
#define LANPARTY_TESTS_NULL_PORT_H

#include "lanparty/tunnel/port.h"

size_t null_port_read(struct lp_port *port, lp_port_sink *sink, void *context);
bool null_port_write(struct lp_port *port, const uint8_t *frame, size_t len);
bool null_port_up(struct lp_port *port, size_t mtu);
void null_port_down(struct lp_port *port);
void null_port_members(struct lp_port *port, const struct lp_mac *macs, size_t count);
void null_port_close(struct lp_port *port);

extern const struct lp_port_ops null_port_ops;

#endif
