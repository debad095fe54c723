/* tcp.h - TCP connections that carry UDP payloads where UDP does not pass (row W2): non-blocking, and with
 * little unsent in the kernel, so that what is urgent waits behind few bytes.
 *
 * It works with descriptors. It never logs: errno says why something failed. A connection that the other end
 * does not answer for LP_TCP_SILENCE fails. */
#ifndef LANPARTY_EDGE_TCP_H
#define LANPARTY_EDGE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/address.h"

#define LP_TCP_UNSENT_MAX                                                                          \
	3072 /* bytes in the kernel that were not sent yet; then nothing more is taken */
#define LP_TCP_SILENCE_MS 15000 /* until the kernel gives a silent peer up */

/* Opens count listeners (1 or more) at address, or none: the kernel divides connections among them. address is
 * one that a UDP socket is bound to. dual: IPv4, too, with the IPv6 any-address. The listeners fail, too, when
 * any other socket listens there. False: errno. */
bool lp_tcp_listen_group(
	const struct lp_address *address, bool dual, size_t count, int *ret_listeners);
/* The next connection that waits. -1: errno; EAGAIN when none waits. IPv4 addresses are AF_INET, also of dual
 * listeners. */
int lp_tcp_accept(int listener, struct lp_path *ret_path);

/* Begins to connect. The descriptor is writable once that has ended; then ask lp_tcp_connected. interface: the
 * index of the interface that it leaves through, whatever the routes say; 0: as the routes say. -1: errno. */
int lp_tcp_connect(const struct lp_address *remote, unsigned interface);
/* Its packets leave through the interface with this index from now on, whatever the routes say. Only root can
 * do that twice. False: errno. */
bool lp_tcp_pin(int fd, unsigned interface);
/* False when this computer has lost the address of the connection's own end: nothing arrives any more. */
bool lp_tcp_has_address(int fd);
/* 0: it is connected. EINPROGRESS: not yet. Otherwise it has failed with this errno value. */
int lp_tcp_connected(int fd);

enum lp_tcp_result {
	LP_TCP_DONE,    /* one byte at least */
	LP_TCP_BLOCKED, /* none now: wait until it is readable, or writable (lp_waiter_watch) */
	LP_TCP_ENDED,   /* read only: the other end sends nothing more */
	LP_TCP_FAILED,  /* errno */
};
/* Reads up to cap bytes. ret_len: with LP_TCP_DONE alone. */
enum lp_tcp_result lp_tcp_read(int fd, uint8_t *bytes, size_t cap, size_t *ret_len);
/* True while fewer than LP_TCP_UNSENT_MAX bytes wait in the kernel. */
bool lp_tcp_takes(int fd);
/* Writes the first of len bytes, len being 1 or more; none while lp_tcp_takes is false. ret_len: with
 * LP_TCP_DONE alone. */
enum lp_tcp_result lp_tcp_write(int fd, const uint8_t *bytes, size_t len, size_t *ret_len);
/* Tells the other end that nothing more comes. Reading goes on. */
void lp_tcp_end(int fd);

#endif
