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

static void K4_a_large_lan_is_told_in_parts(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	static bool told[300];
	size_t parts = 0, macs = 0;
	for (unsigned i = 1; i < 300; i++)
		hear(h, i);
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
	lp_tunnel_protect(h->tunnel, &(struct lp_protected){.ipv4 = {LAN(1)}, .ipv4_count = 1});
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
	lp_tunnel_protect(h->tunnel, &router);
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
	lp_tunnel_protect(h->tunnel, &(struct lp_protected){0});
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(K4_what_is_known_of_the_lan_is_told_after_each_join),
		cmocka_unit_test(K4_a_large_lan_is_told_in_parts),
		cmocka_unit_test(K4_N1_a_relay_without_the_capability_is_told_nothing),
		cmocka_unit_test(N1_what_is_protected_changes_while_the_gateway_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
