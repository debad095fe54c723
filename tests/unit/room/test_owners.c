/* Rows N1, N2, K4: whose address it is, in the relay's frame path. */
#include "evasion.h"
#include "hub_unit.h"

/* Peer i uses the address in every way that there is. */
static void use(struct relay *r, int i, struct lp_mac mac, const uint8_t *ipv6, enum lp_drop drop)
{
	static struct evasion_frame frames[EVASION_THEFTS_MAX];
	const struct evasion_context context = {.client = mac};
	size_t count = evasion_thefts(&context, ipv6, frames, EVASION_THEFTS_MAX);
	assert_true(count > 9 && count <= EVASION_THEFTS_MAX);
	for (size_t k = 0; k < count; k++) {
		r->now += LP_SECOND;
		struct lp_verdict v = peer_frame(r, i, frames[k].bytes, frames[k].len);
		if (v.drop != drop)
			fail_msg("%s: %s", frames[k].name, lp_drop_text(v.drop));
	}
}

static void N2_ipv6_addresses_of_others_cannot_be_used(void **state)
{
	(void)state;
	static const uint8_t addresses[][16] = {IPV6_LOCAL(1), IPV6_LAN(1), IPV6_LOCAL(8),
		IPV6_LAN(8), IPV6_LOCAL(11), IPV6_LAN(11)};
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	memcpy(m.hello.protected.ipv6, addresses, 2 * sizeof(addresses[0]));
	peer_open(r, 0, RELAY_PATH);
	peer_say(r, 0, 0, &m);
	peer_join(r, 1);
	peer_join(r, 2);
	for (size_t i = 2; i < 6; i++) {
		struct lp_mac mac = i < 4 ? host_mac(8) : player_mac(1);
		size_t len = frame_nd(f, mac, 135, addresses[i], addresses[0]);
		assert_passed(peer_frame(r, i < 4 ? 0 : 1, f, len), LP_ACTION_FLOOD, 2);
	}
	for (size_t i = 0; i < 6; i++)
		use(r, 2, player_mac(2), addresses[i], LP_DROP_ADDRESS_TAKEN);
	use(r, 2, player_mac(2), (const uint8_t[16])IPV6_LAN(12), LP_DROP_NONE);
	use(r, 1, player_mac(1), (const uint8_t[16])IPV6_LAN(12), LP_DROP_ADDRESS_TAKEN);
	use(r, 1, player_mac(1), addresses[5], LP_DROP_NONE);
	use(r, 0, host_mac(8), addresses[3], LP_DROP_NONE);
	use(r, 0, host_mac(9), addresses[3], LP_DROP_NONE); /* a server that has moved */
	relay_free(r);
}

/* Duplicate address detection (RFC 4862): the member answers, and keeps its address. */
static void N2_a_question_of_the_lan_takes_no_members_address(void **state)
{
	(void)state;
	static const uint8_t own[] = IPV6_LAN(11), nobody[16] = {0}, router[] = IPV6_LOCAL(1);
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_nd(f, player_mac(1), 135, nobody, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, host_mac(8), 135, nobody, own);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* nor does a packet from behind the router */
	len = frame_udp_ipv6(f, BROADCAST, host_mac(8), own);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, host_mac(8), 136, router, own);
	f[LP_ETH_HEADER + 7] = 254; /* the hop limit: it has passed a router */
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* an advertisement does: the LAN wins */
	len = frame_nd(f, host_mac(8), 136, router, own);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

/* A gateway that joins with all capabilities, and says this of its LAN. */
static void tell(struct relay *r, const struct lp_lan_report *report)
{
	struct lp_control m = {.type = LP_LAN, .lan = *report};
	peer_message(r, 0, &m);
	relay_drain(r);
}

static struct lp_lan_report of_host(unsigned n)
{
	return (struct lp_lan_report){.macs = {host_mac(n)},
		.mac_count = 1,
		.ipv4 = {LAN(n)},
		.ipv4_count = 1,
		.ipv6 = {IPV6_LAN((uint8_t)n)},
		.ipv6_count = 1};
}

static void K4_stations_that_the_gateway_tells_of_keep_their_addresses(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	const struct lp_lan_report report = of_host(8);
	uint8_t f[FRAME_CAP];
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	peer_join(r, 1);
	tell(r, &report);
	assert_false(r->peers[0].closed);
	relay_at(r, r->now + 3600 * LP_SECOND);
	size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(8), LAN(1));
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	use(r, 1, player_mac(1), report.ipv6[0], LP_DROP_ADDRESS_TAKEN);
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	m.hello.mac = host_mac(8);
	peer_open(r, 2, RELAY_PATH);
	peer_say(r, 2, 0, &m);
	assert_int_equal(r->peers[2].reject, LP_REJECT_MAC_IN_USE);
	relay_free(r);
}

/* After a restart of the relay, somebody else is there first. */
static void K4_a_member_under_a_stations_mac_stays_and_gets_nothing_of_it(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_lan_report report = of_host(8);
	uint8_t f[FRAME_CAP];
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	report.macs[0] = player_mac(1);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	size_t len = frame_udp(f, BROADCAST, player_mac(1), LAN(20), LAN(99), 27015, 100);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	relay_forget(r);
	tell(r, &report);
	tell(r, &report);
	assert_false(r->peers[1].closed);
	for (int i = 0; i < 3; i++) { /* host, member and the others hear of it, once */
		assert_int_equal(r->peers[i].count, 1);
		assert_int_equal(
			r->peers[i].messages[0].peer_status.peer, r->peers[1].welcome.peer);
		assert_true(r->peers[i].messages[0].peer_status.conflict);
	}
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_CONFLICT);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_LOOP);
	peer_take_all(r, 1);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_GATEWAY, 1);
	assert_int_equal(peer_take_all(r, 1), 0);
	/* it is a member as before when the gateway has left */
	peer_closed(r, 0, LP_LEAVE_NORMAL);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 1);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	relay_free(r);
}

static void N1_a_router_is_replaced_and_nothing_is_restarted(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_lan_report report = {.replaces = true,
		.protected = {.ipv4 = {LAN(1)}, .ipv4_count = 1, .macs = {host_mac(1)}}};
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	for (unsigned router = 1; router <= 2; router++) {
		report.protected.macs[0] = host_mac(router);
		tell(r, &report);
		m.hello.mac = host_mac(router);
		peer_open(r, 2, RELAY_PATH);
		peer_say(r, 2, 0, &m);
		assert_int_equal(r->peers[2].reject, LP_REJECT_MAC_IN_USE);
	}
	m.hello.mac = host_mac(1);
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_true(r->peers[3].welcomed);
	relay_free(r);
}

static void K4_only_a_gateway_tells_of_a_lan(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 1);
	struct lp_control m = {.type = LP_LAN, .lan = of_host(8)};
	peer_message(r, 1, &m);
	relay_drain(r);
	assert_true(r->peers[1].closed);
	assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N2_ipv6_addresses_of_others_cannot_be_used),
		cmocka_unit_test(N2_a_question_of_the_lan_takes_no_members_address),
		cmocka_unit_test(K4_stations_that_the_gateway_tells_of_keep_their_addresses),
		cmocka_unit_test(K4_a_member_under_a_stations_mac_stays_and_gets_nothing_of_it),
		cmocka_unit_test(N1_a_router_is_replaced_and_nothing_is_restarted),
		cmocka_unit_test(K4_only_a_gateway_tells_of_a_lan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
