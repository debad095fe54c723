/* The frame path of hub and tunnel never allocates. The linker's --wrap counts the allocations of
 * the core's objects, with and without sanitizers. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "heap.h"
#include "hub_peers.h"
#include "tunnel_harness.h"

#define LAN(n) IPV4(192, 168, 0, n)

static void joining_allocates_which_proves_that_the_counter_works(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	heap.allocations = 0;
	peer_join(r, 1);
	assert_true(heap.allocations >= 3); /* at least session, room and member */
	heap.allocations = 0;
	const struct lp_tunnel_config tunnel = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&tunnel);
	assert_true(heap.allocations >= 3);
	harness_free(h);
	relay_free(r);
}

/* Builds the n-th of a sequence of valid and invalid frames of every kind. */
static size_t any_frame(uint8_t *f, unsigned n, unsigned from)
{
	const struct lp_mac src = from ? player_mac(from) : host_mac(1);
	const uint32_t ip = LAN(10 + from);
	switch (n % 12) {
	case 0:
		return frame_arp(f, BROADCAST, src, src, ip, LAN(1));
	case 1:
		return frame_udp(f, player_mac(1 + n / 10 % 3), src, ip, LAN(3), 5, 1514);
	case 2:
		return frame_udp(f, BROADCAST, src, ip, LAN(255), 5, 100 + n % 1000);
	case 3:
		return frame_udp(f, host_mac(n % 4000), src, ip, LAN(3), 5, 200);
	case 4:
		return frame_router_advertisement(f, src);
	case 5:
		return frame_dhcp_ack(
			f, player_mac(2), src, LAN(1), LAN(60 + n % 100), player_mac(2));
	case 6:
		return frame_raw(f, player_mac(2), src, 0x8899, 60);
	case 7:
		return frame_raw(f, player_mac(2), player_mac(99), LP_ETHERTYPE_IPV4, 60);
	case 10:
		return frame_tcp(f, n % 3 ? player_mac(1 + n / 10 % 3) : BROADCAST, src, ip, LAN(3),
			445, 60 + n % 1400);
	case 11:
		return frame_game(f, src, ip, n % 2 ? "one" : "two", (uint16_t)(1 + n % 500));
	case 8: { /* a first fragment */
		size_t len = frame_udp(f, player_mac(2), src, ip, LAN(3), 5, 42 + 64);
		frame_fragment(f, len, (uint8_t)n, 0, true);
		return len;
	}
	default:
		return frame_raw(f, player_mac(2), src, LP_ETHERTYPE_IPV6, 13 + n % 40);
	}
}

/* Tags of datagrams whose fate is reported late; some are lost, some never reported. */
struct fates {
	uint64_t tags[64];
	size_t count;
};

static uint64_t add_fate(struct fates *fates, uint64_t tag)
{
	uint64_t *place = &fates->tags[fates->count++ % 64], old = *place;
	*place = tag;
	return old;
}

/* Some are lost, some are acknowledged. */
static void numbered_frames_of_a_relay_allocate_nothing(void **state)
{
	(void)state;
	static struct fates fates[5];
	struct lp_hub_config config = relay_config();
	config.frames = 300;
	struct relay *r = relay_new(&config);
	for (int i = 0; i < 5; i++)
		peer_join_as(r, i, i == 3 ? LP_CAP_FRAGMENTS : LP_CAPS_KNOWN);
	memset(fates, 0, sizeof(fates));
	heap.allocations = 0;
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX + 100];
		int from = (int)(n % 2 ? n / 7 % 5 : 1);
		const struct lp_welcome *w = &r->peers[from].welcome;
		size_t len = any_frame(f, n % 2 ? n : 10 + 12 * n, (unsigned)from);
		r->now += LP_MILLISECOND;
		if (len >= LP_ETH_HEADER && len < LP_ETH_FRAME_MAX) {
			peer_datagram(r, from, bytes,
				frame_datagram(bytes,
					&(struct lp_overlay){.type = LP_OVERLAY_NUMBERED,
						.peer = w->peer,
						.room = w->room,
						.frame_id = (uint16_t)(n / 2),
						.frame_len = (uint16_t)len},
					f));
		}
		for (int i = 0; i < 5; i++) {
			struct lp_datagram d;
			while (peer_peek(r, i, n % 5 ? 1400 : 800, n % 4 > 0, &d)) {
				peer_pop(r, i);
				uint64_t old = add_fate(&fates[i], d.tag);
				if (n % 3 == 0)
					peer_lost(r, i, old);
				else if (n % 3 == 1)
					peer_acked(r, i, old);
			}
		}
		if (n % 100 == 0)
			relay_at(r, r->now);
	}
	assert_int_equal(heap.allocations, 0);
	assert_true(relay_counters(r).retransmitted > 100);
	assert_true(relay_counters(r).drops[LP_DROP_DUPLICATE] > 100);
	relay_free(r);
}

static void numbered_frames_of_a_member_allocate_nothing(void **state)
{
	(void)state;
	static struct fates fates;
	struct harness *h = harness_new(&(struct lp_tunnel_config){.role = LP_ROLE_CLIENT,
		.room_key = {5},
		.mac = player_mac(OWN_PEER),
		.name = "me",
		.seed = 1});
	harness_start(h);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_joined(h, 1, LP_ROLE_CLIENT);
	heap.allocations = 0;
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX + 100];
		struct lp_datagram d;
		h->now += LP_MILLISECOND;
		harness_frame(h, f,
			frame_tcp(f, player_mac(1), player_mac(OWN_PEER), LAN(17), LAN(3), 445,
				1000));
		while (harness_peek(h, n % 5 ? 1400 : 800, n % 4 > 0, &d)) {
			harness_pop(h);
			uint64_t old = add_fate(&fates, d.tag);
			if (n % 3 == 0)
				harness_lost(h, old);
			else if (n % 3 == 1)
				harness_acked(h, old);
		}
		size_t len = frame_tcp(
			f, player_mac(OWN_PEER), player_mac(1), LAN(3), LAN(17), 445, 1000);
		harness_datagram(h, bytes,
			frame_datagram(bytes,
				&(struct lp_overlay){.type = LP_OVERLAY_NUMBERED,
					.peer = 1,
					.room = ROOM,
					.frame_id = (uint16_t)(n / 2),
					.frame_len = (uint16_t)len},
				f));
	}
	assert_int_equal(heap.allocations, 0);
	assert_int_equal(h->port.count, 10000);
	harness_free(h);
}

static void the_hub_allocates_nothing_for_frames(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.client_rate = config.rooms.limits.client_burst = 15000;
	config.rooms.limits.broadcast_rate = config.rooms.limits.broadcast_burst = 5;
	config.rooms.limits.unknown_rate = config.rooms.limits.unknown_burst = 5;
	config.frames = 300;
	struct relay *r = relay_new(&config);
	for (int i = 0; i < 5; i++)
		peer_join(r, i);
	heap.allocations = 0;
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX + 100];
		int from = (int)(n / 7 % 5);
		size_t len = any_frame(f, n, (unsigned)from);
		r->now += LP_MILLISECOND;
		if (len >= LP_ETH_HEADER)
			peer_frame(r, from, f, len);
		for (int k = 0; k < 2 && len >= LP_ETH_HEADER; k++) {
			const struct lp_welcome *w = &r->peers[from].welcome;
			size_t part = frame_datagram(bytes,
				&(struct lp_overlay){
					.type = k ? LP_OVERLAY_SECOND : LP_OVERLAY_FIRST,
					.peer = w->peer,
					.room = w->room,
					.frame_id = (uint16_t)n,
					.frame_len = (uint16_t)len},
				f);
			if (!k || n % 3) /* many are never reported */
				peer_datagram(r, from, bytes, part);
		}
		for (int i = 0; i < 3; i++) { /* the others are slow */
			struct lp_overlay o;
			while (peer_take_max(r, i, 1200, bytes, &o))
				;
		}
	}
	assert_int_equal(heap.allocations, 0);
	struct lp_hub_counters c = relay_counters(r);
	const enum lp_drop seen[] = {LP_DROP_SOURCE_MAC, LP_DROP_ETHERTYPE, LP_DROP_DHCP_SERVER,
		LP_DROP_ROUTER_ADVERTISEMENT, LP_DROP_BROADCAST_RATE, LP_DROP_UNKNOWN_RATE,
		LP_DROP_BYTE_RATE, LP_DROP_QUEUE_FULL, LP_DROP_UNKNOWN_UNICAST, LP_DROP_BAD_IPV6};
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (!c.drops[seen[i]] && !c.copy_drops[seen[i]])
			fail_msg("no frame was dropped as %s", lp_drop_text(seen[i]));
	assert_int_equal(c.members, 5);
	relay_free(r);
}

static void the_tunnel_allocates_nothing_for_frames(void **state)
{
	(void)state;
	for (int role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
		struct harness *h = harness_in_room((enum lp_role)role);
		for (uint16_t i = 1; i < 4; i++)
			harness_joined(h, i, LP_ROLE_CLIENT);
		if (role == LP_ROLE_CLIENT)
			harness_joined(h, 4, LP_ROLE_GATEWAY);
		heap.allocations = 0;
		for (unsigned n = 0; n < 20000; n++) {
			uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX + 100];
			struct lp_overlay o;
			size_t len = any_frame(f, n, role == LP_ROLE_CLIENT ? OWN_PEER : 0);
			uint16_t from = (uint16_t)(n / 7 % 5);
			h->now += LP_MILLISECOND;
			harness_frame(h, f, len);
			len = any_frame(f, n, from % 4);
			harness_forwarded(h, from ? from : 4, f, len);
			for (int k = 0; k < 2 && len >= LP_ETH_HEADER; k++) {
				size_t part = frame_datagram(bytes,
					&(struct lp_overlay){
						.type = k ? LP_OVERLAY_SECOND : LP_OVERLAY_FIRST,
						.peer = from,
						.room = ROOM,
						.frame_id = (uint16_t)n,
						.frame_len = (uint16_t)len},
					f);
				if (!k || n % 3)
					harness_datagram(h, bytes, part);
			}
			while (n % 1000 > 900 && harness_take(h, 1200, bytes, &o))
				;
		}
		assert_int_equal(heap.allocations, 0);
		assert_true(lp_tunnel_stats(h->tunnel)->tx_drops[LP_DROP_QUEUE_FULL] > 0);
		assert_true(h->port.count > 0);
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining_allocates_which_proves_that_the_counter_works),
		cmocka_unit_test(the_hub_allocates_nothing_for_frames),
		cmocka_unit_test(numbered_frames_of_a_relay_allocate_nothing),
		cmocka_unit_test(numbered_frames_of_a_member_allocate_nothing),
		cmocka_unit_test(the_tunnel_allocates_nothing_for_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
