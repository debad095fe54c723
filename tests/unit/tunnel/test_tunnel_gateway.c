/* The frame path of a gateway: what its LAN can send, and what a rogue relay cannot do. */
#include "lanparty/room/claimant.h"
#include "tunnel_unit.h"

/* F3 seen from the gateway: the LAN's own traffic stays on the LAN. */
static void F3_a_gateway_forwards_from_its_lan_only_frames_for_members(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	const struct lp_mac group = {{1, 0, 0x5e, 0, 0, 9}};
	const struct {
		struct lp_mac dst, src;
		enum lp_drop drop;
		const char *why;
	} rows[] = {
		{player_mac(11), host_mac(1), LP_DROP_NONE, "for a member"},
		{BROADCAST, host_mac(1), LP_DROP_NONE, "for all"},
		{group, host_mac(1), LP_DROP_NONE, "for a group"},
		{host_mac(2), host_mac(1), LP_DROP_NO_TARGET, "the LAN's own business"},
		{player_mac(13), host_mac(1), LP_DROP_NO_TARGET, "for somebody who is not here"},
		{player_mac(12), player_mac(11), LP_DROP_LOOP, "a member's frame comes back"},
		{BROADCAST, player_mac(12), LP_DROP_LOOP, "likewise"},
		{player_mac(11), BROADCAST, LP_DROP_SOURCE_MAC, "from a group"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t f[FRAME_CAP];
		struct lp_verdict v =
			harness_frame(h, f, udp_frame(f, rows[i].dst, rows[i].src, 100));
		if (v.drop != rows[i].drop)
			fail_msg("%s: %s", rows[i].why, lp_drop_text(v.drop));
	}
	harness_left(h, 11);
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, player_mac(11), host_mac(1), 100);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NO_TARGET);
	harness_free(h);
}

/* N1: a member that has come before the gateway, or under the MAC of its computer, gets nothing of the LAN. */
static void N1_a_stations_frames_go_to_no_member_with_its_mac(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	config.protected.macs[0] = player_mac(12);
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP];
	harness_start(h);
	harness_join(h, 1500);
	size_t len = udp_frame(f, BROADCAST, player_mac(11), 100);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE); /* a station of the LAN */
	for (uint16_t peer = 11; peer <= 13; peer++) {
		harness_joined(h, peer, LP_ROLE_CLIENT);
		len = udp_frame(f, player_mac(peer), host_mac(1), 100);
		assert_int_equal(harness_frame(h, f, len).drop,
			peer < 13 ? LP_DROP_NO_TARGET : LP_DROP_NONE);
	}
	config.protected.macs[0] = player_mac(13); /* at once */
	lp_tunnel_protect(h->tunnel, &config.protected, false, h->now);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NO_TARGET);
	harness_free(h);
}

/* N1: the LAN is the host's own. What a member takes first must not silence a station. */
static void N1_stations_take_their_addresses_from_any_number_of_members(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	for (uint16_t peer = 21; peer <= 26; peer++) {
		struct lp_mac mac = player_mac(peer);
		harness_joined(h, peer, LP_ROLE_CLIENT);
		size_t len = frame_arp(f, BROADCAST, mac, mac, LAN(peer), LAN(1));
		assert_int_equal(harness_forwarded(h, peer, f, len).drop, LP_DROP_NONE);
	}
	for (unsigned n = 21; n <= 26; n++) {
		size_t len = frame_arp(f, BROADCAST, host_mac(n), host_mac(n), LAN(n), LAN(1));
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	}
	harness_free(h);
}

/* Otherwise the station takes another address, and the player answers for that one as well. */
static void N2_an_address_that_a_station_tries_is_no_players_meanwhile(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t probe[FRAME_CAP], answer[FRAME_CAP];
	size_t len = frame_arp(probe, BROADCAST, host_mac(8), host_mac(8), 0, LAN(9));
	size_t answer_len =
		frame_arp(answer, host_mac(8), player_mac(11), player_mac(11), LAN(9), 0);
	assert_int_equal(harness_frame(h, probe, len).drop, LP_DROP_NONE);
	for (int i = 0; i < 2; i++) {
		h->now += LP_NEIGHBOUR_HELD - 1;
		assert_int_equal(
			harness_forwarded(h, 11, answer, answer_len).drop, LP_DROP_ADDRESS_TAKEN);
		if (i == 0) /* it tries again: the time begins again */
			assert_int_equal(harness_frame(h, probe, len).drop, LP_DROP_NONE);
	}
	h->now += 1;
	assert_int_equal(harness_forwarded(h, 11, answer, answer_len).drop, LP_DROP_NONE);
	/* now it is the player's, who answers */
	assert_int_equal(harness_frame(h, probe, len).drop, LP_DROP_NONE);
	assert_int_equal(harness_forwarded(h, 11, answer, answer_len).drop, LP_DROP_NONE);
	harness_free(h);
}

static void N2_a_player_has_few_new_addresses_at_once(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	for (unsigned n = 20; n < 30; n++) {
		size_t len =
			frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(n), LAN(1));
		assert_int_equal(harness_forwarded(h, 11, f, len).drop,
			n < 20 + LP_CLAIM_IPV4 ? LP_DROP_NONE : LP_DROP_ADDRESS_TAKEN);
	}
	harness_free(h);
}

/* How many new addresses the member can claim now. */
static unsigned new_addresses(struct harness *h, uint16_t peer)
{
	static uint32_t next = 0x0a090000;
	uint8_t f[FRAME_CAP];
	unsigned count = 0;
	for (;; count++) {
		size_t len =
			frame_arp(f, BROADCAST, player_mac(peer), player_mac(peer), ++next, LAN(1));
		if (harness_forwarded(h, peer, f, len).drop != LP_DROP_NONE)
			return count;
	}
}

/* A relay could have a member leave and come again for that. */
static void N2_who_comes_again_and_again_has_no_new_addresses_at_once(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	const lp_time one = LP_TUNNEL_FRESH_SECONDS * LP_SECOND;
	for (unsigned i = 0; i < LP_TUNNEL_FRESH; i++) {
		assert_int_equal(new_addresses(h, 11), LP_CLAIM_IPV4);
		harness_left(h, 11);
		harness_joined(h, 11, LP_ROLE_CLIENT);
		harness_forget(h);
	}
	assert_int_equal(new_addresses(h, 11), 0);
	harness_at(h, h->now + one - 1);
	assert_int_equal(new_addresses(h, 12), 0);
	harness_at(h, h->now + 1);
	harness_joined(h, 13, LP_ROLE_CLIENT);
	harness_joined(h, 14, LP_ROLE_CLIENT);
	assert_int_equal(new_addresses(h, 13), LP_CLAIM_IPV4);
	assert_int_equal(new_addresses(h, 14), 0);
	harness_at(h, h->now + LP_CLAIM_IPV4_SECONDS * LP_SECOND);
	assert_int_equal(new_addresses(h, 14), 1);
	harness_free(h);
}

/* N1: a router can do so for a member (proxy ARP, RFC 1027); another station has the address. */
static void N1_a_station_that_answers_takes_the_address_and_a_router_does_not(void **state)
{
	(void)state;
	const struct lp_protected router = {.macs = {host_mac(1)}};
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	lp_tunnel_protect(h->tunnel, &router, false, h->now);
	for (int i = 0; i < 3; i++) {
		size_t len =
			frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(11), LAN(1));
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
		len = frame_arp(f, player_mac(12), host_mac(1), host_mac(1), LAN(11), LAN(2));
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	}
	size_t len = frame_arp(f, player_mac(12), host_mac(8), host_mac(8), LAN(11), LAN(2));
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(11), LAN(1));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	harness_free(h);
}

/* In a room of this size the kernel's filter passes every frame. */
static void F3_each_of_many_members_is_known(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	for (uint16_t i = 0; i < 200; i++) { /* not in the order of their MACs */
		harness_joined(h, (uint16_t)(100 + i * 77 % 200), LP_ROLE_CLIENT);
		harness_forget(h);
	}
	harness_left(h, 150);
	for (uint16_t peer = 99; peer <= 300; peer++) {
		bool here = peer >= 100 && peer < 300 && peer != 150;
		size_t len = udp_frame(f, player_mac(peer), host_mac(1), 100);
		assert_int_equal(
			harness_frame(h, f, len).drop, here ? LP_DROP_NONE : LP_DROP_NO_TARGET);
		while (harness_take(
			h, LP_DATAGRAM_MAX, (uint8_t[FRAME_CAP]){0}, &(struct lp_overlay){0}))
			;
		len = udp_frame(f, BROADCAST, player_mac(peer), 100);
		if (here)
			assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_LOOP);
	}
	assert_int_equal(h->port.member_count, 199);
	harness_free(h);
}

/* The port's list decides which MACs the gateway announces to its LAN. */
static bool port_knows(const struct harness *h, uint16_t peer)
{
	const struct lp_mac mac = player_mac(peer);
	for (size_t i = 0; i < h->port.member_count; i++)
		if (lp_mac_equal(&h->port.members[i], &mac))
			return true;
	return false;
}

/* S5: the relay forwards what it must drop, and the gateway does not inject it. */
static void S5_a_rogue_relay_passes_nothing_through_the_gateway(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	config.protected.ipv4[0] = LAN(1);
	config.protected.ipv4_count = 1;
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP];
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	/* ARP of the LAN, and of player 12 */
	size_t len = frame_arp(f, BROADCAST, host_mac(8), host_mac(8), LAN(8), LAN(1));
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(12), player_mac(12), LAN(12), LAN(1));
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	h->port.count = 0;

	len = frame_router_advertisement(f, player_mac(11));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ROUTER_ADVERTISEMENT);
	len = frame_dhcp_ack(f, BROADCAST, player_mac(11), LAN(1), LAN(9), host_mac(8));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_DHCP_SERVER);
	len = udp_frame(f, BROADCAST, player_mac(12), 100);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_SOURCE_MAC);
	len = udp_frame(f, BROADCAST, host_mac(8), 100);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_SOURCE_MAC);
	len = udp_frame(f, BROADCAST, player_mac(13), 100);
	assert_int_equal(harness_forwarded(h, 13, f, len).drop, LP_DROP_WRONG_PEER);
	assert_int_equal(harness_forwarded(h, OWN_PEER, f, len).drop, LP_DROP_WRONG_PEER);
	/* a player uses the MAC of a station on the LAN */
	len = udp_frame(f, BROADCAST, player_mac(14), 100);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	harness_joined(h, 14, LP_ROLE_CLIENT);
	assert_int_equal(harness_forwarded(h, 14, f, len).drop, LP_DROP_LOOP);
	assert_true(port_knows(h, 12) && !port_knows(h, 14));
	len = frame_arp(f, BROADCAST, player_mac(11), host_mac(8), LAN(11), LAN(1));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ARP_SENDER);
	const uint32_t not_its_own[] = {LAN(1), LAN(8), LAN(12)};
	for (size_t i = 0; i < 3; i++) {
		len = frame_arp(
			f, BROADCAST, player_mac(11), player_mac(11), not_its_own[i], LAN(2));
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
		len = frame_udp(f, host_mac(8), player_mac(11), not_its_own[i], LAN(8), 5, 100);
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	}
	len = frame_raw(f, BROADCAST, player_mac(11), 0x8899, 60);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ETHERTYPE);
	assert_int_equal(h->port.count, 0);
	/* a valid frame still passes */
	len = frame_udp(f, host_mac(8), player_mac(11), LAN(11), LAN(8), 5, 100);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	assert_int_equal(h->port.count, 1);
	harness_free(h);
}

/* The same for IPv6 addresses of the router, the LAN, and player 12. */
static void N2_S5_a_rogue_relay_passes_no_ipv6_address_of_others(void **state)
{
	(void)state;
	static const uint8_t taken[][16] = {IPV6_LOCAL(1), IPV6_LOCAL(8), IPV6_LAN(12)};
	static const uint8_t own[] = IPV6_LAN(11), nobody[16] = {0};
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	memcpy(config.protected.ipv6[0], taken[0], sizeof(taken[0]));
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	size_t len = frame_nd(f, host_mac(8), 136, taken[1], taken[1]);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	len = frame_nd(f, player_mac(12), 135, nobody, taken[2]);
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	h->port.count = 0;
	for (size_t i = 0; i < 3; i++) {
		len = frame_nd(f, player_mac(11), 136, own, taken[i]);
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
		len = frame_udp_ipv6(f, host_mac(8), player_mac(11), taken[i]);
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	}
	assert_int_equal(h->port.count, 0);
	len = frame_nd(f, player_mac(11), 136, own, own);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	harness_free(h);
}

static void S3_a_lease_from_the_lan_assigns_the_players_address(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	size_t len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(77), LAN(1));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	size_t ack =
		frame_dhcp_ack(f, player_mac(11), host_mac(1), LAN(1), LAN(51), player_mac(11));
	assert_int_equal(harness_frame(h, f, ack).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(12), player_mac(12), LAN(51), LAN(1));
	/* N3: it has not asked for it, so somebody else can have it */
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	len = frame_dhcp_request(f, player_mac(11), 0);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	ack = frame_dhcp_ack(f, player_mac(11), host_mac(1), LAN(1), LAN(50), player_mac(11));
	assert_int_equal(harness_frame(h, f, ack).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(50), LAN(1));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(77), LAN(1));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	len = frame_arp(f, BROADCAST, player_mac(12), player_mac(12), LAN(50), LAN(1));
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	harness_left(h, 11); /* when the player leaves, its address is released */
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	harness_free(h);
}

/* The relay has admitted somebody with the MAC of the gateway's router all the same. */
static void N1_frames_under_a_protected_mac_do_not_reach_the_lan(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	config.protected.macs[0] = player_mac(11);
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	size_t len = frame_udp(f, BROADCAST, player_mac(11), LAN(20), LAN(99), 27015, 100);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_LOOP);
	len = frame_udp(f, BROADCAST, player_mac(12), LAN(21), LAN(99), 27015, 100);
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	assert_true(port_knows(h, 12) && !port_knows(h, 11));
	/* the gateway's own computer has another MAC now */
	config.protected.macs[0] = player_mac(12);
	lp_tunnel_protect(h->tunnel, &config.protected, false, h->now);
	assert_true(port_knows(h, 11) && !port_knows(h, 12));
	harness_free(h);
}

static void K4_with_the_room_only_the_members_addresses_are_forgotten(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	size_t len = frame_arp(f, BROADCAST, host_mac(8), host_mac(8), LAN(8), LAN(1));
	harness_frame(h, f, len);
	len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(11), LAN(1));
	harness_forwarded(h, 11, f, len);
	harness_closed(h, false);
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	harness_join(h, 1500);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	len = frame_arp(f, BROADCAST, player_mac(12), player_mac(12), LAN(11), LAN(1));
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	harness_closed(h, false);
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	harness_join(h, 1500);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	len = frame_arp(f, BROADCAST, player_mac(12), player_mac(12), LAN(8), LAN(1));
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F3_a_gateway_forwards_from_its_lan_only_frames_for_members),
		cmocka_unit_test(N1_stations_take_their_addresses_from_any_number_of_members),
		cmocka_unit_test(N1_a_stations_frames_go_to_no_member_with_its_mac),
		cmocka_unit_test(N2_an_address_that_a_station_tries_is_no_players_meanwhile),
		cmocka_unit_test(N2_a_player_has_few_new_addresses_at_once),
		cmocka_unit_test(N2_who_comes_again_and_again_has_no_new_addresses_at_once),
		cmocka_unit_test(N1_a_station_that_answers_takes_the_address_and_a_router_does_not),
		cmocka_unit_test(F3_each_of_many_members_is_known),
		cmocka_unit_test(S5_a_rogue_relay_passes_nothing_through_the_gateway),
		cmocka_unit_test(N2_S5_a_rogue_relay_passes_no_ipv6_address_of_others),
		cmocka_unit_test(S3_a_lease_from_the_lan_assigns_the_players_address),
		cmocka_unit_test(N1_frames_under_a_protected_mac_do_not_reach_the_lan),
		cmocka_unit_test(K4_with_the_room_only_the_members_addresses_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
