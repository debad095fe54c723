/* The tunnel's frame path: port to relay, relay to port, and what a rogue relay cannot do. */
#include "tunnel_unit.h"

#include "lanparty/path/early.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"

static void frames_are_dropped_before_and_after_the_stay(void **state)
{
	(void)state;
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, BROADCAST, player_mac(OWN_PEER), 100);
	for (int stage = 0; stage < 6; stage++) {
		if (stage == 1)
			harness_start(h);
		if (stage == 2)
			harness_connected(h);
		if (stage == 4)
			lp_tunnel_leave(h->tunnel, h->now);
		if (stage == 5)
			harness_closed(h, false);
		if (stage == 3) {
			struct lp_control m = welcome_of(1500);
			harness_say(h, 0, &m);
			assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
			continue;
		}
		struct lp_verdict out = harness_frame(h, f, len),
				  in = harness_forwarded(h, 11, f, len);
		assert_int_equal(out.drop, LP_DROP_NOT_JOINED);
		assert_int_equal(out.action, LP_ACTION_DROP);
		assert_int_equal(in.drop, LP_DROP_NOT_JOINED);
		assert_int_equal(in.targets, 0);
	}
	assert_false(harness_has_datagram(h)); /* what waited is gone */
	assert_int_equal(h->port.count, 0);
	harness_free(h);
}

static void F1_sent_datagrams_carry_the_ids_of_the_welcome(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t len = udp_frame(f, player_mac(11), player_mac(OWN_PEER), 1400);
	struct lp_verdict v = harness_frame(h, f, len);
	assert_int_equal(v.drop, LP_DROP_NONE);
	assert_int_equal(v.targets, 1);
	assert_int_equal(v.len, 1400);
	assert_true(harness_has_datagram(h));
	assert_int_equal(harness_take(h, 1500, bytes, &o), LP_OVERLAY_HEADER + 1400);
	assert_int_equal(o.room, ROOM);
	assert_int_equal(o.peer, OWN_PEER);
	assert_memory_equal(o.bytes, f, len);
	assert_false(harness_has_datagram(h));
	assert_int_equal(harness_take(h, 1500, bytes, &o), 0);
	harness_free(h);
}

static void a_frame_too_big_for_a_datagram_is_fragmented_if_the_relay_supports_it(void **state)
{
	(void)state;
	for (int fragments = 0; fragments < 2; fragments++) {
		const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		struct lp_control m = welcome_of(1500);
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
		struct lp_overlay o;
		m.welcome.capabilities = fragments ? LP_CAP_FRAGMENTS : 0;
		harness_start(h);
		harness_connected(h);
		harness_say(h, 0, &m);
		harness_frame(h, f, udp_frame(f, BROADCAST, player_mac(OWN_PEER), 1514));
		size_t len = harness_take(h, 1200, bytes, &o);
		assert_int_equal(len, fragments ? LP_DATAGRAM_MIN : 0);
		if (fragments)
			assert_int_equal(harness_take(h, 1200, bytes, &o), LP_DATAGRAM_MIN);
		assert_int_equal(lp_tunnel_stats(h->tunnel)->tx_drops[LP_DROP_TOO_BIG], !fragments);
		harness_free(h);
	}
}

static void no_datagram_is_larger_than_the_budget(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	config.datagram_budget = 900;
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	harness_start(h);
	harness_join(h, 1500);
	harness_frame(h, f, udp_frame(f, BROADCAST, player_mac(OWN_PEER), 892));
	assert_int_equal(harness_take(h, 1400, bytes, &o), 900);
	harness_frame(h, f, udp_frame(f, BROADCAST, player_mac(OWN_PEER), 893));
	assert_int_equal(harness_take(h, 1400, bytes, &o), LP_OVERLAY_FRAGMENT_HEADER + 447);
	harness_free(h);
}

static unsigned offered(const uint8_t *frame)
{
	return (unsigned)frame[FRAME_SYN_MSS] << 8 | frame[FRAME_SYN_MSS + 1];
}

static void tcp_segments_are_clamped_to_one_datagram_in_both_directions(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	harness_path(h, 1248);
	size_t len = frame_syn(f, player_mac(11), player_mac(OWN_PEER), LAN(5), LAN(6), 1460);
	harness_frame(h, f, len);
	harness_take(h, 1500, bytes, &o);
	assert_int_equal(offered(o.bytes), 1248 - LP_OVERLAY_HEADER - LP_ETH_HEADER - 40);
	assert_int_equal(offered(f), 1460); /* the port's buffer is not modified */
	len = frame_syn(f, player_mac(OWN_PEER), player_mac(11), LAN(6), LAN(5), 1460);
	harness_forwarded(h, 11, f, len);
	assert_int_equal(offered(h->port.frame), 1186);
	harness_path(h, 1440);
	harness_forwarded(h, 11, f, len);
	assert_int_equal(offered(h->port.frame), 1378);
	harness_free(h);
}

static void F4_a_client_sends_from_its_own_mac_alone(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	assert_int_equal(harness_frame(h, f, udp_frame(f, BROADCAST, player_mac(11), 100)).drop,
		LP_DROP_SOURCE_MAC);
	assert_int_equal(harness_frame(h, f, udp_frame(f, BROADCAST, host_mac(1), 100)).drop,
		LP_DROP_SOURCE_MAC);
	assert_int_equal(
		harness_frame(h, f, udp_frame(f, host_mac(1), player_mac(OWN_PEER), 100)).drop,
		LP_DROP_NONE);
	assert_int_equal(lp_tunnel_stats(h->tunnel)->tx_drops[LP_DROP_SOURCE_MAC], 2);
	harness_free(h);
}

static void the_filter_checks_both_directions_of_a_client(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = frame_router_advertisement(f, player_mac(OWN_PEER));
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_ROUTER_ADVERTISEMENT);
	len = frame_router_advertisement(f, player_mac(11));
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_ROUTER_ADVERTISEMENT);
	harness_joined(h, 13, LP_ROLE_GATEWAY);
	len = frame_router_advertisement(f, host_mac(1));
	/* S3: the LAN's DHCP server is allowed */
	assert_int_equal(harness_forwarded(h, 13, f, len).drop, LP_DROP_NONE);
	len = frame_dhcp_ack(
		f, player_mac(OWN_PEER), host_mac(1), LAN(1), LAN(9), player_mac(OWN_PEER));
	assert_int_equal(harness_forwarded(h, 13, f, len).drop, LP_DROP_NONE);
	assert_int_equal(h->port.count, 2);
	assert_int_equal(h->port.len, len);
	assert_memory_equal(h->port.frame, f, len);
	harness_free(h);
}

static void R5_frames_over_the_rooms_mtu_are_jumbo_in_both_directions(void **state)
{
	(void)state;
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP];
	harness_start(h);
	harness_join(h, 1000);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	for (size_t len = 1014; len <= 1015; len++) {
		enum lp_drop drop = len > 1014 ? LP_DROP_JUMBO : LP_DROP_NONE;
		udp_frame(f, player_mac(11), player_mac(OWN_PEER), len);
		assert_int_equal(harness_frame(h, f, len).drop, drop);
		udp_frame(f, player_mac(OWN_PEER), player_mac(11), len);
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, drop);
	}
	harness_free(h);
}

static void the_queue_to_the_relay_is_bounded(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t len = udp_frame(f, player_mac(11), player_mac(OWN_PEER), 100);
	for (int i = 0; i < LP_SENDER_FRAMES; i++)
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	const struct lp_stats *s = lp_tunnel_stats(h->tunnel);
	assert_int_equal(s->tx_drops[LP_DROP_QUEUE_FULL], 0);
	h->now += LP_SENDER_BURST_TIME;
	for (int i = 0; i < 3; i++)
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	assert_int_equal(s->tx_drops[LP_DROP_QUEUE_FULL], 3); /* the oldest */
	for (int i = 0; i < LP_SENDER_FRAMES; i++)
		assert_int_equal(harness_take(h, 1500, bytes, &o), 108);
	assert_int_equal(harness_take(h, 1500, bytes, &o), 0);
	harness_free(h);
}

static void a_frame_that_the_port_refuses_is_counted(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 100);
	h->port.refuse_write = true;
	struct lp_verdict v = harness_forwarded(h, 11, f, len);
	assert_int_equal(v.drop, LP_DROP_PORT);
	assert_int_equal(v.action, LP_ACTION_DROP);
	h->port.refuse_write = false;
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);
	const struct lp_stats *s = lp_tunnel_stats(h->tunnel);
	assert_int_equal(s->rx_drops[LP_DROP_PORT], 1);
	assert_int_equal(s->rx_frames, 1);
	assert_int_equal(s->rx_bytes, 100);
	harness_free(h);
}

static void F1_datagrams_that_are_not_of_this_room_or_of_no_member_are_dropped(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP], bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 100);
	const struct {
		uint16_t peer;
		uint32_t room;
		uint8_t first;
		enum lp_drop drop;
	} rows[] = {
		{11, ROOM, 0x10, LP_DROP_NONE},
		{11, ROOM + 1, 0x10, LP_DROP_WRONG_ROOM},
		{11, ROOM - 1, 0x10, LP_DROP_WRONG_ROOM},
		{13, ROOM, 0x10, LP_DROP_WRONG_PEER},
		{OWN_PEER, ROOM, 0x10, LP_DROP_WRONG_PEER}, /* F2 */
		{12, ROOM, 0x10, LP_DROP_SOURCE_MAC},
		{11, ROOM, 0x20, LP_DROP_OVERLAY},
		{11, ROOM, 0x14, LP_DROP_WRONG_TYPE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lp_overlay o = {.peer = rows[i].peer, .room = rows[i].room};
		lp_overlay_encode(&o, bytes);
		bytes[0] = rows[i].first;
		memcpy(bytes + 8, f, len);
		assert_int_equal(harness_datagram(h, bytes, 8 + len).drop, rows[i].drop);
	}
	harness_left(h, 11);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_WRONG_PEER);
	assert_int_equal(h->port.count, 1);
	harness_free(h);
}

static struct lp_verdict fragment(struct harness *h, uint16_t peer, enum lp_overlay_type type,
	uint16_t id, const uint8_t *f, size_t len)
{
	uint8_t bytes[LP_DATAGRAM_MAX];
	const struct lp_overlay o = {.type = type,
		.peer = peer,
		.room = ROOM,
		.frame_id = id,
		.frame_len = (uint16_t)len};
	return harness_datagram(h, bytes, frame_datagram(bytes, &o, f));
}

static void fragments_from_the_relay_are_reassembled_or_expire(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 1513);
	struct lp_verdict v = fragment(h, 11, LP_OVERLAY_FIRST, 1, f, len);
	assert_int_equal(v.action, LP_ACTION_WAIT);
	assert_int_equal(v.targets, 0);
	assert_int_equal(fragment(h, 11, LP_OVERLAY_FIRST, 1, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(fragment(h, 12, LP_OVERLAY_SECOND, 1, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(fragment(h, 11, LP_OVERLAY_SECOND, 2, f, len).action, LP_ACTION_WAIT);
	v = fragment(h, 11, LP_OVERLAY_SECOND, 1, f, len);
	assert_int_equal(v.action, LP_ACTION_UNICAST);
	assert_int_equal(v.len, len);
	assert_int_equal(h->port.count, 1);
	assert_memory_equal(h->port.frame, f, len);
	assert_int_equal(lp_tunnel_stats(h->tunnel)->rx_frames, 1);
	/* the first fragment of frame 2 arrives too late */
	h->now += LP_REASSEMBLY_TIMEOUT;
	assert_int_equal(fragment(h, 11, LP_OVERLAY_FIRST, 2, f, len).action, LP_ACTION_WAIT);
	assert_int_equal(h->port.count, 1);
	harness_free(h);
}

/* Capabilities that the welcome did not grant are refused, and each number is accepted once. */
static void numbers_and_fragments_need_the_relays_capability(void **state)
{
	static const struct {
		uint64_t capabilities;
		bool numbered, fragments, again;
	} rows[] = {
		{0, false, false, false},
		{LP_CAP_FRAGMENTS, false, true, true},
		{LP_CAP_RETRANSMIT, true, false, false},
		{LP_CAPS_KNOWN, true, true, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
		harness_start(h);
		harness_join_as(h, 1500, rows[i].capabilities);
		harness_joined(h, 11, LP_ROLE_CLIENT);
		size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 1000);
		assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_NONE);

		const struct lp_overlay o = {
			.type = LP_OVERLAY_NUMBERED, .peer = 11, .room = ROOM, .frame_id = 3};
		size_t at = lp_overlay_encode(&o, bytes);
		memcpy(bytes + at, f, len);
		assert_int_equal(harness_datagram(h, bytes, at + len).drop,
			rows[i].numbered ? LP_DROP_NONE : LP_DROP_WRONG_TYPE);
		assert_int_equal(harness_datagram(h, bytes, at + len).drop,
			rows[i].numbered ? LP_DROP_DUPLICATE : LP_DROP_WRONG_TYPE);

		enum lp_drop once = rows[i].fragments ? LP_DROP_NONE : LP_DROP_WRONG_TYPE;
		assert_int_equal(fragment(h, 11, LP_OVERLAY_FIRST, 4, f, len).drop, once);
		assert_int_equal(fragment(h, 11, LP_OVERLAY_SECOND, 4, f, len).drop, once);
		if (rows[i].fragments && !rows[i].again)
			once = LP_DROP_DUPLICATE;
		assert_int_equal(fragment(h, 11, LP_OVERLAY_FIRST, 4, f, len).drop, once);
		assert_int_equal(fragment(h, 11, LP_OVERLAY_SECOND, 4, f, len).drop, once);
		assert_int_equal(
			h->port.count, 1u + rows[i].numbered + rows[i].fragments + rows[i].again);
		harness_free(h);
	}
}

/* For a relay without duplicate detection, TCP is sent like all other frames. */
static void tcp_is_numbered_only_for_a_relay_with_retransmission(void **state)
{
	(void)state;
	for (int resend = 0; resend < 2; resend++) {
		const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		uint8_t f[FRAME_CAP];
		struct lp_datagram d;
		harness_start(h);
		harness_join_as(h, 1500, resend ? LP_CAPS_KNOWN : LP_CAP_FRAGMENTS);
		size_t len =
			frame_tcp(f, BROADCAST, player_mac(OWN_PEER), LAN(5), LAN(6), 445, 700);
		for (int n = 0; n < 2; n++) {
			assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
			assert_true(harness_peek(h, 1400, true, &d));
			harness_pop(h);
			assert_int_equal(
				d.header[0] & 15, resend ? LP_OVERLAY_NUMBERED : LP_OVERLAY_WHOLE);
			assert_int_equal(d.tag != 0, resend);
			harness_lost(h, d.tag);
			assert_int_equal(harness_has_datagram(h), resend);
			if (!resend)
				continue;
			uint8_t number = d.header[LP_OVERLAY_HEADER + 1];
			assert_int_equal(number, n);
			assert_true(harness_peek(h, 1400, true, &d));
			assert_int_equal(d.header[LP_OVERLAY_HEADER + 1], number);
			harness_pop(h);
			harness_acked(h, d.tag);
			assert_false(harness_has_datagram(h));
		}
		harness_free(h);
	}
}

/* A segment and its number fit one datagram. */
static void tcp_segments_leave_space_for_a_number(void **state)
{
	(void)state;
	for (int resend = 0; resend < 2; resend++) {
		const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
		struct lp_overlay o;
		harness_start(h);
		harness_join_as(h, 1500, resend ? LP_CAPS_KNOWN : LP_CAP_FRAGMENTS);
		harness_path(h, 1200);
		size_t len =
			frame_syn(f, player_mac(11), player_mac(OWN_PEER), LAN(5), LAN(6), 1460);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
		assert_true(harness_take(h, 1200, bytes, &o) > 0);
		assert_int_equal(offered(o.bytes), resend ? 1200 - 10 - 54 : 1200 - 8 - 54);
		harness_free(h);
	}
}

/* A new connection starts with the first number again, in both directions. */
static void numbers_restart_with_each_connection(void **state)
{
	(void)state;
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	uint8_t f[FRAME_CAP], bytes[LP_DATAGRAM_MAX];
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 1000);
	harness_start(h);
	for (size_t n = 1; n <= 2; n++) {
		harness_join_as(h, 1500, LP_CAPS_KNOWN);
		harness_joined(h, 11, LP_ROLE_CLIENT);
		const struct lp_overlay o = {
			.type = LP_OVERLAY_NUMBERED, .peer = 11, .room = ROOM, .frame_id = 3};
		size_t at = lp_overlay_encode(&o, bytes);
		memcpy(bytes + at, f, len);
		assert_int_equal(harness_datagram(h, bytes, at + len).drop, LP_DROP_NONE);
		assert_int_equal(harness_datagram(h, bytes, at + len).drop, LP_DROP_DUPLICATE);
		assert_int_equal(h->port.count, n);
		harness_closed(h, false);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
	}
	harness_free(h);
}

/* F6: the words are those of the relay's log. */
static void F6_the_verdict_says_where_a_frame_goes_on_both_ways(void **state)
{
	static const struct lp_mac group = {{0x01, 0, 0x5e, 0, 0, 0xfb}};
	const struct {
		enum lp_role role;
		bool out;
		struct lp_mac dst;
		enum lp_action action;
	} rows[] = {
		{LP_ROLE_CLIENT, true, BROADCAST, LP_ACTION_FLOOD},
		{LP_ROLE_CLIENT, true, group, LP_ACTION_FLOOD},
		{LP_ROLE_CLIENT, true, player_mac(12), LP_ACTION_UNICAST},
		{LP_ROLE_CLIENT, true, host_mac(1), LP_ACTION_GATEWAY},
		{LP_ROLE_CLIENT, false, BROADCAST, LP_ACTION_FLOOD},
		{LP_ROLE_CLIENT, false, group, LP_ACTION_FLOOD},
		{LP_ROLE_CLIENT, false, player_mac(OWN_PEER), LP_ACTION_UNICAST},
		{LP_ROLE_GATEWAY, true, BROADCAST, LP_ACTION_FLOOD},
		{LP_ROLE_GATEWAY, true, group, LP_ACTION_FLOOD},
		{LP_ROLE_GATEWAY, true, player_mac(12), LP_ACTION_UNICAST},
		{LP_ROLE_GATEWAY, false, BROADCAST, LP_ACTION_FLOOD},
		{LP_ROLE_GATEWAY, false, group, LP_ACTION_FLOOD},
		{LP_ROLE_GATEWAY, false, host_mac(1), LP_ACTION_GATEWAY},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness *h = in_room(rows[i].role);
		uint8_t f[FRAME_CAP];
		struct lp_mac own =
			rows[i].role == LP_ROLE_CLIENT ? player_mac(OWN_PEER) : host_mac(2);
		size_t len = udp_frame(f, rows[i].dst, rows[i].out ? own : player_mac(11), 100);
		struct lp_verdict v =
			rows[i].out ? harness_frame(h, f, len) : harness_forwarded(h, 11, f, len);
		assert_int_equal(v.drop, LP_DROP_NONE);
		assert_int_equal(v.targets, 1);
		if (v.action != rows[i].action)
			fail_msg("row %zu: %s", i, lp_action_text(v.action));
		harness_free(h);
	}
}

/* Another player sends the first or the second fragment of a datagram. */
static struct lp_verdict part(struct harness *h, uint16_t id, bool first)
{
	uint8_t f[FRAME_CAP];
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), LP_ETH_HEADER + 84);
	frame_fragment(f, len, id, first ? 0 : 64, first);
	return harness_forwarded(h, 11, f, len);
}

/* S2: the path from the relay reorders, too. */
static void S2_a_fragment_that_overtakes_its_first_one_waits_for_it(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct harness *h = in_room(LP_ROLE_CLIENT);
		for (uint16_t id = 1; id <= 2; id++) {
			struct lp_verdict v = part(h, id, false);
			assert_int_equal(v.drop, LP_DROP_NONE);
			assert_int_equal(v.action, LP_ACTION_WAIT);
		}
		assert_int_equal(h->port.count, 0);
		harness_at(h, h->now + LP_EARLY_WAIT - (late ? 0 : 1));
		assert_int_equal(part(h, 1, true).action, LP_ACTION_UNICAST);
		assert_int_equal(h->port.count, late ? 1 : 2);
		assert_int_equal(
			lp_tunnel_stats(h->tunnel)->rx_drops[LP_DROP_FRAGMENT], late ? 2 : 0);
		harness_closed(h, false); /* the one that waits is given back */
		harness_free(h);
	}
}

/* Old systems send the last fragment first. */
static void S2_a_player_sends_its_fragments_in_any_order(void **state)
{
	(void)state;
	struct harness *h = in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	for (int i = 0; i < 2; i++) {
		size_t len = udp_frame(f, player_mac(11), player_mac(OWN_PEER), 106);
		frame_fragment(f, len, 7, i ? 0 : 72, i);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
	}
	/* one that would overwrite the ports is no early one */
	size_t len = udp_frame(f, player_mac(11), player_mac(OWN_PEER), 100);
	frame_fragment(f, len, 7, 8, false);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_FRAGMENT);
	harness_free(h);
}

/* Row K6. */
static void frames_are_late_until_a_stopped_program_has_caught_up(void **state)
{
	(void)state;
	for (enum lp_role role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
		struct harness *h = in_room(role);
		uint8_t out[FRAME_CAP], in[FRAME_CAP];
		struct lp_mac own = role == LP_ROLE_CLIENT ? player_mac(OWN_PEER) : host_mac(2);
		size_t len = udp_frame(out, player_mac(11), own, 100);
		udp_frame(in, own, player_mac(11), 100);
		lp_tunnel_drop_until(h->tunnel, h->now + 2);
		for (int i = 0; i < 3; i++) {
			enum lp_drop drop = i < 2 ? LP_DROP_LATE : LP_DROP_NONE;
			assert_int_equal(harness_frame(h, out, len).drop, drop);
			assert_int_equal(harness_forwarded(h, 11, in, len).drop, drop);
			harness_at(h, h->now + 1);
		}
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_dropped_before_and_after_the_stay),
		cmocka_unit_test(F1_sent_datagrams_carry_the_ids_of_the_welcome),
		cmocka_unit_test(
			a_frame_too_big_for_a_datagram_is_fragmented_if_the_relay_supports_it),
		cmocka_unit_test(no_datagram_is_larger_than_the_budget),
		cmocka_unit_test(tcp_segments_are_clamped_to_one_datagram_in_both_directions),
		cmocka_unit_test(F4_a_client_sends_from_its_own_mac_alone),
		cmocka_unit_test(the_filter_checks_both_directions_of_a_client),
		cmocka_unit_test(R5_frames_over_the_rooms_mtu_are_jumbo_in_both_directions),
		cmocka_unit_test(the_queue_to_the_relay_is_bounded),
		cmocka_unit_test(a_frame_that_the_port_refuses_is_counted),
		cmocka_unit_test(
			F1_datagrams_that_are_not_of_this_room_or_of_no_member_are_dropped),
		cmocka_unit_test(fragments_from_the_relay_are_reassembled_or_expire),
		cmocka_unit_test(numbers_and_fragments_need_the_relays_capability),
		cmocka_unit_test(tcp_is_numbered_only_for_a_relay_with_retransmission),
		cmocka_unit_test(tcp_segments_leave_space_for_a_number),
		cmocka_unit_test(numbers_restart_with_each_connection),
		cmocka_unit_test(F6_the_verdict_says_where_a_frame_goes_on_both_ways),
		cmocka_unit_test(S2_a_fragment_that_overtakes_its_first_one_waits_for_it),
		cmocka_unit_test(S2_a_player_sends_its_fragments_in_any_order),
		cmocka_unit_test(frames_are_late_until_a_stopped_program_has_caught_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
