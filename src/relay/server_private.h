/* server_private.h - what server.c and snapshot.c share. */
#ifndef LANPARTY_RELAY_SERVER_PRIVATE_H
#define LANPARTY_RELAY_SERVER_PRIVATE_H

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log_limit.h"
#include "server.h"

struct server {
	struct lp_hub *hub;
	struct lp_quic *quic;
	struct lp_identity *identity;
	struct lp_udp_set sockets;
	struct lp_outlet outlet;        /* of the sockets */
	struct streams *streams;        /* NULL: UDP alone */
	lp_time mixed_until, mixed_for; /* how long connections can have the path of a stream */
	uint8_t *slot; /* of the outlet, for a payload whose path is not known yet */
	void (*give)(void *context, struct stream *stream);
	struct lp_waiter waiter;
	int wake, signals; /* readable when somebody wants it; signals -1: none */
	void (*woken)(void *context, struct server *server);
	void *context;
	bool stopping, log_addresses;
	lp_time now;
	lp_time next_stats; /* of rooms */
	struct lp_log_limit log;
};

/* The connection's path of now begins at a TCP connection. */
bool server_is_over_tcp(const struct lp_quic_conn *conn);

#endif
