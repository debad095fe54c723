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

struct lp_control control_sent(
	const struct harness *h, enum lp_tunnel_kind kind, enum lp_control_type type)
{
	const struct lp_tunnel_action *a = harness_action(h, kind, 0);
	struct lp_control m;
	size_t used;
	assert_non_null(a);
	assert_int_equal(lp_control_decode(a->bytes, a->len, &m, &used), LP_OK);
	assert_int_equal(m.type, type);
	return m;
}

struct lp_hello hello_sent(const struct harness *h)
{
	return control_sent(h, LP_TUNNEL_HELLO, LP_HELLO).hello;
}

size_t udp_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src, size_t len)
{
	return frame_udp(f, dst, src, LAN(5), LAN(6), 27015, len);
}
