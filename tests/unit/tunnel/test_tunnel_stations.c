/* Which stations of its LAN a gateway lets take part. */
#include "tunnel_unit.h"

#define DHCP_ACK(f)                                                                                \
	frame_dhcp_ack((f), player_mac(11), host_mac(9), LAN(1), LAN(60), player_mac(11))

/* Of the LAN, only host 1 takes part. */
static struct harness *with_one_station(struct lp_stations *stations)
{
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	char text[LP_MAC_TEXT];
	struct lp_mac mac = host_mac(1);
	*stations = (struct lp_stations){0};
	assert_true(lp_stations_add_mac(stations, lp_mac_format(&mac, text)));
	config.stations = stations;
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	return h;
}

static enum lp_drop from_lan(struct harness *h, struct lp_mac dst, struct lp_mac src)
{
	uint8_t f[FRAME_CAP];
	return harness_frame(h, f, udp_frame(f, dst, src, 100)).drop;
}

static enum lp_drop from_room(struct harness *h, struct lp_mac dst)
{
	uint8_t f[FRAME_CAP];
	return harness_forwarded(h, 11, f, udp_frame(f, dst, player_mac(11), 100)).drop;
}

static void stations_that_are_not_listed_take_no_part(void **state)
{
	(void)state;
	struct lp_stations stations;
	struct harness *h = with_one_station(&stations);
	assert_int_equal(from_lan(h, player_mac(11), host_mac(1)), LP_DROP_NONE);
	assert_int_equal(from_lan(h, BROADCAST, host_mac(1)), LP_DROP_NONE);
	assert_int_equal(from_lan(h, player_mac(11), host_mac(2)), LP_DROP_STATION);
	assert_int_equal(from_lan(h, BROADCAST, host_mac(2)), LP_DROP_STATION);
	assert_int_equal(from_lan(h, host_mac(1), host_mac(2)), LP_DROP_NO_TARGET);
	assert_int_equal(from_room(h, host_mac(1)), LP_DROP_NONE);
	assert_int_equal(from_room(h, host_mac(2)), LP_DROP_STATION);
	assert_int_equal(from_room(h, BROADCAST), LP_DROP_NONE); /* host 1 must hear it */
	harness_free(h);
}

/* Players get their addresses from the LAN's DHCP server all the same, and renew them there. */
static void DHCP_passes_from_and_to_every_station(void **state)
{
	(void)state;
	struct lp_stations stations;
	struct harness *h = with_one_station(&stations);
	uint8_t f[FRAME_CAP];
	assert_int_equal(harness_frame(h, f, DHCP_ACK(f)).drop, LP_DROP_NONE);
	size_t len = frame_dhcp_request(f, player_mac(11), 7);
	struct lp_mac server = host_mac(9);
	memcpy(f, server.b, sizeof(server.b));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stations_that_are_not_listed_take_no_part),
		cmocka_unit_test(DHCP_passes_from_and_to_every_station),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
