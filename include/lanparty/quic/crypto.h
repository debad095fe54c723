/* crypto.h - the one door to random bytes, hashes and derived keys.
 *
 * Random bytes come from the operating system, hashes from the TLS library: that is why these functions
 * are not in base, which knows neither. The core takes randomness as an argument. Wiping and comparing
 * secrets need nothing, and are in base/wipe.h and base/bytes.h. */
#ifndef LANPARTY_QUIC_CRYPTO_H
#define LANPARTY_QUIC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/code.h"
#include "lanparty/wire/control.h"

/* Fills len bytes with random ones. False when the operating system has none to give. */
bool lp_random(void *bytes, size_t len);
/* SHA-256 of len bytes. */
void lp_sha256(const void *bytes, size_t len, uint8_t ret_hash[32]);
/* HKDF-SHA256 (RFC 5869) of a secret, without salt, with the label as info. False without memory. */
bool lp_derive(const void *secret, size_t len, const char *label, uint8_t ret_key[32]);

/* The key of a room: lp_derive of its code's text with the label "lanparty/1 room key". */
bool lp_room_key(const struct lp_code *code, uint8_t ret_key[LP_ROOM_KEY_SIZE]);
/* What whoever opens a room sends to a private relay: lp_derive of the operator's token with the label
 * "lanparty/1 opening". */
bool lp_opening_key(const struct lp_code *token, uint8_t ret_key[LP_ROOM_KEY_SIZE]);
/* The 16 bits that steer a room's packets to one worker: the first bytes of SHA-256 of the key. */
uint16_t lp_room_steer(const uint8_t key[LP_ROOM_KEY_SIZE]);

#endif
