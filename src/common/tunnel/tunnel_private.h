/* tunnel_private.h - what the parts of the tunnel share: the connection (tunnel.c), the room's members and
 * events (tunnel_events.c), what people see of them (tunnel_seen.c), frames (tunnel_frames.c), the room's host
 * (tunnel_host.c), the games that they host (tunnel_games.c), old protocols (tunnel_old.c), the relay's limits
 * (limits.c), what the relay hears of the LAN (tunnel_lan.c), and what the LAN is asked (ask.c). */
#ifndef LANPARTY_TUNNEL_PRIVATE_H
#define LANPARTY_TUNNEL_PRIVATE_H

#include "lanparty/base/bucket.h"
#include "lanparty/wire/inbox.h"
#include "lanparty/room/claimant.h"
#include "lanparty/base/role.h"
#include "lanparty/path/early.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"
#include "lanparty/tunnel/tunnel.h"
#include "loop.h"

enum old_news { OLD_UNSEEN, OLD_SEEN, OLD_TOLD };

#define LP_TUNNEL_STREAMS        64 /* the relay's messages under way at once: its stream credit */
#define LP_TUNNEL_WAITING_EVENTS 4096 /* events that came before one that they follow */

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

/* How long this member has been at one of the relay's limits. */
struct tunnel_limit {
	lp_time at;    /* the last time that it was reached; 0: never */
	lp_time since; /* since then without a pause */
	bool told;     /* in this episode */
};

struct tunnel_game {
	struct lp_found_game found;
	lp_time told_at;
	bool told; /* at least once */
	bool news; /* people have not heard of it as it is now */
};

struct tunnel_member {
	struct lp_peer_joined joined;
	struct lp_filter_source source; /* what it sends is checked again here (row S5) */
	struct lp_claimant claimant;    /* gateways: and so is what it claims */
	bool heard;                     /* gateways: it has sent a frame that passed the filter */
	bool loops, conflict;           /* as PEER_STATUS said last */
	struct lp_peer_status status;   /* the last one; peer 0: none yet */
	bool trusted;                   /* false: a gateway that is not the host's */
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
	lp_time started;              /* the attempt */
	lp_time late_until;           /* frames are old until then */
	char reason[LP_TEXT_MAX + 1]; /* with TUNNEL_GIVING_UP */
	struct lp_welcome welcome;    /* the last one: its token resumes */

	uint8_t host[LP_HOST_PRINT];     /* the room's host key; zero: none is known */
	char told_name[LP_NAME_MAX + 1]; /* that the host has given this member */
	enum lp_host_news host_news;     /* of the room, told last */
	enum lp_host_news gateway_news;  /* of its gateways, told last */
	uint8_t host_key[LP_HOST_KEY_SIZE], host_proof[LP_HOST_PROOF_SIZE];

	struct lp_inbox inbox;
	uint64_t sequence; /* of the last event applied */
	struct lp_control
		*waiting_events[LP_TUNNEL_WAITING_EVENTS]; /* events that wait for their turn */
	size_t waiting_event_count;
	struct tunnel_member **members; /* the others, in no order */
	size_t member_count, member_cap;
	struct lp_mac macs[LP_MAX_MEMBERS]; /* of the clients among them, sorted */
	size_t mac_count;
	struct lp_mac port_macs[LP_MAX_MEMBERS]; /* of those, what the port knows */
	size_t port_mac_count;
	bool port_is_old; /* it can have changed whom the port knows */

	struct lp_tunnel_action *actions;
	size_t action_next, action_count, action_cap;
	bool starved; /* an action that somebody needs is lost: no memory */

	struct lp_pool *pool;
	struct lp_sender sender;
	struct lp_receiver receiver;
	struct lp_early early;            /* IP fragments */
	struct lp_filter_source self;     /* what comes from our port */
	struct lp_neighbours *neighbours; /* what it knows of the LAN outlives the room (row K4) */
	struct lp_bucket fresh;  /* gateways: of newcomers, in seconds; it outlives the room, too */
	struct lp_protected lan; /* gateways: where they are (known_lan.h) */
	struct lp_bucket group;  /* broadcasts and multicasts that the relay takes */
	struct tunnel_limit byte_limit, group_limit;
	struct lp_own_list own;
	struct lp_offer told[LP_TUNNEL_TOLD];
	size_t told_count;
	enum old_news old[LP_OLD_COUNT];
	struct tunnel_game games[LP_TUNNEL_GAMES];
	size_t game_count;
	lp_time games_at; /* when people hear of the next one; LP_NEVER: there is no news */
	bool moved;       /* as lp_tunnel_protect, and the relay has not heard of it */
	bool untold;      /* what is protected has changed since the last HELLO or LP_LAN */
	size_t lan_next;  /* of that, the relay knows what is before */
	lp_time lan_at;   /* when it is told more; LP_NEVER: it takes nothing */
	size_t ask_next;  /* of that, the LAN has been asked about what is before */
	lp_time ask_at; /* when it is asked about more, while there is a room; LP_NEVER: clients */
	lp_time stats_at;
	struct lp_loop loop;
	bool conflict;                /* as PEER_STATUS of this member said last */
	struct lp_peer_status status; /* that one; peer 0: none yet */
	lp_time loop_until; /* this computer is in a loop; stats.loops says so once people have heard of it */
	struct lp_stats stats;
};

/* An event of the relay's: applied in order (row C8). LP_INVALID when it breaks the protocol,
 * LP_NO_MEMORY. */
enum lp_status lp_tunnel_event(struct lp_tunnel *t, const struct lp_control *event, lp_time now);
/* Applies events that have come before their turn and now have it. Fails likewise. */
enum lp_status lp_tunnel_take_waiting_events(struct lp_tunnel *t, lp_time now);
void lp_tunnel_members_changed(struct lp_tunnel *t);
/* Tells the port who is there, when that has changed: call it when port_is_old, and now and then. A gateway
 * announces these MACs to its LAN, so a member with the MAC of a station is not among them (row N1), nor is
 * one whose computer is in a loop. */
void lp_tunnel_tell_port(struct lp_tunnel *t, lp_time now);
/* Is it the MAC of one of these? */
bool lp_tunnel_reaches(const struct lp_tunnel *t, const struct lp_mac *mac);
/* Is it the MAC of another client of the room? */
bool lp_tunnel_has_mac(const struct lp_tunnel *t, const struct lp_mac *mac);
/* The client with this MAC, which must be there. */
struct tunnel_member *lp_tunnel_member_with(const struct lp_tunnel *t, const struct lp_mac *mac);
struct tunnel_member *lp_tunnel_member(const struct lp_tunnel *t, uint16_t peer);
/* NULL when out of memory. Without some of them the membership is of no use: it is given up then. */
struct lp_tunnel_action *lp_tunnel_add_action(struct lp_tunnel *t, enum lp_tunnel_kind kind);

/* Adds an action of this kind with the message, or none when out of memory. */
void lp_tunnel_send_control(
	struct lp_tunnel *t, enum lp_tunnel_kind kind, const struct lp_control *message);

/* Lists a part of what is known of the LAN, as lp_neighbours_list_lan does. The part after the last one is the
 * first. Returns when it is time for the next part. */
lp_time lp_tunnel_list_lan(const struct lp_tunnel *t, size_t *next, lp_time silent, lp_time now,
	struct lp_lan_report *ret_part);
/* Tells the relay a part of what is known of the LAN, when it is time to. Paced, because messages cost the
 * relay time and a LAN can be large. */
void lp_tunnel_tell_lan(struct lp_tunnel *t, lp_time now);
/* Tells the relay again what is known of the LAN: there is more. */
void lp_tunnel_tell_lan_anew(struct lp_tunnel *t, lp_time now);
/* Tells the relay what is protected, when that has changed. */
void lp_tunnel_tell_protected(struct lp_tunnel *t);
/* A gateway asks its LAN about addresses of which it has not heard for long, when it is time to. */
void lp_tunnel_ask_lan(struct lp_tunnel *t, lp_time now);

/* Row N4: the WELCOME says what the room's host key is. False: not the one that is known. */
bool lp_tunnel_take_host(struct lp_tunnel *t, const uint8_t host[LP_HOST_PRINT]);
extern const char lp_tunnel_other_host[]; /* why it leaves then */
/* True unless it is a gateway that has not proven the room's host key. */
bool lp_tunnel_trusts(struct lp_tunnel *t, const struct lp_peer_joined *joined);

/* Looks for an answer of a game in a frame of this member or another one that has passed. */
void lp_tunnel_note_game(
	struct lp_tunnel *t, uint16_t peer, const struct lp_view *view, lp_time now);
/* Tells people about games, when it is time to. */
void lp_tunnel_tell_games(struct lp_tunnel *t, lp_time now);
void lp_tunnel_forget_games(struct lp_tunnel *t, uint16_t peer);
/* What was told of an earlier membership does not hold for a new one. */
void lp_tunnel_forget_stay(struct lp_tunnel *t);

/* A frame from the port was dropped for its type. */
void lp_tunnel_note_old(struct lp_tunnel *t, const struct lp_view *view, lp_time now);
void lp_tunnel_tell_old(struct lp_tunnel *t);

/* Keeps the limits of the WELCOME from now on. */
void lp_tunnel_keep_limits(struct lp_tunnel *t, lp_time now);
/* Sends more bulk when the relay's limit permits it again, and tells of the limit when that lasts. */
void lp_tunnel_release_bulk(struct lp_tunnel *t, lp_time now);
/* Row L1: a group frame that the relay would drop need not travel there. Tells of the limit likewise. */
enum lp_drop lp_tunnel_check_group(struct lp_tunnel *t, const struct lp_mac *dst, lp_time now);

/* What the modules of the frame path call, with the tunnel as the owner (tunnel_frames.c): receiver.h's
 * deliver, and early.h's pass. */
void lp_tunnel_deliver(void *tunnel, const struct lp_received *received, lp_time now);
bool lp_tunnel_pass_early(void *tunnel, const struct lp_received *in, lp_time now);

#endif
