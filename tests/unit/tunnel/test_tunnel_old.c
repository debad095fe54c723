/* What is said of the protocols of old games that do not pass. */
#include "tunnel_unit.h"

/* Writes IPX of a length as a raw IEEE 802.3 frame. */
static size_t raw_ipx(uint8_t *f, struct lp_mac src)
{
	size_t len = frame_raw(f, BROADCAST, src, 30, 60);
	memcpy(f + LP_ETH_HEADER, (const uint8_t[]){0xff, 0xff, 0, 30}, 4);
	return len;
}

static void IPX_that_does_not_pass_is_told_once(void **state)
{
	(void)state;
	static const enum lp_role roles[] = {LP_ROLE_CLIENT, LP_ROLE_GATEWAY};
	for (size_t i = 0; i < 2; i++) {
		struct harness *h = in_room(roles[i]);
		struct lp_mac src = i == 0 ? player_mac(OWN_PEER) : host_mac(1);
		uint8_t f[FRAME_CAP];
		harness_at(h, LP_SECOND);
		harness_forget(h);
		assert_true(lp_tunnel_deadline(h->tunnel) > h->now);
		for (int n = 0; n < 5; n++) {
			assert_int_equal(harness_frame(h, f, raw_ipx(f, src)).drop, LP_DROP_LLC);
			assert_int_equal(lp_tunnel_deadline(h->tunnel) <= h->now, n == 0);
			harness_at(h, h->now);
		}
		const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_OLD, 0);
		assert_non_null(a);
		assert_int_equal(a->old, LP_OLD_IPX_8023);
		assert_null(harness_action(h, LP_TUNNEL_OLD, 1));
		lp_put16(f + LP_ETH_TYPE, LP_ETHERTYPE_IPX); /* another kind is told, too */
		assert_int_equal(harness_frame(h, f, 60).drop, LP_DROP_ETHERTYPE);
		harness_at(h, h->now);
		assert_int_equal(harness_action(h, LP_TUNNEL_OLD, 1)->old, LP_OLD_IPX);
		harness_free(h);
	}
}

static void other_frames_that_do_not_pass_are_not_told(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = frame_raw(f, BROADCAST, player_mac(OWN_PEER), 38, 60);
	memcpy(f + LP_ETH_HEADER, (const uint8_t[]){0x42, 0x42, 3}, 3); /* spanning tree */
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_LLC);
	len = raw_ipx(f, player_mac(99));
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_SOURCE_MAC);
	harness_at(h, h->now + LP_SECOND);
	assert_null(harness_action(h, LP_TUNNEL_OLD, 0));
	harness_free(h);
}

static void IPX_that_is_allowed_passes_and_is_not_told(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	config.filter.llc = true;
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP];
	harness_start(h);
	harness_join(h, 1500);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	assert_int_equal(harness_frame(h, f, raw_ipx(f, player_mac(OWN_PEER))).drop, LP_DROP_NONE);
	assert_int_equal(
		harness_forwarded(h, 11, f, raw_ipx(f, player_mac(11))).drop, LP_DROP_NONE);
	harness_at(h, h->now + LP_SECOND);
	assert_null(harness_action(h, LP_TUNNEL_OLD, 0));
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(IPX_that_does_not_pass_is_told_once),
		cmocka_unit_test(other_frames_that_do_not_pass_are_not_told),
		cmocka_unit_test(IPX_that_is_allowed_passes_and_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
