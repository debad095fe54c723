#include "prefix.h"

#include <string.h>

#include "lanparty/quic/crypto.h"

bool lp_prefixes_init(struct lp_prefixes *prefixes, size_t max_taken, size_t max_half_open)
{
	memset(prefixes, 0, sizeof *prefixes);
	if (!lp_random(&prefixes->key, sizeof prefixes->key))
		return false;
	return max_taken == 0 || (lp_tally_init(&prefixes->taken, max_taken) &&
					 lp_tally_init(&prefixes->half_open, max_half_open));
}

void lp_prefixes_clear(struct lp_prefixes *prefixes)
{
	lp_tally_clear(&prefixes->taken);
	lp_tally_clear(&prefixes->half_open);
}
