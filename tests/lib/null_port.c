#include "null_port.h"

size_t null_port_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

bool null_port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	(void)port;
	(void)frame;
	(void)len;
	return true;
}

bool null_port_up(struct lp_port *port, size_t mtu)
{
	(void)port;
	(void)mtu;
	return true;
}

void null_port_down(struct lp_port *port)
{
	(void)port;
}

void null_port_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

void null_port_close(struct lp_port *port)
{
	(void)port;
}

const struct lp_port_ops null_port_ops = {null_port_read, null_port_write, null_port_up,
	null_port_down, null_port_members, null_port_close, NULL};
