/* Rows N1, K4: what a gateway knows of its LAN, and tells the relay. */
#include "tunnel_unit.h"

/* The n-th LAN message since the last harness_forget. */
static bool report(const struct harness *h, size_t n, struct lp_lan_report *ret_report)
{
	for (size_t i = 0;; i++) {
		const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_MESSAGE, i);
		struct lp_control m;
		size_t used;
		if (!a)
			return false;
		assert_int_equal(lp_control_decode(a->bytes, a->len, &m, &used), LP_OK);
		if (m.type != LP_LAN || n-- > 0)
			continue;
		*ret_report = m.lan;
		return true;
	}
}

static void hear(struct harness *h, unsigned host)
{
	uint8_t f[FRAME_CAP], ipv6[] = IPV6_LAN(0);
	struct lp_mac mac = host_mac(host);
	size_t len = frame_arp(f, BROADCAST, mac, mac, IPV4(10, 0, 0, 0) + host, LAN(1));
	harness_frame(h, f, len);
	ipv6[14] = (uint8_t)(host >> 8);
	ipv6[15] = (uint8_t)host;
	len = frame_nd(f, mac, 136, ipv6, ipv6);
	harness_frame(h, f, len);
}

static void K4_what_is_known_of_the_lan_is_told_after_each_join(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	const struct lp_mac station = host_mac(8);
	struct lp_lan_report r;
	hear(h, 8); /* before there is a room */
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	for (int i = 0; i < 3; i++) {
		assert_true(report(h, 0, &r));
		assert_false(r.replaces);
		assert_int_equal(r.mac_count, 1);
		assert_true(lp_mac_equal(&r.macs[0], &station));
		assert_int_equal(r.ipv4_count, 1);
		assert_int_equal(r.ipv4[0], IPV4(10, 0, 0, 8));
		assert_int_equal(r.ipv6_count, 1);
		assert_memory_equal(r.ipv6[0], ((uint8_t[16])IPV6_LAN(8)), 16);
		assert_false(report(h, 1, &r));
		harness_forget(h);
		harness_at(h, h->now + 600 * LP_SECOND);
		assert_false(report(h, 0, &r)); /* not again */
		harness_closed(h, false);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		harness_forget(h);
		harness_join_as(h, 1500, LP_CAPS_KNOWN);
	}
	harness_free(h);
}

/* Otherwise the relay forgets stations that send nothing into the room. */
static void K4_it_is_told_again_within_the_time_that_the_relay_remembers_it(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	struct lp_lan_report r;
	hear(h, 8);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(report(h, 0, &r));
		harness_forget(h);
		hear(h, 8);
		harness_at(h, h->now + LP_TUNNEL_LAN_AGAIN - LP_SECOND);
		assert_false(report(h, 0, &r));
		harness_forget(h);
		harness_at(h, h->now + LP_SECOND);
	}
	harness_free(h);
}

/* Row N1: before an address of the LAN becomes free, the LAN is asked whether anybody has it. */
static void N1_a_silent_station_keeps_its_addresses_while_it_answers(void **state)
{
	(void)state;
	for (int answers = 0; answers < 2; answers++) {
		struct harness *h = connecting(LP_ROLE_GATEWAY);
		uint8_t f[FRAME_CAP];
		hear(h, 8);
		harness_join_as(h, 1500, LP_CAPS_KNOWN);
		harness_joined(h, 11, LP_ROLE_CLIENT);
		assert_int_equal(h->port.count, 0);
		for (int hour = 0; hour < 3; hour++) {
			size_t before = h->port.count;
			harness_forget(h);
			harness_at(h, h->now + LP_TUNNEL_LAN_AGAIN);
			assert_int_equal(h->port.count - before, answers || hour < 1 ? 2 : 0);
			if (answers)
				hear(h, 8);
		}
		size_t len = frame_arp(
			f, BROADCAST, player_mac(11), player_mac(11), IPV4(10, 0, 0, 8), LAN(1));
		assert_int_equal(harness_forwarded(h, 11, f, len).drop,
			answers ? LP_DROP_ADDRESS_TAKEN : LP_DROP_NONE);
		harness_free(h);
	}
}

/* A host that is about to use an address would see a conflict in the question. */
static void N1_an_address_that_somebody_asks_for_is_not_asked_about(void **state)
{
	(void)state;
	static const uint8_t nobody[16];
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	const struct lp_mac booting = host_mac(8);
	uint8_t f[FRAME_CAP];
	hear(h, 8);
	hear(h, 9);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_at(h, h->now + LP_TUNNEL_LAN_AGAIN - LP_SECOND);
	size_t len = frame_arp(f, BROADCAST, booting, booting, 0, IPV4(10, 0, 0, 8));
	harness_frame(h, f, len);
	len = frame_nd(f, booting, 135, nobody, (uint8_t[16])IPV6_LAN(8));
	harness_frame(h, f, len);
	harness_at(h, h->now + LP_SECOND);
	assert_int_equal(h->port.count, 2); /* about the other station */
	assert_int_equal(h->port.frame[LP_ETH_HEADER + LP_IPV6_HEADER + LP_ND_TARGET + 15], 9);
	harness_free(h);
}

static void N1_a_gateway_that_reconnects_often_asks_each_hour_too(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	hear(h, 8);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	lp_time asks = h->now + LP_TUNNEL_LAN_AGAIN;
	for (int i = 0; i < 3; i++) {
		harness_at(h, h->now + LP_TUNNEL_LAN_AGAIN / 4);
		harness_closed(h, false);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		harness_forget(h);
		harness_join_as(h, 1500, LP_CAPS_KNOWN);
	}
	harness_at(h, asks - 1);
	assert_int_equal(h->port.count, 0);
	assert_in_range(lp_tunnel_deadline(h->tunnel), 0, asks);
	harness_at(h, asks);
	assert_int_equal(h->port.count, 2);
	harness_free(h);
}

/* Its addresses would become free before the first hour in the room is over. */
static void N1_a_gateway_that_waited_long_for_its_room_asks_at_once(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	hear(h, 8);
	harness_at(h, h->now + LP_TUNNEL_LAN_SILENT);
	assert_int_equal(h->port.count, 0);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	assert_int_equal(h->port.count, 2);
	harness_free(h);
}

static void assert_arp_question(const uint8_t *frame, const uint8_t *asker)
{
	static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[6] = {0};
	static const uint8_t request[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, target[] = {10, 0, 0, 8};
	assert_memory_equal(frame, head, 6);
	assert_memory_equal(frame + 6, asker, 6);
	assert_memory_equal(frame + 12, request, 10);
	assert_memory_equal(frame + 22, asker, 6);
	assert_memory_equal(frame + 28, nobody, 4);
	assert_memory_equal(frame + 32, nobody, 6);
	assert_memory_equal(frame + 38, target, 4);
}

/* With its good checksum, the message and its pseudo-header add up to this (RFC 1071). */
static void assert_checksum(const uint8_t *ip)
{
	uint32_t sum = 24 + 58;
	for (size_t i = 8; i < 64; i += 2)
		sum += lp_get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void assert_solicitation(const uint8_t *frame)
{
	static const uint8_t ipv6[16] = IPV6_LAN(8), nobody[16];
	const uint8_t to[] = {0x33, 0x33, 0xff, ipv6[13], ipv6[14], ipv6[15]};
	const uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, ipv6[13], ipv6[14], ipv6[15]};
	static const uint8_t head[] = {0x86, 0xdd, 0x60, 0, 0, 0, 0, 24, 58, 255};
	static const uint8_t solicitation[] = {135, 0}, reserved[4];
	assert_memory_equal(frame, to, 6);
	assert_memory_equal(frame + 12, head, 10);
	assert_memory_equal(frame + 22, nobody, 16);
	assert_memory_equal(frame + 38, group, 16);
	assert_memory_equal(frame + 54, solicitation, 2);
	assert_memory_equal(frame + 58, reserved, 4);
	assert_memory_equal(frame + 62, ipv6, 16);
	assert_checksum(frame + LP_ETH_HEADER);
}

static void the_questions_to_the_lan_are_an_arp_request_and_a_solicitation(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	hear(h, 8);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_at(h, h->now + LP_TUNNEL_LAN_AGAIN);
	assert_int_equal(h->port.count, 2);
	const uint8_t *asker = h->port.frame + 6;
	assert_int_equal(asker[0], 0x02); /* locally administered, no group */
	assert_arp_question(h->port.previous, asker);
	assert_int_equal(h->port.len, 14 + 40 + 24);
	assert_solicitation(h->port.frame);
	harness_free(h);
}

/* The gateway looks whether the LAN answers. */
static void the_port_hears_of_frames_between_the_lan_and_members(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_GATEWAY);
	const struct lp_mac player = player_mac(11), host = host_mac(8);
	const size_t *noted = h->port.noted;
	uint8_t f[FRAME_CAP];
	harness_joined(h, 11, LP_ROLE_CLIENT);
	size_t len = frame_arp(f, BROADCAST, player, player, LAN(11), LAN(8));
	harness_forwarded(h, 11, f, len);
	assert_int_equal(noted[LP_PORT_WRITTEN], 1);
	assert_true(lp_mac_equal(&h->port.noted_from, &player));
	assert_int_equal(h->port.noted_question, LAN(8));
	h->port.refuse_write = true;
	harness_forwarded(h, 11, f, len);
	assert_int_equal(noted[LP_PORT_WRITTEN], 1);
	len = frame_arp(f, BROADCAST, host, host, LAN(8), LAN(11));
	harness_frame(h, f, len);
	len = frame_arp(f, host_mac(9), host, host, LAN(8), LAN(9));
	harness_frame(h, f, len);
	assert_int_equal(noted[LP_PORT_READ], 0);
	len = frame_arp(f, player, host, host, LAN(8), LAN(11));
	harness_frame(h, f, len);
	assert_int_equal(noted[LP_PORT_READ], 1);
	assert_true(lp_mac_equal(&h->port.noted_from, &host));
	harness_free(h);
}

static void K4_a_large_lan_is_told_in_parts(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	bool told[300] = {false};
	size_t parts = 0, macs = 0;
	for (unsigned i = 1; i < 300; i++)
		hear(h, i);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_closed(h, false); /* when the first part was told: the next relay has none */
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	harness_forget(h);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	for (lp_time end = h->now + 3 * LP_SECOND; h->now < end;) {
		struct lp_lan_report r;
		assert_false(report(h, 1, &r)); /* one at a time */
		if (report(h, 0, &r)) {
			parts++;
			macs += r.mac_count;
			for (size_t i = 0; i < r.ipv4_count; i++)
				told[r.ipv4[i] & 0x1ff] = true;
		}
		harness_forget(h);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
	}
	assert_in_range(parts, 299 / LP_LAN_LIST, 40);
	assert_in_range(macs, 280, 299);
	for (unsigned i = 1; i < 300; i++)
		assert_true(told[i]);
	harness_free(h);
}

static void K4_N1_a_relay_without_the_capability_is_told_nothing(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	struct lp_lan_report r;
	hear(h, 8);
	harness_join_as(h, 1500, LP_CAPS_KNOWN & ~(uint64_t)LP_CAP_LAN);
	lp_tunnel_protect(h->tunnel, &(struct lp_protected){.ipv4 = {LAN(1)}, .ipv4_count = 1},
		false, h->now);
	harness_at(h, h->now + 5 * LP_SECOND);
	harness_drain(h);
	assert_false(report(h, 0, &r));
	harness_free(h);
}

/* The room has not changed, and nothing was restarted. */
static void N1_what_is_protected_changes_while_the_gateway_runs(void **state)
{
	(void)state;
	const struct lp_protected router = {
		.ipv4 = {LAN(1)}, .ipv4_count = 1, .macs = {host_mac(1)}, .ipv6 = {IPV6_LOCAL(1)}};
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	struct lp_lan_report r;
	uint8_t f[FRAME_CAP];
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	assert_false(report(h, 0, &r));
	size_t len = frame_arp(f, BROADCAST, player_mac(11), player_mac(11), LAN(1), LAN(2));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	lp_tunnel_protect(h->tunnel, &router, false, h->now);
	harness_drain(h);
	assert_true(report(h, 0, &r));
	assert_true(r.replaces);
	assert_int_equal(r.protected.ipv4_count, 1);
	assert_int_equal(r.protected.ipv4[0], LAN(1));
	assert_true(lp_mac_equal(&r.protected.macs[0], &router.macs[0]));
	assert_memory_equal(r.protected.ipv6, router.ipv6, sizeof(router.ipv6));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ADDRESS_TAKEN);
	/* the next HELLO has it; what changes after that is told when the room is joined */
	harness_closed(h, false);
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	harness_forget(h);
	harness_connected(h);
	assert_int_equal(hello_sent(h).protected.ipv4[0], LAN(1));
	lp_tunnel_protect(h->tunnel, &(struct lp_protected){0}, false, h->now);
	harness_drain(h);
	assert_false(report(h, 0, &r));
	struct lp_control welcome = welcome_of(1500);
	welcome.welcome.capabilities = LP_CAPS_KNOWN;
	harness_say(h, 0, &welcome);
	assert_true(report(h, 0, &r));
	assert_true(r.replaces);
	assert_int_equal(r.protected.ipv4_count, 0);
	harness_free(h);
}

/* The gateway's own LAN, with this router. */
static struct lp_protected behind(unsigned router)
{
	struct lp_protected lan = {.ipv4 = {LAN(1)}, .ipv4_count = 1};
	if (router)
		lan.macs[0] = host_mac(router);
	return lan;
}

/* Whether a member can have the address of this host. */
static bool is_free(struct harness *h, unsigned host)
{
	uint8_t f[FRAME_CAP];
	const struct lp_mac mac = player_mac(11);
	size_t len = frame_arp(f, BROADCAST, mac, mac, IPV4(10, 0, 0, 0) + host, LAN(1));
	return harness_forwarded(h, 11, f, len).drop == LP_DROP_NONE;
}

static void moves(struct harness *h, unsigned router)
{
	const struct lp_protected lan = behind(router);
	lp_tunnel_protect(h->tunnel, &lan, false, h->now);
	harness_drain(h);
}

static void K5_a_gateway_forgets_the_lan_that_it_has_left(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	struct lp_lan_report r;
	config.protected = behind(1);
	struct harness *h = harness_new(&config);
	harness_start(h);
	hear(h, 8);
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	assert_true(report(h, 0, &r));
	harness_forget(h);
	moves(h, 0); /* its router is not heard now */
	harness_at(h, h->now + LP_SECOND);
	assert_true(report(h, 0, &r));
	assert_false(report(h, 1, &r)); /* nothing new of the LAN */
	assert_false(is_free(h, 8));
	harness_forget(h);
	moves(h, 2);
	hear(h, 9);
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	assert_true(report(h, 0, &r));
	assert_true(r.replaces);
	assert_true(report(h, 1, &r)); /* of the new LAN alone */
	assert_int_equal(r.mac_count, 1);
	assert_int_equal(r.ipv4_count, 1);
	assert_int_equal(r.ipv4[0], IPV4(10, 0, 0, 9));
	assert_true(is_free(h, 8));
	assert_false(is_free(h, 9));
	harness_free(h);
}

static void K5_the_room_hears_that_the_lan_can_be_another_now_or_with_the_next_join(void **state)
{
	(void)state;
	const struct lp_protected none = {.ipv4_count = 0};
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	struct lp_lan_report r;
	harness_join_as(h, 1500, LP_CAPS_KNOWN);
	for (int moved = 0; moved < 2; moved++) {
		harness_forget(h);
		lp_tunnel_protect(h->tunnel, &none, moved, h->now);
		harness_drain(h);
		assert_true(report(h, 0, &r));
		assert_int_equal(r.moved, moved);
	}
	for (int moved = 1; moved >= 0; moved--) {
		harness_closed(h, false);
		lp_tunnel_protect(h->tunnel, &none, moved, h->now);
		lp_tunnel_protect(h->tunnel, &none, false, h->now); /* something else */
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		harness_forget(h);
		harness_connected(h);
		assert_int_equal(hello_sent(h).fresh, moved);
		if (moved) /* once more between HELLO and WELCOME */
			lp_tunnel_protect(h->tunnel, &none, moved, h->now);
		struct lp_control welcome = welcome_of(1500);
		welcome.welcome.capabilities = LP_CAPS_KNOWN;
		harness_say(h, 0, &welcome);
		assert_int_equal(report(h, 0, &r) && r.moved, moved);
	}
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(K4_what_is_known_of_the_lan_is_told_after_each_join),
		cmocka_unit_test(K4_it_is_told_again_within_the_time_that_the_relay_remembers_it),
		cmocka_unit_test(K4_a_large_lan_is_told_in_parts),
		cmocka_unit_test(N1_a_silent_station_keeps_its_addresses_while_it_answers),
		cmocka_unit_test(N1_an_address_that_somebody_asks_for_is_not_asked_about),
		cmocka_unit_test(N1_a_gateway_that_reconnects_often_asks_each_hour_too),
		cmocka_unit_test(N1_a_gateway_that_waited_long_for_its_room_asks_at_once),
		cmocka_unit_test(the_questions_to_the_lan_are_an_arp_request_and_a_solicitation),
		cmocka_unit_test(the_port_hears_of_frames_between_the_lan_and_members),
		cmocka_unit_test(K4_N1_a_relay_without_the_capability_is_told_nothing),
		cmocka_unit_test(N1_what_is_protected_changes_while_the_gateway_runs),
		cmocka_unit_test(K5_a_gateway_forgets_the_lan_that_it_has_left),
		cmocka_unit_test(
			K5_the_room_hears_that_the_lan_can_be_another_now_or_with_the_next_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
