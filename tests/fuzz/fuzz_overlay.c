/* Overlay headers, fragments and numbers. The input is datagrams: u16 length, bytes. A decoded
 * header encodes to the same header; fragments never give a frame that no two of them form; no
 * number is accepted twice. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/path/receiver.h"
#include "lanparty/wire/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES 4 /* fewer than slots, so that the pool can be empty */

static void check_whole(struct lp_pool *pool, struct lp_frame *frame, const struct lp_overlay *half)
{
	size_t at = half->type == LP_OVERLAY_FIRST ? 0 : (half->frame_len + 1u) / 2;

	assert(frame->references == 1);
	assert(frame->len == half->frame_len && frame->len <= LP_ETH_FRAME_MAX);
	assert(frame->peer == half->peer && frame->room == half->room);
	assert(memcmp(frame->bytes + at, half->bytes, half->len) == 0);
	lp_frame_drop(pool, frame);
}

/* A number is accepted again only after so many others that it is ambiguous. */
#define AROUND (UINT16_MAX / 2 - LP_REPLAY_WINDOW)

struct numbers {
	struct lp_replay seen;
	uint64_t moved;           /* total advance of the newest number */
	uint64_t taken[1u << 16]; /* 0: never; else the value of moved at that time, plus 1 */
};

static void one_number(struct numbers *n, uint16_t id)
{
	uint16_t newest = n->seen.newest;
	bool before = lp_replay_has(&n->seen, id), any = n->seen.any;

	assert(lp_replay_accept(&n->seen, id) == !before);
	assert(lp_replay_has(&n->seen, id) && !lp_replay_accept(&n->seen, id));
	if (before)
		return;
	if (any)
		n->moved += (uint16_t)(n->seen.newest - newest);
	assert(!n->taken[id] || n->moved + 1 >= n->taken[id] + AROUND);
	n->taken[id] = n->moved + 1;
}

static void one_datagram(struct lp_reassembly *halves, struct numbers *numbers,
	struct lp_pool *pool, const uint8_t *datagram, size_t len, lp_time now)
{
	struct lp_overlay o;
	uint8_t header[LP_OVERLAY_FRAGMENT_HEADER];
	enum lp_drop drop = lp_overlay_decode(datagram, len, &o);

	if (drop != LP_DROP_NONE) {
		assert(drop == LP_DROP_OVERLAY || drop == LP_DROP_WRONG_TYPE);
		return;
	}
	size_t head = lp_overlay_encode(&o, header);
	assert(head + o.len == len && o.bytes == datagram + head);
	assert(memcmp(header, datagram, head) == 0);
	if (o.type != LP_OVERLAY_WHOLE)
		one_number(numbers, o.frame_id);
	if (o.type == LP_OVERLAY_WHOLE || o.type == LP_OVERLAY_NUMBERED)
		return;
	struct lp_frame *frame = lp_reassembly_add(halves, pool, &o, now);
	if (frame)
		check_whole(pool, frame, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_pool *pool = lp_pool_new(FRAMES);
	struct lp_reassembly halves = {0};
	static struct numbers numbers;

	memset(&numbers, 0, sizeof(numbers));

	if (!pool)
		return 0;
	for (lp_time now = 0; size >= 2; now += LP_REASSEMBLY_TIMEOUT / 16) {
		size_t len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		uint8_t *exact = malloc(len ? len : 1);
		if (!exact)
			break;
		memcpy(exact, data, len);
		one_datagram(&halves, &numbers, pool, exact, len, now);
		free(exact);
		data += len;
		size -= len;
	}
	lp_reassembly_clear(&halves, pool);
	assert(lp_pool_free_count(pool) == FRAMES);
	lp_pool_free(pool);
	return 0;
}
