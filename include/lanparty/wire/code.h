/* code.h - room codes and invites as people type, paste and read them.
 *
 * A generated code has 16 characters of Crockford's base 32, in groups of four (ABCD-EFGH-JKMN-PQRB): 75
 * random bits and a check character. The parser ignores case, dashes and spaces, and reads O as 0, I and L
 * as 1. */
#ifndef LANPARTY_WIRE_CODE_H
#define LANPARTY_WIRE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/status.h"
#include "lanparty/wire/guest.h"

#define LP_CODE_RANDOM 10                      /* random bytes of a generated code: 75 bits count */
#define LP_CODE_CHARS  16                      /* characters of a generated code */
#define LP_CODE_MIN    8                       /* characters of a code that a person chose */
#define LP_CODE_MAX    64                      /* without dashes and spaces */
#define LP_CODE_TEXT   (LP_CODE_MAX + 1)       /* canonical text with its NUL */
#define LP_CODE_SHOWN  (LP_CODE_CHARS + 3 + 1) /* grouped text with its NUL */

/* A room code in canonical form. Keys are derived from it. */
struct lp_code {
	char text[LP_CODE_TEXT]; /* upper case, no dashes or spaces */
	bool chosen;             /* by a person, so it can be guessed */
};

/* Writes a new code, in groups. */
void lp_code_format(const uint8_t random[LP_CODE_RANDOM], char text[LP_CODE_SHOWN]);

/* 16 characters, and four groups of 3 to 5 with dashes between, are a generated code: LP_MISTYPED when its
 * check character, the number of characters or one of them is wrong. Every single wrong character and every
 * two that changed places are found. LP_INVALID: too few or too many characters, or one outside A-Z and
 * 0-9. */
enum lp_status lp_code_parse(const char *text, struct lp_code *ret_code);

#define LP_PIN_SIZE   32  /* SHA-256 of a certificate's DER */
#define LP_HOST_MAX   253 /* RFC 1035, section 2.3.4 */
#define LP_RELAY_PORT 443 /* default UDP port */

/* "HOST", "HOST:PORT", "[V6]" or "[V6]:PORT". IPv6 addresses without brackets and port 0 are
 * refused. A host consists of letters, digits, '.', '-' and '_'. It is not looked up. */
struct lp_host {
	char name[LP_HOST_MAX + 1]; /* without brackets */
	uint16_t port;
};
enum lp_status lp_host_parse(const char *text, struct lp_host *ret_host);
/* The same form, without the port when it is LP_RELAY_PORT. Returns text. */
#define LP_HOST_SHOWN (LP_HOST_MAX + 9)
const char *lp_host_format(const struct lp_host *host, char text[LP_HOST_SHOWN]);

/* Parses "sha256:" and 64 hex digits in any case. Colons between the pairs are allowed. */
enum lp_status lp_pin_parse(const char *text, uint8_t ret_pin[LP_PIN_SIZE]);
#define LP_PIN_TEXT (7 + 2 * LP_PIN_SIZE + 1)
const char *lp_pin_format(const uint8_t pin[LP_PIN_SIZE], char text[LP_PIN_TEXT]);

/* lanparty://HOST[:PORT]/CODE[?pin=sha256:HEX][&pin=...][&at=HOST[:PORT]][&at=...][&name=SERVER-NAME]
 * [&host=sha256:HEX]. A relay's own invite has no room:
 * lanparty://HOST[:PORT][?pin=...][&at=...][&token=CODE]. Nor has that of a guest, but it ends with
 * &host=sha256:HEX&guest=HEX. */
#define LP_MAX_PINS 2 /* the current certificate and the next one */
#define LP_MAX_ALSO 3 /* endpoints besides the first */
struct lp_invite {
	struct lp_host relay;
	struct lp_host
		also[LP_MAX_ALSO]; /* where the same relay, with the same certificate, is too */
	size_t also_count;
	struct lp_code code; /* text "": there is no room in it */
	uint8_t pins[LP_MAX_PINS][LP_PIN_SIZE];
	size_t pin_count;
	char server_name[LP_HOST_MAX + 1]; /* "": not given */
	uint8_t host
		[LP_PIN_SIZE]; /* fingerprint of the room's host key (row N4); zero: not given */
	struct lp_code token;  /* of a private relay: whoever knows it opens rooms; "": not given */
	uint8_t guest[LP_GUEST_PASS]; /* zero: not given; only with host, and without code */
};
#define LP_INVITE_TEXT 2048
/* Ignores surrounding white space and unknown parameters. A repeated name, host, token or guest, a third pin, a
 * fourth "at" or an invalid value is LP_INVALID, a code with a typing error is LP_MISTYPED. There is no
 * percent-encoding, because nothing in an invite needs it. */
enum lp_status lp_invite_parse(const char *text, struct lp_invite *ret_invite);
/* Writes at most cap bytes including the NUL. False: cap is too small; LP_INVITE_TEXT always
 * suffices. A generated code is grouped, and the port is left out when it is LP_RELAY_PORT. */
bool lp_invite_format(const struct lp_invite *invite, char *text, size_t cap);

#endif
