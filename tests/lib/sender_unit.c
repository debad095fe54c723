#include "sender_unit.h"

struct sender_unit unit;

static struct lp_frame *held[POOL_FRAMES]; /* by somebody else */
static size_t held_count;

int set_up(void **state)
{
	(void)state;
	unit.pool = lp_pool_new(POOL_FRAMES);
	lp_sender_init(&unit.sender, unit.pool, unit.drops);
	memset(unit.drops, 0, sizeof(unit.drops));
	held_count = 0;
	unit.sender.fragments = true;
	unit.now = LP_SECOND;
	unit.bulk = true;
	return unit.pool ? 0 : -1;
}

int tear_down(void **state)
{
	(void)state;
	lp_sender_clear(&unit.sender);
	while (held_count)
		lp_frame_drop(unit.pool, held[--held_count]);
	lp_pool_free(unit.pool);
	return 0;
}

void leave_free(size_t frames)
{
	while (lp_pool_free_count(unit.pool) > frames)
		held[held_count++] = lp_pool_take(unit.pool);
}

static void push_flow(uint16_t len, uint8_t fill, struct lp_flow_key flow)
{
	struct lp_frame *frame = lp_pool_take(unit.pool);

	assert_non_null(frame);
	frame->room = 0x01020304;
	frame->peer = 7;
	frame->len = len;
	frame->copies = 1;
	frame->flow = flow;
	memset(frame->bytes, fill, len);
	frame->bytes[len - 1] = 0xee;
	assert_true(lp_sender_push(&unit.sender, frame, unit.now));
	lp_frame_drop(unit.pool, frame);
}

void push_to(uint32_t flow, uint16_t len, uint8_t fill)
{
	push_flow(len, fill, (struct lp_flow_key){.hash = flow});
}

void push(uint16_t len, uint8_t fill)
{
	push_to(0, len, fill);
}

void push_tcp(uint16_t len, uint8_t fill)
{
	push_flow(len, fill, (struct lp_flow_key){.tcp = true});
}

bool peek_at(size_t max, struct lp_datagram *datagram)
{
	return unit.sender.source.ops->peek(
		&unit.sender.source, max, unit.bulk, unit.now, datagram);
}

void pop(void)
{
	unit.sender.source.ops->pop(&unit.sender.source);
}

void acked(uint64_t which)
{
	unit.sender.source.ops->acked(&unit.sender.source, which);
}

void lost(uint64_t which)
{
	unit.sender.source.ops->lost(&unit.sender.source, which, unit.now);
}

struct lp_overlay peek(size_t max)
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
	unit.tag = datagram.tag;
	unit.last = datagram.last;
	return overlay;
}

void assert_nothing_to_send(size_t max)
{
	struct lp_datagram datagram;

	assert_false(peek_at(max, &datagram));
}

uint8_t take(void)
{
	uint8_t fill = peek(LP_DATAGRAM_MAX + 2).bytes[0];
	pop();
	assert_int_equal(unit.last, unit.sender.count == 0);
	return fill;
}
