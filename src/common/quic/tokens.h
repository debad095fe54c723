/* tokens.h - the keys of stateless resets (RFC 9000, section 10.3) and of Retry tokens (section
 * 8.1.2), both derived from the endpoint's secret. */
#ifndef LANPARTY_QUIC_TOKENS_H
#define LANPARTY_QUIC_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/quic/quic.h"

#define LP_TOKEN_KEY_SIZE 32

struct lp_tokens {
	uint8_t reset_key[LP_TOKEN_KEY_SIZE], retry_key[LP_TOKEN_KEY_SIZE];
};

/* Derives the keys. A secret of zeroes is replaced by a random one, because nobody but us must know
 * it. False without random bytes or with a broken TLS library. */
bool lp_tokens_init(struct lp_tokens *tokens, uint8_t secret[LP_QUIC_SECRET_SIZE]);
/* Writes the NGTCP2_STATELESS_RESET_TOKENLEN bytes that reset the connection with that ID. */
void lp_tokens_reset(const struct lp_tokens *tokens, const ngtcp2_cid *cid, uint8_t *ret_token);

#endif
