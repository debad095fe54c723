/* sender_unit.h - one sender, and what its tests do with it. */
#ifndef LANPARTY_TESTS_SENDER_UNIT_H
#define LANPARTY_TESTS_SENDER_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/sender.h"

/* With BURST of them taken, a sender's share is still as many. */
#define BURST       (2 * LP_SENDER_FRAMES)
#define POOL_FRAMES ((LP_SENDER_SHARE + 1) * BURST + 8)

static struct lp_pool *pool;
static struct lp_sender sender;
static struct lp_frame *held[POOL_FRAMES]; /* by somebody else */
static size_t held_count;
static uint64_t drops[LP_DROP_COUNT];
static lp_time now;
static bool bulk; /* the governor admits bulk */

static inline int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(POOL_FRAMES);
	lp_sender_init(&sender, pool, drops);
	memset(drops, 0, sizeof(drops));
	held_count = 0;
	sender.fragments = true;
	now = LP_SECOND;
	bulk = true;
	return pool ? 0 : -1;
}

/* A test that leaks a frame fails in lp_pool_free. */
static inline int tear_down(void **state)
{
	(void)state;
	lp_sender_clear(&sender);
	while (held_count)
		lp_frame_drop(pool, held[--held_count]);
	lp_pool_free(pool);
	return 0;
}

/* Somebody else takes buffers until only so many are free. */
static inline void leave_free(size_t frames)
{
	while (lp_pool_free_count(pool) > frames)
		held[held_count++] = lp_pool_take(pool);
}

static inline void push_flow(uint16_t len, uint8_t fill, struct lp_flow_key flow)
{
	struct lp_frame *frame = lp_pool_take(pool);

	assert_non_null(frame);
	frame->room = 0x01020304;
	frame->peer = 7;
	frame->len = len;
	frame->flow = flow;
	memset(frame->bytes, fill, len);
	frame->bytes[len - 1] = 0xee;
	assert_true(lp_sender_push(&sender, frame, now));
	lp_frame_drop(pool, frame);
}

static inline void push_to(uint32_t flow, uint16_t len, uint8_t fill)
{
	push_flow(len, fill, (struct lp_flow_key){.hash = flow});
}

static inline void push(uint16_t len, uint8_t fill)
{
	push_to(0, len, fill);
}

static inline void push_tcp(uint16_t len, uint8_t fill)
{
	push_flow(len, fill, (struct lp_flow_key){.tcp = true});
}

static uint64_t tag; /* of the last peeked datagram */
static bool last;

static inline bool peek_at(size_t max, struct lp_datagram *datagram)
{
	return sender.source.ops->peek(&sender.source, max, bulk, now, datagram);
}

static inline void pop(void)
{
	sender.source.ops->pop(&sender.source);
}

static inline void acked(uint64_t which)
{
	sender.source.ops->acked(&sender.source, which);
}

static inline void lost(uint64_t which)
{
	sender.source.ops->lost(&sender.source, which, now);
}

/* Peeks and decodes; returns what an honest receiver sees. */
static inline struct lp_overlay peek(size_t max)
{
	static uint8_t bytes[LP_DATAGRAM_MAX + LP_OVERLAY_FRAGMENT_HEADER];
	struct lp_datagram datagram;
	struct lp_overlay overlay;

	assert_true(peek_at(max, &datagram));
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

	assert_false(peek_at(max, &datagram));
}

/* Sends the next frame and returns the byte that fills it. */
static inline uint8_t take(void)
{
	uint8_t fill = peek(LP_DATAGRAM_MAX + 2).bytes[0];
	pop();
	assert_int_equal(last, sender.count == 0);
	return fill;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
