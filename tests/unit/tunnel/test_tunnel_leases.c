/* Leases of the LAN's DHCP server: a player's way into the internet stays the player's own (row S3). */
#include "tunnel_unit.h"

#include "lanparty/packet/checksum.h"

#define OPTIONS_AT (LP_ETH_HEADER + 20 + 8 + 240)

static const uint8_t options[] = {53, 1, 5, 3, 4, 192, 168, 0, 1, 6, 4, 192, 168, 0, 1, 121, 5, 0,
	192, 168, 0, 1, 249, 5, 0, 192, 168, 0, 1, 252, 2, 'h', 't', 1, 4, 255, 255, 255, 0, 255};
/* Router, DNS, both kinds of routes and proxy are padding; type and mask stay. */
static const uint8_t stripped[sizeof(options)] = {
	53, 1, 5, [sizeof(options) - 7] = 1, 4, 255, 255, 255, 0, 255};

static size_t lease_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src)
{
	uint8_t *ip = f + LP_ETH_HEADER, *udp = ip + 20;
	size_t len = OPTIONS_AT + sizeof(options), udp_len = len - LP_ETH_HEADER - 20;
	frame_dhcp_ack(f, dst, src, LAN(1), LAN(50), dst);
	memcpy(f + OPTIONS_AT, options, sizeof(options));
	ipv4_finish(ip, len - LP_ETH_HEADER);
	lp_put16(udp + 4, udp_len);
	lp_put16(udp + 6, 0);
	lp_put16(udp + 6, lp_checksum_transport(ip, LP_IP_UDP, udp, udp_len));
	return len;
}

/* The first of several fragments. */
static size_t fragment_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint16_t port)
{
	uint8_t *ip = f + LP_ETH_HEADER;
	size_t len = frame_udp(f, dst, src, LAN(1), LAN(50), port, LP_ETH_HEADER + 28 + 240);
	ip[6] = 0x20;
	lp_checksum_ipv4(ip, 20);
	return len;
}

static struct harness *room_with(enum lp_role role, bool keep_default_route)
{
	struct lp_tunnel_config config = harness_config(role);
	config.keep_default_route = keep_default_route;
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, role == LP_ROLE_CLIENT ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT);
	return h;
}

/* The checksum is of the bytes that are there. */
static void assert_sound(const uint8_t *frame, size_t len)
{
	uint8_t copy[FRAME_CAP];
	uint8_t *ip = copy + LP_ETH_HEADER, *udp = ip + 20;
	memcpy(copy, frame, len);
	lp_put16(udp + 6, 0);
	assert_int_equal(lp_checksum_transport(ip, LP_IP_UDP, udp, lp_get16(udp + 4)),
		lp_get16(frame + LP_ETH_HEADER + 26));
}

static void a_client_writes_no_way_into_the_internet_to_its_port(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) { /* the gateway's option, and not the client's */
		struct harness *h = room_with(LP_ROLE_CLIENT, keep);
		uint8_t f[FRAME_CAP];
		size_t len = lease_frame(f, player_mac(OWN_PEER), host_mac(1));
		assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
		assert_int_equal(h->port.count, 1);
		assert_int_equal(h->port.len, len);
		assert_memory_equal(h->port.frame, f, OPTIONS_AT - 242); /* up to UDP's checksum */
		assert_memory_equal(h->port.frame + OPTIONS_AT, stripped, sizeof(stripped));
		assert_sound(h->port.frame, h->port.len);
		harness_free(h);
	}
}

static void a_gateway_sends_no_way_into_the_internet_to_the_room(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct harness *h = room_with(LP_ROLE_GATEWAY, keep);
		uint8_t f[FRAME_CAP], bytes[FRAME_CAP];
		struct lp_overlay o;
		size_t len = lease_frame(f, player_mac(11), host_mac(1));
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
		harness_take(h, LP_DATAGRAM_MAX, bytes, &o);
		assert_int_equal(o.len, len);
		assert_memory_equal(
			o.bytes + OPTIONS_AT, keep ? options : stripped, sizeof(stripped));
		assert_sound(o.bytes, o.len);
		/* what it was given is the caller's */
		assert_memory_equal(f + OPTIONS_AT, options, sizeof(options));
		harness_free(h);
	}
}

static void a_gateway_drops_fragments_of_leases(void **state)
{
	(void)state;
	static const struct {
		uint16_t port;
		bool keep;
		enum lp_drop drop;
		const char *story;
	} rows[] = {
		{68, false, LP_DROP_DHCP_FRAGMENT, "to a DHCP client"},
		{68, true, LP_DROP_NONE, "and leases are not touched"},
		{27015, false, LP_DROP_NONE, "of a game"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness *h = room_with(LP_ROLE_GATEWAY, rows[i].keep);
		uint8_t f[FRAME_CAP];
		size_t len = fragment_frame(f, player_mac(11), host_mac(1), rows[i].port);
		struct lp_verdict v = harness_frame(h, f, len);
		if (v.drop != rows[i].drop)
			fail_msg("%s: %s", rows[i].story, lp_drop_text(v.drop));
		assert_int_equal(lp_tunnel_stats(h->tunnel)->tx_drops[LP_DROP_DHCP_FRAGMENT],
			rows[i].drop == LP_DROP_DHCP_FRAGMENT);
		harness_free(h);
	}
}

static void a_client_drops_fragments_of_leases(void **state)
{
	(void)state;
	struct harness *h = room_with(LP_ROLE_CLIENT, false);
	uint8_t f[FRAME_CAP];
	size_t len = fragment_frame(f, player_mac(OWN_PEER), host_mac(1), 68);
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_DHCP_FRAGMENT);
	assert_int_equal(h->port.count, 0);
	assert_int_equal(lp_tunnel_stats(h->tunnel)->rx_drops[LP_DROP_DHCP_FRAGMENT], 1);
	len = fragment_frame(f, player_mac(OWN_PEER), host_mac(1), 27015);
	assert_int_equal(harness_forwarded(h, 12, f, len).drop, LP_DROP_NONE);
	assert_int_equal(h->port.count, 1);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_writes_no_way_into_the_internet_to_its_port),
		cmocka_unit_test(a_gateway_sends_no_way_into_the_internet_to_the_room),
		cmocka_unit_test(a_gateway_drops_fragments_of_leases),
		cmocka_unit_test(a_client_drops_fragments_of_leases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
