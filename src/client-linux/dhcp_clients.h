/* dhcp_clients.h - the DHCP clients that this program can use, and how they are started. It starts nothing. */
#ifndef LANPARTY_CLIENT_DHCP_CLIENTS_H
#define LANPARTY_CLIENT_DHCP_CLIENTS_H

#include <stddef.h>

#define DHCP_CLIENTS   6
#define DHCP_ARGUMENTS 20
#define DHCP_DIR       64 /* bytes of the private directory's name, with its end */

/* Files of the private directory. */
#define DHCP_SCRIPT          "lanparty-dhcp-event" /* a link to this program */
#define DHCP_NEWS            "news"                /* a socket: dhcp_news.h */
#define DHCP_DHCLIENT_CONFIG "dhclient.conf"
#define DHCP_DHCPCD_CONFIG   "dhcpcd.conf"
#define DHCP_LEASES          "leases" /* dhclient's */
#define DHCP_PID             "pid"    /* likewise */

struct dhcp_client {
	const char *path;
	const char *arguments[DHCP_ARGUMENTS]; /* %s is the private directory, %i the interface */
	/* Of the run that returns the lease of one that was killed. Empty: SIGTERM makes it return it. */
	const char *release[DHCP_ARGUMENTS];
};

extern const struct dhcp_client dhcp_clients[DHCP_CLIENTS];

/* Writes the indices of the clients that are installed, each program once, and returns their number. */
size_t dhcp_clients_installed(size_t ret_indices[DHCP_CLIENTS]);

#endif
