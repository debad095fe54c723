#include "lanparty/quic/tls_stream.h"

#include <stdlib.h>
#include <string.h>

#include "identity_internal.h"
#include "tls.h"

#define LP_READ_PIECE 4096 /* bytes that the sink gets at once */
#define LP_KEPT       8192 /* bytes of an empty buffer that are not given back */

struct lp_tls_stream {
	WOLFSSL *session;
	enum lp_tls_stream_state state;
	/* What lp_tls_stream_read was given and the library has not taken yet. */
	const uint8_t *in;
	size_t in_len;
	/* To be sent: pending bytes at out + sent. */
	uint8_t *out;
	size_t sent, pending, cap;
};

static int on_receive(WOLFSSL *session, char *bytes, int len, void *context)
{
	struct lp_tls_stream *stream = context;
	(void)session;
	size_t n = (size_t)len < stream->in_len ? (size_t)len : stream->in_len;
	if (n == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	memcpy(bytes, stream->in, n);
	stream->in += n;
	stream->in_len -= n;
	return (int)n;
}

/* Room for len more bytes behind those that wait. */
static bool make_room(struct lp_tls_stream *stream, size_t len)
{
	if (stream->sent > 0)
		memmove(stream->out, stream->out + stream->sent, stream->pending);
	stream->sent = 0;
	if (len > LP_TLS_STREAM_PENDING_MAX - stream->pending)
		return false;
	if (len <= stream->cap - stream->pending)
		return true;
	uint8_t *out = realloc(stream->out, stream->pending + len);
	if (!out) {
		stream->state = LP_TLS_STREAM_NO_MEMORY;
		return false;
	}
	stream->out = out;
	stream->cap = stream->pending + len;
	return true;
}

static int on_send(WOLFSSL *session, char *bytes, int len, void *context)
{
	struct lp_tls_stream *stream = context;
	(void)session;
	if (!make_room(stream, (size_t)len))
		return WOLFSSL_CBIO_ERR_GENERAL;
	memcpy(stream->out + stream->pending, bytes, (size_t)len);
	stream->pending += (size_t)len;
	return len;
}

/* Without a common protocol both ends go on: it can only be HTTP/1.1. */
static bool prepare(struct lp_tls_stream *stream, WOLFSSL_CTX *tls)
{
	char alpn[] = "http/1.1"; /* the library takes no const */
	stream->session = wolfSSL_new(tls);
	if (!stream->session)
		return false;
	wolfSSL_SSLSetIORecv(stream->session, on_receive);
	wolfSSL_SSLSetIOSend(stream->session, on_send);
	wolfSSL_SetIOReadCtx(stream->session, stream);
	wolfSSL_SetIOWriteCtx(stream->session, stream);
	return wolfSSL_UseALPN(stream->session, alpn, sizeof alpn - 1,
		       WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) == WOLFSSL_SUCCESS;
}

/* Keeps the TLS library initialised as long as the stream lives, whatever becomes of its context. */
static struct lp_tls_stream *new_stream(void)
{
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	struct lp_tls_stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		wolfSSL_Cleanup();
	return stream;
}

static void advance(struct lp_tls_stream *stream);

struct lp_tls_stream *lp_tls_stream_connect(const char *server_name)
{
	struct lp_tls_stream *stream = new_stream();
	if (!stream)
		return NULL;
	WOLFSSL_CTX *tls = lp_tls_stream_context(false);
	bool good = tls && prepare(stream, tls) &&
		    lp_tls_name_server(stream->session, server_name, false) &&
		    wolfSSL_UseKeyShare(stream->session, WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS;
	if (tls)
		lp_tls_context_free(tls); /* the session has a reference of its own */
	if (good) {
		wolfSSL_set_connect_state(stream->session);
		advance(stream);
	}
	if (good && stream->state == LP_TLS_STREAM_HANDSHAKE)
		return stream;
	lp_tls_stream_free(stream);
	return NULL;
}

struct lp_tls_stream *lp_tls_stream_accept(struct lp_identity *identity)
{
	struct lp_tls_stream *stream = new_stream();
	if (!stream)
		return NULL;
	if (prepare(stream, identity->stream_tls)) {
		wolfSSL_set_accept_state(stream->session);
		return stream;
	}
	lp_tls_stream_free(stream);
	return NULL;
}

void lp_tls_stream_free(struct lp_tls_stream *stream)
{
	if (!stream)
		return;
	wolfSSL_free(stream->session);
	free(stream->out);
	free(stream);
	wolfSSL_Cleanup();
}

/* After a step of the library's that has not succeeded. False: it waits for more bytes. */
static bool has_ended(struct lp_tls_stream *stream, int rv)
{
	int error = wolfSSL_get_error(stream->session, rv);
	if (error == WOLFSSL_ERROR_WANT_READ)
		return false;
	if (error == WOLFSSL_ERROR_ZERO_RETURN)
		stream->state = LP_TLS_STREAM_CLOSED;
	else if (error == MEMORY_E)
		stream->state = LP_TLS_STREAM_NO_MEMORY;
	else if (stream->state != LP_TLS_STREAM_NO_MEMORY)
		stream->state = LP_TLS_STREAM_FAILED;
	return true;
}

static void advance(struct lp_tls_stream *stream)
{
	int rv = wolfSSL_SSL_do_handshake(stream->session);
	if (rv == WOLFSSL_SUCCESS)
		stream->state = LP_TLS_STREAM_UP;
	else
		has_ended(stream, rv);
}

static void decrypt(struct lp_tls_stream *stream, lp_tls_stream_sink *sink, void *context)
{
	uint8_t piece[LP_READ_PIECE];
	while (stream->state == LP_TLS_STREAM_UP) {
		int n = wolfSSL_read(stream->session, piece, sizeof piece);
		if (n > 0)
			sink(context, piece, (size_t)n);
		else if (!has_ended(stream, n))
			return;
	}
}

void lp_tls_stream_read(struct lp_tls_stream *stream, const uint8_t *bytes, size_t len,
	lp_tls_stream_sink *sink, void *context)
{
	stream->in = bytes;
	stream->in_len = len;
	if (stream->state == LP_TLS_STREAM_HANDSHAKE)
		advance(stream);
	decrypt(stream, sink, context);
	stream->in = NULL; /* the library has taken all, or wants no more */
	stream->in_len = 0;
}

bool lp_tls_stream_write(struct lp_tls_stream *stream, const uint8_t *bytes, size_t len)
{
	if (stream->state != LP_TLS_STREAM_UP)
		return false;
	int rv = len > 0 ? wolfSSL_write(stream->session, bytes, (int)len) : 0;
	if (rv == (int)len)
		return true;
	if (stream->state == LP_TLS_STREAM_UP)
		stream->state = LP_TLS_STREAM_FAILED;
	return false;
}

void lp_tls_stream_close(struct lp_tls_stream *stream)
{
	if (stream->state == LP_TLS_STREAM_UP || stream->state == LP_TLS_STREAM_CLOSED)
		wolfSSL_shutdown(stream->session);
}

const uint8_t *lp_tls_stream_pending(const struct lp_tls_stream *stream, size_t *ret_len)
{
	*ret_len = stream->pending;
	return stream->pending > 0 ? stream->out + stream->sent : NULL;
}

void lp_tls_stream_sent(struct lp_tls_stream *stream, size_t len)
{
	stream->sent += len;
	stream->pending -= len;
	if (stream->pending > 0 || stream->cap <= LP_KEPT)
		return;
	free(stream->out);
	stream->out = NULL;
	stream->sent = stream->cap = 0;
}

enum lp_tls_stream_state lp_tls_stream_state(const struct lp_tls_stream *stream)
{
	return stream->state;
}
