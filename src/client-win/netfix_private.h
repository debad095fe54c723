/* netfix_private.h - inside netfix: the settings, in the order in which they are changed; the small
 * interface to what holds them; and how they get back what they had.
 *
 * Nothing here calls Windows: the interface does, or a stand-in in tests. */
#ifndef LANPARTY_CLIENT_NETFIX_PRIVATE_H
#define LANPARTY_CLIENT_NETFIX_PRIVATE_H

#include <stdint.h>

#include "lanparty/base/time.h"
#include "netfix.h"
#include "netfix_routes.h"

/* Changed in this order, put back in the reverse one. What a value means stands beside it. */
enum netfix_item {
	NETFIX_FIREWALL_RULE,      /* 1: there is a rule that lets packets in for this program */
	NETFIX_ROUTER_DISCOVERY_6, /* 0 off, 1 on, 2 as DHCP says */
	NETFIX_DEFAULT_ROUTES_4,   /* 1: kept away from this adapter */
	NETFIX_DEFAULT_ROUTES_6,
	NETFIX_METRIC_4, /* or NETFIX_AUTOMATIC */
	NETFIX_METRIC_6,
	NETFIX_MTU_4, /* bytes of an IP packet */
	NETFIX_MTU_6,
	NETFIX_BROADCAST_ROUTE, /* its metric, or NETFIX_ABSENT */
	NETFIX_MULTICAST_ROUTE,
	NETFIX_CATEGORY, /* 0 public, 1 private, 2 domain */
	NETFIX_ITEMS,
};
#define NETFIX_AUTOMATIC UINT32_MAX
#define NETFIX_ABSENT    UINT32_MAX
#define NETFIX_PUBLIC    0
#define NETFIX_PRIVATE   1

struct netfix_setting {
	uint32_t value;
	GUID network; /* whose category it is; zero for all other items */
};

/* One change: written down before it is made, forgotten after it was undone. */
struct netfix_note {
	char guid[ADAPTER_GUID]; /* of the adapter */
	enum netfix_item item;
	GUID network;
	uint32_t former, now;
};
#define NETFIX_NOTES_MAX 64 /* that are looked at at once */

enum netfix_answer {
	NETFIX_OK,
	NETFIX_NOT_THERE, /* adapter or network: not now, but it may come (back) */
	NETFIX_GONE,      /* there is no such adapter or network any more */
	NETFIX_DENIED,    /* no rights */
	NETFIX_REFUSED,   /* anything else; who asked Windows has logged it */
};

/* The small interface, called on netfix's thread. */
struct netfix_system {
	void *context;
	/* setting->network: zero asks about the network that the adapter is in, and gets its name. */
	enum netfix_answer (*read)(void *context, const char *guid, enum netfix_item item,
		struct netfix_setting *setting);
	enum netfix_answer (*write)(void *context, const char *guid, enum netfix_item item,
		const struct netfix_setting *setting);
	/* True when it will be there after a crash or a power cut. */
	bool (*note)(void *context, const struct netfix_note *note);
	void (*forget)(void *context, const struct netfix_note *note);
	/* Those that are good; what is nonsense is thrown away. */
	size_t (*notes)(void *context, struct netfix_note *list, size_t cap);
	/* One program at a time changes the settings of an adapter. */
	bool (*lock)(void *context, const char *guid, unsigned wait_ms);
	void (*unlock)(void *context);
	/* False when Windows does not tell; guid "": no adapter. */
	bool (*look)(void *context, const char *guid, struct netfix_view *ret_view);
	/* From now on the event is set when something may have changed. */
	void (*watch)(void *context, HANDLE event);
	/* Ends watching, frees the context. */
	void (*close)(void *context);
};

/* "{8-4-4-4-12}", hexadecimal. */
bool netfix_is_guid(const char *text);
const char *netfix_item_name(enum netfix_item item);
/* Its values are such as netfix can have met and set. */
bool netfix_note_is_good(const struct netfix_note *note);

/* Puts back what the notes of this adapter say, if it is still what we made of it. False when a note
 * stays, because something could not be put back now. */
bool netfix_put_back(const struct netfix_system *system, const char *guid);
/* The same for all adapters that no other program holds. */
void netfix_put_back_all(const struct netfix_system *system);

#define NETFIX_TOLD_MAX 16
struct netfix_work {
	const struct netfix_system *system;
	char guid[ADAPTER_GUID]; /* "": there is nothing to change */
	unsigned mtu;
	netfix_tell *tell;
	void *context;
	bool locked;
	bool settled[NETFIX_ITEMS];
	lp_time failing[NETFIX_ITEMS]; /* since when; 0: not */
	GUID network;                  /* whose category was seen to */
	size_t told_count;
	char told[NETFIX_TOLD_MAX][ADAPTER_REASON];
};
/* system and context must outlive it. */
void netfix_work_init(struct netfix_work *work, const struct netfix_system *system,
	const char *guid, unsigned mtu, netfix_tell *tell, void *context);
/* Makes the changes that are still to be made, after putting back what an earlier run left. False
 * when something failed that is worth another try in a second; else it is time enough when networks
 * have changed, as the adapter's network comes and goes. */
bool netfix_work_apply(struct netfix_work *work, lp_time now);
/* Puts everything back and lets go of the adapter. */
void netfix_work_end(struct netfix_work *work);
/* The sentence for the player when what keeps the LAN from becoming the way to the internet is not
 * known to be in force. */
extern const char netfix_no_guard[];
/* Tells a warning, unless it was told before. */
void netfix_work_warn(struct netfix_work *work, const char *text);

/* netfix_start for any system, which it takes: it is closed at the end, also when this fails.
 * patience_ms: how long start and stop wait at most. */
struct netfix *netfix_start_with(const struct netfix_system *system, const char *guid, unsigned mtu,
	unsigned patience_ms, netfix_tell *tell, void *context);

#endif
