/* tunnel_private.h - what the parts of the tunnel share: connection (tunnel.c), the room's members
 * and events (tunnel_events.c), frames (tunnel_frames.c). */
#ifndef LANPARTY_TUNNEL_PRIVATE_H
#define LANPARTY_TUNNEL_PRIVATE_H

#include "lanparty/wire/inbox.h"
#include "lanparty/room/neighbours.h"
#include "lanparty/base/role.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"
#include "lanparty/tunnel/tunnel.h"
#include "loop.h"

#define LP_TUNNEL_STREAMS 64   /* the relay's messages under way at once: its stream credit */
#define LP_TUNNEL_EARLY   4096 /* events that came before one that they follow */

enum tunnel_state {
	TUNNEL_IDLE,       /* before lp_tunnel_start */
	TUNNEL_CONNECTING, /* the handshake is under way */
	TUNNEL_HELLO,      /* the hello is sent */
	TUNNEL_JOINED,
	TUNNEL_GIVING_UP, /* we close, and wait for lp_tunnel_on_closed */
	TUNNEL_LEAVING,   /* has said so, and waits for the relay to close */
	TUNNEL_WAITING,   /* until the next attempt */
	TUNNEL_OVER,
};

struct tunnel_member {
	struct lp_peer_joined joined;
	struct lp_filter_source source; /* what it sends is checked again here (row S5) */
	bool loops, conflict;           /* as PEER_STATUS said last */
	/* Gateways: frames with its MAC that came from the LAN in a row, and not from the room as well. */
	unsigned twins;
	lp_time twin_at; /* the first of them */
};

struct lp_tunnel {
	struct lp_tunnel_config config;
	char name[LP_NAME_MAX + 1];
	struct lp_port *port;

	enum tunnel_state state;
	bool once_joined;
	bool final;   /* with TUNNEL_GIVING_UP: no more attempts */
	bool refused; /* the attempt ended with a REJECT */
	bool waits;   /* a silent member has our place: said once, and asked again and again */
	unsigned attempts;
	bool redirected; /* with TUNNEL_GIVING_UP: to connect again at once */
	unsigned redirects;
	bool steered; /* the relay has said with what */
	uint16_t steer;
	uint64_t random;
	lp_time deadline;
	char reason[LP_TEXT_MAX + 1]; /* with TUNNEL_GIVING_UP */
	struct lp_welcome welcome;    /* the last one: its token resumes */

	struct lp_inbox inbox;
	uint64_t sequence;                         /* of the last event applied */
	struct lp_control *early[LP_TUNNEL_EARLY]; /* events that wait for their turn */
	size_t early_count;
	struct tunnel_member **members; /* the others, in no order */
	size_t member_count, member_cap;
	struct lp_mac macs[LP_MAX_MEMBERS]; /* of the clients among them, sorted */
	size_t mac_count;

	struct lp_tunnel_action *actions;
	size_t action_next, action_count, action_cap;
	bool starved; /* an action that somebody needs is lost: no memory */

	struct lp_pool *pool;
	struct lp_sender sender;
	struct lp_receiver receiver;
	struct lp_filter_source self;     /* what comes from our port */
	struct lp_neighbours *neighbours; /* what it knows of the LAN outlives the room (row K4) */
	struct lp_own_list own;
	struct lp_offer told[LP_TUNNEL_TOLD];
	size_t told_count;
	bool untold;     /* what is protected has changed since the last HELLO or LP_LAN */
	size_t lan_next; /* of that, the relay knows what is before */
	lp_time lan_at;  /* when it is told more; LP_NEVER: all is told */
	lp_time stats_at;
	struct lp_loop loop;
	bool conflict; /* as PEER_STATUS of this member said last */
	lp_time loop_until; /* this computer is in a loop; stats.loops says so once people have heard of it */
	struct lp_stats stats;
};

/* An event of the relay's: applied in order (row C8). LP_INVALID when it breaks the protocol,
 * LP_NO_MEMORY. */
enum lp_status lp_tunnel_event(struct lp_tunnel *t, const struct lp_control *event);
/* Applies events that have come before their turn and now have it. Fails likewise. */
enum lp_status lp_tunnel_take_early(struct lp_tunnel *t);
/* Tells the port who is there. */
void lp_tunnel_members_changed(struct lp_tunnel *t);
/* Is it the MAC of another client of the room? */
bool lp_tunnel_has_mac(const struct lp_tunnel *t, const struct lp_mac *mac);
/* The client with this MAC, which must be there. */
struct tunnel_member *lp_tunnel_member_with(const struct lp_tunnel *t, const struct lp_mac *mac);
/* Tells the relay again what is known of the LAN: there is more. */
void lp_tunnel_tell_lan_anew(struct lp_tunnel *t, lp_time now);
struct tunnel_member *lp_tunnel_member(const struct lp_tunnel *t, uint16_t peer);
/* NULL when out of memory. Without some of them the membership is of no use: it is given up then. */
struct lp_tunnel_action *lp_tunnel_add_action(struct lp_tunnel *t, enum lp_tunnel_kind kind);

/* The owner's side of the receiver (receiver.h). */
void lp_tunnel_deliver(void *tunnel, const struct lp_received *received, lp_time now);

#endif
