/* role.h - the roles of members. */
#ifndef LANPARTY_BASE_ROLE_H
#define LANPARTY_BASE_ROLE_H

/* The numbers are the values of the role field in HELLO and PEER_JOINED. */
enum lp_role {
	LP_ROLE_CLIENT = 1,  /* one player with one MAC address */
	LP_ROLE_GATEWAY = 2, /* connects the room to a physical LAN; at most one per room */
};

#define LP_MAX_CLIENTS 1024 /* upper limit of --max-clients */
#define LP_MAX_MEMBERS (LP_MAX_CLIENTS + 1)

const char *lp_role_text(enum lp_role role);

#endif
