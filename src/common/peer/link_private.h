/* link_private.h - the inside of a link: link.c serves its user, link_attempt.c connects to the relay,
 * link_stream.c looks after streams, link_back.c leaves them for UDP. */
#ifndef LANPARTY_PEER_LINK_PRIVATE_H
#define LANPARTY_PEER_LINK_PRIVATE_H

#include "lanparty/peer/link.h"
#include "faults.h"
#include "race.h"

#define LP_LINK_OPENING_MAX                                                                        \
	(5 * LP_SECOND) /* until a stream is open; as long as a handshake can take */

/* One address that is tried, with a socket of its own. */
struct lp_way {
	struct lp_link *link;
	struct lp_entry entry;
	struct lp_path path;
	struct lp_quic_conn
		*conn; /* NULL: it has ended, and its last packet waits; or use says more */
	bool open;     /* it has a socket */
	enum {
		WAY_PLAIN,
		WAY_OPENING, /* a stream, which the loop opens until then */
		WAY_MOVING,  /* the connection tries to come over to it */
		WAY_LEFT /* the connection has left it: until then what is on the way still arrives */
	} use;
	lp_time until;
	enum lp_send_failure failure; /* of its packets; the latest one */
};

/* The way back from TCP to UDP. */
struct lp_back {
	lp_time at;         /* when UDP is tried again; LP_NEVER: it is not */
	size_t next;        /* of the known addresses, in the round that goes on */
	lp_time began;      /* the round */
	struct lp_way *way; /* that is tried; NULL: none */
	bool hurries;       /* networks have changed meanwhile */
};

struct lp_link {
	struct lp_link_config config;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_way ways[LP_LINK_WAYS];
	struct lp_way *lone;   /* the only open one; NULL: there is none, or more */
	struct lp_way *joined; /* the one that has won; NULL: there is no connection */
	bool trying;           /* an attempt is being made */
	struct lp_race race;
	struct lp_faults faults;
	struct lp_back back;
	bool told_tcp;          /* that UDP does not get through */
	struct lp_entry latest; /* the connection's address, or the last one that was tried */
	unsigned looking;       /* bits: endpoints whose addresses are looked up */
	lp_time asked_at;       /* when the last look-up began */
	bool is_stale;          /* networks have changed since then */
	lp_time uplink_at; /* when the way to the relay is looked at; 0: networks have not changed */
	uint16_t steer;    /* of the attempt: to the worker that has the room */
	lp_time now;
	unsigned gaps;       /* of the loop, that no line has told of yet */
	lp_time longest_gap; /* of those */
	lp_time tell_gaps_at;
	enum lp_exit exit;
	struct lp_link_end last;
	struct lp_own_list own; /* without the relay's address */
	struct lp_tunnel_action action;
	uint8_t packet[LP_QUIC_PACKET_MAX]; /* while several ways are open */
};

extern const struct lp_quic_handler lp_link_handler;

/* Another wake-up of the loop, at this time. */
void lp_link_advance(struct lp_link *l, lp_time now);
/* Begins an attempt. */
void lp_link_attempt(struct lp_link *l);
/* Tries the next address if it is due, and ends an attempt that has none left. */
void lp_link_go_on(struct lp_link *l);
/* Ends look-ups, attempt and connections. */
void lp_link_stop(struct lp_link *l, enum lp_leave_reason reason, const char *text);
/* When lp_link_go_on is due. */
lp_time lp_link_next_try(const struct lp_link *l);
/* Sends what the ways have taken, and closes the sockets of those that have ended. */
void lp_link_flush(struct lp_link *l);
/* Tells the tunnel which networks the room must not take. */
void lp_link_tell_own(struct lp_link *l);
/* A way that has no socket; NULL: all have. Opens it for the entry. */
struct lp_way *lp_link_free_way(struct lp_link *l);
bool lp_link_open_way(struct lp_link *l, struct lp_way *w, const struct lp_entry *entry);
/* Begins the handshake on a way that is open. */
void lp_link_connect(struct lp_link *l, struct lp_way *w);
/* The connection has ended without a word of QUIC: it is made again at once. */
void lp_link_lose(struct lp_link *l, const struct lp_fault *fault);

/* link_stream.c: what ends streams that take too long, and when that is due. */
void lp_link_streams_on_time(struct lp_link *l);
lp_time lp_link_streams_deadline(const struct lp_link *l);
/* Why the stream has failed, for its endpoint. */
void lp_link_note_stream(
	struct lp_link *l, const struct lp_way *w, const struct lp_stream_failure *failure);

/* link_back.c: a connection over TCP has begun; networks have changed; time has passed; it has ended. */
void lp_link_back_begin(struct lp_link *l);
void lp_link_back_hurry(struct lp_link *l);
void lp_link_back_on_time(struct lp_link *l);
lp_time lp_link_back_deadline(const struct lp_link *l);
void lp_link_back_end(struct lp_link *l);
/* lp_quic_handler's moved. */
void lp_link_on_moved(void *context, struct lp_quic_conn *conn, bool good);

#endif
