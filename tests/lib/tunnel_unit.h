/* tunnel_unit.h - shared by the tests of the tunnel. */
#ifndef LANPARTY_TESTS_TUNNEL_UNIT_H
#define LANPARTY_TESTS_TUNNEL_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tunnel_relay.h"

#define assert_gave_up(l, why)                                                                     \
	do {                                                                                       \
		const struct lp_tunnel_action *close_ = line_action((l), LP_TUNNEL_CLOSE, 0);      \
		assert_non_null(close_);                                                           \
		assert_int_equal(close_->leave, (why));                                            \
		assert_false(lp_tunnel_is_joined((l)->tunnel));                                    \
	} while (0)

static inline struct line *connecting(enum lp_role role)
{
	const struct lp_tunnel_config config = line_config(role);
	struct line *l = line_new(&config);
	line_start(l);
	assert_int_equal(l->count, 1);
	assert_int_equal(l->actions[0].kind, LP_TUNNEL_CONNECT);
	return l;
}

#define LAN(n) IPV4(192, 168, 0, n)

/* Joins a room with two players, 11 and 12. */
static inline struct line *in_room(enum lp_role role)
{
	struct line *l = line_in_room(role);
	line_joined(l, 11, LP_ROLE_CLIENT);
	line_joined(l, 12, LP_ROLE_CLIENT);
	return l;
}

static inline size_t udp_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src, size_t len)
{
	return frame_udp(f, dst, src, LAN(5), LAN(6), 27015, len);
}

#endif
