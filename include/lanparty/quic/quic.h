/* quic.h - QUIC connections over ngtcp2 and wolfSSL behind one opaque endpoint.
 *
 * Takes UDP payloads and the time, hands out UDP payloads and a deadline. It has no sockets and no
 * clock of its own, and it knows nothing of rooms and frames. One endpoint is one worker's: it is
 * never shared between threads.
 *
 * Loop: read what came (lp_quic_read), lp_quic_on_time, hand over what is to be sent, then
 * lp_quic_write until it has nothing more, then sleep until lp_quic_deadline. Handler functions
 * may call everything here but lp_quic_read, lp_quic_write, lp_quic_on_time and lp_quic_free. */
#ifndef LANPARTY_QUIC_H
#define LANPARTY_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/address.h"
#include "lanparty/path/datagram.h"
#include "lanparty/base/status.h"
#include "lanparty/base/time.h"

struct lp_quic;      /* an endpoint */
struct lp_quic_conn; /* one of its connections */
struct lp_identity;  /* a server's certificate and key (identity.h) */

#define LP_QUIC_PACKET_MAX                                                                         \
	1472 /* UDP payload of a 1500-byte IPv4 packet: what PMTU discovery tries */
/* A control message of ours and the pieces of one that arrive: see control.h. */
#define LP_QUIC_STREAM_WINDOW 8192
#define LP_QUIC_PENDING_MAX   262144 /* bytes of streams that wait for the peer; past it: LP_FULL */

/* Why a connection ended. */
enum lp_quic_end {
	LP_QUIC_END_PEER,      /* the peer closed it; code and text are the peer's */
	LP_QUIC_END_LOCAL,     /* we did, code and text are ours */
	LP_QUIC_END_IDLE,      /* silence for the idle timeout */
	LP_QUIC_END_RESET,     /* a stateless reset: the relay knows nothing of us any more */
	LP_QUIC_END_HANDSHAKE, /* not finished in time: nobody there, or a firewall */
	LP_QUIC_END_PIN,       /* the certificate is not the one expected */
	LP_QUIC_END_ALPN,      /* the other side speaks another protocol or version */
	LP_QUIC_END_ERROR,     /* a QUIC or TLS error; text says which */
	LP_QUIC_END_MEMORY,    /* this side is out of memory */
};
struct lp_quic_close {
	enum lp_quic_end end;
	bool application; /* code is an application's, not QUIC's own */
	uint64_t code;
	char text[128]; /* printable */
};

/* What the endpoint tells its user. context is the config's; user is the connection's own. All
 * bytes are borrowed until return. */
struct lp_quic_handler {
	/* A server has a new connection whose handshake is complete, or a client's handshake is (pin
	 * and ALPN are checked by then). */
	void (*connected)(void *context, struct lp_quic_conn *conn);
	/* Bytes of a stream in order. Ours and the peer's streams alike; fin once, with the last. A
	 * stream that the peer resets ends early, with fin. */
	void (*stream)(void *context, struct lp_quic_conn *conn, int64_t stream,
		const uint8_t *bytes, size_t len, bool fin);
	/* For each connection that was given to connected, and each of lp_quic_connect, once: the
	 * connection is gone after return (its close packet still goes out). */
	void (*closed)(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why);
};

#define LP_QUIC_SECRET_SIZE 32

struct lp_quic_config {
	const struct lp_quic_handler *handler;
	void *context;
	lp_time idle_timeout;      /* of every connection; 0: 15 s */
	lp_time keep_alive;        /* clients send a PING after that much silence; 0: 3 s */
	lp_time handshake_timeout; /* 0: 5 s */
	size_t max_connections;    /* servers: 0: 4096; more are refused */
	/* Servers: from so many connections in handshake on, newcomers must prove their address with a
	 * Retry (RFC 9000, section 8.1.2). 0: 64. From max_half_open on they are dropped. 0: 1024. */
	size_t retry_from;
	size_t max_half_open;
	/* Servers: keys of stateless resets and Retry tokens come from it, so that the peers of a
	 * relay that restarts with the same one notice at once. All zero: a random one. */
	uint8_t secret[LP_QUIC_SECRET_SIZE];
	/* Servers, one of several workers behind one address: it gets the packets whose connection id
	 * begins with a number (16 bits) that is worker modulo workers. Others, for no connection that it
	 * has, are not its to answer: a reset from here would end what lives there. 0 and 1: all. */
	unsigned workers, worker;
	/* UDP payload at most, 1200 to LP_QUIC_PACKET_MAX; 0: LP_QUIC_PACKET_MAX. */
	size_t max_packet;
};

/* NULL when out of memory or the TLS library cannot start. The identity is held by reference until
 * lp_quic_free or the next lp_quic_set_identity, which new connections then use; NULL for
 * clients. */
struct lp_quic *lp_quic_new(const struct lp_quic_config *config, struct lp_identity *identity);
void lp_quic_set_identity(struct lp_quic *q, struct lp_identity *identity);
/* Frees all connections without a word to peer or handler. */
void lp_quic_free(struct lp_quic *q);

/* Clients: whom to trust. With pins: exactly a certificate whose DER has one of these SHA-256, the
 * name is then only sent as SNI. Without: the system's CA store and the server name. */
struct lp_quic_target {
	struct lp_path path;
	const char *server_name; /* NULL or "": no SNI; required without pins */
	const uint8_t (*pins)[32];
	size_t pin_count;
	uint16_t
		steer; /* first two bytes of the initial connection id: see doc/protocol.md, steering */
};
/* Starts to connect. NULL, with *ret_status, when that cannot even be tried. */
struct lp_quic_conn *lp_quic_connect(struct lp_quic *q, const struct lp_quic_target *target,
	void *user, lp_time now, enum lp_status *ret_status);

/* One UDP payload. An empty one, and one that belongs to nobody, is ignored (servers answer as RFC
 * 9000 asks, with less than they got, and at a bounded rate). now must not step back between calls. */
void lp_quic_read(struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len,
	lp_time now);
/* Timers that are due. */
void lp_quic_on_time(struct lp_quic *q, lp_time now);
/* The next packet to send: its length, 0 when there is none. cap >= LP_QUIC_PACKET_MAX. */
size_t lp_quic_write(
	struct lp_quic *q, uint8_t *bytes, size_t cap, struct lp_path *ret_path, lp_time now);
/* When lp_quic_on_time wants to be called; LP_NEVER. */
lp_time lp_quic_deadline(struct lp_quic *q);

/* The connection takes its DATAGRAMs from source and gives those that arrive to sink (datagram.h), from now
 * until it is closed (lp_quic_close lets go of them at once). Both are borrowed. Call it in connected; a connection without them sends no DATAGRAMs and
 * ignores those that arrive. */
void lp_quic_attach(struct lp_quic_conn *conn, struct lp_datagram_source *source,
	struct lp_datagram_sink *sink);

/* Streams. Bytes are copied and wait for the peer's credit. LP_FULL past LP_QUIC_PENDING_MAX,
 * LP_CLOSED for a connection that is closing. */
/* Opens a bidirectional stream: *ret_stream. */
enum lp_status lp_quic_open(struct lp_quic_conn *conn, int64_t *ret_stream);
enum lp_status lp_quic_send(
	struct lp_quic_conn *conn, int64_t stream, const uint8_t *bytes, size_t len, bool fin);
/* One whole unidirectional stream. */
enum lp_status lp_quic_send_message(struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);

/* Closes with an application error code; what waits in streams is given up. closed is called before
 * the next lp_quic_write, lp_quic_read or lp_quic_on_time returns, never from within this call. */
void lp_quic_close(struct lp_quic_conn *conn, uint64_t code, const char *text);

void *lp_quic_user(const struct lp_quic_conn *conn);
void lp_quic_set_user(struct lp_quic_conn *conn, void *user);
/* The largest DATAGRAM payload that fits a packet on the current path now: grows with path MTU
 * discovery, and can shrink. 0 when the peer takes none. */
size_t lp_quic_datagram_max(struct lp_quic_conn *conn);
/* Servers: a number that all connections of one network (/24, /56) have in common, from where it was
 * when it connected. Other networks may share it, which ones changes with each start. */
uint32_t lp_quic_source(const struct lp_quic_conn *conn);
/* The path that the connection uses now. */
void lp_quic_get_path(const struct lp_quic_conn *conn, struct lp_path *ret_path);

struct lp_quic_info {
	lp_time rtt; /* the latest of this path, without the wait of its acknowledgement; 0: none yet */
	uint64_t packets_sent, packets_lost, bytes_sent, bytes_received;
};
void lp_quic_get_info(const struct lp_quic_conn *conn, struct lp_quic_info *ret_info);

struct lp_quic_counters {
	uint64_t packets_in, packets_out, ignored, retries, version_negotiations, resets, refused;
	uint64_t misrouted; /* another worker's */
};
void lp_quic_get_counters(const struct lp_quic *q, struct lp_quic_counters *ret_counters);
size_t lp_quic_connection_count(const struct lp_quic *q);

#endif
