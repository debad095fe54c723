/* Rooms over a long time: many members, lossy networks, crashes. LANPARTY_SEED repeats a run. */
#include "lanparty/path/receiver.h"
#include "world.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

static const struct wire good = {.delay = 10 * LP_MILLISECOND, .jitter = 2 * LP_MILLISECOND};

#define HOST_IP IPV4(10, 1, 0, 1)

/* Each join allocates a tunnel's pool. glibc gets its zeros from the kernel, page by page when they are used;
 * AddressSanitizer and Windows write all of them, so that a join takes ten to twenty times as long. */
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define JOINS 2000
#else
#define JOINS 10000
#endif

static void start_client(struct world *w, size_t i)
{
	const struct lp_tunnel_config config = peer_config(w, i, LP_ROLE_CLIENT);
	peer_starts(w, i, &config, 1400);
}

static void start_gateway(struct world *w, size_t i)
{
	const struct lp_tunnel_config config = peer_config(w, i, LP_ROLE_GATEWAY);
	peer_starts(w, i, &config, 1400);
}

/* A computer on the gateway's LAN: it answers ARP for its address and sends back what it
 * receives. */
static void lan_host(struct world *w, size_t peer, const uint8_t *frame, size_t len)
{
	uint8_t f[FRAME_CAP];
	struct lp_mac from;
	const struct lp_mac host = host_mac(1);
	if (peer != 0)
		return;
	memcpy(from.b, frame + 6, 6);
	if (frame[12] == 8 && frame[13] == 6) {
		struct lp_reader r = lp_reader_of(frame + 28, 14);
		uint32_t asker = lp_read_u32(&r);
		lp_read_bytes(&r, 6);
		if (lp_read_u32(&r) != HOST_IP)
			return;
		len = frame_arp(f, from, host, host, HOST_IP, asker);
	} else if (memcmp(frame, host.b, 6) == 0) {
		memcpy(f, frame, len);
		memcpy(f, from.b, 6);
		memcpy(f + 6, host.b, 6);
		f[43] ^= 1; /* the reply needs its own serial: the next odd one */
		for (size_t k = 44; k < len; k++)
			f[k] = (uint8_t)(f[k] + 1);
	} else {
		return;
	}
	lp_tunnel_on_frame(w->peers[0].tunnel, f, len, w->now);
	check(world_verdict.drop == LP_DROP_NONE);
}

static void players_and_a_lan_behind_a_gateway_are_one_network(void **state)
{
	(void)state;
	struct world *w = world_new(&good);
	w->sink = lan_host;
	start_gateway(w, 0);
	for (size_t i = 1; i <= 3; i++)
		start_client(w, i);
	world_run(w, 2 * LP_SECOND);
	check(joined_count(w) == 4);
	check_views(w);

	/* ARP is broadcast, and its reply goes to the sender */
	uint8_t f[FRAME_CAP];
	size_t before[4];
	for (size_t i = 0; i < 4; i++)
		before[i] = w->peers[i].received;
	size_t len = frame_arp(
		f, BROADCAST, w->peers[1].mac, w->peers[1].mac, IPV4(10, 0, 0, 1), HOST_IP);
	lp_tunnel_on_frame(w->peers[1].tunnel, f, len, w->now);
	check(world_verdict.drop == LP_DROP_NONE);
	world_run(w, LP_SECOND);
	for (size_t i = 0; i < 4; i++)
		check(w->peers[i].received == before[i] + 1);

	world_frame(w, 1, host_mac(1), 100, 1000); /* to the LAN, and back as 101 */
	world_frame(w, 2, player_mac(3), 200, 1514);
	world_frame(w, 3, BROADCAST, 300, 60);
	world_run(w, LP_SECOND);
	const size_t expected[][4] = {
		{100, 1, 0, 0}, {101, 0, 1, 0}, {200, 0, 0, 0}, {300, 1, 1, 1}};
	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < 3; i++)
			check(w->peers[i].got[expected[k][0]] == expected[k][1 + i]);
	}
	check(w->peers[3].got[200] == 1 && w->peers[3].got[300] == 0);
	check(w->peers[3].got[100] + w->peers[3].got[101] == 0);
	world_free(w);
}

/* One random event of one member. A crashed member can have to wait until the relay has noticed;
 * all others can join at once (R7). */
static void stir(struct world *w, size_t i)
{
	struct peer *p = &w->peers[i];
	if (p->tunnel && lp_tunnel_is_over(p->tunnel)) {
		if (p->reject >= 0) {
			check(p->reject == LP_REJECT_MAC_IN_USE ||
				p->reject == LP_REJECT_GATEWAY_PRESENT);
			check(!p->clean);
		}
		p->clean = p->conn == 0 && p->reject < 0;
		lp_tunnel_free(p->tunnel);
		p->tunnel = NULL;
		p->conn = 0;
		p->up = false;
		return;
	}
	if (!p->tunnel) {
		i ? start_client(w, i) : start_gateway(w, i);
		return;
	}
	if (!is_joined(w, i))
		return;
	size_t what = dice_below(&w->dice, 100);
	if (what < 80) {
		lp_tunnel_leave(p->tunnel, w->now);
	} else if (what < 90) {
		p->clean = false;
		link_is_cut(w, i);
	} else {
		p->clean = false;
		peer_crashes(w, i);
	}
}

static void R7_C8_thousands_of_joins_and_leaves_leave_nothing_behind(void **state)
{
	(void)state;
	const struct wire wire = {.loss = 20,
		.duplicates = 20,
		.delay = 5 * LP_MILLISECOND,
		.jitter = 30 * LP_MILLISECOND};
	struct world *w = world_new(&wire);
	const size_t peers = 20;
	size_t serial = 0;
	w->peer_count = peers;
	for (size_t i = 0; i < peers; i++)
		w->peers[i].clean = true;
	for (int rounds = 0; w->joins < JOINS; rounds++) {
		check(rounds < 100000);
		for (int k = 0; k < 6; k++)
			stir(w, dice_below(&w->dice, peers));
		size_t talker = dice_below(&w->dice, peers);
		if (talker && is_joined(w, talker) && rounds % 8 == 0)
			world_frame(w, talker, BROADCAST, serial++ % WORLD_SERIALS, 200);
		world_run(w, 100 * LP_MILLISECOND);
		if (rounds % 500 == 499) { /* time for all to notice everything */
			world_run(w, 25 * LP_SECOND + LP_HUB_GRACE);
			check_views(w);
		}
	}
	/* all leave, and nothing is left */
	for (size_t i = 0; i < peers; i++)
		if (w->peers[i].tunnel)
			lp_tunnel_leave(w->peers[i].tunnel, w->now);
	world_run(w, 30 * LP_SECOND + LP_HUB_GRACE);
	struct lp_hub_counters c;
	lp_hub_get_counters(w->hub, &c);
	check(c.joins >= JOINS && c.joins == c.leaves);
	check(c.members == 0 && c.rooms == 0 && c.sessions == 0 &&
		c.frames_free == w->config.frames);
	world_free(w);
}

/* Every MAC that has left can join again at once, from whichever room it left. */
static void R7_a_mac_can_rejoin_at_once_after_a_leave(void **state)
{
	(void)state;
	struct world *w = world_new(&good);
	start_client(w, 1);
	start_client(w, 2);
	for (int i = 0; i < 50; i++) {
		world_run(w, 2 * LP_SECOND);
		check(joined_count(w) == 2);
		check_views(w);
		lp_tunnel_leave(w->peers[2].tunnel, w->now);
		while (!lp_tunnel_is_over(w->peers[2].tunnel))
			world_run(w, LP_MILLISECOND);
		lp_tunnel_free(w->peers[2].tunnel);
		w->peers[2].tunnel = NULL;
		start_client(w, 2);
	}
	check(w->rejects == 0);
	world_free(w);
}

static int by_time(const void *a, const void *b)
{
	const lp_time *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The relay is down for two seconds. told: it announces its end; otherwise each member notices when
 * it contacts the new one. */
static void restart(bool told)
{
	struct world *w = world_new(&good);
	const size_t peers = 200;
	for (size_t i = 0; i < peers; i++)
		start_client(w, i);
	world_run(w, 5 * LP_SECOND);
	check(joined_count(w) == peers);
	w->connects = calloc(100 * peers, sizeof(lp_time));
	assert_non_null(w->connects);
	if (told) {
		lp_hub_shutdown(w->hub);
		world_run(w, 15 * LP_MILLISECOND);
	}
	relay_crashes(w);
	for (size_t i = 0; i < peers && !told; i++)
		world_send_close(w, w->peers[i].conn, false, LP_LEAVE_OTHER,
			2 * LP_SECOND + dice_roll(&w->dice) % (3 * LP_SECOND));
	world_run(w, 2 * LP_SECOND);
	lp_time back = w->now;
	relay_starts(w);
	for (size_t i = 0; i < peers; i++)
		w->peers[i].joined_at = 0;
	world_run(w, 20 * LP_SECOND);
	check(joined_count(w) == peers);
	check_views(w);
	check(w->rejects == 0);

	lp_time after[WORLD_PEERS];
	for (size_t i = 0; i < peers; i++) {
		check(w->peers[i].joined_at > back);
		after[i] = w->peers[i].joined_at - back;
	}
	qsort(after, peers, sizeof(after[0]), by_time);
	check(after[peers * 95 / 100] <= 7 * LP_SECOND);
	check(after[peers * 99 / 100] <= 15 * LP_SECOND);
	/* no stampede: no tenth of a second contains a quarter of the reconnects */
	size_t bins[300] = {0}, most = 0;
	lp_time first = w->connects[0];
	for (size_t i = 0; i < w->connect_count; i++) {
		size_t bin = (size_t)((w->connects[i] - first) / (100 * LP_MILLISECOND));
		check(bin < 300);
		bins[bin]++;
		most = bins[bin] > most ? bins[bin] : most;
	}
	print_message("%u attempts of %u peers, at most %u in a tenth of a second, p95 %.1f s\n",
		(unsigned)w->connect_count, (unsigned)peers, (unsigned)most,
		(double)after[peers * 95 / 100] / 1e9);
	check(most <= peers / 4);
	world_free(w);
}

static void two_hundred_members_reconnect_to_a_relay_that_crashed(void **state)
{
	(void)state;
	restart(false);
}

static void two_hundred_members_reconnect_to_a_relay_that_shut_down(void **state)
{
	(void)state;
	restart(true);
}

/* No member receives a frame twice, although packets are duplicated. Lost fragments leave no memory
 * behind. */
static void rooms_survive_the_loss_of_a_third_of_all_packets(void **state)
{
	(void)state;
	const struct wire wire = {.loss = 300,
		.duplicates = 100,
		.delay = 20 * LP_MILLISECOND,
		.jitter = 60 * LP_MILLISECOND};
	struct world *w = world_new(&wire);
	const size_t peers = 5, frames = 3000;
	struct lp_hub_counters c;
	for (size_t i = 0; i < peers; i++) {
		const struct lp_tunnel_config config = peer_config(w, i, LP_ROLE_CLIENT);
		peer_starts(w, i, &config, 1200); /* large frames are sent as fragments */
	}
	world_run(w, 10 * LP_SECOND);
	check(joined_count(w) == peers);
	for (size_t serial = 0; serial < frames; serial++) {
		size_t from = dice_below(&w->dice, peers), to = dice_below(&w->dice, peers + 1);
		size_t len = serial % 3 ? 1514 : 100;
		if (to == from)
			continue;
		world_frame(w, from, to < peers ? w->peers[to].mac : BROADCAST, serial, len);
		world_run(w, 5 * LP_MILLISECOND);
		lp_hub_get_counters(w->hub, &c);
		check(c.frames_free >= w->config.frames - peers * LP_REASSEMBLY_SLOTS);
	}
	world_run(w, 10 * LP_SECOND);
	size_t got = 0;
	for (size_t i = 0; i < peers; i++) {
		for (size_t serial = 0; serial < frames; serial++) {
			check(w->peers[i].got[serial] <= 1);
			got += w->peers[i].got[serial];
		}
	}
	check(got > frames / 5);
	check(joined_count(w) == peers);
	check_views(w);
	/* the next frame discards the unfinished fragments */
	for (size_t i = 0; i < peers; i++)
		for (int k = 0; k < 20; k++)
			world_frame(w, i, BROADCAST, frames + i * 20 + (size_t)k, 1514);
	world_run(w, LP_SECOND);
	lp_hub_get_counters(w->hub, &c);
	check(c.frames_free >= w->config.frames - peers * LP_REASSEMBLY_SLOTS);
	for (size_t i = 0; i < peers; i++)
		lp_tunnel_leave(w->peers[i].tunnel, w->now);
	world_run(w, 20 * LP_SECOND);
	lp_hub_get_counters(w->hub, &c);
	check(c.sessions == 0 && c.frames_free == w->config.frames);
	world_free(w);
}

/* R5, F5: members with different budgets and paths, with and without support for fragments. */
static void members_with_different_paths_receive_every_allowed_frame(void **state)
{
	(void)state;
	const struct {
		size_t budget, path;
		bool joins; /* a room of MTU 1300 */
	} rows[] = {{0, 1200, true}, {900, 1500, true}, {1322, 1322, true}, {0, 1400, true},
		{0, 668, false}, {669, 1400, true}, {0, 1522, true}, {669, 669, true}};
	const size_t peers = sizeof(rows) / sizeof(rows[0]);
	struct world *w = world_new(&good);
	size_t serial = 0;
	for (size_t i = 0; i < peers; i++) {
		struct lp_tunnel_config config = peer_config(w, i, LP_ROLE_CLIENT);
		config.datagram_budget = rows[i].budget;
		if (i == 0)
			config.mtu = 1300;
		peer_starts(w, i, &config, rows[i].path);
		world_run(w, LP_SECOND);
		check(is_joined(w, i) == rows[i].joins);
		check(rows[i].joins || w->peers[i].reject == LP_REJECT_MTU);
	}
	check_views(w);
	const size_t lens[] = {46, 600, 660, 661, 1192, 1193, 1314};
	for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		for (size_t i = 0; i < peers; i++) {
			if (!rows[i].joins)
				continue;
			world_frame(w, i, BROADCAST, serial, lens[k]);
			world_run(w, 100 * LP_MILLISECOND);
			for (size_t to = 0; to < peers; to++)
				check(w->peers[to].got[serial] == (rows[to].joins && to != i));
			serial++;
		}
	}
	check(world_frame(w, 0, BROADCAST, serial, 1315).drop == LP_DROP_JUMBO);
	world_free(w);
}

/* Lost frames are retransmitted, and so are slow ones. Nobody receives a frame twice. */
static void tcp_frames_arrive_once_despite_real_and_spurious_losses(void **state)
{
	(void)state;
	static const struct wire wires[] = {
		{.duplicates = 100,
			.delay = 20 * LP_MILLISECOND,
			.jitter = 20 * LP_MILLISECOND,
			.doubts = 200},
		{.loss = 100,
			.duplicates = 100,
			.delay = 20 * LP_MILLISECOND,
			.jitter = 20 * LP_MILLISECOND,
			.doubts = 50},
		{.loss = 300, .delay = 5 * LP_MILLISECOND, .jitter = 60 * LP_MILLISECOND},
	};
	static const double least[] = {0.999, 0.995, 0.85};
	for (size_t n = 0; n < sizeof(wires) / sizeof(wires[0]); n++) {
		struct world *w = world_new(&wires[n]);
		const size_t peers = 4, frames = 4000;
		size_t got[2] = {0}, sent[2] = {0};
		struct lp_hub_counters c;
		for (size_t i = 0; i < peers; i++)
			start_client(w, i);
		while (joined_count(w) < peers)
			world_run(w, LP_SECOND);
		world_run(w, 10 * LP_SECOND);
		for (size_t serial = 0; serial < frames; serial++) {
			size_t from = dice_below(&w->dice, peers);
			size_t to = (from + 1 + serial % 3) % peers;
			bool tcp = serial % 4 > 0;
			size_t len = tcp ? 60 + serial % 1300 : 46 + serial % 1400;
			check(world_send(w, from, w->peers[to].mac, tcp, serial, len).drop ==
				LP_DROP_NONE);
			sent[tcp]++;
			world_run(w, 2 * LP_MILLISECOND);
		}
		world_run(w, 3 * LP_SECOND);
		for (size_t serial = 0; serial < frames; serial++) {
			size_t times = 0;
			for (size_t i = 0; i < peers; i++)
				times += w->peers[i].got[serial];
			check(times <= 1);
			got[serial % 4 > 0] += times;
		}
		lp_hub_get_counters(w->hub, &c);
		print_message("loss %u, doubts %u: %.2f %% of TCP, %.2f %% of UDP, %u sent again, "
			      "%u known already\n",
			wires[n].loss, wires[n].doubts, 100.0 * (double)got[1] / (double)sent[1],
			100.0 * (double)got[0] / (double)sent[0], (unsigned)c.retransmitted,
			(unsigned)c.drops[LP_DROP_DUPLICATE]);
		check((double)got[1] >= least[n] * (double)sent[1]);
		check(c.retransmitted > 0 && (!wires[n].doubts || c.drops[LP_DROP_DUPLICATE] > 0));
		world_run(w, 30 * LP_SECOND);
		lp_hub_get_counters(w->hub, &c);
		check(c.frames_free == w->config.frames);
		world_free(w);
	}
}

/* Old and new members in one room, one with a narrow path: whole frames, fragments, numbered
 * frames. */
static void members_of_all_releases_exchange_frames_of_all_sizes(void **state)
{
	(void)state;
	static const struct {
		uint64_t capabilities;
		size_t path;
	} rows[] = {{LP_CAPS_KNOWN, 1400}, {0, 1400}, {LP_CAP_FRAGMENTS, 1400},
		{LP_CAP_RETRANSMIT, 1400}, {LP_CAPS_KNOWN, 1200}, {LP_CAP_FRAGMENTS, 1200},
		{UINT64_MAX >> 2, 1400}};
	const size_t peers = sizeof(rows) / sizeof(rows[0]);
	static const size_t lens[] = {60, 600, 1178, 1179, 1180, 1190, 1191, 1192, 1193, 1314};
	struct world *w = world_new(&good);
	size_t serial = 0;
	for (size_t i = 0; i < peers; i++) {
		struct lp_tunnel_config config = peer_config(w, i, LP_ROLE_CLIENT);
		config.mtu = 1300;
		w->peers[i].old = true;
		w->peers[i].capabilities = rows[i].capabilities;
		peer_starts(w, i, &config, rows[i].path);
	}
	world_run(w, 2 * LP_SECOND);
	check(joined_count(w) == peers);
	for (size_t from = 0; from < peers; from++) {
		for (size_t to = 0; to <= peers; to++) {
			for (size_t k = 0; k < 2 * sizeof(lens) / sizeof(lens[0]); k++, serial++) {
				struct lp_mac dst = to < peers ? w->peers[to].mac : BROADCAST;
				if (to == from)
					continue;
				world_send(w, from, dst, k % 2, serial, lens[k / 2]);
				world_run(w, 30 * LP_MILLISECOND);
				for (size_t i = 0; i < peers; i++)
					check(w->peers[i].got[serial] ==
						(i != from && (i == to || to == peers)));
			}
		}
	}
	struct lp_hub_counters c;
	lp_hub_get_counters(w->hub, &c);
	check(c.drops[LP_DROP_WRONG_TYPE] == 0);
	for (size_t i = 0; i < peers; i++)
		check(lp_tunnel_stats(w->peers[i].tunnel)->rx_drops[LP_DROP_WRONG_TYPE] == 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(players_and_a_lan_behind_a_gateway_are_one_network),
		cmocka_unit_test(R7_C8_thousands_of_joins_and_leaves_leave_nothing_behind),
		cmocka_unit_test(R7_a_mac_can_rejoin_at_once_after_a_leave),
		cmocka_unit_test(two_hundred_members_reconnect_to_a_relay_that_crashed),
		cmocka_unit_test(two_hundred_members_reconnect_to_a_relay_that_shut_down),
		cmocka_unit_test(rooms_survive_the_loss_of_a_third_of_all_packets),
		cmocka_unit_test(members_with_different_paths_receive_every_allowed_frame),
		cmocka_unit_test(tcp_frames_arrive_once_despite_real_and_spurious_losses),
		cmocka_unit_test(members_of_all_releases_exchange_frames_of_all_sizes),
	};
#ifdef __GLIBC__
	/* otherwise the pools of all tunnels are cleared by hand */
	mallopt(M_MMAP_THRESHOLD, 1 << 18);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
