#include "lanparty/base/siphash.h"

struct state {
	uint64_t a, b, c, d;
};

/* Compilers turn it into a single load. */
static inline uint64_t little_endian(const uint8_t *at)
{
	return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
	       (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
	       (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

static inline uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void sip_round(struct state *s)
{
	s->a += s->b;
	s->b = rotate(s->b, 13) ^ s->a;
	s->a = rotate(s->a, 32);
	s->c += s->d;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->c = rotate(s->c, 32);
}

static inline void take(struct state *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

static inline struct state begin(const struct lp_siphash_key *key)
{
	return (struct state){
		.a = key->k0 ^ UINT64_C(0x736f6d6570736575),
		.b = key->k1 ^ UINT64_C(0x646f72616e646f6d),
		.c = key->k0 ^ UINT64_C(0x6c7967656e657261),
		.d = key->k1 ^ UINT64_C(0x7465646279746573),
	};
}

static inline uint64_t end(struct state *s, uint64_t last, size_t len)
{
	take(s, last | (uint64_t)len << 56);
	s->c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(s);
	return s->a ^ s->b ^ s->c ^ s->d;
}

uint64_t lp_siphash(const struct lp_siphash_key *key, const void *bytes, size_t len)
{
	struct state s = begin(key);
	const uint8_t *at = bytes;
	size_t left = len;
	uint64_t last = 0;
	for (; left >= 8; at += 8, left -= 8)
		take(&s, little_endian(at));
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << 8 * i;
	return end(&s, last, len);
}

uint64_t lp_siphash_words(
	const struct lp_siphash_key *key, const uint64_t *words, size_t count, uint32_t last)
{
	struct state s = begin(key);
	for (size_t i = 0; i < count; i++)
		take(&s, words[i]);
	return end(&s, last, count * 8 + 4);
}
