/* protection.h - packet protection (RFC 9001, section 5): the algorithms of ngtcp2's crypto helper.
 *
 * The helper calls the functions of protection.c by name; ngtcp2_crypto.h and ngtcp2_crypto_shared.h
 * say what each must do. There are two cipher suites, both with SHA-256. */
#ifndef LANPARTY_QUIC_PROTECTION_H
#define LANPARTY_QUIC_PROTECTION_H

#include <stdint.h>

#include <ngtcp2/ngtcp2_crypto.h>

/* RFC 8446, appendix B.4 */
#define LP_TLS_AES_128_GCM_SHA256       0x1301
#define LP_TLS_CHACHA20_POLY1305_SHA256 0x1303

/* Fills ctx with the algorithms of a TLS cipher suite and returns it. NULL for any other suite. */
ngtcp2_crypto_ctx *lp_protection_suite(ngtcp2_crypto_ctx *ctx, uint32_t id);

/* How many packets this thread has decrypted: somebody who has the keys has sent them, then or before. */
uint64_t lp_protection_opened(void);

#endif
