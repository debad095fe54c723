/* A room for hours of virtual time: frames, leaves, crashes, outages and lossy hours, with real QUIC. Memory
 * and connections stay level. LANPARTY_SOAK_HOURS sets the duration (tools/soak), LANPARTY_SEED the seed. */
#include "quic_room.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "quic_test.h"

#define HOURS          3 /* without LANPARTY_SOAK_HOURS */
#define HOUR           (3600 * LP_SECOND)
#define WARM_UP        2  /* hours until all tables have their size */
#define GROWTH_PERCENT 1  /* of memory, after that */
#define PAUSE_MAX      20 /* seconds between two events */
#define QUIET          (40 * LP_SECOND + LP_HUB_GRACE)

static size_t hours(void)
{
	const char *text = getenv("LANPARTY_SOAK_HOURS");
	size_t number = text ? strtoul(text, NULL, 10) : HOURS;
	return number > WARM_UP ? number : WARM_UP + 1;
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MEASURED true
/* Bytes in use on the heap, with the large blocks that have a mapping of their own. */
static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}
#else
#define MEASURED false
static size_t heap_bytes(void)
{
	return 0;
}
#endif

static size_t any_player(struct room *r)
{
	return 1 + dice_below(&r->dice, r->count);
}

static bool is_joined(const struct room *r, size_t player)
{
	return r->players[player].tunnel && lp_tunnel_is_joined(r->players[player].tunnel);
}

static void start_ended(struct room *r)
{
	for (size_t i = 1; i <= r->count; i++) {
		if (r->players[i].tunnel && !lp_tunnel_is_over(r->players[i].tunnel))
			continue;
		room_stops(r, i);
		room_starts(r, i);
	}
}

static void burst(struct room *r, size_t from)
{
	static uint32_t serial;
	for (size_t n = 1 + dice_below(&r->dice, 40); n > 0; n--) {
		size_t to = dice_below(&r->dice, r->count + 1);
		size_t len = ROOM_LEAST + dice_below(&r->dice, LP_ETH_FRAME_MAX - ROOM_LEAST);
		if (to != from)
			room_push(r, from, to, dice_chance(&r->dice, 500), serial++ % ROOM_SERIALS,
				len);
	}
}

static void one_event(struct room *r)
{
	size_t player = any_player(r), what = dice_below(&r->dice, 100);
	if (what < 70 && is_joined(r, player)) {
		burst(r, player);
	} else if (what < 80 && is_joined(r, player)) {
		lp_tunnel_leave(r->players[player].tunnel, r->now);
	} else if (what < 85) {
		room_stops(r, player);
	} else if (what < 90) { /* an outage, which can outlast the idle timeout */
		struct wire before = r->wire;
		r->wire.loss = 1000;
		room_run(r, dice_below(&r->dice, 30) * LP_SECOND);
		r->wire = before;
	}
	room_run(r, dice_below(&r->dice, PAUSE_MAX * 1000) * LP_MILLISECOND);
	start_ended(r);
}

static void one_hour(struct room *r)
{
	lp_time end = r->now + HOUR;
	r->wire.loss = (unsigned)dice_below(&r->dice, 100);
	r->wire.reorder = (unsigned)dice_below(&r->dice, 250);
	r->wire.duplicates = (unsigned)dice_below(&r->dice, 100);
	while (r->now < end)
		one_event(r);
}

/* All have joined and nothing is on its way. */
static void settle(struct room *r)
{
	r->wire.loss = 0;
	for (int tries = 0; tries < 10; tries++) {
		start_ended(r);
		room_run(r, QUIET);
	}
	for (size_t i = 1; i <= r->count; i++)
		check(r, is_joined(r, i));
	check(r, room_counters(r).sessions == r->count && room_counters(r).members == r->count);
	check(r, lp_quic_connection_count(r->quic) == r->count);
}

static void hours_of_churn_leave_memory_and_connections_level(void **state)
{
	(void)state;
	const struct wire wire = {.delay = 20 * LP_MILLISECOND};
	struct room *r = room_new(&wire, ROOM_PLAYERS, 12);
	size_t level = 0, frames = room_counters(r).frames_free;
	for (size_t hour = 1, last = hours(); hour <= last; hour++) {
		one_hour(r);
		settle(r);
		size_t now = heap_bytes();
		if (hour <= WARM_UP && now > level)
			level = now;
		check(r, now <= level + level / 100 * GROWTH_PERCENT);
		if (last > HOURS)
			printf("hour %zu: %zu bytes in use, %llu joins\n", hour, now,
				(unsigned long long)room_counters(r).joins);
	}
	check(r, room_counters(r).frames_free == frames);
	for (size_t i = 1; i <= r->count; i++)
		lp_tunnel_leave(r->players[i].tunnel, r->now);
	room_run(r, QUIET);
	check(r, room_counters(r).members == 0 && room_counters(r).rooms == 0);
	check(r, lp_quic_connection_count(r->quic) == 0 && lp_quic_id_count(r->quic) == 0);
	room_free(r);
}

/* A skipped test is shown and counted; a level of 0 would pass in silence. */
static void memory_is_measured(void **state)
{
	(void)state;
	if (!MEASURED) {
		print_message(
			"memory not measured: a sanitizer, or another C library, has the heap\n");
		skip();
	}
	assert_true(heap_bytes() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_measured),
		cmocka_unit_test(hours_of_churn_leave_memory_and_connections_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
