/* window.h - what a player sees: a field for the invite, the room and its members, a log, and the
 * icon in the notification area that stays when the window is closed.
 *
 * The window's thread never waits for the network. Each stay has its own thread, which writes
 * events into window_inbox.h. */
#ifndef LANPARTY_CLIENT_WINDOW_H
#define LANPARTY_CLIENT_WINDOW_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>

#include "lanparty/packet/eth.h"
#include "lanparty/peer/peer_options.h"

struct window_config {
	HINSTANCE instance;
	const struct lp_peer_options *known; /* relay.name "": none; the room key is ignored */
	const char *typed;                   /* an invite or a room code to fill in; NULL: none */
	const char *adapter;                 /* for the session; NULL: the first free adapter */
	struct lp_mac mac;                   /* for the session; zero: the adapter's own address */
};

/* If another lanparty of this user has a window, shows that window with the invite filled in (only
 * a complete invite is passed on) and returns true: the program can end. Otherwise this process
 * becomes the one that later starts find. */
bool window_hand_over(const char *typed);

/* Shows the window. Returns an exit code when the player has ended the program and all stays are
 * over. Call it once per process. */
int window_run(const struct window_config *config);

#endif
