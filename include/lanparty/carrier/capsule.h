/* capsule.h - UDP payloads in capsules (RFC 9297, section 3.2, and RFC 9298, section 5).
 *
 * A DATAGRAM capsule has type 0, the length of its value, and as value context ID 0 and the payload. It never
 * allocates and never looks into a payload. */
#ifndef LANPARTY_CARRIER_CAPSULE_H
#define LANPARTY_CARRIER_CAPSULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/outlet.h"

#define LP_CAPSULE_HEAD_MAX 4     /* bytes that lp_capsule_head writes at most */
#define LP_CAPSULE_SKIP_MAX 65536 /* bytes of the value of a capsule that is skipped */

/* Writes the head of a DATAGRAM capsule for a payload of 1 to LP_PAYLOAD_MAX bytes. Returns its length. */
size_t lp_capsule_head(uint8_t head[LP_CAPSULE_HEAD_MAX], size_t payload_len);

/* Type, length and context ID, each of up to 8 bytes. */
#define LP_CAPSULE_HEAD_READ 24

/* Zero-initialise. */
struct lp_capsule_reader {
	uint8_t head[LP_CAPSULE_HEAD_READ];
	size_t head_len;
	bool in_value; /* the head is complete */
	bool wanted;   /* the value goes to the sink */
	uint64_t left; /* bytes of the value that still come */
	size_t have;   /* bytes in payload */
	uint8_t payload[LP_PAYLOAD_MAX];
};

enum lp_capsule_fault {
	LP_CAPSULE_GOOD,
	LP_CAPSULE_MALFORMED,
	LP_CAPSULE_TOO_LONG, /* past LP_CAPSULE_SKIP_MAX */
};

/* Reads a piece of the stream of capsules. Payloads go to sink. Capsules of other types, other context
 * IDs, empty payloads and those longer than LP_PAYLOAD_MAX are skipped. After a fault the reader must not
 * be used. */
enum lp_capsule_fault lp_capsule_read(struct lp_capsule_reader *reader, const uint8_t *bytes,
	size_t len, void (*sink)(void *context, const uint8_t *payload, size_t len), void *context);

#endif
