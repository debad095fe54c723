/* Row N5: what the LAN offers, on its way through a client's tunnel. */
#include "tunnel_unit.h"

#define MASK_AT    (LP_ETH_HEADER + 28 + 240 + 3 + 2)
#define RA_AT      (LP_ETH_HEADER + 40)
#define OPTIONS_AT (RA_AT + 16)

/* A player whose home network is 192.168.1.0/24, in a room with gateway 12. */
static struct harness *player(enum lp_role role)
{
	struct harness *h = harness_in_room(role);
	struct lp_own_list own = {0};
	const struct lp_prefix home = lp_prefix_ipv4(IPV4(192, 168, 1, 50), 24);
	assert_true(lp_own_add(&own, LP_OWN_NETWORK, &home));
	lp_tunnel_set_own(h->tunnel, &own);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	if (role == LP_ROLE_CLIENT)
		harness_joined(h, 12, LP_ROLE_GATEWAY);
	harness_forget(h);
	return h;
}

static size_t lease_frame(uint8_t *f, uint32_t address, uint32_t mask)
{
	const struct frame_lease lease = {.client = player_mac(OWN_PEER),
		.server_mac = host_mac(1),
		.server = LAN(1),
		.address = address,
		.mask = mask};
	return frame_dhcp_reply(f, &lease);
}

static enum lp_drop offered(struct harness *h, uint32_t address, uint32_t mask)
{
	uint8_t f[FRAME_CAP];
	size_t len = lease_frame(f, address, mask);
	enum lp_drop drop = harness_forwarded(h, 12, f, len).drop;
	harness_drain(h);
	return drop;
}

static void a_refused_lease_does_not_arrive_and_is_told_once(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_CLIENT);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(offered(h, IPV4(8, 0, 0, 146 + i), 0xff000000), LP_DROP_OFFER);
	assert_int_equal(h->port.count, 0);
	assert_int_equal(lp_tunnel_stats(h->tunnel)->rx_drops[LP_DROP_OFFER], 3);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_OFFER, 0);
	assert_non_null(a);
	assert_int_equal(a->offer.fault, LP_OFFER_WIDE);
	assert_int_equal(a->offer.prefix.length, LP_PREFIX_MAPPED + 8);
	assert_null(harness_action(h, LP_TUNNEL_OFFER, 1));
	harness_free(h);
}

static void a_lease_in_the_own_network_arrives_without_a_route(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_CLIENT);
	assert_int_equal(offered(h, IPV4(192, 168, 1, 101), 0xffffff00), LP_DROP_NONE);
	assert_int_equal(h->port.count, 1);
	assert_int_equal(lp_get32(h->port.frame + MASK_AT), UINT32_MAX);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_OFFER, 0);
	assert_non_null(a);
	assert_int_equal(a->offer.fault, LP_OFFER_COVERS);
	assert_true(a->offer.narrowed);
	assert_int_equal(a->offer.own.kind, LP_OWN_NETWORK);
	harness_free(h);
}

/* The room's address as the player of `player` is told of it. */
static struct lp_tunnel_action welcomed(uint32_t ipv4, uint8_t prefix, const char *own)
{
	struct harness *h = connecting(LP_ROLE_CLIENT);
	struct lp_control m = welcome_of(1500);
	struct lp_own_list list = {0};
	const struct lp_prefix home = lp_prefix_ipv4(IPV4(10, 7, 0, 1), 16);
	const struct lp_prefix router = lp_prefix_ipv4(IPV4(10, 1, 2, 3), 32);
	lp_own_add(&list, own[0] == 'r' ? LP_OWN_ROUTER : LP_OWN_NETWORK,
		own[0] == 'r' ? &router : &home);
	lp_tunnel_set_own(h->tunnel, &list);
	m.welcome.ipv4 = ipv4;
	m.welcome.prefix = prefix;
	harness_connected(h);
	harness_say(h, 0, &m);
	harness_drain(h);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_JOINED, 0);
	assert_non_null(a);
	const struct lp_tunnel_action copy = *a;
	harness_free(h);
	return copy;
}

static void H6_the_rooms_address_is_judged_like_a_lease(void **state)
{
	(void)state;
	static const struct {
		uint32_t ipv4;
		uint8_t prefix;
		const char *own;
		uint32_t taken;
		unsigned bits;
		enum lp_offer_fault fault;
	} rows[] = {
		{IPV4(10, 1, 2, 3), 24, "network", IPV4(10, 1, 2, 3), 24, LP_OFFER_GOOD},
		{IPV4(10, 7, 2, 3), 24, "network", IPV4(10, 7, 2, 3), 32, LP_OFFER_COVERS},
		{IPV4(10, 1, 2, 4), 24, "router", IPV4(10, 1, 2, 4), 32, LP_OFFER_COVERS},
		{IPV4(10, 1, 2, 3), 24, "router", 0, 0, LP_OFFER_IS},
		{IPV4(10, 1, 2, 3), 16, "network", IPV4(10, 1, 2, 3), 16, LP_OFFER_GOOD},
		{IPV4(10, 1, 2, 3), 15, "network", 0, 0, LP_OFFER_GOOD},
		{IPV4(10, 1, 2, 1), 30, "network", IPV4(10, 1, 2, 1), 30, LP_OFFER_GOOD},
		{IPV4(10, 1, 2, 1), 31, "network", 0, 0, LP_OFFER_GOOD},
		{IPV4(10, 1, 2, 0), 24, "network", 0, 0, LP_OFFER_GOOD},
		{IPV4(10, 1, 2, 255), 24, "network", 0, 0, LP_OFFER_GOOD},
		{IPV4(11, 1, 2, 3), 24, "network", 0, 0, LP_OFFER_GOOD},
		{IPV4(9, 1, 2, 3), 24, "network", 0, 0, LP_OFFER_GOOD},
		{0, 0, "network", 0, 0, LP_OFFER_GOOD},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_tunnel_action a = welcomed(rows[i].ipv4, rows[i].prefix, rows[i].own);
		if (a.welcome.ipv4 != rows[i].taken || a.offer.fault != rows[i].fault ||
			(rows[i].taken && a.welcome.prefix != rows[i].bits))
			fail_msg("row %zu", i);
	}
}

static void the_list_can_change(void **state)
{
	(void)state;
	static const struct lp_own_list nothing;
	struct harness *h = player(LP_ROLE_CLIENT);
	lp_tunnel_set_own(h->tunnel, &nothing);
	assert_int_equal(offered(h, IPV4(192, 168, 1, 101), 0xffffff00), LP_DROP_NONE);
	assert_int_equal(lp_get32(h->port.frame + MASK_AT), 0xffffff00);
	assert_null(harness_action(h, LP_TUNNEL_OFFER, 0));
	harness_free(h);
}

static void a_lan_that_offers_everything_is_told_of_eight_times(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_CLIENT);
	for (uint32_t i = 0; i < 3 * LP_TUNNEL_TOLD; i++)
		assert_int_equal(offered(h, IPV4(20 + i, 0, 0, 1), 0xff000000), LP_DROP_OFFER);
	assert_non_null(harness_action(h, LP_TUNNEL_OFFER, LP_TUNNEL_TOLD - 1));
	assert_null(harness_action(h, LP_TUNNEL_OFFER, LP_TUNNEL_TOLD));
	harness_free(h);
}

static void an_advertisement_arrives_without_a_default_route(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_CLIENT);
	static const uint8_t options[32] = {3, 4, 3, 0xc0, [16] = 0x20};
	uint8_t f[FRAME_CAP];
	size_t len = frame_router_options(f, host_mac(1), options, sizeof(options));
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	assert_int_equal(h->port.len, len);
	assert_int_equal(lp_get16(h->port.frame + RA_AT + 6), 0);
	assert_int_equal(h->port.frame[OPTIONS_AT], 253);
	harness_drain(h);
	assert_non_null(harness_action(h, LP_TUNNEL_OFFER, 0));
	harness_free(h);
}

/* RFC 6980. The first fragment has the whole message, so a host without that rule would take it. */
static void an_advertisement_in_fragments_does_not_arrive(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_CLIENT);
	for (int more = 0; more < 2; more++) {
		uint8_t f[FRAME_CAP];
		size_t len = frame_router_advertisement(f, host_mac(1));
		memmove(f + RA_AT + 8, f + RA_AT, len - RA_AT);
		memcpy(f + RA_AT, (const uint8_t[8]){58, 0, 0, (uint8_t)more, 1, 2, 3, 4}, 8);
		f[LP_ETH_HEADER + 6] = 44;
		lp_put16(f + LP_ETH_HEADER + 4, len + 8 - RA_AT);
		assert_int_equal(harness_forwarded(h, 12, f, len + 8).drop, LP_DROP_FRAGMENT);
	}
	assert_int_equal(h->port.count, 0);
	harness_free(h);
}

static void a_gateway_judges_no_offer(void **state)
{
	(void)state;
	struct harness *h = player(LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP], bytes[FRAME_CAP];
	struct lp_overlay o;
	size_t len = lease_frame(f, IPV4(8, 0, 0, 146), 0xff000000);
	memcpy(f, player_mac(11).b, 6);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	assert_int_equal(harness_take(h, LP_DATAGRAM_MAX, bytes, &o), LP_OVERLAY_HEADER + len);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_lease_does_not_arrive_and_is_told_once),
		cmocka_unit_test(a_lease_in_the_own_network_arrives_without_a_route),
		cmocka_unit_test(H6_the_rooms_address_is_judged_like_a_lease),
		cmocka_unit_test(the_list_can_change),
		cmocka_unit_test(a_lan_that_offers_everything_is_told_of_eight_times),
		cmocka_unit_test(an_advertisement_arrives_without_a_default_route),
		cmocka_unit_test(an_advertisement_in_fragments_does_not_arrive),
		cmocka_unit_test(a_gateway_judges_no_offer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
