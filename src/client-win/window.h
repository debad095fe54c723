/* window.h - what a player sees: an invite goes in, a room is joined, who is there, a log; and the
 * symbol in the notification area that stays when the window is closed.
 *
 * The window's thread never waits for the network: each stay has a thread of its own, that writes what
 * happens into window_inbox.h. */
#ifndef LANPARTY_CLIENT_WINDOW_H
#define LANPARTY_CLIENT_WINDOW_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>

#include "lanparty/packet/eth.h"
#include "lanparty/peer/peer_options.h"

struct window_config {
	HINSTANCE instance;
	const struct lp_peer_options *known; /* relay.name "": not known; the room key is ignored */
	const char *typed;                   /* an invite or a code that is filled in; NULL: none */
	const char *adapter;                 /* for the session; NULL: the first that is free */
	struct lp_mac mac;                   /* likewise; zero: the adapter's own */
};

/* Another lanparty of this user has a window already: it comes to the front, with the invite filled
 * in (anything but a whole invite is not handed over). True: there is nothing left to do here. From
 * here on this process is the one that later ones find. */
bool window_hand_over(const char *typed);

/* Shows the window, and returns when the player has ended the program and all stays are over: an exit
 * code. Once in a process. */
int window_run(const struct window_config *config);

#endif
