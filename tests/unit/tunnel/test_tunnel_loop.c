/* Loops: a computer that connects the room with the LAN behind it by another way too. */
#include "lanparty/room/neighbours.h"
#include "tunnel_unit.h"

#define GATEWAY 20

/* The game's broadcast of a host of the LAN, the n-th of its kind. */
static size_t shout(uint8_t *f, unsigned n)
{
	return frame_udp(f, BROADCAST, host_mac(8), LAN(8), LAN(255), 27015, 60 + n);
}

static struct harness *player(void)
{
	struct harness *h = in_room(LP_ROLE_CLIENT);
	harness_joined(h, GATEWAY, LP_ROLE_GATEWAY);
	harness_forget(h);
	return h;
}

static bool stats_say_loop(const struct harness *h)
{
	return control_sent(h, LP_TUNNEL_MESSAGE, LP_STATS).stats.loops;
}

/* People and the relay are told that it begins, or ends. */
static void assert_told(struct harness *h, bool loops)
{
	assert_true(lp_tunnel_deadline(h->tunnel) <= h->now);
	harness_at(h, h->now);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_LOOP, 0);
	assert_non_null(a);
	assert_int_equal(a->begins, loops);
	assert_int_equal(a->member.peer, 0);
	assert_int_equal(stats_say_loop(h), loops);
	assert_null(harness_action(h, LP_TUNNEL_LOOP, 1));
	harness_forget(h);
}

static void a_bridge_to_the_gateways_lan_is_cut_off_until_it_is_gone(void **state)
{
	(void)state;
	for (int room_first = 0; room_first < 2; room_first++) {
		struct harness *h = player();
		uint8_t f[FRAME_CAP];
		size_t len = shout(f, 0);
		h->port.count = 0;
		if (room_first)
			assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
		enum lp_drop drop = harness_frame(h, f, len).drop;
		assert_int_equal(drop, room_first ? LP_DROP_LOOP : LP_DROP_SOURCE_MAC);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_LOOP);
		assert_int_equal(h->port.count, room_first);
		assert_told(h, true);
		/* nothing goes on to all, in either direction; the rest does */
		len = shout(f, 1);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_LOOP);
		struct lp_mac own = harness_config(LP_ROLE_CLIENT).mac;
		len = udp_frame(f, BROADCAST, own, 100);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_LOOP);
		len = udp_frame(f, host_mac(8), own, 100);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
		len = udp_frame(f, own, host_mac(8), 100);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
		/* the cable is still there */
		harness_at(h, h->now + 9 * LP_SECOND);
		len = shout(f, 2);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_LOOP);
		harness_frame(h, f, len);
		harness_at(h, h->now + 9 * LP_SECOND);
		assert_null(harness_action(h, LP_TUNNEL_LOOP, 0));
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_LOOP);
		harness_forget(h);
		/* and now it is not */
		h->now += LP_SECOND;
		assert_told(h, false);
		len = shout(f, 3);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
		harness_free(h);
	}
}

/* An ARP request leaves a computer with 42 bytes, and arrives from a cable with 60. */
static void a_frame_that_was_filled_up_is_the_same(void **state)
{
	(void)state;
	struct harness *h = player();
	uint8_t f[FRAME_CAP] = {0};
	size_t len = frame_arp(f, BROADCAST, host_mac(8), host_mac(8), LAN(8), LAN(1));
	assert_true(len < 60);
	assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
	assert_int_equal(harness_frame(h, f, 61).drop, LP_DROP_SOURCE_MAC);
	assert_int_equal(harness_frame(h, f, 60).drop, LP_DROP_LOOP);
	harness_free(h);
}

static void another_lan_behind_the_player_is_no_loop(void **state)
{
	(void)state;
	struct harness *h = player();
	uint8_t f[FRAME_CAP];
	for (unsigned n = 0; n < 50; n++) {
		size_t len = shout(f, 2 * n);
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
		len = shout(f, 2 * n + 1);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_SOURCE_MAC);
	}
	/* nor does a frame that comes twice show one, nor the same one later */
	size_t len = shout(f, 200);
	for (int i = 0; i < 3; i++)
		assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
	h->now += 2 * LP_SECOND;
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_SOURCE_MAC);
	/* nor unicast */
	struct lp_mac own = harness_config(LP_ROLE_CLIENT).mac;
	len = udp_frame(f, own, host_mac(8), 100);
	assert_int_equal(harness_forwarded(h, GATEWAY, f, len).drop, LP_DROP_NONE);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_SOURCE_MAC);
	harness_at(h, h->now);
	assert_null(harness_action(h, LP_TUNNEL_LOOP, 0));
	harness_free(h);
}

/* A client that does not look for loops. */
static void a_gateway_takes_a_bounded_number_of_copies(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	for (unsigned second = 0; second < 2; second++) {
		for (unsigned i = 0; i < 64; i++)
			assert_int_equal(harness_frame(h, f, shout(f, 0)).drop, LP_DROP_NONE);
		for (unsigned i = 0; i < 7700; i++)
			assert_int_equal(harness_frame(h, f, shout(f, 0)).drop, LP_DROP_LOOP);
		assert_int_equal(harness_frame(h, f, shout(f, 1 + second)).drop, LP_DROP_NONE);
		h->now += LP_SECOND;
	}
	size_t len = udp_frame(f, player_mac(11), host_mac(8), 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	harness_free(h);
}

static void the_host_hears_which_member_is_in_a_loop(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	harness_forget(h);
	for (unsigned i = 0; i < 4; i++) {
		const struct lp_control status = {.type = LP_PEER_STATUS,
			.peer_status = {.sequence = ++h->sequence, .peer = 12, .loops = i < 2}};
		harness_event(h, &status);
		const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_LOOP, 0);
		assert_int_equal(a != NULL, i % 2 == 0); /* once */
		if (a) {
			assert_int_equal(a->member.peer, 12);
			assert_int_equal(a->begins, i < 2);
		}
		harness_forget(h);
	}
	harness_free(h);
}

static enum lp_drop from_member(struct harness *h, uint16_t peer, size_t len)
{
	uint8_t f[FRAME_CAP];
	len = udp_frame(f, BROADCAST, player_mac(peer), len);
	return harness_forwarded(h, peer, f, len).drop;
}

/* A frame with this member's MAC comes from the LAN. */
static void twin(struct harness *h, uint16_t peer, size_t len)
{
	uint8_t f[FRAME_CAP];
	len = udp_frame(f, BROADCAST, player_mac(peer), len);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_LOOP);
}

static void K4_a_station_with_a_members_mac_keeps_it(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	harness_forget(h);
	twin(h, 11, 100);
	twin(h, 11, 101);
	twin(h, 11, 102); /* but all at once */
	assert_int_equal(from_member(h, 11, 200), LP_DROP_NONE);
	h->now += LP_SECOND;
	twin(h, 11, 103);
	assert_int_equal(from_member(h, 11, 201), LP_DROP_LOOP);
	assert_int_equal(from_member(h, 12, 201), LP_DROP_NONE);
	assert_int_equal(h->port.member_count, 2);
	harness_at(h, h->now); /* the port and the relay are told */
	assert_int_equal(h->port.member_count, 1);
	struct lp_lan_report lan = control_sent(h, LP_TUNNEL_MESSAGE, LP_LAN).lan;
	assert_int_equal(lan.mac_count, 1);
	const struct lp_mac mac = player_mac(11);
	assert_true(lp_mac_equal(&lan.macs[0], &mac));
	harness_at(h, h->now + LP_NEIGHBOUR_MAC_TTL); /* the station was switched off long ago */
	assert_int_equal(h->port.member_count, 2);
	harness_free(h);
}

/* Also those that come before the port is told. */
static void N1_frames_for_such_a_station_do_not_go_into_the_room(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, player_mac(11), host_mac(1), 100);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	for (size_t n = 0; n < 4; n++) {
		twin(h, 11, 100 + n);
		h->now += LP_SECOND;
	}
	assert_int_equal(h->port.member_count, 2);
	len = udp_frame(f, player_mac(11), host_mac(1), 100);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NO_TARGET);
	harness_free(h);
}

static void copies_of_a_members_frames_are_no_conflict(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	for (size_t n = 0; n < 10; n++) {
		h->now += LP_SECOND;
		/* what was written comes back */
		assert_int_equal(from_member(h, 11, 100 + n), LP_DROP_NONE);
		twin(h, 11, 100 + n);
		/* a bridged member's frames arrive by its cable first */
		twin(h, 12, 200 + n);
		assert_int_equal(from_member(h, 12, 200 + n), LP_DROP_NONE);
		if (n % 3 == 0)
			twin(h, 12, 300 + n); /* this one was lost on the way through the room */
	}
	/* a bridged member that has been cut off is no station, and reaches nothing */
	const struct lp_control status = {.type = LP_PEER_STATUS,
		.peer_status = {.sequence = ++h->sequence, .peer = 12, .loops = true}};
	harness_event(h, &status);
	assert_int_equal(h->port.member_count, 1); /* nor does the LAN hear of it */
	for (size_t n = 0; n < 10; n++) {
		uint8_t f[FRAME_CAP];
		h->now += LP_SECOND;
		twin(h, 12, 400 + n);
		assert_int_equal(from_member(h, 12, 500), LP_DROP_LOOP);
		size_t len = udp_frame(f, player_mac(12), host_mac(8), 100);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NO_TARGET);
	}
	const struct lp_control gone = {
		.type = LP_PEER_STATUS, .peer_status = {.sequence = ++h->sequence, .peer = 12}};
	harness_event(h, &gone);
	assert_int_equal(from_member(h, 12, 501), LP_DROP_NONE);
	assert_int_equal(h->port.member_count, 2);
	harness_free(h);
}

/* What a member says of a loop gives it nothing: the station has its MAC as soon as the loop is gone. */
static void K4_a_loop_keeps_no_stations_mac(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	for (int i = 0; i < 2; i++) {
		const struct lp_control status = {.type = LP_PEER_STATUS,
			.peer_status = {.sequence = ++h->sequence, .peer = 12, .loops = i == 0}};
		harness_event(h, &status);
		for (size_t n = 0; n < 3; n++) {
			h->now += LP_SECOND;
			twin(h, 12, 100 + n);
		}
		assert_int_equal(from_member(h, 12, 200), LP_DROP_LOOP);
	}
	harness_free(h);
}

static void the_host_and_the_member_hear_of_a_conflict(void **state)
{
	(void)state;
	for (int own = 0; own < 2; own++) {
		struct harness *h = in_room(own ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
		harness_forget(h);
		for (unsigned i = 0; i < 4; i++) {
			const struct lp_control status = {.type = LP_PEER_STATUS,
				.peer_status = {.sequence = ++h->sequence,
					.peer = own ? OWN_PEER : 12,
					.conflict = i < 2}};
			harness_event(h, &status);
			const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_CONFLICT, 0);
			assert_int_equal(a != NULL, i % 2 == 0); /* once */
			if (a) {
				assert_int_equal(a->member.peer, own ? 0 : 12);
				assert_int_equal(a->begins, i < 2);
			}
			harness_forget(h);
		}
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_to_the_gateways_lan_is_cut_off_until_it_is_gone),
		cmocka_unit_test(a_frame_that_was_filled_up_is_the_same),
		cmocka_unit_test(another_lan_behind_the_player_is_no_loop),
		cmocka_unit_test(a_gateway_takes_a_bounded_number_of_copies),
		cmocka_unit_test(K4_a_station_with_a_members_mac_keeps_it),
		cmocka_unit_test(N1_frames_for_such_a_station_do_not_go_into_the_room),
		cmocka_unit_test(copies_of_a_members_frames_are_no_conflict),
		cmocka_unit_test(K4_a_loop_keeps_no_stations_mac),
		cmocka_unit_test(the_host_and_the_member_hear_of_a_conflict),
		cmocka_unit_test(the_host_hears_which_member_is_in_a_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
