/* Rows N1, N2, K4: whose address it is, in the relay's frame path. */
#include "evasion.h"
#include "hub_unit.h"
#include "lanparty/room/claimant.h"

/* Peer i uses the address in every way that there is. */
static void use(struct relay *r, int i, struct lp_mac mac, const uint8_t *ipv6, enum lp_drop drop)
{
	static struct evasion_frame frames[EVASION_THEFTS_MAX];
	const struct evasion_context context = {.client = mac};
	size_t count = evasion_thefts(&context, ipv6, frames, EVASION_THEFTS_MAX);
	assert_true(count > 9 && count <= EVASION_THEFTS_MAX);
	for (size_t k = 0; k < count; k++) {
		r->now += LP_SECOND;
		struct lp_verdict v = peer_frame(r, i, frames[k].bytes, frames[k].len);
		if (v.drop != drop)
			fail_msg("%s: %s", frames[k].name, lp_drop_text(v.drop));
	}
}

static void N2_ipv6_addresses_of_others_cannot_be_used(void **state)
{
	(void)state;
	static const uint8_t addresses[][16] = {IPV6_LOCAL(1), IPV6_LAN(1), IPV6_LOCAL(8),
		IPV6_LAN(8), IPV6_LOCAL(11), IPV6_LAN(11)};
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	uint8_t f[FRAME_CAP];
	memcpy(m.hello.protected.ipv6, addresses, 2 * sizeof(addresses[0]));
	peer_open(r, 0, RELAY_PATH);
	peer_say(r, 0, 0, &m);
	peer_join(r, 1);
	peer_join(r, 2);
	for (size_t i = 2; i < 6; i++) {
		struct lp_mac mac = i < 4 ? host_mac(8) : player_mac(1);
		size_t len = frame_nd(f, mac, 135, addresses[i], addresses[0]);
		assert_passed(peer_frame(r, i < 4 ? 0 : 1, f, len), LP_ACTION_FLOOD, 2);
	}
	for (size_t i = 0; i < 6; i++)
		use(r, 2, player_mac(2), addresses[i], LP_DROP_ADDRESS_TAKEN);
	use(r, 2, player_mac(2), (const uint8_t[16])IPV6_LAN(12), LP_DROP_NONE);
	use(r, 1, player_mac(1), (const uint8_t[16])IPV6_LAN(12), LP_DROP_ADDRESS_TAKEN);
	use(r, 1, player_mac(1), addresses[5], LP_DROP_NONE);
	use(r, 0, host_mac(8), addresses[3], LP_DROP_NONE);
	use(r, 0, host_mac(9), addresses[3], LP_DROP_NONE); /* a server that has moved */
	relay_free(r);
}

/* A gateway that joins with all capabilities, and says this of its LAN. */
static void tell(struct relay *r, const struct lp_lan_report *report)
{
	struct lp_control m = {.type = LP_LAN, .lan = *report};
	peer_message(r, 0, &m);
	relay_drain(r);
}

/* A gateway with this router, and members 1 and 2. */
static struct relay *behind(struct lp_mac router)
{
	struct relay *r = with_peers(1, 2);
	const struct lp_lan_report report = {.replaces = true, .protected.macs = {router}};
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	tell(r, &report);
	return r;
}

/* A console that looks for an address gets one, however often a player says that it has it already. */
static void N2_an_address_that_a_station_tries_is_no_members_meanwhile(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t probe[FRAME_CAP], answer[FRAME_CAP], other[FRAME_CAP];
	size_t len = frame_arp(probe, BROADCAST, host_mac(8), host_mac(8), 0, LAN(9));
	size_t answer_len =
		frame_arp(answer, BROADCAST, player_mac(1), player_mac(1), LAN(9), LAN(9));
	size_t other_len =
		frame_arp(other, BROADCAST, player_mac(2), player_mac(2), LAN(9), LAN(9));
	assert_passed(peer_frame(r, 0, probe, len), LP_ACTION_FLOOD, 2);
	r->now += LP_NEIGHBOUR_HELD - 1;
	assert_dropped(peer_frame(r, 1, answer, answer_len), LP_DROP_ADDRESS_TAKEN);
	r->now += 1;
	assert_passed(peer_frame(r, 1, answer, answer_len), LP_ACTION_FLOOD, 2);
	/* it has it now, and can answer */
	assert_passed(peer_frame(r, 0, probe, len), LP_ACTION_FLOOD, 2);
	assert_passed(peer_frame(r, 1, answer, answer_len), LP_ACTION_FLOOD, 2);
	assert_dropped(peer_frame(r, 2, other, other_len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

/* Everybody hears the request, and could use the address before the console does. */
static void N2_so_is_one_that_it_asks_the_DHCP_server_for(void **state)
{
	(void)state;
	static const uint8_t options[] = {
		50, 4, LAN(9) >> 24 & 255, LAN(9) >> 16 & 255, LAN(9) >> 8 & 255, LAN(9) & 255};
	const struct frame_lease lease = {.client = host_mac(8),
		.server_mac = host_mac(8),
		.options = options,
		.options_len = sizeof(options)};
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	size_t len = frame_dhcp_reply(f, &lease);
	memcpy(f, BROADCAST.b, 6);
	memcpy(f + 34, (const uint8_t[]){0, 68, 0, 67}, 4); /* the ports */
	f[42] = 1;                                          /* a request */
	f[14 + 20 + 8 + 242] = 3;
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(9), LAN(9));
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

/* Members hear a broadcast, too. A member to which the address was offered gets it all the same. */
static void N2_so_is_one_that_the_DHCP_server_offers(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP], arp[FRAME_CAP];
	size_t len = frame_dhcp_request(f, player_mac(2), 0);
	size_t arp_len = frame_arp(arp, BROADCAST, player_mac(1), player_mac(1), LAN(9), LAN(9));
	assert_passed(peer_frame(r, 2, f, len), LP_ACTION_FLOOD, 2);
	len = frame_dhcp_ack(f, BROADCAST, host_mac(1), LAN(1), LAN(9), player_mac(2));
	f[14 + 20 + 8 + 242] = 2; /* an offer */
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	assert_dropped(peer_frame(r, 1, arp, arp_len), LP_DROP_ADDRESS_TAKEN);
	f[14 + 20 + 8 + 242] = 5;
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	arp_len = frame_arp(arp, BROADCAST, player_mac(2), player_mac(2), LAN(9), LAN(9));
	assert_passed(peer_frame(r, 2, arp, arp_len), LP_ACTION_FLOOD, 2);
	relay_free(r);
}

static void N2_a_member_has_few_new_addresses_at_once(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	uint8_t f[FRAME_CAP];
	for (unsigned n = 20; n < 30; n++) {
		size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(n), LAN(1));
		struct lp_verdict v = peer_frame(r, 1, f, len);
		assert_int_equal(
			v.drop, n < 20 + LP_CLAIM_IPV4 ? LP_DROP_NONE : LP_DROP_ADDRESS_TAKEN);
	}
	size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(30), LAN(1));
	r->now += LP_CLAIM_IPV4_SECONDS * LP_SECOND - 1;
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	r->now += 1;
	for (int i = 0; i < 9; i++) /* one that it has costs nothing */
		assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	relay_free(r);
}

static void N2_a_question_of_the_lan_takes_no_members_address(void **state)
{
	(void)state;
	static const uint8_t own[] = IPV6_LAN(11), nobody[16] = {0}, router[] = IPV6_LOCAL(1);
	struct relay *r = behind(host_mac(1));
	uint8_t f[FRAME_CAP];
	size_t len = frame_nd(f, player_mac(1), 135, nobody, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, host_mac(8), 135, nobody, own);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* nor does a packet from behind the router */
	len = frame_udp_ipv6(f, BROADCAST, host_mac(8), own);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, host_mac(8), 136, router, own);
	f[LP_ETH_HEADER + 7] = 254; /* the hop limit: it has passed a router */
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* nor does an answer of the router, which can be a proxy's */
	len = frame_nd(f, host_mac(1), 136, router, own);
	assert_dropped(peer_frame(r, 0, f, len), LP_DROP_ADDRESS_TAKEN);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	/* a station that uses it does: the LAN's addresses are not the members' */
	len = frame_nd(f, host_mac(8), 135, own, router);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	len = frame_nd(f, player_mac(1), 136, own, own);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

static void N1_a_router_that_answers_for_every_address_takes_no_members(void **state)
{
	(void)state;
	struct relay *r = behind(host_mac(1));
	uint8_t own[FRAME_CAP], proxy[FRAME_CAP];
	size_t len = frame_arp(own, BROADCAST, player_mac(1), player_mac(1), LAN(11), LAN(1));
	size_t proxy_len =
		frame_arp(proxy, player_mac(2), host_mac(1), host_mac(1), LAN(11), LAN(2));
	for (int i = 0; i < 3; i++) {
		assert_passed(peer_frame(r, 1, own, len), LP_ACTION_FLOOD, 2);
		assert_dropped(peer_frame(r, 0, proxy, proxy_len), LP_DROP_ADDRESS_TAKEN);
	}
	relay_at(r, r->now + LP_NEIGHBOUR_IPV4_TTL); /* the member uses it no more */
	assert_passed(peer_frame(r, 0, proxy, proxy_len), LP_ACTION_UNICAST, 1);
	assert_dropped(peer_frame(r, 1, own, len), LP_DROP_ADDRESS_TAKEN);
	/* what it asks with is an address of its own */
	len = frame_arp(own, BROADCAST, player_mac(1), player_mac(1), LAN(12), LAN(1));
	assert_passed(peer_frame(r, 1, own, len), LP_ACTION_FLOOD, 2);
	proxy_len = frame_arp(proxy, BROADCAST, host_mac(1), host_mac(1), LAN(12), LAN(2));
	assert_passed(peer_frame(r, 0, proxy, proxy_len), LP_ACTION_FLOOD, 2);
	assert_dropped(peer_frame(r, 1, own, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

/* It often sends nothing else. */
static void N1_N2_a_quiet_station_that_answers_has_its_addresses(void **state)
{
	(void)state;
	struct relay *r = behind(host_mac(1));
	const uint8_t ipv6[] = IPV6_LAN(8), local[] = IPV6_LOCAL(8);
	uint8_t f[FRAME_CAP];
	size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(8), LAN(1));
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	len = frame_arp(f, player_mac(2), host_mac(8), host_mac(8), LAN(8), LAN(2));
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_UNICAST, 1);
	len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(8), LAN(1));
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	use(r, 1, player_mac(1), ipv6, LP_DROP_NONE);
	len = frame_nd(f, host_mac(8), 136, local, ipv6);
	assert_passed(peer_frame(r, 0, f, len), LP_ACTION_FLOOD, 2);
	use(r, 1, player_mac(1), ipv6, LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
}

static struct lp_lan_report of_host(unsigned n)
{
	return (struct lp_lan_report){.macs = {host_mac(n)},
		.mac_count = 1,
		.ipv4 = {LAN(n)},
		.ipv4_count = 1,
		.ipv6 = {IPV6_LAN((uint8_t)n)},
		.ipv6_count = 1};
}

static void K4_stations_that_the_gateway_tells_of_keep_their_addresses(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	const struct lp_lan_report report = of_host(8);
	uint8_t f[FRAME_CAP];
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	peer_join(r, 1);
	tell(r, &report);
	assert_false(r->peers[0].closed);
	relay_at(r, r->now + 3600 * LP_SECOND);
	size_t len = frame_arp(f, BROADCAST, player_mac(1), player_mac(1), LAN(8), LAN(1));
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_ADDRESS_TAKEN);
	use(r, 1, player_mac(1), report.ipv6[0], LP_DROP_ADDRESS_TAKEN);
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	m.hello.mac = host_mac(8);
	peer_open(r, 2, RELAY_PATH);
	peer_say(r, 2, 0, &m);
	assert_int_equal(r->peers[2].reject, LP_REJECT_MAC_IN_USE);
	relay_free(r);
}

/* After a restart of the relay, somebody else is there first. */
static void K4_a_member_under_a_stations_mac_stays_and_gets_nothing_of_it(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_lan_report report = of_host(8);
	uint8_t f[FRAME_CAP];
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	report.macs[0] = player_mac(1);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	size_t len = frame_udp(f, BROADCAST, player_mac(1), LAN(20), LAN(99), 27015, 100);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 2);
	relay_forget(r);
	tell(r, &report);
	tell(r, &report);
	assert_false(r->peers[1].closed);
	for (int i = 0; i < 3; i++) { /* host, member and the others hear of it, once */
		assert_int_equal(r->peers[i].count, 1);
		assert_int_equal(
			r->peers[i].messages[0].peer_status.peer, r->peers[1].welcome.peer);
		assert_true(r->peers[i].messages[0].peer_status.conflict);
	}
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_CONFLICT);
	assert_dropped(peer_frame(r, 1, f, len), LP_DROP_LOOP);
	peer_take_all(r, 0);
	peer_take_all(r, 1);
	/* nobody can tell who is meant, and a false gateway must not get it either */
	assert_dropped(send_udp(r, 2, player_mac(1), 100), LP_DROP_LOOP);
	assert_dropped(send_udp(r, 0, player_mac(1), 100), LP_DROP_LOOP);
	assert_int_equal(peer_take_all(r, 0) + peer_take_all(r, 1), 0);
	/* it is a member as before when the gateway has left */
	peer_closed(r, 0, LP_LEAVE_NORMAL);
	assert_passed(peer_frame(r, 1, f, len), LP_ACTION_FLOOD, 1);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	relay_free(r);
}

static void N1_a_station_that_was_not_heard_for_hours_gives_its_mac_back(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct lp_lan_report report = of_host(8);
	report.macs[0] = player_mac(1);
	tell(r, &report);
	assert_dropped(send_udp(r, 1, player_mac(2), 100), LP_DROP_LOOP);
	relay_at(r, r->now + LP_NEIGHBOUR_MAC_TTL - 1);
	relay_forget(r);
	assert_dropped(send_udp(r, 1, player_mac(2), 100), LP_DROP_LOOP);
	relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
	assert_passed(send_udp(r, 1, player_mac(2), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_CONFLICT);
	assert_false(r->log[0].begins);
	assert_false(r->peers[2].messages[0].peer_status.conflict);
	relay_free(r);
}

enum {
	HEARD_IPV4,
	HEARD_IPV6,
	TOLD_MACS,
	TOLD_IPV4,
	TOLD_IPV6,
	PROTECTED_MACS,
	PROTECTED_IPV4,
	PROTECTED_IPV6,
	WAYS
};

/* All that the members 1 to 6 have is the LAN's, says the gateway. */
static struct lp_lan_report all_is_mine(int way)
{
	struct lp_lan_report m = {.replaces = way >= PROTECTED_MACS};
	for (unsigned i = 0; i < 6; i++) {
		const uint8_t ipv6[16] = IPV6_LAN((uint8_t)(21 + i));
		m.macs[i] = m.protected.macs[i] = player_mac(1 + i);
		m.ipv4[i] = m.protected.ipv4[i] = LAN(21 + i);
		memcpy(m.ipv6[i], ipv6, sizeof(ipv6));
		memcpy(m.protected.ipv6[i], ipv6, sizeof(ipv6));
	}
	m.mac_count = way == TOLD_MACS ? 6 : 0;
	m.ipv4_count = way == TOLD_IPV4 ? 6 : 0;
	m.ipv6_count = way == TOLD_IPV6 ? 6 : 0;
	m.protected.ipv4_count = way == PROTECTED_IPV4 ? 6 : 0;
	if (way != PROTECTED_MACS)
		memset(m.protected.macs, 0, sizeof(m.protected.macs));
	if (way != PROTECTED_IPV6)
		memset(m.protected.ipv6, 0, sizeof(m.protected.ipv6));
	return m;
}

/* In a report, or as stations of the LAN would. */
static void say_so(struct relay *r, int way, const struct lp_lan_report *report)
{
	uint8_t f[FRAME_CAP];
	for (unsigned i = 0; i < 6 && way <= HEARD_IPV6; i++) {
		size_t len = way == HEARD_IPV4 ? frame_arp(f, BROADCAST, host_mac(8), host_mac(8),
							 report->ipv4[i], LAN(1))
					       : frame_nd(f, host_mac(8), 135, report->ipv6[i],
							 (const uint8_t[16])IPV6_LAN(1));
		peer_frame(r, 0, f, len);
	}
	if (way > HEARD_IPV6)
		tell(r, report);
}

/* How many of the members 1 to 6 can still use their addresses. */
static unsigned free_members(struct relay *r)
{
	uint8_t f[FRAME_CAP];
	unsigned count = 0;
	for (int i = 1; i <= 6; i++) {
		const uint8_t ipv6[16] = IPV6_LAN((uint8_t)(20 + i));
		struct lp_mac mac = player_mac((unsigned)i);
		size_t len = frame_arp(f, BROADCAST, mac, mac, LAN(20 + (unsigned)i), LAN(1));
		bool good = peer_frame(r, i, f, len).drop == LP_DROP_NONE;
		len = frame_nd(f, mac, 136, ipv6, ipv6);
		count += peer_frame(r, i, f, len).drop == LP_DROP_NONE && good;
	}
	return count;
}

/* Whoever has the code can be the gateway: it must not take everything from everybody at once. */
static void N1_a_gateways_word_takes_two_things_and_then_one_per_minute(void **state)
{
	(void)state;
	for (int way = 0; way < WAYS; way++) {
		struct relay *r = with_peers(0, 6);
		const struct lp_lan_report report = all_is_mine(way);
		assert_int_equal(free_members(r), 6);
		for (int i = 0; i < 5; i++)
			say_so(r, way, &report);
		assert_int_equal(free_members(r), 4);
		relay_at(r, r->now + 40 * LP_SECOND);
		assert_int_equal(free_members(r), 4);
		say_so(r, way, &report);
		assert_int_equal(free_members(r), 4);
		relay_at(r, r->now + 20 * LP_SECOND);
		say_so(r, way, &report);
		assert_int_equal(free_members(r), 3);
		relay_free(r);
	}
}

/* The hello of a gateway whose router has the addresses of the members 1 to 6 (all_is_mine). */
static void joins_behind_such_a_router(struct relay *r)
{
	const struct lp_lan_report four = all_is_mine(PROTECTED_IPV4),
				   six = all_is_mine(PROTECTED_IPV6);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	m.hello.protected = four.protected;
	memcpy(m.hello.protected.ipv6, six.protected.ipv6, sizeof(six.protected.ipv6));
	peer_open(r, 0, RELAY_PATH);
	peer_say(r, 0, 0, &m);
	assert_true(r->peers[0].welcomed);
}

/* Whether member i can have the n-th of the addresses. */
static bool has(struct relay *r, int i, unsigned n)
{
	uint8_t f[FRAME_CAP];
	const uint8_t ipv6[16] = IPV6_LAN((uint8_t)(20 + n));
	struct lp_mac mac = player_mac((unsigned)i);
	size_t len = frame_arp(f, BROADCAST, mac, mac, LAN(20 + n), LAN(1));
	bool four = peer_frame(r, i, f, len).drop == LP_DROP_NONE;
	len = frame_nd(f, mac, 136, ipv6, ipv6);
	return peer_frame(r, i, f, len).drop == LP_DROP_NONE || four;
}

static void N1_a_member_keeps_none_of_the_routers_addresses(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	for (unsigned n = 1; n <= 6; n++)
		has(r, 1, n);
	joins_behind_such_a_router(r);
	for (unsigned n = 1; n <= 6; n++)
		assert_false(has(r, 1, n));
	relay_free(r);
}

static void N1_the_routers_addresses_are_taken_as_soon_as_it_is_allowed(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 6);
	assert_int_equal(free_members(r), 6);
	joins_behind_such_a_router(r);
	for (unsigned left = 4; left > 0; left--) {
		for (int i = 0; i < 2; i++) { /* they use them on and on */
			assert_int_equal(free_members(r), left);
			relay_at(r, r->now + 30 * LP_SECOND);
		}
	}
	assert_int_equal(free_members(r), 0);
	relay_free(r);
}

static void N1_a_router_is_replaced_and_nothing_is_restarted(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_lan_report report = {.replaces = true,
		.protected = {.ipv4 = {LAN(1)}, .ipv4_count = 1, .macs = {host_mac(1)}}};
	struct lp_control m = peer_hello(2, LP_ROLE_CLIENT);
	peer_join_as(r, 0, LP_CAPS_KNOWN);
	for (unsigned router = 1; router <= 2; router++) {
		report.protected.macs[0] = host_mac(router);
		tell(r, &report);
		m.hello.mac = host_mac(router);
		peer_open(r, 2, RELAY_PATH);
		peer_say(r, 2, 0, &m);
		assert_int_equal(r->peers[2].reject, LP_REJECT_MAC_IN_USE);
	}
	m.hello.mac = host_mac(1);
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_true(r->peers[3].welcomed);
	relay_free(r);
}

static void K4_only_a_gateway_tells_of_a_lan(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 1);
	struct lp_control m = {.type = LP_LAN, .lan = of_host(8)};
	peer_message(r, 1, &m);
	relay_drain(r);
	assert_true(r->peers[1].closed);
	assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N2_ipv6_addresses_of_others_cannot_be_used),
		cmocka_unit_test(N2_an_address_that_a_station_tries_is_no_members_meanwhile),
		cmocka_unit_test(N2_so_is_one_that_it_asks_the_DHCP_server_for),
		cmocka_unit_test(N2_so_is_one_that_the_DHCP_server_offers),
		cmocka_unit_test(N2_a_member_has_few_new_addresses_at_once),
		cmocka_unit_test(N2_a_question_of_the_lan_takes_no_members_address),
		cmocka_unit_test(K4_stations_that_the_gateway_tells_of_keep_their_addresses),
		cmocka_unit_test(K4_a_member_under_a_stations_mac_stays_and_gets_nothing_of_it),
		cmocka_unit_test(N1_a_router_that_answers_for_every_address_takes_no_members),
		cmocka_unit_test(N1_N2_a_quiet_station_that_answers_has_its_addresses),
		cmocka_unit_test(N1_a_station_that_was_not_heard_for_hours_gives_its_mac_back),
		cmocka_unit_test(N1_a_gateways_word_takes_two_things_and_then_one_per_minute),
		cmocka_unit_test(N1_a_member_keeps_none_of_the_routers_addresses),
		cmocka_unit_test(N1_the_routers_addresses_are_taken_as_soon_as_it_is_allowed),
		cmocka_unit_test(N1_a_router_is_replaced_and_nothing_is_restarted),
		cmocka_unit_test(K4_only_a_gateway_tells_of_a_lan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
