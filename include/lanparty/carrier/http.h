/* http.h - heads of HTTP/1.1 messages (RFC 9112) as far as the carrier needs them.
 *
 * The parsers are strict: what two programs could read in two ways is refused, so nothing hides between a
 * proxy and a relay. No folded lines, no bare CR or LF, no NUL, no space before a colon, one Host. They never
 * allocate. */
#ifndef LANPARTY_CARRIER_HTTP_H
#define LANPARTY_CARRIER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_HTTP_HEAD_MAX   8192 /* bytes of a head with its empty line */
#define LP_HTTP_FIELDS_MAX 100  /* header fields of a head */

/* A piece of the head. */
struct lp_http_text {
	const char *at;
	size_t len;
};

/* What the fields of a head say. */
struct lp_http_fields {
	size_t hosts;  /* Host fields */
	bool upgrade;  /* Connection has "upgrade", and Upgrade has "connect-udp" */
	bool capsules; /* Capsule-Protocol is ?1 (RFC 9297, section 3.4) */
	bool body;     /* a body follows, or the message claims two lengths of it */
};

enum lp_http_method { LP_HTTP_GET, LP_HTTP_HEAD, LP_HTTP_OTHER };

struct lp_http_request {
	enum lp_http_method method;
	struct lp_http_text target;
	struct lp_http_fields fields;
};

struct lp_http_response {
	unsigned status; /* 100 to 599 */
	struct lp_http_fields fields;
};

/* Bytes of the head that begins here, with the empty line at its end. 0: it is not complete. seen: bytes that
 * an earlier call has searched in vain. */
size_t lp_http_head_len(const uint8_t *bytes, size_t len, size_t seen);
/* Reads a whole head of a request (HTTP/1.1 with one Host) or a response (HTTP/1.0 or 1.1: old proxies
 * answer a CONNECT with 1.0). The texts point into it. False: it is wrong. */
bool lp_http_read_request(const uint8_t *head, size_t len, struct lp_http_request *ret_request);
bool lp_http_read_response(const uint8_t *head, size_t len, struct lp_http_response *ret_response);
bool lp_http_text_is(const struct lp_http_text *text, const char *other);

#endif
