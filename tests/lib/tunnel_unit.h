/* tunnel_unit.h - shared by the tests of the tunnel. */
#ifndef LANPARTY_TESTS_TUNNEL_UNIT_H
#define LANPARTY_TESTS_TUNNEL_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tunnel_harness.h"

#define assert_gave_up(h, why)                                                                     \
	do {                                                                                       \
		const struct lp_tunnel_action *close_ = harness_action((h), LP_TUNNEL_CLOSE, 0);   \
		assert_non_null(close_);                                                           \
		assert_int_equal(close_->leave, (why));                                            \
		assert_false(lp_tunnel_is_joined((h)->tunnel));                                    \
	} while (0)

/* Creates a tunnel that asks for its first connection. */
struct harness *connecting(enum lp_role role);

/* The first message of that kind among the actions that the harness has recorded, which must have the type. */
struct lp_control control_sent(
	const struct harness *h, enum lp_tunnel_kind kind, enum lp_control_type type);
/* The first hello among the actions that the harness has recorded. */
struct lp_hello hello_sent(const struct harness *h);

#define LAN(n) IPV4(192, 168, 0, n)

/* Joins a room with two players, 11 and 12. */
struct harness *in_room(enum lp_role role);

/* Builds a UDP frame of len bytes between two hosts of the LAN. */
size_t udp_frame(uint8_t *f, struct lp_mac dst, struct lp_mac src, size_t len);

#endif
