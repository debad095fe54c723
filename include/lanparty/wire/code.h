/* code.h - room codes and invites as people type, paste and read them.
 *
 * A generated code has 80 random bits: 16 characters of Crockford's base 32, in groups of four
 * (ABCD-EFGH-JKMN-PQRS). Reading forgives case, dashes, spaces, O for 0 and I or L for 1. */
#ifndef LANPARTY_WIRE_CODE_H
#define LANPARTY_WIRE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/status.h"

#define LP_CODE_RANDOM 10                      /* bytes behind a generated code */
#define LP_CODE_CHARS  16                      /* characters of a generated code */
#define LP_CODE_MIN    4                       /* a code that people made up */
#define LP_CODE_MAX    64                      /* likewise, without dashes and spaces */
#define LP_CODE_TEXT   (LP_CODE_MAX + 1)       /* canonical text with its end */
#define LP_CODE_SHOWN  (LP_CODE_CHARS + 3 + 1) /* grouped text with its end */

/* A code in its canonical form: what keys are derived from. */
struct lp_code {
	char text[LP_CODE_TEXT]; /* upper case, no dashes or spaces */
	bool chosen; /* made up by a person, so it can be guessed: not 16 characters of base 32 */
};

/* Writes a fresh code, grouped for people. */
void lp_code_format(const uint8_t random[LP_CODE_RANDOM], char text[LP_CODE_SHOWN]);

/* LP_INVALID when it has too few or too many characters, or one outside A-Z, 0-9 (after the
 * forgiving: O, I and L are mapped only in codes that are then 16 characters of base 32). */
enum lp_status lp_code_parse(const char *text, struct lp_code *ret_code);

#define LP_PIN_SIZE   32  /* SHA-256 of a certificate's DER */
#define LP_HOST_MAX   253 /* RFC 1035, section 2.3.4 */
#define LP_RELAY_PORT 443 /* when an address names none */

/* "HOST", "HOST:PORT", "[V6]" or "[V6]:PORT". Bare IPv6 addresses without brackets are refused, and
 * so is port 0. A host is letters, digits, '.', '-' and '_': whether it exists is not asked. */
struct lp_host {
	char name[LP_HOST_MAX + 1]; /* without brackets */
	uint16_t port;
};
enum lp_status lp_host_parse(const char *text, struct lp_host *ret_host);

/* "sha256:" and 64 hex digits in any case; colons between the pairs are forgiven. */
enum lp_status lp_pin_parse(const char *text, uint8_t ret_pin[LP_PIN_SIZE]);
#define LP_PIN_TEXT (7 + 2 * LP_PIN_SIZE + 1)
const char *lp_pin_format(const uint8_t pin[LP_PIN_SIZE], char text[LP_PIN_TEXT]);

/* lanparty://HOST[:PORT]/CODE[?pin=sha256:HEX][&pin=...][&name=SERVER-NAME] */
#define LP_MAX_PINS 2 /* the current certificate and the next */
struct lp_invite {
	struct lp_host relay;
	struct lp_code code;
	uint8_t pins[LP_MAX_PINS][LP_PIN_SIZE];
	size_t pin_count;
	char server_name[LP_HOST_MAX + 1]; /* "" when not given */
};
#define LP_INVITE_TEXT 1024
/* White space around it is forgiven, unknown parameters are skipped; a repeated name, a third pin or
 * a bad value is LP_INVALID. There is no percent-encoding: nothing in an invite needs it. */
enum lp_status lp_invite_parse(const char *text, struct lp_invite *ret_invite);
/* Writes at most cap bytes with the end; false when cap is too small (LP_INVITE_TEXT never is). A
 * generated code is grouped, the port is left out when it is LP_RELAY_PORT. */
bool lp_invite_format(const struct lp_invite *invite, char *text, size_t cap);

#endif
