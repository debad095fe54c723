/* netfix.h - what Windows must have different while a room is joined, so that games find each other
 * and the player's internet stays as it is; and how everything gets back what it had.
 *
 * A thread of its own: Windows takes its time with some of it. First what an earlier run that ended
 * badly left changed is put back. What is changed is written down before it is changed, in
 * HKEY_LOCAL_MACHINE, where only administrators can write. What somebody else changed meanwhile is
 * theirs, and stays. */
#ifndef LANPARTY_CLIENT_NETFIX_H
#define LANPARTY_CLIENT_NETFIX_H

#include "adapter.h"
#include "lanparty/edge/address.h"

enum netfix_kind {
	NETFIX_ADDRESS, /* the adapter's IPv4 address from the LAN has changed; text is "" for none */
	NETFIX_WARNING, /* something stays as it was, or two networks overlap: a sentence and a remedy.
			 * Each is told and logged once */
	NETFIX_NETWORK, /* routes or interfaces of this computer have changed: pin the socket again */
};
struct netfix_report {
	enum netfix_kind kind;
	char text[ADAPTER_REASON];
};
/* Called on netfix's thread or within netfix_start, never after netfix_stop has returned. It must
 * neither wait for the thread that is in netfix_start or netfix_stop, nor call them. */
typedef void netfix_tell(void *context, const struct netfix_report *report);

struct netfix;

/* Makes the changes for this adapter and keeps an eye on it. mtu: the room's, bytes of an IP packet.
 * Start it before the medium goes up (a lease must not bring a default route with it). It has made
 * what must come before that when it returns: at once most of the time, after 10 s at the latest,
 * while the thread goes on; and when it has not, a warning was told. An adapter without a GUID ("",
 * a pipe) has no settings: then only the rest of the network is watched. NULL when there is no thread
 * to be had. */
struct netfix *netfix_start(
	const struct adapter *adapter, unsigned mtu, netfix_tell *tell, void *context);
/* Puts everything back, and returns when that is done; after 10 s it is left to the thread, or to
 * the next start of the program. Take the medium down before. NULL is allowed. */
void netfix_stop(struct netfix *n);
/* At the start of the program: puts back what a crash has left, but not what another lanparty that
 * runs has changed. 10 s at most, at once when nothing is left. False: something still is. */
bool netfix_recover(void);

/* The interface that packets to remote leave through when the room's adapter (a GUID, NULL: none) is
 * left out of account: longest prefix, then lowest metric. 0 when there is no way there now. */
unsigned long netfix_interface_to(const struct lp_address *remote, const char *adapter_guid);

#endif
