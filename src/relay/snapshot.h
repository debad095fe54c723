/* snapshot.h - what a worker of the relay knows of its rooms and members at one moment (row H4).
 *
 * The worker fills it and gives it away, so that whoever shows it shares nothing with the worker. It has no
 * room code, no key and no token. */
#ifndef LANPARTY_RELAY_SNAPSHOT_H
#define LANPARTY_RELAY_SNAPSHOT_H

#include "server.h"

#define SNAPSHOT_MEMBERS 16384 /* of one worker; more are left out, and counted */

struct snapshot_member {
	uint32_t room;
	uint16_t peer, mtu;
	enum lp_role role;
	bool host, silent, cut_off;
	bool isolated, locked; /* its room */
	bool over_tcp;         /* its payloads come in a TCP connection (row W2) */
	struct lp_mac mac;
	struct lp_address address;
	lp_time age;
	char name[LP_NAME_MAX + 1];
	lp_time rtt, jitter;        /* of its connection; 0: not measured */
	uint64_t reached, lost;     /* frames to it, of those whose fate is known */
	uint64_t in_rate, out_rate; /* bytes per second: from it, and queued for it */
	struct lp_session_traffic traffic;
};

struct snapshot {
	struct server_counters counters;
	size_t count, cap, left_out;
	bool no_memory;
	struct snapshot_member *members; /* room by room */
};

/* Of this server, whose thread calls it. NULL without memory. snapshot_free frees it. */
struct snapshot *server_snapshot(struct server *s);
void snapshot_free(struct snapshot *s);

#endif
