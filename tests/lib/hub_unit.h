/* hub_unit.h - shared by the tests of the hub and its frame path. */
#ifndef LANPARTY_TESTS_HUB_UNIT_H
#define LANPARTY_TESTS_HUB_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "hub_peers.h"

#define LAN(n) IPV4(192, 168, 0, n)

/* Creates a hub whose room the peers from first to last have joined. */
struct relay *with_config(const struct lp_hub_config *config, int first, int last);

/* The same with relay_config. */
struct relay *with_peers(int first, int last);

/* Sends an IPv4 frame of len bytes from a member, with its own source address. */
struct lp_verdict send_udp(struct relay *r, int i, struct lp_mac dst, size_t len);

/* Sends a datagram of any type, with any frame id. */
struct lp_verdict send_as(struct relay *r, int from, enum lp_overlay_type type, uint16_t id,
	const uint8_t *f, size_t len);

#define assert_dropped(verdict, reason)                                                            \
	do {                                                                                       \
		struct lp_verdict v_ = (verdict);                                                  \
		assert_int_equal(v_.drop, (reason));                                               \
		assert_int_equal(v_.action, LP_ACTION_DROP);                                       \
		assert_int_equal(v_.targets, 0);                                                   \
	} while (0)

#define assert_passed(verdict, what, count)                                                        \
	do {                                                                                       \
		struct lp_verdict v_ = (verdict);                                                  \
		assert_int_equal(v_.drop, LP_DROP_NONE);                                           \
		assert_int_equal(v_.action, (what));                                               \
		assert_int_equal(v_.targets, (count));                                             \
	} while (0)

#endif
