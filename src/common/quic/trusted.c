/* trusted.c - whether a member without a pin would trust a relay's certificate. A handshake in memory asks the
 * TLS library exactly that, with all of its checks. */
#include <stdlib.h>
#include <string.h>

#include "identity_internal.h"
#include "tls.h"

#define FLIGHT_MAX                                                                                 \
	65536     /* bytes of one side that the other has not read; a chain is under 10 KiB */
#define ROUNDS 16 /* of one call each; two suffice */

struct end {
	WOLFSSL_CTX *tls;
	WOLFSSL *session;
	struct end *other;
	size_t len;
	uint8_t inbox[FLIGHT_MAX];
};

static int send_to_other(WOLFSSL *session, char *bytes, int len, void *context)
{
	struct end *to = ((struct end *)context)->other;
	(void)session;
	if (len < 0 || (size_t)len > FLIGHT_MAX - to->len)
		return WOLFSSL_CBIO_ERR_GENERAL;
	memcpy(to->inbox + to->len, bytes, (size_t)len);
	to->len += (size_t)len;
	return len;
}

static int take_own(WOLFSSL *session, char *bytes, int cap, void *context)
{
	struct end *e = context;
	(void)session;
	if (e->len == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	size_t len = cap > 0 && (size_t)cap < e->len ? (size_t)cap : e->len;
	memcpy(bytes, e->inbox, len);
	e->len -= len;
	memmove(e->inbox, e->inbox + len, e->len);
	return (int)len;
}

static bool open_end(struct end *e, struct end *other)
{
	if (!e->tls)
		return false;
	wolfSSL_CTX_SetIORecv(e->tls, take_own);
	wolfSSL_CTX_SetIOSend(e->tls, send_to_other);
	e->session = wolfSSL_new(e->tls);
	e->other = other;
	if (!e->session)
		return false;
	wolfSSL_SetIOReadCtx(e->session, e);
	wolfSSL_SetIOWriteCtx(e->session, e);
	return true;
}

static bool open_server(struct end *e, const struct lp_identity *identity, struct end *client)
{
	e->tls = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
	return e->tls &&
	       wolfSSL_CTX_use_certificate_chain_buffer(e->tls, (const byte *)identity->cert_pem,
		       (long)strlen(identity->cert_pem)) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_use_PrivateKey_buffer(e->tls, (const byte *)identity->key_pem,
		       (long)identity->key_pem_len, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS &&
	       open_end(e, client);
}

static bool open_client(struct end *e, const char *name, struct end *server)
{
	e->tls = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
	if (!e->tls || wolfSSL_CTX_load_system_CA_certs(e->tls) != WOLFSSL_SUCCESS)
		return false;
	wolfSSL_CTX_set_verify(e->tls, WOLFSSL_VERIFY_PEER, NULL);
	return open_end(e, server) && lp_tls_name_server(e->session, name, true);
}

/* The client answers the server's certificate with its last flight, or refuses. */
static bool shake_hands(struct end *client, struct end *server)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (wolfSSL_connect(client->session) == WOLFSSL_SUCCESS)
			return true;
		if (wolfSSL_get_error(client->session, 0) != WOLFSSL_ERROR_WANT_READ)
			return false;
		wolfSSL_accept(server->session);
	}
	return false;
}

static void close_end(struct end *e)
{
	wolfSSL_free(e->session);
	wolfSSL_CTX_free(e->tls);
}

bool lp_identity_is_trusted(const struct lp_identity *identity, const char *name)
{
	struct end *ends = calloc(2, sizeof(*ends));
	if (!ends || wolfSSL_Init() != WOLFSSL_SUCCESS) {
		free(ends);
		return false;
	}
	bool trusted = open_server(&ends[0], identity, &ends[1]) &&
		       open_client(&ends[1], name, &ends[0]) && shake_hands(&ends[1], &ends[0]);
	close_end(&ends[0]);
	close_end(&ends[1]);
	wolfSSL_Cleanup();
	free(ends);
	return trusted;
}
