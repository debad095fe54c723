/* queue_unit.h - one queue, and the operations of its tests. */
#ifndef LANPARTY_TESTS_QUEUE_UNIT_H
#define LANPARTY_TESTS_QUEUE_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/queue.h"

#define POOL_FRAMES (LP_QUEUE_FRAMES + 8)

static struct lp_pool *pool;
static struct lp_queue queue;
static uint64_t drops[LP_DROP_COUNT];
static lp_time now;
static bool bulk; /* the governor admits bulk */

static inline int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(POOL_FRAMES);
	memset(&queue, 0, sizeof(queue));
	memset(drops, 0, sizeof(drops));
	queue.fragments = true;
	now = LP_SECOND;
	bulk = true;
	return pool ? 0 : -1;
}

/* A test that leaks a frame fails in lp_pool_free. */
static inline int tear_down(void **state)
{
	(void)state;
	lp_queue_clear(&queue, pool);
	lp_pool_free(pool);
	return 0;
}

static inline bool push_up_to(size_t limit, uint16_t len, uint8_t fill, struct lp_flow_key flow)
{
	struct lp_frame *frame = lp_pool_take(pool);

	assert_non_null(frame);
	frame->room = 0x01020304;
	frame->peer = 7;
	frame->len = len;
	frame->flow = flow;
	memset(frame->bytes, fill, len);
	frame->bytes[len - 1] = 0xee;
	return lp_queue_push(&queue, pool, frame, limit, now, drops);
}

static inline void push_to(uint32_t flow, uint16_t len, uint8_t fill)
{
	assert_true(push_up_to(LP_QUEUE_FRAMES, len, fill, (struct lp_flow_key){.hash = flow}));
}

static inline void push(uint16_t len, uint8_t fill)
{
	push_to(0, len, fill);
}

static inline void push_tcp(uint16_t len, uint8_t fill)
{
	assert_true(push_up_to(LP_QUEUE_FRAMES, len, fill, (struct lp_flow_key){.tcp = true}));
}

static uint64_t tag; /* of the last peeked datagram */
static bool last;

/* Peeks a datagram and decodes it as a receiver would. */
static inline struct lp_overlay peek(size_t max)
{
	static uint8_t bytes[LP_DATAGRAM_MAX + LP_OVERLAY_FRAGMENT_HEADER];
	struct lp_datagram datagram;
	struct lp_overlay overlay;

	assert_true(lp_queue_peek(&queue, pool, max, bulk, now, drops, &datagram));
	assert_true(datagram.header_len + datagram.len <= max);
	memcpy(bytes, datagram.header, datagram.header_len);
	memcpy(bytes + datagram.header_len, datagram.bytes, datagram.len);
	assert_int_equal(lp_overlay_decode(bytes, datagram.header_len + datagram.len, &overlay),
		LP_DROP_NONE);
	assert_int_equal(overlay.room, 0x01020304);
	assert_int_equal(overlay.peer, 7);
	tag = datagram.tag;
	last = datagram.last;
	return overlay;
}

static inline void assert_nothing_to_send(size_t max)
{
	struct lp_datagram datagram;

	assert_false(lp_queue_peek(&queue, pool, max, bulk, now, drops, &datagram));
}

/* Sends the next frame and returns the byte that fills it. */
static inline uint8_t take(void)
{
	uint8_t fill = peek(LP_DATAGRAM_MAX + 2).bytes[0];
	lp_queue_pop(&queue, pool);
	assert_int_equal(last, queue.count == 0);
	return fill;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
