/* tls_stream.h - TLS 1.3 over the bytes of a TCP connection, one end of it.
 *
 * It is not QUIC's TLS; it lives here because the TLS library does. Bytes go in and come out, there is no
 * socket and no clock. A client's end trusts every certificate: whatever travels inside must prove itself.
 * The certificate of a server's end is its identity's. ALPN is http/1.1.
 *
 * Memory beside the library's own: LP_TLS_STREAM_PENDING_MAX at most. One thread at a time owns a stream. */
#ifndef LANPARTY_QUIC_TLS_STREAM_H
#define LANPARTY_QUIC_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_identity;
struct lp_tls_stream;

/* Bytes that can wait to be sent: a server's handshake with a long chain of certificates. */
#define LP_TLS_STREAM_PENDING_MAX 32768

enum lp_tls_stream_state {
	LP_TLS_STREAM_HANDSHAKE,
	LP_TLS_STREAM_UP,
	LP_TLS_STREAM_CLOSED, /* the other end has closed in order (close_notify) */
	LP_TLS_STREAM_FAILED, /* an alert for the other end can be pending */
	LP_TLS_STREAM_NO_MEMORY,
};

/* server_name: for SNI, unless it is an address. NULL without memory. */
struct lp_tls_stream *lp_tls_stream_connect(const char *server_name);
/* identity is borrowed for this call. NULL without memory. */
struct lp_tls_stream *lp_tls_stream_accept(struct lp_identity *identity);
/* NULL: nothing happens. */
void lp_tls_stream_free(struct lp_tls_stream *stream);

/* What the other end has written, in order. bytes are borrowed until return. */
typedef void lp_tls_stream_sink(void *context, const uint8_t *bytes, size_t len);
/* Takes bytes from the TCP connection, all of them. sink can call lp_tls_stream_write and _close. */
void lp_tls_stream_read(struct lp_tls_stream *stream, const uint8_t *bytes, size_t len,
	lp_tls_stream_sink *sink, void *context);
/* Encrypts bytes, once the stream is up. False: it is not, or has failed, or more than
 * LP_TLS_STREAM_PENDING_MAX bytes would wait, which is a failure too. */
bool lp_tls_stream_write(struct lp_tls_stream *stream, const uint8_t *bytes, size_t len);
/* Tells the other end that nothing more comes. */
void lp_tls_stream_close(struct lp_tls_stream *stream);

/* The bytes to send over the TCP connection, valid until the next call for the stream. */
const uint8_t *lp_tls_stream_pending(const struct lp_tls_stream *stream, size_t *ret_len);
/* The first len of them were sent. */
void lp_tls_stream_sent(struct lp_tls_stream *stream, size_t len);

enum lp_tls_stream_state lp_tls_stream_state(const struct lp_tls_stream *stream);

#endif
