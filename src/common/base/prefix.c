#include "lanparty/base/prefix.h"

#include <string.h>

static const uint8_t mapped[LP_PREFIX_MAPPED / 8] = {[10] = 0xff, [11] = 0xff};

struct lp_prefix lp_prefix_ipv4(uint32_t address, unsigned length)
{
	struct lp_prefix p = {.length = (uint8_t)(LP_PREFIX_MAPPED + length)};
	memcpy(p.address, mapped, sizeof(mapped));
	for (size_t i = 0; i < 4; i++)
		p.address[sizeof(mapped) + i] = (uint8_t)(address >> (24 - 8 * i));
	return p;
}

struct lp_prefix lp_prefix_ipv6(const uint8_t address[LP_PREFIX_BYTES], unsigned length)
{
	struct lp_prefix p = {.length = (uint8_t)length};
	memcpy(p.address, address, sizeof(p.address));
	return p;
}

struct lp_prefix lp_prefix_first(const struct lp_prefix *p)
{
	struct lp_prefix first = {.length = p->length};
	unsigned whole = p->length / 8, rest = p->length % 8;
	memcpy(first.address, p->address, whole);
	if (rest > 0)
		first.address[whole] = (uint8_t)(p->address[whole] & 0xff << (8 - rest));
	return first;
}

bool lp_prefix_is_ipv4(const struct lp_prefix *p)
{
	return p->length >= LP_PREFIX_MAPPED && memcmp(p->address, mapped, sizeof(mapped)) == 0;
}

bool lp_prefix_overlaps(const struct lp_prefix *a, const struct lp_prefix *b)
{
	unsigned bits = a->length < b->length ? a->length : b->length;
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(a->address, b->address, whole) != 0)
		return false;
	return rest == 0 || (a->address[whole] ^ b->address[whole]) >> (8 - rest) == 0;
}

bool lp_prefix_same_address(const struct lp_prefix *a, const struct lp_prefix *b)
{
	return memcmp(a->address, b->address, sizeof(a->address)) == 0;
}
