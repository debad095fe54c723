/* guest.h - the pass of a guest (row H3): what opens a room for a while, instead of the room's code.
 *
 * Whoever holds the room's host key signs it; the relay checks it with the public half that it has. The pass
 * names the room by its steer, because the room's key opens it without an end. */
#ifndef LANPARTY_WIRE_GUEST_H
#define LANPARTY_WIRE_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/bytes.h"

#define LP_GUEST_SIGNED 6                      /* steer, 2 bytes; end, 4 bytes */
#define LP_GUEST_PASS   (LP_GUEST_SIGNED + 64) /* and the signature: r and s */

/* The first two bytes of the room's connection IDs. */
static inline uint16_t lp_guest_steer(const uint8_t pass[LP_GUEST_PASS])
{
	return lp_get16(pass);
}

/* When the pass ends: seconds since 1970 began. 0: there is no pass. */
static inline uint32_t lp_guest_end(const uint8_t pass[LP_GUEST_PASS])
{
	return lp_get32(pass + 2);
}

static inline bool lp_guest_is_known(const uint8_t pass[LP_GUEST_PASS])
{
	return lp_guest_end(pass) > 0;
}

#endif
