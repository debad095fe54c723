/* listening.h - what the relay listens at: for each --listen a UDP socket of each worker, and a TCP listener of
 * each at the same address and port (row W2). */
#ifndef LANPARTY_RELAY_LISTENING_H
#define LANPARTY_RELAY_LISTENING_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/udp_group.h"
#include "server.h"

/* One worker's. */
struct listening {
	struct lp_udp *sockets[SERVER_MAX_LISTEN];
	int listeners[SERVER_MAX_LISTEN]; /* of TCP */
	size_t socket_count, listener_count;
};

/* Opens a UDP socket at address listen for each of count workers. False: the error was logged. */
bool listening_open_udp(struct listening *const *workers, size_t count,
	const struct lp_listen *listen, enum lp_exit *ret_exit);
/* Opens a TCP listener beside each UDP socket. One that the system refuses is left out, and logged: the relay
 * goes on over UDP. */
void listening_open_tcp(
	struct listening *const *workers, size_t count, const struct lp_listen *listen);
/* Logs that no TCP connection could be taken, so that the relay does not listen for them. */
void listening_lacks_descriptors(void);
/* Prints "listening on ..." for each of them. False: nobody can read it. */
bool listening_say(const struct listening *one);
void listening_close(struct listening *l);

#endif
