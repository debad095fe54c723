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

/* What set_up prepares for each test. */
struct sender_unit {
	struct lp_pool *pool;
	struct lp_sender sender;
	uint64_t drops[LP_DROP_COUNT];
	lp_time now;
	bool bulk;    /* the governor admits bulk */
	uint64_t tag; /* of the last peeked datagram */
	bool last;    /* it was the last that waited */
};

extern struct sender_unit unit;

int set_up(void **state);

/* A test that leaks a frame fails in lp_pool_free. */
int tear_down(void **state);

/* Somebody else takes buffers until only so many are free. */
void leave_free(size_t frames);

/* Push a frame of len bytes of this value, the last of them 0xee. */
void push_to(uint32_t flow, uint16_t len, uint8_t fill);
void push(uint16_t len, uint8_t fill);
void push_tcp(uint16_t len, uint8_t fill);

/* What a connection does with the sender. */
bool peek_at(size_t max, struct lp_datagram *datagram);
void pop(void);
void acked(uint64_t which);
void lost(uint64_t which);

/* Peeks and decodes; returns what an honest receiver sees. */
struct lp_overlay peek(size_t max);

/* Asserts that no datagram of at most max bytes can be sent. */
void assert_nothing_to_send(size_t max);

/* Sends the next frame and returns the byte that fills it. */
uint8_t take(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
