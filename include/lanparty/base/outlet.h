/* outlet.h - where UDP payloads leave, and where they arrive, as functions of whoever owns the sockets. */
#ifndef LANPARTY_BASE_OUTLET_H
#define LANPARTY_BASE_OUTLET_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/address.h"

#define LP_PAYLOAD_MAX                                                                             \
	1472 /* bytes of a payload that fills a 1500-byte IPv4 packet: none is sent longer */

/* Receives one UDP payload, which is never empty. All pointers are borrowed until return. */
typedef void lp_payload_sink(
	void *context, const struct lp_path *path, const uint8_t *bytes, size_t len);

struct lp_outlet {
	void *context;
	/* Returns the buffer for the next payload, LP_PAYLOAD_MAX bytes. */
	uint8_t *(*slot)(void *context);
	/* Sends the len bytes in that buffer from path's local address to its remote one, now or with
	 * others. */
	void (*put)(void *context, const struct lp_path *path, size_t len);
};

#endif
