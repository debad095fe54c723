/* siphash.h - SipHash-1-3, a keyed hash: inputs that collide cannot be chosen without the key
 * (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 *
 * It serves hash tables and flow queues. It is not a message authentication code; TLS provides
 * that. */
#ifndef LANPARTY_BASE_SIPHASH_H
#define LANPARTY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 random bits, kept secret. In a key of 16 bytes, the first 8 bytes are k0, little-endian. */
struct lp_siphash_key {
	uint64_t k0, k1;
};

/* Hashes len bytes. */
uint64_t lp_siphash(const struct lp_siphash_key *key, const void *bytes, size_t len);

/* Hashes a message of words: the bytes of count words and then of last, each little-endian. It
 * gives the same result as lp_siphash for the same bytes, but is faster because it assembles no
 * bytes. */
uint64_t lp_siphash_words(
	const struct lp_siphash_key *key, const uint64_t *words, size_t count, uint32_t last);

#endif
