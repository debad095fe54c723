/* Frames through real QUIC over bad networks: every frame at most once, almost all TCP frames, and
 * large frames on paths that carry only small packets. LANPARTY_SEED repeats the simulated network
 * of a run, but not QUIC's own random bytes. */
#include "quic_room.h"

#include "lanparty/path/mtu.h"

#define IDLE     (15 * LP_SECOND) /* the idle timeout that the relay of quic_room.h grants */
#define TCP_MOST 1400             /* bytes: TCP segments are clamped to one datagram (mss.h) */
#define IPV6_UDP (1280 - 48)      /* the UDP payload of the smallest IPv6 path */

/* Number of serials that arrived, from first on in steps of two. */
static size_t arrived(const struct player *p, uint32_t first, uint32_t end)
{
	size_t count = 0;
	for (uint32_t i = first; i < end; i += 2)
		count += p->got[i] > 0;
	return count;
}

/* Frames that were received again and recognised as duplicates. */
static uint64_t known_already(const struct room *r)
{
	uint64_t count = room_counters(r).drops[LP_DROP_DUPLICATE];
	for (size_t i = 1; i <= r->count; i++)
		count += lp_tunnel_stats(r->players[i].tunnel)->rx_drops[LP_DROP_DUPLICATE];
	return count;
}

/* A connection keeps a frame until it knows its fate, which it hears with the next acknowledgement. On a
 * lossy path that has no limit: each probe timeout doubles the wait for the next (RFC 9002, section
 * 6.2.1), and packets of the other side postpone the idle timeout. So the path stops losing packets
 * first. From then on a peer that is still there acknowledges what it is sent, and sends a keep-alive
 * every 3 s itself; one that is gone is noticed after an idle timeout (RFC 9000, section 10.1). */
static void drain(struct room *r)
{
	r->wire.loss = 0;
	for (lp_time end = r->now + 2 * IDLE; r->now < end;) {
		room_run(r, LP_SECOND);
		if (room_counters(r).frames_free == ROOM_FRAMES)
			return;
	}
}

/* No duplicate was delivered, and no frame is kept any more. */
static void check_end(struct room *r)
{
	unsigned loss = r->wire.loss;
	room_run(r, IDLE);
	drain(r);
	for (size_t i = 1; i <= r->count; i++) {
		check(r, r->players[i].twice == 0);
		/* At 30 % loss an idle path can look dead. */
		check(r, r->players[i].closed == 0 || loss >= 300);
	}
	check(r, room_counters(r).frames_free == ROOM_FRAMES);
}

static const struct wire bad = {
	.duplicates = 100, .reorder = 250, .replays = 100, .delay = 10 * LP_MILLISECOND};

/* One network, and the expected result. */
struct passage {
	unsigned loss;
	lp_time interval; /* between all frames */
	double tcp;       /* between TCP frames */
};

/* Each player sends TCP frames with even serials and UDP frames with odd serials to the next
 * one. */
static void exchange(const struct passage *passage, uint64_t seed)
{
	struct wire wire = bad;
	wire.loss = passage->loss;
	struct room *r = room_new(&wire, 3, seed);
	const uint32_t frames = 3000;
	for (uint32_t serial = 0; serial < frames; serial++) {
		size_t from = 1 + serial / 2 % 3, to = 1 + from % 3;
		bool tcp = serial % 2 == 0;
		size_t most = tcp ? TCP_MOST : LP_ETH_FRAME_MAX;
		size_t len = ROOM_LEAST + dice_roll(&r->dice) % (most - ROOM_LEAST + 1);
		room_frame(r, from, to, tcp, serial, len);
		room_run(r, passage->interval);
	}
	room_run(r, 3 * LP_SECOND);
	size_t tcp = 0, udp = 0;
	for (size_t i = 1; i <= 3; i++) {
		tcp += arrived(&r->players[i], 0, frames);
		udp += arrived(&r->players[i], 1, frames);
	}
	print_message("loss %u: %.2f %% of TCP, %.2f %% of UDP, %u known already\n", wire.loss,
		200.0 * (double)tcp / frames, 200.0 * (double)udp / frames,
		(unsigned)known_already(r));
	check(r, (double)tcp >= passage->tcp * frames / 2);
	check(r, tcp > udp || wire.loss == 0);
	check(r, known_already(r) > 0); /* otherwise the test would prove nothing */
	/* Acknowledged frames are not kept; a few datagrams are never reported. */
	check(r, wire.loss || room_counters(r).frames_free >= ROOM_FRAMES - 10);
	check_end(r);
	room_free(r);
}

static void no_frame_arrives_twice_and_almost_all_tcp_frames_arrive(void **state)
{
	static const struct passage passages[] = {{0, 2 * LP_MILLISECOND, 0.999},
		{20, 2 * LP_MILLISECOND, 0.99}, {100, 5 * LP_MILLISECOND, 0.98},
		{300, 10 * LP_MILLISECOND, 0.3}};
	(void)state;
	for (size_t i = 0; i < sizeof(passages) / sizeof(passages[0]); i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			exchange(&passages[i], seed);
}

static void no_member_receives_a_broadcast_twice(void **state)
{
	(void)state;
	struct wire wire = bad;
	wire.loss = 100;
	struct room *r = room_new(&wire, ROOM_PLAYERS, 4);
	const uint32_t frames = 1000;
	for (uint32_t serial = 0; serial < frames; serial++) {
		room_frame(r, 1 + serial % ROOM_PLAYERS, 0, serial / 4 % 2, serial, 60 + serial);
		room_run(r, 10 * LP_MILLISECOND);
	}
	size_t got = 0;
	for (size_t i = 1; i <= ROOM_PLAYERS; i++)
		got += arrived(&r->players[i], 0, frames) + arrived(&r->players[i], 1, frames);
	check(r, got > frames * (ROOM_PLAYERS - 1) * 7 / 10);
	check_end(r);
	room_free(r);
}

/* For the given duration, sends TCP frames of TCP_MOST bytes and UDP frames of the largest size
 * from player 1 to player 2 and back. Returns the next serial. */
static uint32_t large_frames(struct room *r, uint32_t serial, lp_time duration)
{
	for (lp_time end = r->now + duration; r->now < end; serial++) {
		bool tcp = serial % 2 == 0;
		room_frame(r, 1 + serial / 2 % 2, 2 - serial / 2 % 2, tcp, serial,
			tcp ? TCP_MOST : LP_ETH_FRAME_MAX);
		room_run(r, 5 * LP_MILLISECOND);
	}
	return serial;
}

static size_t arrived_at_both(const struct room *r, uint32_t first, uint32_t end)
{
	return arrived(&r->players[1], first, end) + arrived(&r->players[2], first, end);
}

static void frames_of_any_size_cross_a_path_of_1280_bytes(void **state)
{
	static const size_t limits[] = {IPV6_UDP, 1280 - 28, 1280, LP_MTU_SAFE};
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct wire wire = {.delay = 10 * LP_MILLISECOND, .limit = limits[i]};
		struct room *r = room_new(&wire, 2, 1);
		uint32_t end = large_frames(r, 0, 3 * LP_SECOND);
		room_run(r, LP_SECOND);
		check(r, arrived_at_both(r, 0, end) == (end + 1) / 2);
		check(r, arrived_at_both(r, 1, end) == end / 2);
		check_end(r);
		room_free(r);
	}
}

/* No ICMP message reports it. */
static void large_frames_still_arrive_when_a_path_stops_carrying_large_packets(void **state)
{
	(void)state;
	const struct wire wire = {.delay = 10 * LP_MILLISECOND};
	struct room *r = room_new(&wire, 2, 1);
	uint32_t cut = large_frames(r, 0, 5 * LP_SECOND); /* large packets are discovered */
	check(r, r->largest > 1280);
	room_run(r, LP_SECOND);
	check(r, arrived_at_both(r, 0, cut) == (cut + 1) / 2);
	r->wire.limit = 1280;
	lp_time since = r->now;
	cut += cut % 2;
	uint32_t later = large_frames(r, cut, LP_SECOND);
	later += later % 2;
	uint32_t end = large_frames(r, later, 5 * LP_SECOND);
	room_run(r, LP_SECOND);
	/* After a second all frames arrive. Of the first second, the TCP frames arrive as
	 * fragments, except a few that had become too old. */
	check(r, arrived_at_both(r, later, end) == (end - later + 1) / 2);
	check(r, arrived_at_both(r, cut, later) * 100 >= (later - cut) / 2 * 80);
	check(r, arrived_at_both(r, later + 1, end) == (end - later) / 2);

	/* The path carries large packets again, which the next attempt discovers. */
	r->wire.limit = 0;
	r->largest = 0;
	end = large_frames(r, end, since + LP_MTU_RETRY - r->now - 500 * LP_MILLISECOND);
	check(r, r->largest <= LP_MTU_SAFE);
	end = large_frames(r, end, 3 * LP_SECOND);
	room_run(r, LP_SECOND);
	check(r, r->largest > 1280);
	check(r, arrived_at_both(r, later, end) == (end - later + 1) / 2);
	check_end(r);
	room_free(r);
}

/* No small frame is lost together with large packets, although both wait in the queue, and none waits for
 * longer than two links of 10 ms with a probe timeout of 46 ms at one of them (RFC 9002, section 6.2.1). */
static void lost_large_packets_never_delay_small_frames(void **state)
{
	(void)state;
	const struct wire wire = {.delay = 10 * LP_MILLISECOND};
	struct room *r = room_new(&wire, 2, 1);
	uint32_t cut = large_frames(r, 0, 5 * LP_SECOND), end = cut += cut % 2;
	lp_time pushed[200];
	check(r, r->largest > 1280);
	r->wire.limit = 1280;
	for (int n = 0; n < 200; n++, end += 2) {
		pushed[n] = r->now;
		room_push(r, 1, 2, false, end, ROOM_LEAST);
		room_push(r, 1, 2, true, end + 1, 1300); /* both fit a large packet */
		room_run(r, 5 * LP_MILLISECOND);
	}
	room_run(r, LP_SECOND);
	check(r, arrived(&r->players[2], cut, end) == 200);
	for (uint32_t n = 0; n < 200; n++)
		check(r, r->players[2].at[cut + 2 * n] - pushed[n] <= 80 * LP_MILLISECOND);
	check_end(r);
	room_free(r);
}

static int by_time(const void *a, const void *b)
{
	const lp_time *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* A link with a deep buffer, more TCP than it carries, and a game. QUIC alone would fill the
 * buffer. */
static void game_and_download(uint64_t rate, lp_time most)
{
	enum { GAMES = 600 };
	const struct wire wire = {.delay = 10 * LP_MILLISECOND, .rate = rate};
	struct room *r = room_new(&wire, 2, 1);
	lp_time pushed[GAMES], waits[GAMES];
	uint32_t serial = GAMES;
	size_t count = 0, came = 0;
	for (uint32_t game = 0; game < GAMES; game++) {
		for (int n = 0; n < 20; n++, serial++) { /* 11 Mbit/s */
			room_push(r, 1, 2, true, serial, TCP_MOST);
			if (n == 0) {
				pushed[game] = r->now;
				room_push(r, 1, 2, false, game, 120);
			}
			room_send(r);
			room_run(r, LP_MILLISECOND);
		}
	}
	room_run(r, LP_SECOND);
	for (uint32_t i = GAMES; i < serial; i++)
		came += r->players[2].got[i];
	for (uint32_t game = 0; game < GAMES; game++) {
		check(r, r->players[2].got[game] == 1);
		if (game >= 100)
			waits[count++] = r->players[2].at[game] - pushed[game] - 2 * wire.delay;
	}
	qsort(waits, count, sizeof(waits[0]), by_time);
	double used = (double)came * TCP_MOST * 8 / (double)wire.rate / 12;
	print_message("game p50 %.1f, p99 %.1f ms; %.2f of the line\n",
		(double)waits[count / 2] / 1e6, (double)waits[count * 99 / 100] / 1e6, used);
	check(r, waits[count * 99 / 100] <= most);
	check(r, used > 0.85);
	check_end(r);
	room_free(r);
}

static void a_game_beside_a_download_waits_milliseconds(void **state)
{
	(void)state;
	game_and_download(5000000, 25 * LP_MILLISECOND);
	game_and_download(2000000, 35 * LP_MILLISECOND);
}

/* Small frames in both directions for the given duration. Returns the next serial. */
static uint32_t game_frames(struct room *r, uint32_t serial, lp_time duration)
{
	for (lp_time end = r->now + duration; r->now < end; serial++) {
		room_frame(r, 1 + serial % 2, 2 - serial % 2, false, serial, 120);
		room_run(r, 10 * LP_MILLISECOND);
	}
	return serial;
}

/* Row K5. A game has filled the congestion window with lost packets, and each lost probe would double the
 * wait for the next one. No frame from the outage arrives that is older than half a second. */
static void frames_flow_within_a_second_after_an_outage_of_ten_seconds(void **state)
{
	(void)state;
	const struct wire wire = {.delay = 10 * LP_MILLISECOND};
	struct room *r = room_new(&wire, 2, 1);
	uint32_t cut = game_frames(r, 0, 3 * LP_SECOND);
	r->wire.loss = 1000;
	uint32_t back = game_frames(r, cut, 10 * LP_SECOND);
	r->wire.loss = 0;
	lp_time since = r->now;
	uint32_t end = game_frames(r, back, LP_SECOND);
	room_run(r, LP_SECOND);
	for (size_t player = 1; player <= 2; player++) {
		lp_time first = LP_NEVER;
		for (uint32_t i = back; i < end; i++)
			if (r->players[player].got[i] && r->players[player].at[i] < first)
				first = r->players[player].at[i];
		check(r, r->players[player].closed == 0);
		check(r, first < since + 700 * LP_MILLISECOND);
		print_message("player %zu: back after %u ms\n", player,
			(unsigned)((first - since) / LP_MILLISECOND));
		/* two frames per 20 ms; the relay's queue and the sender's hold each half a second */
		check(r, arrived(&r->players[player], cut, back - 200) +
					 arrived(&r->players[player], cut + 1, back - 200) <
				 10);
	}
	check_end(r);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_frame_arrives_twice_and_almost_all_tcp_frames_arrive),
		cmocka_unit_test(no_member_receives_a_broadcast_twice),
		cmocka_unit_test(frames_of_any_size_cross_a_path_of_1280_bytes),
		cmocka_unit_test(
			large_frames_still_arrive_when_a_path_stops_carrying_large_packets),
		cmocka_unit_test(lost_large_packets_never_delay_small_frames),
		cmocka_unit_test(a_game_beside_a_download_waits_milliseconds),
		cmocka_unit_test(frames_flow_within_a_second_after_an_outage_of_ten_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
