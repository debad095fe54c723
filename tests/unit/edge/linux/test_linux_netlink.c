/* What programs ask of the system's interfaces, and what they change. lan0 and host0 are a cable. */
#include "linux_addresses.h"

#include <errno.h>
#include <net/if.h>

#include "lanparty/edge/linux/netlink.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IPV4(a, b, c, d)                                                                           \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static struct lp_interface found(const char *name)
{
	struct lp_interface i;
	assert_int_equal(lp_netlink_find(name, &i), 0);
	return i;
}

static int index_of(const char *name)
{
	return found(name).index;
}

static void an_interface_is_described_by_name_and_by_index(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link set lan0 mtu 1400 && ip link add br9 type bridge && ip link set host0 master "
	    "br9");
	struct lp_interface lan = found("lan0"), again, bridge = found("br9"),
			    host = found("host0");
	assert_int_equal(lan.index, (int)if_nametoindex("lan0"));
	assert_int_equal(lan.mtu, 1400);
	assert_true(lan.is_up && lan.is_ethernet && !lan.is_loopback);
	assert_string_equal(lan.kind, "veth");
	assert_int_equal(lan.master, 0);
	assert_int_equal(lp_netlink_find_index(lan.index, &again), 0);
	assert_string_equal(again.name, "lan0");
	assert_int_equal(again.mtu, 1400);
	assert_string_equal(bridge.kind, "bridge");
	assert_false(bridge.is_up);
	assert_int_equal(host.master, bridge.index);
	assert_true(found("lo").is_loopback && !found("lo").is_ethernet);
	run("ip link del br9");
}

static void a_bridge_and_its_ports_are_described(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link add br9 type bridge stp_state 1 forward_delay 500 nf_call_iptables 1 && "
	    "ip link set br9 up && ip link set lan0 master br9");
	struct lp_interface bridge = found("br9"), port = found("lan0");
	assert_true(bridge.bridge.spanning_tree && bridge.bridge.calls_iptables);
	assert_false(bridge.bridge.filters_vlans || bridge.bridge.calls_ip6tables);
	assert_int_equal(bridge.bridge.forward_delay, 5 * LP_SECOND);
	assert_string_equal(port.master_kind, "bridge");
	assert_string_equal(port.kind, "veth");
	assert_int_equal(port.port.state, LP_PORT_LISTENING);
	assert_true(port.port.timer > 2 * LP_SECOND && port.port.timer <= 5 * LP_SECOND);
	run("ip link set br9 type bridge stp_state 0; ip link set lan0 nomaster; "
	    "ip link set lan0 master br9");
	assert_false(found("br9").bridge.spanning_tree);
	assert_int_equal(found("lan0").port.state, LP_PORT_FORWARDING);
	run("ip link del br9");
}

static void a_carrier_is_counted_when_it_comes_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint32_t before = found("lan0").carriers;
	assert_true(found("lan0").has_carrier);
	run("ip link set host0 down");
	assert_false(found("lan0").has_carrier);
	run("ip link set host0 up");
	await_link("lan0");
	assert_true(found("lan0").has_carrier);
	assert_int_equal(found("lan0").carriers, before + 1);
}

static void changes_are_noticed_once(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	int watch = lp_netlink_watch(LP_NEWS_LINKS);
	assert_true(watch >= 0);
	assert_false(lp_netlink_has_changed(watch));
	run("ip link set lan0 mtu 1400");
	assert_true(lp_netlink_has_changed(watch));
	assert_false(lp_netlink_has_changed(watch));
	close(watch);
}

static void what_is_not_there_is_said_to_be_missing(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_interface i = {.index = 77};
	static const char *const names[] = {"nothing0", "", "a-name-of-more-than-15-characters"};
	for (size_t n = 0; n < COUNT(names); n++)
		assert_int_equal(lp_netlink_find(names[n], &i), ENODEV);
	assert_int_equal(lp_netlink_find_index(0, &i), ENODEV);
	assert_int_equal(lp_netlink_find_index(-1, &i), ENODEV);
	assert_int_equal(lp_netlink_find_index(123456, &i), ENODEV);
	assert_int_equal(i.index, 77);
}

static void a_deleted_interface_is_known_to_be_gone(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link add br9 type bridge");
	int index = index_of("br9");
	assert_false(lp_netlink_is_deleted(index));
	run("ip link set br9 name br10"); /* renamed is not gone */
	assert_false(lp_netlink_is_deleted(index));
	run("ip link del br10");
	assert_true(lp_netlink_is_deleted(index));
}

static void note_name(void *context, const struct lp_interface *interface)
{
	char *names = context;
	strcat(names, interface->name);
	strcat(names, " ");
}

static void all_interfaces_are_listed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	char names[1024] = "";
	assert_int_equal(lp_netlink_list(note_name, names), 0);
	assert_non_null(strstr(names, "lo "));
	assert_non_null(strstr(names, "lan0 "));
	assert_non_null(strstr(names, "host0 "));
}

static void changes_are_made_in_one_message(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const struct lp_mac mac = {{MEMBER}};
	run("ip link set lan0 down && ip link add br9 type bridge && ip link set br9 up");
	const struct lp_interface_change change = {
		.mac = &mac, .mtu = 1300, .master = index_of("br9"), .up = true};
	assert_int_equal(lp_netlink_change(index_of("lan0"), &change), 0);
	assert_true(output_has("ip link show lan0", MEMBER_TEXT));
	assert_true(output_has("ip link show lan0", "mtu 1300"));
	assert_true(output_has("ip link show lan0", "master br9"));
	assert_true(found("lan0").is_up);
	const struct lp_interface_change mtu_alone = {.mtu = 1350};
	assert_int_equal(lp_netlink_change(index_of("lan0"), &mtu_alone), 0);
	assert_true(found("lan0").is_up && found("lan0").master == index_of("br9"));
	assert_true(output_has("ip link show lan0", MEMBER_TEXT));
	run("ip link del br9");
}

static void a_refused_change_has_the_kernels_reason(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const struct lp_interface_change tiny = {.mtu = 20};
	const struct lp_interface_change no_bridge = {.master = index_of("host0")};
	assert_int_equal(lp_netlink_change(index_of("lan0"), &tiny), EINVAL);
	assert_int_not_equal(lp_netlink_change(index_of("lan0"), &no_bridge), 0);
	assert_int_equal(
		lp_netlink_change(123456, &(struct lp_interface_change){.up = true}), ENODEV);
}

static void a_bridge_port_gets_every_group_and_nothing_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link add br9 type bridge && ip link set lan0 master br9 && "
	    "ip link set lan0 type bridge_slave hairpin on");
	assert_int_equal(lp_netlink_set_bridge_port(index_of("lan0")), 0);
	assert_true(output_has("ip -d link show lan0", "hairpin off"));
	assert_true(output_has("ip -d link show lan0", "mcast_router 2") ||
		    output_has("ip -d link show lan0", "multicast_router 2"));
	assert_int_not_equal(lp_netlink_set_bridge_port(index_of("host0")), 0);
	run("ip link del br9");
}

static void an_address_comes_with_its_prefix_and_broadcast_at_once(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const struct {
		uint32_t address;
		unsigned prefix;
		const char *text;
	} rows[] = {
		{IPV4(10, 1, 2, 3), 16, "10.1.2.3/16 brd 10.1.255.255;"},
		{IPV4(10, 1, 2, 3), 8, "10.1.2.3/8 brd 10.255.255.255;"},
		{IPV4(172, 16, 0, 9), 30, "172.16.0.9/30 brd 172.16.0.11;"},
		{IPV4(172, 16, 0, 9), 31, "172.16.0.9/31 brd none;"},
		{IPV4(172, 16, 0, 9), 32, "172.16.0.9/32 brd none;"},
	};
	int watch = watch_addresses(), lan = index_of("lan0");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char events[EVENTS_TEXT];
		assert_int_equal(lp_netlink_add_ipv4(lan, rows[i].address, rows[i].prefix), 0);
		assert_int_equal(lp_netlink_add_ipv4(lan, rows[i].address, rows[i].prefix), EEXIST);
		read_events(watch, events);
		assert_int_equal(events[0], '+');
		assert_string_equal(events + 1, rows[i].text);
		assert_int_equal(lp_netlink_remove_ipv4(lan, rows[i].address, rows[i].prefix), 0);
		read_events(watch, events);
		assert_int_equal(events[0], '-');
		assert_string_equal(events + 1, rows[i].text);
	}
	assert_int_equal(lp_netlink_remove_ipv4(lan, IPV4(10, 1, 2, 3), 16), EADDRNOTAVAIL);
	close(watch);
}

static void a_route_comes_before_those_of_other_interfaces(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	int lan = index_of("lan0");
	run("ip address add 192.0.2.1/24 dev lan0 && ip address add 192.0.2.2/24 dev host0 && "
	    "ip route add 224.0.0.0/4 dev host0");
	assert_int_equal(lp_netlink_add_route(lan, IPV4(224, 0, 0, 0), 4, 0), 0);
	assert_int_equal(lp_netlink_add_route(lan, IPV4(224, 0, 0, 0), 4, 0), EEXIST);
	assert_true(output_has("ip route get 239.1.2.3", "dev lan0"));
	assert_int_not_equal(lp_netlink_add_route(lan, IPV4(224, 0, 0, 1), 4, 0), 0);
}

static bool has(const uint32_t *list, size_t count, uint32_t wanted)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == wanted)
			return true;
	return false;
}

static void an_interfaces_own_addresses_are_listed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint32_t list[4];
	run("ip address add 192.0.2.1/24 dev lan0 && ip address add 192.0.2.9/24 dev lan0 "
	    "label lan0:1 && ip address add 10.0.0.1 peer 10.0.0.2 dev lan0 && "
	    "ip address add 198.51.100.1/24 dev host0");
	assert_int_equal(lp_netlink_ipv4_addresses(index_of("lan0"), list, COUNT(list)), 3);
	assert_true(has(list, 3, IPV4(192, 0, 2, 1)));
	assert_true(has(list, 3, IPV4(192, 0, 2, 9)));
	assert_true(has(list, 3, IPV4(10, 0, 0, 1)));
	assert_int_equal(lp_netlink_ipv4_addresses(index_of("lan0"), list, 2), 2);
	assert_int_equal(lp_netlink_ipv4_addresses(index_of("lan0"), list, 0), 0);
}

static void the_routers_of_default_routes_are_listed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint32_t list[4];
	run("ip address add 192.0.2.1/24 dev lan0 && ip address add 198.51.100.1/24 dev host0 && "
	    "ip route add default metric 10 nexthop via 192.0.2.250 dev lan0 nexthop via "
	    "198.51.100.250 dev host0 && ip route add default metric 20 via 192.0.2.251 && "
	    "ip route add 203.0.113.0/24 via 192.0.2.252 && "
	    "ip route add default dev lan0 metric 30");
	assert_int_equal(lp_netlink_ipv4_routers(index_of("lan0"), list, COUNT(list)), 2);
	assert_true(has(list, 2, IPV4(192, 0, 2, 250)));
	assert_true(has(list, 2, IPV4(192, 0, 2, 251)));
	assert_int_equal(lp_netlink_ipv4_routers(index_of("host0"), list, COUNT(list)), 1);
	assert_int_equal(list[0], IPV4(198, 51, 100, 250));
}

static bool has_ipv6(uint8_t (*list)[16], size_t count, const char *wanted)
{
	uint8_t address[16];
	assert_int_equal(inet_pton(AF_INET6, wanted, address), 1);
	for (size_t i = 0; i < count; i++)
		if (memcmp(list[i], address, sizeof(address)) == 0)
			return true;
	return false;
}

static void N2_ipv6_addresses_and_routers_are_listed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint8_t list[8][16], router[16];
	const struct lp_mac expected = {{2, 0, 0, 0, 0, 1}};
	struct lp_mac mac;
	run("echo 0 | tee /proc/sys/net/ipv6/conf/*0/disable_ipv6 >/dev/null && "
	    "ip address add fd77::1/64 dev lan0 nodad && ip address add fd77::2/64 dev lan0 nodad "
	    "&& ip address add fd78::1/64 dev host0 nodad && "
	    "ip -6 route add default via fe80::1 dev lan0 metric 9 && "
	    "ip -6 route add fd79::/64 via fe80::2 dev lan0 && "
	    "ip -6 neigh add fe80::1 lladdr 02:00:00:00:00:01 dev lan0");
	size_t count = lp_netlink_ipv6_addresses(index_of("lan0"), list, COUNT(list));
	assert_true(has_ipv6(list, count, "fd77::1") && has_ipv6(list, count, "fd77::2"));
	assert_false(has_ipv6(list, count, "fd78::1"));
	assert_int_equal(lp_netlink_ipv6_addresses(index_of("lan0"), list, 1), 1);
	assert_int_equal(lp_netlink_ipv6_addresses(index_of("lan0"), list, 0), 0);
	assert_int_equal(lp_netlink_ipv6_routers(index_of("lan0"), list, COUNT(list)), 1);
	assert_true(has_ipv6(list, 1, "fe80::1"));
	assert_int_equal(lp_netlink_ipv6_routers(index_of("host0"), list, COUNT(list)), 0);
	inet_pton(AF_INET6, "fe80::1", router);
	assert_true(lp_netlink_neighbour_ipv6(index_of("lan0"), router, &mac));
	assert_true(lp_mac_equal(&mac, &expected));
	router[15] = 9;
	assert_false(lp_netlink_neighbour_ipv6(index_of("lan0"), router, &mac));
}

static bool is_readable(int fd, int milliseconds)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, milliseconds) == 1;
}

static void N1_news_of_addresses_routes_and_neighbours_arrive(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const char *const changes[] = {"ip address add 192.0.2.1/24 dev lan0",
		"ip route add default via 192.0.2.250 dev lan0",
		"ip neigh add 192.0.2.250 lladdr 02:00:00:00:00:01 dev lan0",
		"ip address add fd77::1/64 dev lan0 nodad",
		"ip -6 route add default via fe80::1 dev lan0",
		"ip link set lan0 address 02:00:00:00:00:09"};
	run("echo 0 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6");
	assert_int_equal(seteuid(65534), 0);
	int fd = lp_netlink_watch(LP_NEWS_NEIGHBOURS);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);
	for (size_t i = 0; i < COUNT(changes); i++) {
		lp_netlink_has_changed(fd);
		run(changes[i]);
		if (!is_readable(fd, 1000))
			fail_msg("%s", changes[i]);
	}
	close(fd);
}

static void changes_need_a_privilege_and_reading_does_not(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	int lan = index_of("lan0");
	assert_int_equal(seteuid(65534), 0);
	int change = lp_netlink_change(lan, &(struct lp_interface_change){.mtu = 1400});
	int address = lp_netlink_add_ipv4(lan, IPV4(192, 0, 2, 1), 24);
	bool deleted = lp_netlink_is_deleted(lan);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(change, EPERM);
	assert_int_equal(address, EPERM);
	assert_false(deleted);
}

#define NETLINK_TEST(function) cmocka_unit_test_setup_teardown(function, lay_cable, pull_cable)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETLINK_TEST(an_interface_is_described_by_name_and_by_index),
		NETLINK_TEST(a_bridge_and_its_ports_are_described),
		NETLINK_TEST(a_carrier_is_counted_when_it_comes_back),
		NETLINK_TEST(changes_are_noticed_once),
		NETLINK_TEST(what_is_not_there_is_said_to_be_missing),
		NETLINK_TEST(a_deleted_interface_is_known_to_be_gone),
		NETLINK_TEST(all_interfaces_are_listed),
		NETLINK_TEST(changes_are_made_in_one_message),
		NETLINK_TEST(a_refused_change_has_the_kernels_reason),
		NETLINK_TEST(a_bridge_port_gets_every_group_and_nothing_back),
		NETLINK_TEST(an_address_comes_with_its_prefix_and_broadcast_at_once),
		NETLINK_TEST(a_route_comes_before_those_of_other_interfaces),
		NETLINK_TEST(an_interfaces_own_addresses_are_listed),
		NETLINK_TEST(the_routers_of_default_routes_are_listed),
		NETLINK_TEST(N2_ipv6_addresses_and_routers_are_listed),
		NETLINK_TEST(N1_news_of_addresses_routes_and_neighbours_arrive),
		NETLINK_TEST(changes_need_a_privilege_and_reading_does_not),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
