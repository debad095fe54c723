/* quic.h - QUIC connections over ngtcp2 and wolfSSL behind one opaque endpoint.
 *
 * UDP payloads and the time go in; UDP payloads and a deadline come out. It has no sockets and no clock,
 * and it knows nothing of rooms and frames. One thread owns an endpoint.
 *
 * Loop: lp_quic_read for each payload that arrived, lp_quic_on_time, lp_quic_write until it returns 0,
 * then sleep until lp_quic_deadline. lp_quic_write_all writes a whole batch.
 * DATAGRAMs do not pass through the user: a connection is attached to their source and their sink
 * (lp_quic_attach). Handler functions can call everything here except those that read and write,
 * lp_quic_on_time and lp_quic_free. */
#ifndef LANPARTY_QUIC_H
#define LANPARTY_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/address.h"
#include "lanparty/base/outlet.h"
#include "lanparty/base/source.h"
#include "lanparty/path/datagram.h"
#include "lanparty/base/status.h"
#include "lanparty/base/time.h"
#include "lanparty/wire/inbox.h"

struct lp_quic;      /* an endpoint */
struct lp_quic_conn; /* one of its connections */
struct lp_identity;  /* a server's certificate and key (identity.h) */

#define LP_QUIC_PACKET_MAX LP_PAYLOAD_MAX /* bytes: the most that path MTU discovery tries */
#define LP_QUIC_STREAM_WINDOW                                                                      \
	8192 /* bytes that a server can send on one stream: a control message */
#define LP_QUIC_INCOMPLETE_MAX                                                                     \
	(3 * LP_SECOND) /* servers: from the start of a unidirectional stream to its end */
#define LP_QUIC_PAUSE_MAX                                                                          \
	LP_SECOND /* of the first longer pause of the peer, this much counts towards that time */
#define LP_QUIC_PROBE_MAX                                                                          \
	(300 * LP_MILLISECOND) /* between probes of a silent peer, unless the path is slower than that */
#define LP_QUIC_LATE_MAX                                                                           \
	(3 * LP_SECOND) /* after a move, packets of the old path are still taken for so long */
#define LP_QUIC_PENDING_MAX 262144 /* bytes on streams that wait for the peer; then LP_FULL */

/* Why a connection ended. */
enum lp_quic_end {
	LP_QUIC_END_PEER,      /* the peer closed it: code and text are the peer's */
	LP_QUIC_END_LOCAL,     /* this side closed it: code and text are its own */
	LP_QUIC_END_IDLE,      /* nothing was received for the idle timeout */
	LP_QUIC_END_RESET,     /* a stateless reset: the relay does not know this connection */
	LP_QUIC_END_HANDSHAKE, /* not completed in time: nobody answers, or a firewall drops packets */
	LP_QUIC_END_PIN,       /* with pins: the certificate is none of them */
	/* Without pins. text has the date. */
	LP_QUIC_END_EXPIRED, /* the certificate's time is over */
	LP_QUIC_END_EARLY,   /* the certificate is not valid yet */
	/* Without pins. */
	LP_QUIC_END_NAME,      /* the certificate is for another name */
	LP_QUIC_END_AUTHORITY, /* no authority that the system knows confirms the certificate */
	LP_QUIC_END_ALPN,      /* the other side speaks another protocol or version */
	LP_QUIC_END_ERROR,     /* a QUIC or TLS error; text says which */
	LP_QUIC_END_MEMORY,    /* this side is out of memory */
};
struct lp_quic_close {
	enum lp_quic_end end;
	bool application; /* code is an application's, not one of QUIC's */
	uint64_t code;
	char text[128]; /* printable */
};

/* What the endpoint tells its user. context is lp_quic_config's. All bytes are borrowed until return. */
struct lp_quic_handler {
	/* The handshake is complete: a server has a new connection, a client is connected. Pin and
	 * ALPN are checked. */
	void (*connected)(void *context, struct lp_quic_conn *conn);
	/* A piece of a stream, whoever opened it. fin comes once, with the last bytes. A stream that
	 * the peer resets ends early, with fin. */
	void (*stream)(void *context, struct lp_quic_conn *conn, const struct lp_piece *piece);
	/* Called once for each connection that connected was called for, and for each that
	 * lp_quic_connect returned. conn is invalid after return; its close packet is still sent. */
	void (*closed)(void *context, struct lp_quic_conn *conn, const struct lp_quic_close *why);
	/* Clients: what lp_quic_migrate began has ended. good: the connection uses the new path now.
	 * Otherwise it stays where it was. NULL: the user does not want to know. */
	void (*moved)(void *context, struct lp_quic_conn *conn, bool good);
};

#define LP_QUIC_SECRET_SIZE 32

struct lp_quic_config {
	const struct lp_quic_handler *handler;
	void *context;
	lp_time idle_timeout;      /* of every connection; 0: 15 s */
	lp_time keep_alive;        /* clients send a PING after so long without a packet; 0: 3 s */
	lp_time handshake_timeout; /* 0: 5 s */
	size_t max_connections;    /* servers: more are refused; 0: 4096 */
	/* Servers: with so many connections in handshake, a new client must prove its address by a
	 * Retry (RFC 9000, section 8.1.2); 0: 64. With max_half_open, its packets are dropped; 0: 1024. */
	size_t retry_from;
	size_t max_half_open;
	/* Servers: handshakes of one source per second, and at once (base/limiter.h); rate 0: no limit.
	 * A client past it must prove its address, and is refused when the proved ones are too many, too. */
	uint64_t handshake_rate, handshake_burst;
	/* Servers: the keys of stateless resets and Retry tokens are derived from it. Peers of a relay
	 * that restarts with the same secret learn of the restart at once. All zero: a random one. */
	uint8_t secret[LP_QUIC_SECRET_SIZE];
	/* Servers, as one of several workers behind one address: a packet belongs to worker when the
	 * first two bytes of its connection ID, modulo workers, are worker. A packet of another worker
	 * that fits no connection here is not answered: a reset would end a connection that lives
	 * there. workers 0 or 1: all packets belong here. */
	unsigned workers, worker;
	/* Bytes of UDP payload at most, 1200 to LP_QUIC_PACKET_MAX; 0: LP_QUIC_PACKET_MAX. */
	size_t max_packet;
	/* Asked before each packet of a connection whose path begins at a stream (lp_address_is_stream). False:
	 * its socket takes nothing now. The connection is held, so what it would have sent can still be
	 * replaced or dropped by its source, until lp_quic_release. NULL: all take. */
	bool (*takes)(void *context, const struct lp_path *path);
};

/* NULL when out of memory or when the TLS library cannot start. identity is borrowed until lp_quic_free or
 * the next lp_quic_set_identity; new connections use the latest one. Clients pass NULL. */
struct lp_quic *lp_quic_new(const struct lp_quic_config *config, struct lp_identity *identity);
void lp_quic_set_identity(struct lp_quic *q, struct lp_identity *identity);
/* Frees all connections and tells neither peer nor handler. */
void lp_quic_free(struct lp_quic *q);
/* The next connection without a pin reads the system's CA store anew. */
void lp_quic_forget_store(struct lp_quic *q);

/* Clients: whom to trust. With pins, exactly a certificate whose whole DER has one of these SHA-256; the
 * name is then only sent as SNI. Without pins, the system's CA store and the server name. */
struct lp_quic_target {
	struct lp_path path;
	const char *server_name; /* NULL or "": no SNI; required without pins */
	const uint8_t (*pins)[32];
	size_t pin_count;
	/* First two bytes of the initial connection ID (doc/protocol.md, steering). */
	uint16_t steer;
};
/* Starts a handshake. NULL, with the reason in *ret_status, when that is not possible. LP_NO_STORE: there
 * are no pins, and the system has no CA store. */
struct lp_quic_conn *lp_quic_connect(struct lp_quic *q, const struct lp_quic_target *target,
	void *user, lp_time now, enum lp_status *ret_status);

/* One UDP payload that arrived on path. A payload that is empty or fits no connection is ignored; a server
 * answers it as RFC 9000 requires, with fewer bytes than it received and at a bounded rate. A now that
 * steps back is taken as the latest one. True: it is of a connection whose peer has protected it, and no copy
 * of one that was read before. */
bool lp_quic_read(struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len,
	lp_time now);
/* Expires the timers that are due. */
void lp_quic_on_time(struct lp_quic *q, lp_time now);
/* Writes the next packet to send. Returns its length, 0 when there is none. cap is at least
 * LP_QUIC_PACKET_MAX. */
size_t lp_quic_write(
	struct lp_quic *q, uint8_t *bytes, size_t cap, struct lp_path *ret_path, lp_time now);
/* Writes all packets to send into outlet. */
void lp_quic_write_all(struct lp_quic *q, const struct lp_outlet *outlet, lp_time now);
/* When lp_quic_on_time is due; LP_NEVER when it is not. */
lp_time lp_quic_deadline(struct lp_quic *q);

/* From now until it is closed, the connection takes its DATAGRAMs from source and gives those that arrive
 * to sink (datagram.h). Both are borrowed; lp_quic_close lets go of them at once. Call it in connected: a
 * connection without them sends no DATAGRAMs and ignores those that arrive. */
void lp_quic_attach(struct lp_quic_conn *conn, struct lp_datagram_source *source,
	struct lp_datagram_sink *sink);

/* Streams. Bytes are copied, and wait for the peer's flow control credit. LP_FULL when more than
 * LP_QUIC_PENDING_MAX bytes would wait; LP_CLOSED when the connection is closing.
 *
 * Opens a bidirectional stream. */
enum lp_status lp_quic_open(struct lp_quic_conn *conn, int64_t *ret_stream);
enum lp_status lp_quic_send(
	struct lp_quic_conn *conn, int64_t stream, const uint8_t *bytes, size_t len, bool fin);
/* Sends one whole unidirectional stream. */
enum lp_status lp_quic_send_message(struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);

/* Closes with an application error code. Bytes that wait on streams are discarded. closed is called before
 * the next lp_quic_write, lp_quic_read or lp_quic_on_time returns, never from within this call. */
void lp_quic_close(struct lp_quic_conn *conn, uint64_t code, const char *text);

/* Bytes that the two ends of this connection share with nobody, and with no other connection of theirs. Who
 * signs them proves a key for this connection alone. */
#define LP_QUIC_BINDING_SIZE 32
const uint8_t *lp_quic_binding(const struct lp_quic_conn *conn);

void *lp_quic_user(const struct lp_quic_conn *conn);
void lp_quic_set_user(struct lp_quic_conn *conn, void *user);
/* Bytes of the largest DATAGRAM that fits a packet on the current path. It grows with path MTU discovery,
 * and can shrink. 0 when the peer takes none. */
size_t lp_quic_datagram_max(struct lp_quic_conn *conn);
/* Servers: where the connection came from at first. Its numbers differ with each start. */
const struct lp_source *lp_quic_source(const struct lp_quic_conn *conn);
/* When the last packet came from the peer. */
lp_time lp_quic_heard(const struct lp_quic_conn *conn);
/* Clients: asks the peer for a sign of life with the next lp_quic_write, as when the computer has another way
 * into the internet. It tells the peer the new address, too. */
void lp_quic_probe(struct lp_quic_conn *conn);
/* Connections that were held because takes said no can write again: each is asked anew. */
void lp_quic_release(struct lp_quic *q);
/* Clients: moves the connection to another path, such as from TCP to UDP, once the peer has answered there
 * (RFC 9000, section 9). Until then everything else still takes the path of now. What is on the way on the
 * old path can arrive for some time after moved. False: it cannot begin, because the handshake is not
 * confirmed yet, another move is under way, or the peer's connection IDs are used up; try later. */
bool lp_quic_migrate(struct lp_quic_conn *conn, const struct lp_path *path, lp_time now);
/* The path that the connection uses now. */
void lp_quic_get_path(const struct lp_quic_conn *conn, struct lp_path *ret_path);

struct lp_quic_info {
	lp_time rtt; /* the latest sample on this path, less the acknowledgement's delay; 0: none */
	lp_time smoothed; /* RFC 9002, section 5.3; 0: there is no sample */
	lp_time jitter;   /* of samples in a row, as RFC 3550, section 6.4.1; 0: there are no two */
	uint64_t packets_sent, packets_lost, bytes_sent, bytes_received;
	/* Of the DATAGRAMs whose fate is known. Packets that only acknowledge get lost unnoticed, so these say
	 * more of the path. */
	uint64_t datagrams_acked, datagrams_lost;
};
void lp_quic_get_info(const struct lp_quic_conn *conn, struct lp_quic_info *ret_info);

struct lp_quic_counters {
	uint64_t packets_in, packets_out, ignored, retries, version_negotiations, resets, refused;
	uint64_t overhead;  /* packets not read: their connection has sent too much overhead */
	uint64_t misrouted; /* packets of another worker */
	uint64_t datagrams_acked,
		datagrams_lost; /* of all connections, as in struct lp_quic_info */
};
void lp_quic_get_counters(const struct lp_quic *q, struct lp_quic_counters *ret_counters);
size_t lp_quic_connection_count(const struct lp_quic *q);

#endif
