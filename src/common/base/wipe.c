#include "lanparty/base/wipe.h"

#include <stdint.h>
#include <stdlib.h>

void lp_zero(void *bytes, size_t len)
{
	volatile uint8_t *at = bytes;
	while (len-- > 0)
		*at++ = 0;
}

void lp_zero_free(void *bytes, size_t len)
{
	if (bytes)
		lp_zero(bytes, len);
	free(bytes);
}
