/* server.h - where sockets, QUIC and the hub meet: one worker of the relay.
 *
 * It has one thread, its own, and shares nothing with other workers (workers.h). */
#ifndef LANPARTY_RELAY_SERVER_H
#define LANPARTY_RELAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/exit.h"
#include "lanparty/quic/identity.h"
#include "lanparty/room/hub.h"
#include "lanparty/edge/linux/udp_set.h"
#include "lanparty/quic/quic.h"
#include "streams.h"

#define SERVER_MAX_LISTEN LP_UDP_SET_MAX

struct server;

struct server_config {
	struct lp_udp *const *sockets; /* borrowed for the server's life */
	size_t socket_count;           /* 1 to SERVER_MAX_LISTEN */
	struct streams_config
		streams; /* but for sink, give and context; without listeners: UDP alone */
	/* Takes a TCP connection to its worker (streams.h). Called with context. */
	void (*give)(void *context, struct stream *stream);
	struct lp_hub_config hub;
	struct lp_quic_config quic; /* but for handler and context */
	bool log_addresses;         /* of those who join, leave or are refused */
	/* When one of them is readable, the server's thread calls woken. signals -1: none. */
	int wake, signals;
	void (*woken)(void *context, struct server *server);
	void *context;
};

/* Gets ready; the identity is the server's from then on, also when it fails. NULL, logged. */
struct server *server_open(
	const struct server_config *config, struct lp_identity *identity, enum lp_exit *ret_exit);
/* Runs until server_stop, then tells everybody to go. */
void server_run(struct server *s);
/* From woken. The identity, the server's from then on, is for new connections. */
void server_stop(struct server *s);
void server_set_identity(struct server *s, struct lp_identity *identity);

/* From woken. Takes streams that other workers gave: a list by next. */
void server_adopt(struct server *s, struct stream *streams);
/* From woken. Logs a line per frame, or none. */
void server_trace(struct server *s, bool on);
/* From woken: as lp_hub_act. */
enum lp_acted server_act(struct server *s, uint32_t room, const struct lp_host_act *act);

/* Also before it runs. Takes the list (row H3). */
void server_permit(struct server *s, struct lp_room_list *list);

struct server_counters {
	struct lp_hub_counters hub;
	struct lp_quic_counters quic;
	struct streams_counters streams;
};
/* From woken, or while it does not run. */
void server_get_counters(const struct server *s, struct server_counters *ret_counters);
void server_close(struct server *s);

#endif
