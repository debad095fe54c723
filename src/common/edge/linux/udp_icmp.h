/* udp_icmp.h - what ICMP says of the packets that a UDP socket has sent. */
#ifndef LANPARTY_EDGE_LINUX_UDP_ICMP_H
#define LANPARTY_EDGE_LINUX_UDP_ICMP_H

#include <stdbool.h>

/* The kernel collects ICMP errors for the socket, or no longer, and forgets those that it has. False: it
 * cannot. */
bool lp_icmp_hear(int fd, int family, bool hear);
/* Empties the socket's queue of errors; until then the socket stays readable. Returns the errno value of
 * the last ICMP error in it: EACCES when a firewall rejects the packets, 0 when there is none. */
int lp_icmp_read(int fd);

#endif
