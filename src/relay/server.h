/* server.h - where sockets, QUIC and the hub meet: one worker of the relay. */
#ifndef LANPARTY_RELAY_SERVER_H
#define LANPARTY_RELAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "exit.h"
#include "identity.h"
#include "lanparty/hub.h"
#include "address.h"

#define SERVER_MAX_LISTEN 8

struct server_config {
	struct lp_listen listen[SERVER_MAX_LISTEN];
	size_t listen_count;
	struct lp_hub_config hub;
};

struct server;

/* Binds and gets ready; the identity is the server's from then on. NULL, logged. */
struct server *server_open(
	const struct server_config *config, struct lp_identity *identity, enum lp_exit *ret_exit);
/* Says "listening on ..." on stdout, then runs until SIGINT or SIGTERM. reload, called on SIGHUP,
 * gives a new identity for new connections, or NULL to keep the old one. */
void server_run(struct server *s, struct lp_identity *(*reload)(void *context), void *context);
void server_close(struct server *s);

#endif
