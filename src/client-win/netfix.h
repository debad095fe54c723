/* netfix.h - changes the Windows network settings that a joined room needs, and restores them
 * afterwards. With them games find each other, and the player's internet access stays as it is.
 *
 * It runs in its own thread, because some of these calls are slow. First it restores what an
 * earlier run left changed after a crash. Each change is noted in HKEY_LOCAL_MACHINE, where only
 * administrators can write, before it is made. A setting that somebody else changed in the meantime
 * is left alone. */
#ifndef LANPARTY_CLIENT_NETFIX_H
#define LANPARTY_CLIENT_NETFIX_H

#include "adapter.h"
#include "lanparty/edge/address.h"
#include "lanparty/packet/offer.h"

enum netfix_kind {
	/* the adapter's IPv4 address changed; text is "" for none, leased is set */
	NETFIX_ADDRESS,
	/* A setting could not be changed, or two networks overlap. text holds a message with a
	 * remedy. Each message is reported and logged once. */
	NETFIX_WARNING,
	NETFIX_NETWORK, /* routes or interfaces changed: pin the socket again */
};
struct netfix_report {
	enum netfix_kind kind;
	bool leased; /* by a DHCP server */
	char text[ADAPTER_REASON];
};
/* Receives reports, on netfix's thread or within netfix_start, and never after netfix_stop has
 * returned. It must not call netfix_start or netfix_stop, and must not wait for a thread that is in
 * one of them. */
typedef void netfix_tell(void *context, const struct netfix_report *report);
struct netfix_listener {
	netfix_tell *tell; /* NULL: nobody listens */
	void *context;
};

struct netfix;

/* Makes the changes for this adapter and keeps watching it. mtu is the room's, in bytes of an IP
 * packet.
 *
 * Call it before the medium goes up, because a DHCP lease must not bring a default route. When it
 * returns, the changes that must come first are made, or a warning was reported. That is immediate
 * in most cases and takes 10 s at most, while the thread continues. An adapter with the GUID "" (a
 * pipe) has no settings: then only the rest of the network is watched. NULL: no thread could be
 * started. */
struct netfix *netfix_start(const struct adapter *adapter, unsigned mtu, struct netfix_listener to);
/* Gives the adapter this address of the room (row H6; host byte order) beside those that DHCP gives it; 0:
 * takes it away again. Returns at once. NULL is allowed. */
void netfix_set_room(struct netfix *n, uint32_t ipv4, unsigned prefix);
/* Restores everything and returns when that is done. After 10 s it returns anyway, and the thread
 * or the next start of the program finishes the work. Take the medium down first. NULL is
 * allowed. */
void netfix_stop(struct netfix *n);
/* Call it at the start of the program: restores what a crash left changed, but not what another
 * running lanparty has changed. It takes 10 s at most and returns at once when there is nothing to
 * restore. False: something could not be restored. */
bool netfix_recover(void);

/* The index of the interface through which packets to remote leave when the room's adapter (a GUID,
 * NULL: none) is ignored: the longest prefix wins, then the lowest metric. 0: no route. */
unsigned long netfix_interface_to(const struct lp_address *remote, const char *adapter_guid);
/* Lists the networks, routers and name servers of this computer, except those of the room's adapter (a GUID,
 * NULL: none). False: Windows did not answer, and the list is of no use. ret_whole: false then,
 * and when something is missing in it. */
bool netfix_own(const char *adapter_guid, struct lp_own_list *ret_own, bool *ret_whole);

#endif
