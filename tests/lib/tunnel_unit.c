#include "tunnel_unit.h"

struct harness *connecting(enum lp_role role)
{
	const struct lp_tunnel_config config = harness_config(role);
	struct harness *h = harness_new(&config);
	harness_start(h);
	assert_int_equal(h->count, 1);
	assert_int_equal(h->actions[0].kind, LP_TUNNEL_CONNECT);
	return h;
}

struct harness *in_room(enum lp_role role)
{
	struct harness *h = harness_in_room(role);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	return h;
}

size_t udp_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src, size_t len)
{
	return frame_udp(f, dst, src, LAN(5), LAN(6), 27015, len);
}
