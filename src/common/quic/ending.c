#include "ending.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/base/date.h"
#include "lanparty/base/list.h"
#include "attach.h"
#include "state.h"

static void put_text(struct lp_quic_close *why, const uint8_t *text, size_t len)
{
	if (len > sizeof why->text - 1)
		len = sizeof why->text - 1;
	for (size_t i = 0; i < len; i++)
		why->text[i] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
	why->text[len] = '\0';
}

static void end(struct lp_quic_conn *conn, enum lp_quic_end why, bool silent)
{
	conn->ending = true;
	conn->silent = silent;
	conn->why.end = why;
	lp_conn_detach(conn);
	lp_list_append(&conn->q->ended, &conn->ended);
}

void lp_conn_end_with_alert(
	struct lp_quic_conn *conn, enum lp_quic_end why, uint8_t alert, const char *text)
{
	if (conn->ending)
		return;
	ngtcp2_ccerr_set_tls_alert(&conn->error, alert, NULL, 0);
	conn->why.code = conn->error.error_code;
	put_text(&conn->why, (const uint8_t *)text, strlen(text));
	end(conn, why, false);
}

void lp_conn_end_as_hostile(struct lp_quic_conn *conn, const char *text)
{
	if (conn->ending)
		return;
	put_text(&conn->why, (const uint8_t *)text, strlen(text));
	ngtcp2_ccerr_set_transport_error(&conn->error, NGTCP2_PROTOCOL_VIOLATION,
		(const uint8_t *)conn->why.text, strlen(conn->why.text));
	conn->why.code = conn->error.error_code;
	end(conn, LP_QUIC_END_ERROR, false);
}

void lp_quic_close(struct lp_quic_conn *conn, uint64_t code, const char *text)
{
	if (conn->ending)
		return;
	conn->why.application = true;
	conn->why.code = code <= NGTCP2_MAX_VARINT ? code : NGTCP2_MAX_VARINT;
	put_text(&conn->why, (const uint8_t *)text, strlen(text));
	ngtcp2_ccerr_set_application_error(&conn->error, conn->why.code,
		(const uint8_t *)conn->why.text, strlen(conn->why.text));
	end(conn, LP_QUIC_END_LOCAL, false);
}

static void peer_closed(struct lp_quic_conn *conn)
{
	if (conn->reset) {
		end(conn, LP_QUIC_END_RESET, true);
		return;
	}
	const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr2(conn->nc);
	conn->why.application = error->type == NGTCP2_CCERR_TYPE_APPLICATION;
	conn->why.code = error->error_code;
	put_text(&conn->why, error->reason, error->reasonlen);
	bool alpn = error->type == NGTCP2_CCERR_TYPE_TRANSPORT &&
		    error->error_code == NGTCP2_CRYPTO_ERROR + LP_TLS_NO_APPLICATION_PROTOCOL;
	end(conn, alpn ? LP_QUIC_END_ALPN : LP_QUIC_END_PEER, true);
}

static void refuse_certificate(struct lp_quic_conn *conn)
{
	const struct lp_trust *trust = &conn->trust;
	lp_tls_note_refusal(conn->session, &conn->trust);
	char date[LP_DATE_TEXT];
	bool dated = trust->why == LP_QUIC_END_EXPIRED || trust->why == LP_QUIC_END_EARLY;
	lp_conn_end_with_alert(conn, trust->why, LP_TLS_BAD_CERTIFICATE,
		dated ? lp_date_format(trust->date, date)
		      : "the certificate is not the one expected");
}

static void tls_failed(struct lp_quic_conn *conn)
{
	uint8_t alert = ngtcp2_conn_get_tls_alert2(conn->nc);
	char text[64];
	snprintf(text, sizeof text, "TLS alert %u", alert);
	if (conn->trust.refused || (!conn->server && alert == LP_TLS_BAD_CERTIFICATE))
		refuse_certificate(conn);
	else if (alert == LP_TLS_NO_APPLICATION_PROTOCOL)
		lp_conn_end_with_alert(conn, LP_QUIC_END_ALPN, alert, "no common ALPN");
	else
		lp_conn_end_with_alert(conn, LP_QUIC_END_ERROR, alert, text);
}

void lp_conn_failed(struct lp_quic_conn *conn, int error)
{
	if (conn->ending)
		return;
	if (error == NGTCP2_ERR_NOMEM && conn->too_early) {
		lp_conn_end_as_hostile(conn, "too many bytes out of order");
		return;
	}
	if (error == NGTCP2_ERR_NOMEM || (error == NGTCP2_ERR_CALLBACK_FAILURE && conn->starved)) {
		const char *why = lp_status_text(LP_NO_MEMORY);
		put_text(&conn->why, (const uint8_t *)why, strlen(why));
		end(conn, LP_QUIC_END_MEMORY, true);
		return;
	}
	const char *text = ngtcp2_strerror(error);
	put_text(&conn->why, (const uint8_t *)text, strlen(text));
	switch (error) {
	case NGTCP2_ERR_DRAINING:
		peer_closed(conn);
		break;
	case NGTCP2_ERR_IDLE_CLOSE:
		end(conn, LP_QUIC_END_IDLE, true);
		break;
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		end(conn, LP_QUIC_END_HANDSHAKE, true);
		break;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
		end(conn, LP_QUIC_END_ALPN, true);
		break;
	case NGTCP2_ERR_CRYPTO:
		tls_failed(conn);
		break;
	case NGTCP2_ERR_CLOSING:
	case NGTCP2_ERR_RETRY:
	case NGTCP2_ERR_DROP_CONN:
		end(conn, LP_QUIC_END_ERROR, true);
		break;
	default:
		ngtcp2_ccerr_set_liberr(&conn->error, error, NULL, 0);
		conn->why.code = conn->error.error_code;
		end(conn, LP_QUIC_END_ERROR, ngtcp2_err_is_fatal(error));
	}
}
