/* Queue and governor together at a slow link with a deep buffer: a game beside downloads. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/governor.h"
#include "lanparty/path/sender.h"

#define MS         LP_MILLISECOND
#define MBIT       UINT64_C(1000000)
#define FRAMES     (8 * LP_SENDER_FRAMES)
#define OVERHEAD   40  /* bytes of a packet that are not the frame's */
#define GAME       120 /* bytes */
#define GAME_EVERY (20 * MS)
#define FULL       1400
#define GREEDY     4  /* flows */
#define WANTED     60 /* frames that each of them keeps in the queue, whatever is dropped */
#define FLIGHT     65536
#define SAMPLES    8192
#define ACK_DELAY  (2 * MS)

struct packet {
	lp_time sent, leaves;
	size_t len;
};

/* One connection over one link. The link sends its buffer at its rate. */
struct side {
	struct lp_pool *pool;
	struct lp_sender sender;
	struct lp_governor governor;
	lp_time now, base; /* base: round trip of the empty link */
	uint64_t rate;     /* bits per second */
	lp_time free_at;   /* when the link has sent everything in its buffer */
	struct packet flight[FLIGHT];
	size_t first, count;
	uint64_t in_flight, delivered;
	lp_time smooth;
	uint64_t drops[LP_DROP_COUNT];
	lp_time game_at[SAMPLES]; /* when each game frame was pushed */
	size_t game_pushed, game_sent;
	lp_time delays[SAMPLES]; /* added delay of game frames, compared to an empty link */
	size_t delay_count;
	uint64_t bytes; /* bytes given to the link since this was last set to 0 */
};

static lp_time on_line(const struct side *s, size_t len)
{
	return len * 8 * LP_SECOND / s->rate;
}

static void push(struct side *s, uint32_t flow, uint16_t len)
{
	struct lp_frame *frame = lp_pool_take(s->pool);
	assert_non_null(frame);
	frame->len = len;
	frame->flow = (struct lp_flow_key){.hash = flow, .tcp = flow > 0};
	frame->bytes[0] = (uint8_t)flow;
	assert_true(lp_sender_push(&s->sender, frame, s->now));
	lp_frame_drop(s->pool, frame);
}

/* Keeps every greedy flow's part of the queue filled. */
static void fill(struct side *s, size_t greedy)
{
	size_t waiting[GREEDY + 1] = {0};
	for (size_t i = 0; i < LP_SENDER_FLOWS; i++)
		for (struct lp_entry *p = s->sender.flows[i].entries.first; p; p = p->next)
			waiting[p->frame->bytes[0]]++;
	for (size_t i = 1; i <= greedy; i++)
		for (; waiting[i] < WANTED; waiting[i]++)
			push(s, (uint32_t)i, FULL);
}

static void send_one(struct side *s, const struct lp_datagram *d)
{
	size_t len = d->header_len + d->len + OVERHEAD;
	bool game = d->bytes[0] == 0;
	lp_time start = s->free_at > s->now ? s->free_at : s->now;
	s->free_at = start + on_line(s, len);
	assert_true(s->count < FLIGHT);
	s->flight[(s->first + s->count++) % FLIGHT] = (struct packet){s->now, s->free_at, len};
	s->in_flight += len;
	s->bytes += len;
	if (game && s->delay_count < SAMPLES)
		s->delays[s->delay_count++] =
			s->free_at - on_line(s, len) - s->game_at[s->game_sent % SAMPLES];
	s->game_sent += game;
	struct lp_datagram_source *source = &s->sender.source;
	source->ops->pop(source);
	source->ops->acked(source, d->tag); /* what is kept does not matter here */
}

static void send_all(struct side *s)
{
	struct lp_datagram d;
	for (;;) {
		bool bulk = lp_governor_admits(&s->governor, s->in_flight, FULL + OVERHEAD);
		struct lp_datagram_source *source = &s->sender.source;
		if (!source->ops->peek(source, LP_DATAGRAM_MAX + 2, bulk, s->now, &d))
			return;
		send_one(s, &d);
	}
}

/* An acknowledgement arrives a moment after the packet. */
static void hear(struct side *s)
{
	while (s->count && s->flight[s->first].leaves + s->base + ACK_DELAY <= s->now) {
		const struct packet *p = &s->flight[s->first];
		lp_time rtt = p->leaves + s->base - p->sent;
		s->smooth = (7 * s->smooth + rtt) / 8;
		s->in_flight -= p->len;
		s->delivered += p->len;
		s->first = (s->first + 1) % FLIGHT;
		s->count--;
		lp_governor_on_rtt(&s->governor, rtt, s->smooth, s->delivered, s->now);
	}
}

static void run(struct side *s, lp_time duration, size_t greedy)
{
	for (lp_time end = s->now + duration; s->now < end; s->now += MS / 10) {
		hear(s);
		if (s->now % GAME_EVERY == 0) {
			s->game_at[s->game_pushed++ % SAMPLES] = s->now;
			push(s, 0, GAME);
		}
		fill(s, greedy);
		send_all(s);
	}
}

static int by_time(const void *a, const void *b)
{
	const lp_time *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static lp_time delay_of(struct side *s, size_t permille)
{
	assert_true(s->delay_count > 100);
	qsort(s->delays, s->delay_count, sizeof(s->delays[0]), by_time);
	return s->delays[s->delay_count * permille / 1000];
}

static struct side *side_new(uint64_t rate, lp_time base)
{
	struct side *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->pool = lp_pool_new(FRAMES);
	assert_non_null(s->pool);
	lp_sender_init(&s->sender, s->pool, s->drops);
	s->sender.budget = LP_DATAGRAM_MAX + 2;
	s->sender.fragments = s->sender.retransmit = true;
	s->now = LP_SECOND;
	s->rate = rate;
	s->base = s->smooth = base;
	lp_governor_init(&s->governor, s->now);
	return s;
}

static void side_free(struct side *s)
{
	lp_sender_clear(&s->sender);
	lp_pool_free(s->pool);
	free(s);
}

/* The 99th percentile of the game's added delay is bounded, and the link is used to at least this
 * share. */
static void game_and_downloads(uint64_t rate, lp_time base, lp_time most, double least)
{
	struct side *s = side_new(rate, base);
	run(s, 3 * LP_SECOND, 0);
	run(s, 5 * LP_SECOND, GREEDY);
	s->delay_count = 0;
	s->bytes = 0;
	run(s, 20 * LP_SECOND, GREEDY);
	double used = (double)s->bytes * 8 / 20 / (double)rate;
	lp_time p99 = delay_of(s, 990);
	print_message("%3u Mbit/s, %3u ms: game p50 %.1f, p99 %.1f ms, %.3f used, %u late\n",
		(unsigned)(rate / MBIT), (unsigned)(base / MS), (double)delay_of(s, 500) / 1e6,
		(double)p99 / 1e6, used, (unsigned)s->drops[LP_DROP_LATE]);
	assert_true(p99 <= most);
	assert_true(used >= least);
	/* CoDel drops only bulk. */
	assert_int_equal(s->game_sent, s->game_pushed);
	assert_int_equal(s->drops[LP_DROP_QUEUE_FULL], 0);
	assert_true(s->drops[LP_DROP_LATE] > 0);
	side_free(s);
}

static void a_game_beside_downloads_waits_milliseconds_while_the_link_is_full(void **state)
{
	static const uint64_t rates[] = {2 * MBIT, 5 * MBIT, 20 * MBIT, 100 * MBIT};
	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		/* At 2 Mbit/s one packet takes 6 ms. */
		double least = rates[i] > 2 * MBIT ? 0.98 : 0.96;
		game_and_downloads(rates[i], 10 * MS, 12 * MS, least);
		game_and_downloads(rates[i], 20 * MS, 12 * MS, least);
		game_and_downloads(rates[i], 40 * MS, 16 * MS, least);
		game_and_downloads(rates[i], 100 * MS, 25 * MS, least);
	}
}

/* Downloads begin and end: what the governor learned must not delay the game in the seconds
 * after. */
static void starting_downloads_delay_a_game_only_briefly(void **state)
{
	(void)state;
	struct side *s = side_new(5 * MBIT, 20 * MS);
	run(s, 5 * LP_SECOND, 0);
	s->delay_count = 0;
	for (int i = 0; i < 10; i++) {
		run(s, LP_SECOND, GREEDY);
		run(s, LP_SECOND, 0);
	}
	lp_time p99 = delay_of(s, 990);
	print_message("game p99 %.1f ms\n", (double)p99 / 1e6);
	assert_true(p99 <= 25 * MS);
	assert_int_equal(s->game_sent, s->game_pushed);
	side_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_game_beside_downloads_waits_milliseconds_while_the_link_is_full),
		cmocka_unit_test(starting_downloads_delay_a_game_only_briefly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
