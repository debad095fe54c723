/* dhcp_keeper.h - runs DHCP clients with the privileges that the program had when it started.
 *
 * The keeper is this program once more, in a process of its own that knows nothing of the room. It reads
 * one-byte commands from standard input: which DHCP client to run, or to release the lease. When its
 * input is closed, which happens whatever ends the program, or a signal asks it to, it ends the DHCP client,
 * removes the directory, and ends. It sends DHCP_NEWS_ENDED when a DHCP client ends by itself. */
#ifndef LANPARTY_CLIENT_DHCP_KEEPER_H
#define LANPARTY_CLIENT_DHCP_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dhcp_keeper {
	pid_t pid; /* -1: none */
	int commands;
};

/* Starts a keeper for the interface. It must be called before privileges are dropped. False: failed, with
 * errno. */
bool dhcp_keeper_open(struct dhcp_keeper *keeper, const char *directory, const char *interface);
/* Runs the client (an index of dhcp_clients). One that runs is killed first and keeps its lease. */
bool dhcp_keeper_run(const struct dhcp_keeper *keeper, size_t client);
/* Kills the client that runs, which keeps its lease. */
bool dhcp_keeper_stop(const struct dhcp_keeper *keeper);
/* Asks the client to end: udhcpc and dhcpcd release the lease. False: there is no keeper. */
bool dhcp_keeper_release(const struct dhcp_keeper *keeper);
/* True when the keeper has ended by itself. It is none then. */
bool dhcp_keeper_has_ended(struct dhcp_keeper *keeper);
/* Ends keeper and client, within a second. */
void dhcp_keeper_close(struct dhcp_keeper *keeper);

/* True when this process was started as a keeper: dhcp_keep does its work and returns when it is to end. */
bool dhcp_is_keeper(int argc, char **argv);
void dhcp_keep(char **argv);

#endif
