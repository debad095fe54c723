#include "tokens.h"

#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "lanparty/quic/crypto.h"

bool lp_tokens_init(struct lp_tokens *tokens, uint8_t secret[LP_QUIC_SECRET_SIZE])
{
	static const uint8_t none[LP_QUIC_SECRET_SIZE];
	if (memcmp(secret, none, sizeof none) == 0 && !lp_random(secret, LP_QUIC_SECRET_SIZE))
		return false;
	return lp_derive(secret, LP_QUIC_SECRET_SIZE, "lanparty/1 stateless reset",
		       tokens->reset_key) &&
	       lp_derive(secret, LP_QUIC_SECRET_SIZE, "lanparty/1 retry token", tokens->retry_key);
}

void lp_tokens_reset(const struct lp_tokens *tokens, const ngtcp2_cid *cid, uint8_t *ret_token)
{
	if (ngtcp2_crypto_generate_stateless_reset_token(
		    ret_token, tokens->reset_key, LP_TOKEN_KEY_SIZE, cid) != 0 &&
		!lp_random(ret_token, NGTCP2_STATELESS_RESET_TOKENLEN))
		memset(ret_token, 0, NGTCP2_STATELESS_RESET_TOKENLEN);
}
