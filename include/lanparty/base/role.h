/* role.h - what a member of a room is. */
#ifndef LANPARTY_BASE_ROLE_H
#define LANPARTY_BASE_ROLE_H

/* Numbers of the HELLO and PEER_JOINED role fields. */
enum lp_role {
	LP_ROLE_CLIENT = 1,  /* one player, one MAC */
	LP_ROLE_GATEWAY = 2, /* the room's one port into a physical LAN */
};

#define LP_MAX_CLIENTS 1024 /* the most clients that --max-clients can allow in a room */
#define LP_MAX_MEMBERS (LP_MAX_CLIENTS + 1)

const char *lp_role_text(enum lp_role role);

#endif
