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

static inline struct relay *with_config(const struct lp_hub_config *config, int first, int last)
{
	struct relay *r = relay_new(config);
	for (int i = first; i <= last; i++) {
		peer_join(r, i);
		assert_true(r->peers[i].welcomed);
	}
	return r;
}

static inline struct relay *with_peers(int first, int last)
{
	struct lp_hub_config config = relay_config();
	return with_config(&config, first, last);
}

/* Sends an IPv4 frame of len bytes from a member, with its own source address. */
static inline struct lp_verdict send_udp(struct relay *r, int i, struct lp_mac dst, size_t len)
{
	uint8_t f[FRAME_CAP];
	struct lp_mac src = i ? player_mac((unsigned)i) : host_mac(1);
	size_t n = frame_udp(f, dst, src, LAN(100 + i), LAN(99), 27015, len);
	return peer_frame(r, i, f, n);
}

/* Sends a datagram of any type, with any frame id. */
static inline struct lp_verdict send_as(struct relay *r, int from, enum lp_overlay_type type,
	uint16_t id, const uint8_t *f, size_t len)
{
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	const struct lp_overlay o = {.type = type,
		.peer = r->peers[from].welcome.peer,
		.room = r->peers[from].welcome.room,
		.frame_id = id,
		.frame_len = (uint16_t)len};
	size_t at = lp_overlay_encode(&o, bytes), first = (len + 1) / 2;
	if (type == LP_OVERLAY_FIRST)
		len = first;
	else if (type == LP_OVERLAY_SECOND)
		f += first, len -= first;
	memcpy(bytes + at, f, len);
	return peer_datagram(r, from, bytes, at + len);
}

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
