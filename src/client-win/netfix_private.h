/* netfix_private.h - the inside of netfix: the settings in the order in which they are changed, the
 * interface to the system that holds them, and how they are restored.
 *
 * Nothing here calls Windows. The interface does, or a fake system in tests. */
#ifndef LANPARTY_CLIENT_NETFIX_PRIVATE_H
#define LANPARTY_CLIENT_NETFIX_PRIVATE_H

#include <stdint.h>

#include "lanparty/base/time.h"
#include "netfix.h"
#include "netfix_routes.h"

/* Changed in this order and restored in reverse order. The comments give the meaning of the
 * value. */
enum netfix_item {
	NETFIX_FIREWALL_RULE,      /* 1: a rule admits packets for this program */
	NETFIX_ROUTER_DISCOVERY_6, /* 0: off, 1: on, 2: as DHCP says */
	NETFIX_DEFAULT_ROUTES_4,   /* 1: default routes through this adapter are disabled */
	NETFIX_DEFAULT_ROUTES_6,
	NETFIX_METRIC_4, /* or NETFIX_AUTOMATIC */
	NETFIX_METRIC_6,
	NETFIX_MTU_4, /* bytes of an IP packet */
	NETFIX_MTU_6,
	NETFIX_BROADCAST_ROUTE, /* the route's metric, or NETFIX_ABSENT */
	NETFIX_MULTICAST_ROUTE,
	NETFIX_CATEGORY, /* 0: public, 1: private, 2: domain */
	NETFIX_ITEMS,
	NETFIX_ROOM_ADDRESS =
		NETFIX_ITEMS, /* netfix_work_room: an IPv4 address, or NETFIX_ABSENT */
	NETFIX_NOTED,         /* all that can be in a note */
};
#define NETFIX_AUTOMATIC UINT32_MAX
#define NETFIX_ABSENT    UINT32_MAX
#define NETFIX_PUBLIC    0
#define NETFIX_PRIVATE   1

struct netfix_setting {
	uint32_t value;
	GUID network; /* whose category it is; zero for all other items */
	/* NETFIX_ROOM_ADDRESS: the address that is asked for, or changed. The adapter can have others. */
	struct netfix_prefix room;
};

/* One change. It is noted before it is made, and the note is removed after it was undone. */
struct netfix_note {
	char guid[ADAPTER_GUID]; /* the adapter's */
	enum netfix_item item;
	GUID network;
	uint32_t former, now;
};
#define NETFIX_NOTES_MAX 64 /* notes that are handled at once */

enum netfix_answer {
	NETFIX_OK,
	NETFIX_NOT_THERE, /* adapter or network is absent now, but can appear */
	NETFIX_GONE,      /* the adapter or network no longer exists */
	NETFIX_DENIED,    /* not enough privileges */
	NETFIX_REFUSED,   /* any other error; the function that called Windows logged it */
};

/* The interface to the system. It is called on netfix's thread. */
struct netfix_system {
	void *context;
	/* Reads a setting. For the category, setting->network zero means the network that the
	 * adapter is in; its GUID is stored there. */
	enum netfix_answer (*read)(void *context, const char *guid, enum netfix_item item,
		struct netfix_setting *setting);
	enum netfix_answer (*write)(void *context, const char *guid, enum netfix_item item,
		const struct netfix_setting *setting);
	/* Stores a note. True: it survives a crash or a power cut. */
	bool (*note)(void *context, const struct netfix_note *note);
	void (*forget)(void *context, const struct netfix_note *note);
	/* Lists the valid notes. Invalid ones are deleted. */
	size_t (*notes)(void *context, struct netfix_note *list, size_t cap);
	/* Lets one program at a time change the settings of an adapter. */
	bool (*lock)(void *context, const char *guid, unsigned wait_ms);
	void (*unlock)(void *context);
	/* Takes a view of the computer's networks. guid "" means no adapter. False: Windows gave no
	 * answer. */
	bool (*look)(void *context, const char *guid, struct netfix_view *ret_view);
	/* From now on the event is set whenever something can have changed. */
	void (*watch)(void *context, HANDLE event);
	/* Ends watching and frees the context. */
	void (*close)(void *context);
};

/* True for "{8-4-4-4-12}" with hexadecimal digits. */
bool netfix_is_guid(const char *text);
const char *netfix_item_name(enum netfix_item item);
/* True if the note holds values that netfix can have found and set. */
bool netfix_note_is_good(const struct netfix_note *note);

/* Restores what the notes of this adapter say, if the settings still have the values that netfix
 * set. False: a note remains, because something could not be restored now. */
bool netfix_put_back(const struct netfix_system *system, const char *guid);
/* Restores all adapters that no other program holds. */
void netfix_put_back_all(const struct netfix_system *system);

#define NETFIX_TOLD_MAX 16
struct netfix_work {
	const struct netfix_system *system;
	char guid[ADAPTER_GUID]; /* "": no settings to change */
	unsigned mtu;
	struct netfix_listener to;
	bool locked;
	bool settled[NETFIX_ITEMS];
	lp_time failing[NETFIX_ITEMS]; /* since when it has failed; 0: it has not */
	GUID network;                  /* the network whose category was set */
	struct netfix_prefix room;     /* that netfix_work_room has set; length 0: none */
	size_t told_count;
	char told[NETFIX_TOLD_MAX][ADAPTER_REASON];
};
/* Initialises work. system and what listens must outlive it. */
void netfix_work_init(struct netfix_work *work, const struct netfix_system *system,
	const char *guid, unsigned mtu, struct netfix_listener to);
/* Makes the outstanding changes, after it has restored what an earlier run left. True: call it
 * again when networks have changed, because the adapter's network can appear and disappear. False:
 * something failed that is worth another try in a second. */
bool netfix_work_apply(struct netfix_work *work, lp_time now);
/* Gives the adapter this address of the room beside those that it has, instead of the one of the last call;
 * length 0: none. False: call it again. */
bool netfix_work_room(struct netfix_work *work, struct netfix_prefix room);
/* Restores everything and releases the adapter. */
void netfix_work_end(struct netfix_work *work);
/* The message for the case that the protection against a default route through the LAN is not known
 * to be active. */
extern const char netfix_no_guard[];
/* Reports a warning unless it was reported before. */
void netfix_work_warn(struct netfix_work *work, const char *text);

/* netfix_start for any system. It takes ownership of the system and closes it at the end, also when
 * it fails. patience_ms limits how long start and stop wait. */
struct netfix *netfix_start_with(const struct netfix_system *system, const char *guid, unsigned mtu,
	unsigned patience_ms, struct netfix_listener to);

#endif
