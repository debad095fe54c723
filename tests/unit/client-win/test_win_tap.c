#include "tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "wide.h"

#define BIG      70000
#define ROUNDS   1000
#define MOMENT   (50 * LP_MILLISECOND)
#define PATIENCE (5 * LP_SECOND)

/* A port whose other side is this test, through a message-mode pipe instead of an adapter. */
struct rig {
	HANDLE loop, other, handle;
	struct lp_port *port;
	size_t heard, bad; /* frames received, and those that were wrong */
	uint32_t next;     /* number of the next expected frame */
	size_t last_len;
};

/* Pseudo-random bits for frame n. */
static uint32_t mix(uint32_t n)
{
	n = (n ^ n >> 16) * 0x7feb352du;
	n = (n ^ n >> 15) * 0x846ca68bu;
	return n ^ n >> 16;
}

static void fill(uint8_t *bytes, size_t len, uint32_t number)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)mix(number + (uint32_t)i);
}

static bool is_whole(size_t len)
{
	return len >= LP_ETH_HEADER && len <= LP_ETH_FRAME_MAX;
}

/* Random frame lengths; frames that must not arrive are skipped. */
static size_t random_len(uint32_t number)
{
	return mix(number) % 3 ? mix(number + 7) % (BIG + 1) : mix(number + 7) % 1600;
}

static void expect_random(void *context, const uint8_t *frame, size_t len)
{
	static uint8_t wanted[BIG];
	struct rig *r = context;
	while (!is_whole(random_len(r->next)) && r->next < ROUNDS)
		r->next++;
	fill(wanted, random_len(r->next), r->next);
	r->bad += len != random_len(r->next) || memcmp(frame, wanted, len) != 0;
	r->next++;
	r->heard++;
}

static void expect_numbered(void *context, const uint8_t *frame, size_t len)
{
	uint8_t wanted[LP_ETH_FRAME_MAX];
	struct rig *r = context;
	fill(wanted, len, r->next);
	r->bad += memcmp(frame, wanted, len) != 0;
	r->next++;
	r->heard++;
	r->last_len = len;
}

static void rig_open(struct rig *r, DWORD buffer)
{
	wchar_t path[64], wide[64];
	char name[64];
	static unsigned number;
	memset(r, 0, sizeof(*r));
	snprintf(name, sizeof(name), "\\\\.\\pipe\\test-tap-%lu-%u", GetCurrentProcessId(),
		number++);
	wide_from(path, 64, name);
	r->loop = lp_loop_open();
	assert_non_null(r->loop);
	r->other = CreateNamedPipeW(wide_from(wide, 64, name),
		PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
		PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, buffer, buffer, 0, NULL);
	assert_true(r->other != INVALID_HANDLE_VALUE);
	r->handle = tap_open_pipe(name);
	assert_true(r->handle != INVALID_HANDLE_VALUE);
	r->port = tap_open(r->handle, false, r->loop);
	assert_non_null(r->port);
	assert_true(r->port->ops->up(r->port, LP_ETH_MTU));
}

static void rig_close(struct rig *r)
{
	lp_time begin = lp_clock();
	DWORD flags;
	r->port->ops->close(r->port);
	assert_false(GetHandleInformation(r->handle, &flags));
	/* all buffers were returned, so everything was freed */
	assert_true(lp_clock() - begin < LP_SECOND);
	assert_int_equal(lp_loop_wait(r->loop, 0), 0);
	lp_loop_close(r->loop);
	CloseHandle(r->other);
}

static void pump(struct rig *r, lp_port_sink *sink, lp_time how_long)
{
	lp_time end = lp_clock() + how_long;
	do {
		lp_loop_wait(r->loop, end);
		r->port->ops->read(r->port, sink, r);
	} while (lp_clock() < end);
}

/* Runs until the expected number of frames has arrived, then a moment longer, in which none must
 * arrive. */
static void pump_until(struct rig *r, lp_port_sink *sink, size_t heard)
{
	lp_time end = lp_clock() + PATIENCE;
	while (r->heard < heard && lp_clock() < end)
		pump(r, sink, LP_MILLISECOND);
	pump(r, sink, MOMENT / 5);
	if (r->heard != heard || r->bad)
		fail_msg("%zu heard, %zu wanted, %zu bad", r->heard, heard, r->bad);
}

/* Waits for an operation of the other side while the port runs. */
static DWORD finish(struct rig *r, BOOL done, OVERLAPPED *o, lp_port_sink *sink)
{
	DWORD bytes = 0;
	lp_time end = lp_clock() + PATIENCE;
	if (!done)
		assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	while (!GetOverlappedResult(r->other, o, &bytes, FALSE)) {
		assert_int_equal(GetLastError(), ERROR_IO_INCOMPLETE);
		assert_true(lp_clock() < end);
		pump(r, sink, LP_MILLISECOND);
	}
	CloseHandle(o->hEvent);
	pump(r, sink, 0);
	return bytes;
}

static void say(struct rig *r, const uint8_t *bytes, size_t len, lp_port_sink *sink)
{
	OVERLAPPED o = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	BOOL done = WriteFile(r->other, bytes, (DWORD)len, NULL, &o);
	assert_int_equal(finish(r, done, &o, sink), len);
}

static size_t hear(struct rig *r, uint8_t *bytes, size_t cap)
{
	OVERLAPPED o = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	BOOL done = ReadFile(r->other, bytes, (DWORD)cap, NULL, &o);
	return finish(r, done, &o, expect_numbered);
}

static bool tell(struct rig *r, uint32_t number, size_t len)
{
	uint8_t frame[LP_ETH_FRAME_MAX + 1];
	fill(frame, len, number);
	return r->port->ops->write(r->port, frame, len);
}

static void assert_hears(struct rig *r, uint32_t number, size_t len)
{
	uint8_t frame[2 * LP_ETH_FRAME_MAX], wanted[LP_ETH_FRAME_MAX];
	assert_int_equal(hear(r, frame, sizeof(frame)), len);
	fill(wanted, len, number);
	assert_memory_equal(frame, wanted, len);
}

static void frames_cross_both_ways_in_order(void **state)
{
	(void)state;
	struct rig r;
	uint8_t frame[LP_ETH_FRAME_MAX];
	rig_open(&r, 1 << 20);
	for (uint32_t i = 0; i < 200; i++) {
		size_t len = LP_ETH_HEADER + mix(i) % (LP_ETH_MTU + 1);
		fill(frame, len, i);
		say(&r, frame, len, expect_numbered);
		assert_true(tell(&r, 1000 + i, len));
		assert_hears(&r, 1000 + i, len);
	}
	pump_until(&r, expect_numbered, 200);
	rig_close(&r);
}

static const struct {
	size_t len;
	bool arrives;
	const char *story;
} lengths[] = {
	{0, false, "an empty message is ignored"},
	{1, false, "a byte is no frame"},
	{13, false, "nor is a piece of a header"},
	{14, true, "a header alone is one"},
	{60, true, "the shortest of Ethernet"},
	{1514, true, "the longest of Ethernet"},
	{1515, false, "one more than Ethernet's longest"},
	{2048, false, "a read's buffer, full to the last byte"},
	{2049, false, "one byte more comes as two reads: both belong to the message"},
	{2048 + 60, false, "what comes second would look like a frame"},
	{4096, false, "two buffers"},
	{70000, false, "more than all buffers together"},
	{42, true, "and then all goes on"},
};

static void only_frames_of_ethernet_length_arrive(void **state)
{
	(void)state;
	struct rig r;
	static uint8_t bytes[BIG];
	rig_open(&r, 1 << 20);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		r.heard = 0;
		r.next = (uint32_t)i;
		fill(bytes, lengths[i].len, r.next);
		say(&r, bytes, lengths[i].len, expect_numbered);
		pump_until(&r, expect_numbered, lengths[i].arrives);
		if (r.heard && r.last_len != lengths[i].len)
			fail_msg("%s: %zu bytes", lengths[i].story, r.last_len);
		size_t len = lengths[i].len <= LP_ETH_FRAME_MAX + 1 ? lengths[i].len : 60;
		assert_int_equal(tell(&r, 7, len), is_whole(len));
		if (is_whole(len))
			assert_hears(&r, 7, len);
	}
	assert_false(tap_is_broken(r.port));
	rig_close(&r);
}

static void a_thousand_random_frames_break_nothing(void **state)
{
	(void)state;
	struct rig r;
	static uint8_t bytes[BIG];
	size_t whole = 0;
	rig_open(&r, 1 << 18);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		size_t len = random_len(i);
		fill(bytes, len, i);
		say(&r, bytes, len, expect_random);
		whole += is_whole(len);
	}
	assert_true(whole > ROUNDS / 5);
	pump_until(&r, expect_random, whole);
	assert_false(tap_is_broken(r.port));
	assert_true(tell(&r, 1, 100));
	assert_hears(&r, 1, 100);
	rig_close(&r);
}

/* Several reads complete at once: nobody calls read for a while, so all have ended by then. */
static void frames_keep_their_order_when_nobody_reads_for_a_while(void **state)
{
	(void)state;
	struct rig r;
	static uint8_t bytes[5000];
	static const size_t sizes[] = {60, 5000, 61, 0, 2049, 62, 4096, 1514};
	uint32_t number = 0;
	rig_open(&r, 1 << 20);
	for (uint32_t i = 0; i < 400; i++) {
		OVERLAPPED o = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
		size_t len = sizes[i % 8];
		DWORD written;
		fill(bytes, len, number);
		number += is_whole(len);
		if (!WriteFile(r.other, bytes, (DWORD)len, NULL, &o))
			assert_int_equal(GetLastError(), ERROR_IO_PENDING);
		assert_true(GetOverlappedResult(r.other, &o, &written, TRUE));
		CloseHandle(o.hEvent);
	}
	pump_until(&r, expect_numbered, number);
	rig_close(&r);
}

static void a_slow_reader_blocks_nothing(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r, 0);
	for (int round = 0; round < 3; round++) {
		uint32_t taken = 0;
		lp_time begin = lp_clock();
		for (uint32_t i = 0; i < 3 * TAP_WRITES; i++) {
			if (tell(&r, taken, 100))
				taken++;
			lp_loop_wait(r.loop, 0);
		}
		assert_true(lp_clock() - begin < LP_SECOND);
		assert_int_equal(taken, TAP_WRITES);
		for (uint32_t i = 0; i < taken; i++)
			assert_hears(&r, i, 100);
		pump(&r, expect_numbered, MOMENT);
	}
	assert_true(tell(&r, 1, 100));
	assert_hears(&r, 1, 100);
	rig_close(&r);
}

static void the_port_is_broken_when_the_other_side_closes(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r, 4096);
	uint8_t frame[60];
	fill(frame, sizeof(frame), 0);
	say(&r, frame, sizeof(frame), expect_numbered);
	assert_false(tap_is_broken(r.port));
	CloseHandle(r.other);
	r.other = NULL;
	lp_time end = lp_clock() + PATIENCE;
	while (!tap_is_broken(r.port) && lp_clock() < end)
		pump(&r, expect_numbered, LP_MILLISECOND);
	assert_int_equal(r.heard, 1);
	assert_true(tap_is_broken(r.port));
	assert_false(tell(&r, 1, 100));
	pump(&r, expect_numbered, MOMENT);
	rig_close(&r);
}

/* An adapter returns its reads when the computer goes to sleep. */
static void returned_reads_are_started_again(void **state)
{
	(void)state;
	struct rig r;
	uint8_t frame[60];
	rig_open(&r, 4096);
	for (uint32_t i = 0; i < 3; i++) {
		CancelIoEx(r.handle, NULL);
		assert_true(lp_loop_wait(r.loop, lp_clock() + LP_SECOND) > 0);
		pump(&r, expect_numbered, MOMENT);
		assert_false(tap_is_broken(r.port));
		fill(frame, sizeof(frame), i);
		say(&r, frame, sizeof(frame), expect_numbered);
		pump_until(&r, expect_numbered, i + 1);
	}
	rig_close(&r);
}

static void closing_leaves_no_pending_operation(void **state)
{
	(void)state;
	struct rig r;
	for (int i = 0; i < 20; i++) {
		rig_open(&r, 0);
		for (uint32_t number = 0; number < TAP_WRITES; number++)
			assert_true(tell(&r, number, 1000));
		if (i % 2)
			pump(&r, expect_numbered, LP_MILLISECOND);
		rig_close(&r);
	}
}

static void a_missing_pipe_is_an_error(void **state)
{
	(void)state;
	assert_true(tap_open_pipe("\\\\.\\pipe\\nobody-made-this") == INVALID_HANDLE_VALUE);
	assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_cross_both_ways_in_order),
		cmocka_unit_test(only_frames_of_ethernet_length_arrive),
		cmocka_unit_test(a_thousand_random_frames_break_nothing),
		cmocka_unit_test(frames_keep_their_order_when_nobody_reads_for_a_while),
		cmocka_unit_test(a_slow_reader_blocks_nothing),
		cmocka_unit_test(the_port_is_broken_when_the_other_side_closes),
		cmocka_unit_test(returned_reads_are_started_again),
		cmocka_unit_test(closing_leaves_no_pending_operation),
		cmocka_unit_test(a_missing_pipe_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
