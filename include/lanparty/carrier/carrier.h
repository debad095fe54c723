/* carrier.h - UDP payloads inside an HTTPS connection, for networks that block UDP (row W2).
 *
 * One carrier is one end of one TCP connection: bytes of TCP go in and out, and UDP payloads go out and in. A
 * member's end speaks to an HTTP proxy first if there is one (CONNECT, RFC 9110, section 9.3.6), then TLS,
 * then asks for an upgrade to connect-udp (RFC 9298). A relay's end answers. After that both ends send
 * capsules (RFC 9297). It has no sockets, no clock and no log, and it trusts nobody: QUIC inside proves who
 * the relay is.
 *
 * Memory: LP_CARRIER_BYTES at most beside the TLS library's own, whatever the other end sends. One thread at
 * a time owns a carrier; another one can take it over between two calls. */
#ifndef LANPARTY_CARRIER_CARRIER_H
#define LANPARTY_CARRIER_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/outlet.h"
#include "lanparty/carrier/http.h"
#include "lanparty/quic/tls_stream.h"
#include "lanparty/wire/code.h"

struct lp_carrier;
struct lp_identity; /* quic/identity.h */

enum lp_carrier_state {
	LP_CARRIER_OPENING,
	LP_CARRIER_OPEN,    /* payloads can be put, and arrive */
	LP_CARRIER_CLOSING, /* nothing more is read: close the connection once nothing is pending */
	LP_CARRIER_FAILED,  /* close the connection at once */
};

enum lp_carrier_fault {
	LP_CARRIER_NO_FAULT,   /* also when the other end has closed in order */
	LP_CARRIER_PROXY,      /* the proxy refuses; status: its HTTP status */
	LP_CARRIER_PROXY_AUTH, /* the proxy wants a user and a password, or others: 407 */
	LP_CARRIER_TLS, /* no TLS 1.3 at the other end, or bytes that were changed on the way */
	LP_CARRIER_NOT_LANPARTY, /* an HTTP server that is no relay; status: its HTTP status */
	LP_CARRIER_SYNTAX,       /* what the other end sends is not HTTP, or no capsules */
	LP_CARRIER_TOO_MUCH, /* a head that is longer than LP_HTTP_HEAD_MAX, or a capsule too long */
	LP_CARRIER_MEMORY,
};

#define LP_CARRIER_AUTHORIZATION_MAX 344 /* base64 of a user and a password of 256 bytes in all */

struct lp_carrier_proxy {
	char host[LP_HOST_MAX + 1]; /* name or address, an IPv6 address without brackets */
	uint16_t port;
	char authorization[LP_CARRIER_AUTHORIZATION_MAX +
			   1]; /* base64 of USER:PASSWORD; "": none */
};

struct lp_carrier_target {
	const char *server_name; /* for SNI (not if it is an address) and Host; NULL or "": host */
	/* The relay's host and port. A proxy is asked for them, so a name that only the proxy can resolve
	 * is good. An IPv6 address has no brackets. */
	const char *host;
	uint16_t port;
	const struct lp_carrier_proxy *proxy; /* NULL: none */
};

/* Bytes that one payload takes in a carrier at most: capsule, TLS record and the payload itself. */
#define LP_CARRIER_PAYLOAD_COST (LP_PAYLOAD_MAX + 64)
/* Bytes of payloads, with what they cost, that can wait in a carrier. Who puts past it loses the payload, as
 * with a UDP socket whose buffer is full: ask lp_carrier_takes before. */
#define LP_CARRIER_QUEUE_MAX (4 * LP_CARRIER_PAYLOAD_COST)

#define LP_CARRIER_BYTES                                                                           \
	(LP_TLS_STREAM_PENDING_MAX + LP_HTTP_HEAD_MAX + LP_CARRIER_QUEUE_MAX + LP_PAYLOAD_MAX +    \
		2048)
/* What the other end can send before it must have sent payloads: handshake, heads, capsules and records that
 * carry nothing. Each byte of a payload pays for LP_CARRIER_RATIO more. */
#define LP_CARRIER_OVERHEAD_MAX 65536
#define LP_CARRIER_RATIO        4

/* The path that is upgraded (RFC 9298, section 3.1): host and port mean nothing, because a relay has no other
 * host to send UDP packets to. */
#define LP_CARRIER_PATH "/.well-known/masque/udp/lanparty/443/"

/* The member's end. All of target is copied. NULL without memory, or when a host is empty, longer than
 * LP_HOST_MAX, or has blanks or control characters. */
struct lp_carrier *lp_carrier_connect(const struct lp_carrier_target *target);
/* The relay's end. identity is borrowed for this call alone. It can speak TLS with identity's certificate even
 * after the identity was freed. NULL without memory. */
struct lp_carrier *lp_carrier_accept(struct lp_identity *identity);
/* NULL: nothing happens. */
void lp_carrier_free(struct lp_carrier *c);

typedef void lp_carrier_sink(void *context, const uint8_t *payload, size_t len);
/* Takes bytes from the TCP connection, all of them. Payloads of 1 to LP_PAYLOAD_MAX bytes go to sink, which
 * must not call the carrier. Ask lp_carrier_state and lp_carrier_pending after it. */
void lp_carrier_read(struct lp_carrier *c, const uint8_t *bytes, size_t len, lp_carrier_sink *sink,
	void *context);
/* The other end has closed its half of the TCP connection: what it means for the state. */
void lp_carrier_read_end(struct lp_carrier *c);

/* True when a payload of LP_PAYLOAD_MAX bytes can be put now. */
bool lp_carrier_takes(const struct lp_carrier *c);
/* Puts one payload of 1 to LP_PAYLOAD_MAX bytes in the queue. False: it was dropped, because the carrier
 * is not open, is full, or has no memory (then it has failed). */
bool lp_carrier_put(struct lp_carrier *c, const uint8_t *payload, size_t len);
/* Payloads that were put since the last call share TLS records. Returns the bytes to send over the TCP
 * connection, valid until the next call for this carrier; *ret_len 0: there are none. */
const uint8_t *lp_carrier_pending(struct lp_carrier *c, size_t *ret_len);
/* The connection has taken the first len of them. */
void lp_carrier_sent(struct lp_carrier *c, size_t len);
/* Says goodbye in order: OPEN becomes CLOSING, with TLS's close_notify pending. */
void lp_carrier_close(struct lp_carrier *c);

enum lp_carrier_state lp_carrier_state(const struct lp_carrier *c);
/* ret_status: the HTTP status with LP_CARRIER_PROXY, _PROXY_AUTH and _NOT_LANPARTY, otherwise 0; can be
 * NULL. */
enum lp_carrier_fault lp_carrier_fault(const struct lp_carrier *c, unsigned *ret_status);

#endif
