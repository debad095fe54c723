/* The relay's frame path, from a datagram to its recipients. */
#include "hub_unit.h"

static void F1_the_relay_stamps_what_it_forwards(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 3);
	uint8_t f[FRAME_CAP], got[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(1), LAN(2), 5000, 300);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_UNICAST, 1);
	assert_true(peer_is_woken(r, 2));
	assert_false(peer_is_woken(r, 1) || peer_is_woken(r, 3));
	assert_int_equal(peer_take(r, 2, got, &o), LP_OVERLAY_HEADER + len);
	assert_int_equal(o.room, r->peers[1].welcome.room);
	assert_int_equal(o.peer, r->peers[1].welcome.peer);
	assert_int_equal(o.type, LP_OVERLAY_WHOLE);
	assert_int_equal(o.len, len);
	assert_memory_equal(o.bytes, f, len);
	assert_int_equal(peer_take_all(r, 1), 0); /* F2 */
	assert_int_equal(peer_take_all(r, 3), 0);
	relay_free(r);
}

/* F2, N1: that it is in a loop, a member says itself, and it keeps no MAC by it. */
static void a_member_in_a_loop_is_cut_off(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct lp_control m = {.type = LP_STATS, .stats = {.loops = true}};
	uint8_t f[FRAME_CAP];
	for (int loops = 1; loops >= 0; loops--) {
		enum lp_drop drop = loops ? LP_DROP_LOOP : LP_DROP_NONE;
		m.stats.loops = loops;
		peer_message(r, 1, &m);
		size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(1), LAN(2), 5000, 300);
		assert_int_equal(peer_frame(r, 1, f, len).drop, drop);
		for (int from = 0; from <= 2; from += 2) {
			struct lp_mac mac = from ? player_mac(2) : host_mac(1);
			len = frame_udp(f, player_mac(1), mac, LAN(2), LAN(1), 5000, 300);
			assert_int_equal(peer_frame(r, from, f, len).drop, drop);
		}
		/* by which it finds out whether it still is */
		len = frame_udp(f, BROADCAST, host_mac(1), LAN(9), LAN(255), 5000, 300);
		assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
		relay_at(r, r->now + LP_HUB_STATS_INTERVAL);
	}
	relay_free(r);
}

/* F1: ids and type must be those that the relay assigned to this connection. */
static void F1_L4_datagrams_with_foreign_ids_are_dropped_as_malformed(void **state)
{
	(void)state;
	const struct {
		int peer, room, type;
		uint8_t first;
		size_t cut;
		enum lp_drop drop;
	} rows[] = {
		{0, 0, 0, 0, 0, LP_DROP_NONE},
		{1, 0, 0, 0, 0, LP_DROP_WRONG_PEER},
		{-1, 0, 0, 0, 0, LP_DROP_WRONG_PEER},
		{0, 1, 0, 0, 0, LP_DROP_WRONG_ROOM},
		{0, -1, 0, 0, 0, LP_DROP_WRONG_ROOM},
		{1, 1, 0, 0, 0, LP_DROP_WRONG_ROOM},
		{0, 0, 0, 0x13, 0, LP_DROP_WRONG_TYPE},
		{0, 0, 0, 0x20, 0, LP_DROP_OVERLAY},
		{0, 0, 0, 0, 7, LP_DROP_OVERLAY},
		{0, 0, 0, 0, 8 + 13, LP_DROP_ETHERNET},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned times = LP_HUB_MALFORMED_MAX; times <= LP_HUB_MALFORMED_MAX + 1;
			times++) {
			struct relay *r = with_peers(1, 2);
			const struct lp_welcome *w = &r->peers[1].welcome;
			const struct lp_overlay o = {.peer = (uint16_t)(w->peer + rows[i].peer),
				.room = w->room + (uint32_t)rows[i].room};
			uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + FRAME_CAP];
			lp_overlay_encode(&o, bytes);
			if (rows[i].first)
				bytes[0] = rows[i].first;
			size_t len = 8 + frame_udp(bytes + 8, player_mac(2), player_mac(1), LAN(1),
						 LAN(2), 5000, 100);
			if (rows[i].cut)
				len = rows[i].cut;
			for (unsigned k = 0; k < times; k++)
				assert_int_equal(
					peer_datagram(r, 1, bytes, len).drop, rows[i].drop);
			bool closed = rows[i].drop && times > LP_HUB_MALFORMED_MAX;
			assert_int_equal(r->peers[1].closed, closed);
			if (closed) {
				assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR);
				/* C3 */
				assert_int_equal(r->peers[2].messages[1].peer_left.reason,
					LP_LEAVE_PROTOCOL_ERROR);
				assert_dropped(peer_datagram(r, 1, bytes, len), LP_DROP_NOT_JOINED);
			}
			assert_int_equal(
				relay_counters(r).drops[rows[i].drop], rows[i].drop ? times : 0);
			relay_free(r);
		}
	}
}

static void L4_ordinary_safety_drops_are_not_malformed(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP];
	for (int i = 0; i < 10 * LP_HUB_MALFORMED_MAX; i++) {
		size_t len = frame_router_advertisement(f, player_mac(1));
		assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ROUTER_ADVERTISEMENT);
		len = frame_raw(f, player_mac(2), player_mac(9), LP_ETHERTYPE_IPV4, 60);
		assert_dropped(peer_frame(r, 1, f, len), LP_DROP_SOURCE_MAC); /* F4 */
		len = frame_raw(f, player_mac(2), player_mac(1), 0x88cc, 60);
		assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ETHERTYPE);
		len = frame_raw(f, player_mac(9), player_mac(1), LP_ETHERTYPE_IPV4, 1515);
		assert_dropped(peer_frame(r, 1, f, len), LP_DROP_JUMBO);
		assert_dropped(send_udp(r, 1, player_mac(9), 100), LP_DROP_NO_TARGET);
	}
	assert_false(r->peers[1].closed);
	relay_free(r);
}

static void frames_before_the_welcome_are_dropped_and_not_malformed(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	peer_open(r, 1, RELAY_PATH);
	for (int i = 0; i < 40; i++)
		assert_dropped(peer_datagram(r, 1, (const uint8_t *)"x", 1), LP_DROP_NOT_JOINED);
	assert_false(r->peers[1].closed);
	relay_free(r);
}

static void F2_broadcast_and_multicast_go_to_everyone_else(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 4);
	const struct lp_mac group = {{1, 0, 0x5e, 1, 2, 3}};
	for (int from = 0; from <= 4; from++) {
		assert_passed(send_udp(r, from, BROADCAST, 100), LP_ACTION_FLOOD, 4);
		assert_passed(send_udp(r, from, group, 100), LP_ACTION_FLOOD, 4);
		for (int i = 0; i <= 4; i++)
			assert_int_equal(peer_take_all(r, i), i == from ? 0 : 2);
	}
	struct lp_hub_counters c = relay_counters(r);
	assert_int_equal(c.frames_in, 10);
	assert_int_equal(c.bytes_in, 1000);
	assert_int_equal(c.copies, 40);
	assert_int_equal(c.actions[LP_ACTION_FLOOD], 10);
	assert_int_equal(c.frames_free, 2048);
	relay_free(r);
}

static void F3_unknown_unicast_of_clients_reaches_only_the_gateway(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 3);
	assert_passed(send_udp(r, 1, host_mac(7), 100), LP_ACTION_GATEWAY, 1);
	assert_int_equal(peer_take_all(r, 0), 1);
	assert_int_equal(peer_take_all(r, 2) + peer_take_all(r, 3), 0);
	assert_dropped(send_udp(r, 0, host_mac(7), 100), LP_DROP_UNKNOWN_UNICAST);
	assert_dropped(send_udp(r, 0, player_mac(60), 100), LP_DROP_UNKNOWN_UNICAST);
	assert_passed(send_udp(r, 0, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take_all(r, 2), 1);
	peer_closed(r, 0, LP_LEAVE_NORMAL);
	assert_dropped(send_udp(r, 1, host_mac(7), 100), LP_DROP_NO_TARGET);
	relay_free(r);
}

static void F2_a_frame_that_returns_from_the_lan_is_a_loop(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, BROADCAST, player_mac(1), LAN(1), LAN(2), 5000, 100);
	assert_dropped(peer_frame(r, 0, f, len), LP_DROP_LOOP);
	/* the room learned nothing from it, so the member can join again */
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	assert_true(peer_join(r, 1)->welcomed);
	relay_free(r);
}

static void F5_a_narrow_member_is_skipped_and_counted(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 3);
	struct lp_control m = peer_hello(4, LP_ROLE_CLIENT);
	m.hello.capabilities = 0;
	m.hello.datagram_budget = LP_DATAGRAM_MAX;
	peer_open(r, 4, LP_DATAGRAM_MAX);
	peer_say(r, 4, 0, &m);
	assert_true(r->peers[4].welcomed);
	struct lp_verdict v = send_udp(r, 1, BROADCAST, 1514);
	assert_passed(v, LP_ACTION_FLOOD, 3);
	assert_int_equal(v.skipped, 0);
	peer_path(r, 4, 1000); /* its path has shrunk since */
	v = send_udp(r, 1, BROADCAST, 1514);
	assert_passed(v, LP_ACTION_FLOOD, 2);
	assert_int_equal(v.skipped, 1);
	v = send_udp(r, 1, player_mac(4), 1514);
	assert_dropped(v, LP_DROP_TOO_BIG);
	assert_int_equal(v.skipped, 1);
	assert_int_equal(relay_counters(r).skipped, 2);
	assert_passed(send_udp(r, 1, player_mac(4), 992), LP_ACTION_UNICAST, 1);
	/* a waiting datagram that no longer fits is dropped and counted */
	uint8_t bytes[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	assert_int_equal(peer_take_max(r, 4, 1000, bytes, &o), 1000);
	assert_int_equal(relay_counters(r).skipped, 2);
	assert_int_equal(relay_counters(r).copy_drops[LP_DROP_TOO_BIG], 1);
	assert_int_equal(peer_take_all(r, 4), 0);
	relay_free(r);
}

static void F5_no_datagram_to_a_member_exceeds_its_budget(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	uint8_t bytes[LP_DATAGRAM_MAX], frame[LP_ETH_FRAME_MAX];
	struct lp_overlay first, second;
	m.hello.datagram_budget = 900;
	peer_open(r, 2, 1522);
	peer_say(r, 2, 0, &m);
	assert_passed(send_udp(r, 1, player_mac(2), 1001), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take(r, 2, bytes, &first), LP_OVERLAY_FRAGMENT_HEADER + 501);
	assert_int_equal(first.type, LP_OVERLAY_FIRST);
	memcpy(frame, first.bytes, first.len);
	assert_int_equal(peer_take(r, 2, bytes, &second), LP_OVERLAY_FRAGMENT_HEADER + 500);
	assert_int_equal(second.type, LP_OVERLAY_SECOND);
	assert_int_equal(second.frame_id, first.frame_id);
	assert_int_equal(second.peer, r->peers[1].welcome.peer);
	assert_int_equal(second.room, r->peers[1].welcome.room);
	memcpy(frame + first.len, second.bytes, second.len);
	uint8_t sent[FRAME_CAP];
	size_t len = frame_udp(sent, player_mac(2), player_mac(1), LAN(101), LAN(99), 27015, 1001);
	assert_memory_equal(frame, sent, len);
	relay_free(r);
}

static void fragments_are_reassembled_before_the_frame_is_filtered(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP], got[LP_DATAGRAM_MAX];
	struct lp_overlay o;
	size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(1), LAN(2), 5000, 1514);
	struct lp_verdict v = send_as(r, 1, LP_OVERLAY_SECOND, 1, f, len);
	assert_int_equal(v.action, LP_ACTION_WAIT);
	assert_int_equal(v.drop, LP_DROP_NONE);
	assert_int_equal(v.targets, 0);
	assert_passed(send_as(r, 1, LP_OVERLAY_FIRST, 1, f, len), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take(r, 2, got, &o), LP_DATAGRAM_MAX);
	assert_memory_equal(o.bytes, f, len);
	assert_int_equal(relay_counters(r).frames_in, 1);
	assert_int_equal(relay_counters(r).actions[LP_ACTION_WAIT], 1);

	len = frame_router_advertisement(f, player_mac(1));
	send_as(r, 1, LP_OVERLAY_FIRST, 2, f, len);
	assert_dropped(send_as(r, 1, LP_OVERLAY_SECOND, 2, f, len), LP_DROP_ROUTER_ADVERTISEMENT);
	assert_int_equal(relay_counters(r).frames_free, 2048);
	relay_free(r);
}

static void F1_fragments_without_the_capability_are_malformed(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, player_mac(1), player_mac(2), LAN(1), LAN(2), 5000, 100);
	m.hello.capabilities = 0;
	peer_open(r, 2, LP_DATAGRAM_MAX);
	peer_say(r, 2, 0, &m);
	assert_dropped(send_as(r, 2, LP_OVERLAY_FIRST, 1, f, len), LP_DROP_WRONG_TYPE);
	for (unsigned i = 0; i < LP_HUB_MALFORMED_MAX; i++)
		send_as(r, 2, LP_OVERLAY_FIRST, 1, f, len);
	assert_true(r->peers[2].closed);
	relay_free(r);
}

static void R5_frames_over_the_rooms_mtu_are_jumbo(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	m.hello.mtu = 1000;
	peer_open(r, 1, RELAY_PATH);
	peer_say(r, 1, 0, &m);
	peer_join(r, 2);
	assert_passed(send_udp(r, 1, player_mac(2), 1014), LP_ACTION_UNICAST, 1);
	assert_dropped(send_udp(r, 1, player_mac(2), 1015), LP_DROP_JUMBO);
	relay_free(r);
}

static void L1_broadcasts_have_their_own_bucket(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.broadcast_rate = 2;
	config.rooms.limits.broadcast_burst = 3;
	struct relay *r = with_config(&config, 0, 2);
	const struct lp_mac group = {{1, 0, 0x5e, 0, 0, 1}};
	for (int i = 0; i < 3; i++)
		assert_passed(send_udp(r, 1, i == 1 ? group : BROADCAST, 60), LP_ACTION_FLOOD, 2);
	assert_dropped(send_udp(r, 1, BROADCAST, 60), LP_DROP_BROADCAST_RATE);
	assert_dropped(send_udp(r, 1, group, 60), LP_DROP_BROADCAST_RATE);
	assert_passed(send_udp(r, 1, player_mac(2), 60), LP_ACTION_UNICAST, 1);
	assert_passed(send_udp(r, 1, host_mac(3), 60), LP_ACTION_GATEWAY, 1);
	assert_passed(send_udp(r, 2, BROADCAST, 60), LP_ACTION_FLOOD, 2); /* per client */
	for (int i = 0; i < 9; i++) /* the LAN is not limited */
		assert_passed(send_udp(r, 0, BROADCAST, 60), LP_ACTION_FLOOD, 2);
	r->now += LP_SECOND / 2;
	assert_passed(send_udp(r, 1, BROADCAST, 60), LP_ACTION_FLOOD, 2);
	assert_dropped(send_udp(r, 1, BROADCAST, 60), LP_DROP_BROADCAST_RATE);
	relay_free(r);
}

static void L2_only_unknown_unicast_has_its_own_bucket(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.unknown_rate = 1;
	config.rooms.limits.unknown_burst = 2;
	struct relay *r = with_config(&config, 0, 2);
	assert_passed(send_udp(r, 1, host_mac(3), 60), LP_ACTION_GATEWAY, 1);
	assert_passed(send_udp(r, 1, host_mac(4), 60), LP_ACTION_GATEWAY, 1);
	assert_dropped(send_udp(r, 1, host_mac(5), 60), LP_DROP_UNKNOWN_RATE);
	assert_passed(send_udp(r, 1, player_mac(2), 60), LP_ACTION_UNICAST, 1);
	assert_passed(send_udp(r, 1, BROADCAST, 60), LP_ACTION_FLOOD, 2);
	assert_passed(send_udp(r, 2, host_mac(5), 60), LP_ACTION_GATEWAY, 1); /* per client */
	/* host 1 sends a frame, and is known from then on */
	assert_dropped(send_udp(r, 1, host_mac(1), 60), LP_DROP_UNKNOWN_RATE);
	send_udp(r, 0, BROADCAST, 60);
	for (int i = 0; i < 9; i++)
		assert_passed(send_udp(r, 1, host_mac(1), 60), LP_ACTION_GATEWAY, 1);
	relay_free(r);
}

static void L3_bytes_are_charged_once_per_recipient_after_the_safety_checks(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.client_rate = 1000;
	config.rooms.limits.client_burst = 1000;
	struct relay *r = with_config(&config, 0, 4);
	assert_passed(send_udp(r, 1, BROADCAST, 180), LP_ACTION_FLOOD, 4); /* 720 */
	assert_dropped(send_udp(r, 1, BROADCAST, 80), LP_DROP_BYTE_RATE);  /* 320, but costs 80 */
	assert_passed(send_udp(r, 1, BROADCAST, 50), LP_ACTION_FLOOD, 4);
	assert_dropped(send_udp(r, 1, player_mac(2), 42), LP_DROP_BYTE_RATE);
	assert_dropped(send_udp(r, 1, host_mac(2), 42), LP_DROP_BYTE_RATE);
	r->now += LP_SECOND / 10;
	assert_passed(send_udp(r, 1, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_dropped(send_udp(r, 1, player_mac(2), 42), LP_DROP_BYTE_RATE);
	/* the LAN has the limits of 16 clients, and another client has its own */
	for (int i = 0; i < 4; i++)
		assert_passed(send_udp(r, 0, BROADCAST, 1000), LP_ACTION_FLOOD, 4);
	assert_dropped(send_udp(r, 0, BROADCAST, 1000), LP_DROP_BYTE_RATE);
	assert_passed(send_udp(r, 2, player_mac(1), 1000), LP_ACTION_UNICAST, 1);
	relay_free(r);
}

/* Otherwise a sender of hostile frames keeps the filter busy without end. */
static void L3_N6_frames_that_the_filter_drops_are_charged_too(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	uint8_t f[FRAME_CAP];
	size_t len = frame_router_advertisement(f, player_mac(1));
	config.rooms.limits.client_rate = 1000;
	config.rooms.limits.client_burst = 10 * len + 60;
	struct relay *r = with_config(&config, 0, 2);
	for (int i = 0; i < 10; i++)
		assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ROUTER_ADVERTISEMENT);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_BYTE_RATE); /* without a look at it */
	assert_passed(send_udp(r, 1, player_mac(2), 60), LP_ACTION_UNICAST, 1);
	assert_dropped(send_udp(r, 1, player_mac(2), 60), LP_DROP_BYTE_RATE);
	relay_free(r);
}

static void S3_a_gateways_dhcp_replies_pass_and_bind_the_lease(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	size_t len =
		frame_dhcp_ack(f, player_mac(1), player_mac(2), LAN(1), LAN(50), player_mac(1));
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_DHCP_SERVER); /* S2 */
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(77), LAN(1));
	/* an address that the client invented */
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_dhcp_request(f, player_mac(1), 0);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_dhcp_ack(f, player_mac(1), host_mac(1), LAN(1), LAN(50), player_mac(1));
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_UNICAST, 1);
	/* the lease is its address from now on, beside the other, and nobody else can use it */
	len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), LAN(50), LAN(1));
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(50), LAN(1));
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(77), LAN(1));
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), LAN(77), LAN(1));
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	len = frame_udp(f, player_mac(1), player_mac(2), LAN(50), LAN(1), 5000, 100);
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

static void N3_an_ack_that_the_client_has_not_asked_for_gives_it_no_address(void **state)
{
	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		struct relay *r = with_peers(0, 2);
		uint8_t f[FRAME_CAP];
		size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(77), LAN(1));
		assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
		len = frame_dhcp_request(f, player_mac(2), 0); /* somebody else's */
		assert_passed(peer_frame(r, 2, f, len), LP_ACTION_FLOOD, 2);
		len = frame_dhcp_request(f, player_mac(1), 7); /* another one */
		if (asked)
			assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
		len = frame_dhcp_ack(f, player_mac(1), host_mac(1), LAN(1), LAN(50), player_mac(1));
		assert_passed(peer_frame(r, 0, f, len), LP_ACTION_UNICAST, 1);
		/* it keeps what it has, and the other address is still free */
		len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(77), LAN(1));
		assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
		len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), LAN(50), LAN(1));
		assert_passed(peer_frame(r, 2, f, len), LP_ACTION_FLOOD, 2);
		relay_free(r);
	}
}

static void N3_nobody_asks_for_another_clients_lease(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_dhcp_request(f, player_mac(1), 0);
	memcpy(f + 6, player_mac(2).b, 6); /* the Ethernet source */
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_DHCP_SENDER);
	relay_free(r);
}

static void S4_addresses_of_the_lan_and_of_others_cannot_be_claimed(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	m.hello.protected.ipv4[0] = LAN(1);
	m.hello.protected.ipv4_count = 1;
	peer_open(r, 0, RELAY_PATH);
	peer_say(r, 0, 0, &m);
	peer_join(r, 1);
	peer_join(r, 2);
	/* a station on the LAN and member 1 send ARP */
	size_t len = frame_arp(f, BROADCAST, host_mac(8), host_mac(8), LAN(8), LAN(1));
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(20), LAN(1));
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	const struct {
		uint32_t claim;
		enum lp_drop drop;
		const char *why;
	} rows[] = {
		{LAN(1), LP_DROP_ADDRESS_TAKEN, "the router's"},
		{LAN(8), LP_DROP_ADDRESS_TAKEN, "somebody's on the LAN"},
		{LAN(20), LP_DROP_ADDRESS_TAKEN, "another player's"},
		{0, LP_DROP_NONE, "a probe"},
		{IPV4(169, 254, 3, 4), LP_DROP_NONE, "link-local"},
		{LAN(30), LP_DROP_NONE, "its first"},
		{LAN(31), LP_DROP_NONE, "K5: a second one"},
		{LAN(30), LP_DROP_NONE, "its own"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), rows[i].claim, LAN(9));
		if (peer_frame(r, 2, f, len).drop != rows[i].drop)
			fail_msg("%s", rows[i].why);
	}
	/* nor one that the LAN uses without ARP */
	for (int i = 0; i < 9; i++) {
		r->now += 10 * LP_SECOND;
		len = frame_udp(f, player_mac(1), host_mac(8), LAN(8), LAN(20), 5000, 100);
		assert_passed(peer_frame(r, 0, f, len), LP_ACTION_UNICAST, 1);
	}
	len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), LAN(8), LAN(9));
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(20), LAN(1));
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* nor IPv4 packets with the router's address */
	len = frame_udp(f, player_mac(1), player_mac(2), LAN(1), LAN(20), 5000, 100);
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	/* the address is free after member 1 has left */
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	peer_closed(r, 2, LP_LEAVE_NORMAL);
	peer_join(r, 3);
	len = frame_arp(f, BROADCAST, player_mac(3), player_mac(3), LAN(20), LAN(1));
	assert_passed(peer_frame(r, 3, f, len), LP_ACTION_FLOOD, 1);
	relay_free(r);
}

static void S4_an_unclaimed_address_can_be_used_but_is_not_owned(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_udp(f, player_mac(2), player_mac(1), LAN(40), LAN(2), 5000, 100);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_UNICAST, 1);
	len = frame_arp(f, BROADCAST, player_mac(2), player_mac(2), LAN(40), LAN(1));
	assert_passed(peer_frame(r, 2, f, len), LP_ACTION_FLOOD, 1);
	len = frame_udp(f, player_mac(2), player_mac(1), LAN(40), LAN(2), 5000, 100);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

/* S2: later fragments start after the end of the checked first fragment, whichever they belong
 * to. */
static void S2_a_repeated_first_fragment_must_have_the_same_length(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	const size_t head = LP_ETH_HEADER + 20;
	const struct {
		size_t offset, len;
		enum lp_drop drop;
	} rows[] = {{0, 64, LP_DROP_NONE}, {64, 64, LP_DROP_NONE}, {56, 64, LP_DROP_FRAGMENT},
		{0, 64, LP_DROP_NONE}, {0, 56, LP_DROP_FRAGMENT}, {0, 72, LP_DROP_FRAGMENT},
		{56, 64, LP_DROP_FRAGMENT}, {64, 64, LP_DROP_NONE}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t f[FRAME_CAP];
		size_t len = frame_udp(
			f, player_mac(2), player_mac(1), LAN(1), LAN(2), 5000, head + rows[i].len);
		frame_fragment(f, len, 0, rows[i].offset, true);
		assert_int_equal(peer_frame(r, 1, f, len).drop, rows[i].drop);
	}
	relay_free(r);
}

static void F6_F7_the_verdict_contains_everything_for_the_log(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct lp_verdict v = send_udp(r, 1, player_mac(2), 200);
	assert_true(lp_mac_equal(&v.eth.src, &r->peers[1].mac));
	assert_true(lp_mac_equal(&v.eth.dst, &r->peers[2].mac));
	assert_int_equal(v.eth.type, LP_ETHERTYPE_IPV4);
	assert_int_equal(v.len, 200);
	assert_string_equal(lp_action_text(v.action), "unicast");
	assert_string_equal(lp_drop_text(v.drop), "none");
	uint8_t f[FRAME_CAP];
	/* LLC: a length instead of a type */
	size_t len = frame_raw(f, BROADCAST, player_mac(1), 0x26, 60);
	v = peer_frame(r, 1, f, len);
	assert_string_equal(lp_action_text(v.action), "drop");
	assert_string_equal(lp_drop_text(v.drop), "llc");
	assert_int_equal(v.eth.type, 0x26);
	assert_int_equal(v.len, 60);
	assert_int_equal(relay_counters(r).actions[LP_ACTION_DROP], 1);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F1_the_relay_stamps_what_it_forwards),
		cmocka_unit_test(a_member_in_a_loop_is_cut_off),
		cmocka_unit_test(F1_L4_datagrams_with_foreign_ids_are_dropped_as_malformed),
		cmocka_unit_test(L4_ordinary_safety_drops_are_not_malformed),
		cmocka_unit_test(frames_before_the_welcome_are_dropped_and_not_malformed),
		cmocka_unit_test(F2_broadcast_and_multicast_go_to_everyone_else),
		cmocka_unit_test(F3_unknown_unicast_of_clients_reaches_only_the_gateway),
		cmocka_unit_test(F2_a_frame_that_returns_from_the_lan_is_a_loop),
		cmocka_unit_test(F5_a_narrow_member_is_skipped_and_counted),
		cmocka_unit_test(F5_no_datagram_to_a_member_exceeds_its_budget),
		cmocka_unit_test(fragments_are_reassembled_before_the_frame_is_filtered),
		cmocka_unit_test(F1_fragments_without_the_capability_are_malformed),
		cmocka_unit_test(R5_frames_over_the_rooms_mtu_are_jumbo),
		cmocka_unit_test(L1_broadcasts_have_their_own_bucket),
		cmocka_unit_test(L2_only_unknown_unicast_has_its_own_bucket),
		cmocka_unit_test(L3_bytes_are_charged_once_per_recipient_after_the_safety_checks),
		cmocka_unit_test(L3_N6_frames_that_the_filter_drops_are_charged_too),
		cmocka_unit_test(S3_a_gateways_dhcp_replies_pass_and_bind_the_lease),
		cmocka_unit_test(N3_an_ack_that_the_client_has_not_asked_for_gives_it_no_address),
		cmocka_unit_test(N3_nobody_asks_for_another_clients_lease),
		cmocka_unit_test(S4_addresses_of_the_lan_and_of_others_cannot_be_claimed),
		cmocka_unit_test(S4_an_unclaimed_address_can_be_used_but_is_not_owned),
		cmocka_unit_test(S2_a_repeated_first_fragment_must_have_the_same_length),
		cmocka_unit_test(F6_F7_the_verdict_contains_everything_for_the_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
