/* siphash.h - SipHash-1-3, a keyed hash: whoever does not know the key cannot choose inputs that
 * collide (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 *
 * For hash tables and flow queues. It is no message authentication code: use TLS for that. */
#ifndef LANPARTY_BASE_SIPHASH_H
#define LANPARTY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 random bits, kept secret. The first 8 bytes of a key in bytes are k0, little endian. */
struct lp_siphash_key {
	uint64_t k0, k1;
};

/* Returns the hash of len bytes. */
uint64_t lp_siphash(const struct lp_siphash_key *key, const void *bytes, size_t len);

/* Returns the same for a message in words: the bytes of `count` words and then of `last`, each little
 * endian. It is faster, because nothing is assembled from bytes. */
uint64_t lp_siphash_words(
	const struct lp_siphash_key *key, const uint64_t *words, size_t count, uint32_t last);

#endif
