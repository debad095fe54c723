/* Row N5: what a Linux computer has without the room. host0 plays the room's interface. */
#include "linux_addresses.h"

#include <net/if.h>

#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/own.h"
#include "temporary.h"

static struct lp_prefix prefix_of(const char *text, unsigned length)
{
	uint8_t b[LP_PREFIX_BYTES];
	if (inet_pton(AF_INET6, text, b) == 1)
		return lp_prefix_ipv6(b, length);
	assert_int_equal(inet_pton(AF_INET, text, b), 1);
	return lp_prefix_ipv4(
		(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], length);
}

static bool has(
	const struct lp_own_list *own, enum lp_own_kind kind, const char *text, unsigned length)
{
	struct lp_prefix wanted = prefix_of(text, length);
	for (size_t i = 0; i < own->count; i++) {
		const struct lp_own *o = &own->list[i];
		if (o->kind == kind && o->prefix.length == wanted.length &&
			lp_prefix_same_address(&o->prefix, &wanted))
			return true;
	}
	return false;
}

static int index_of(const char *name)
{
	return (int)if_nametoindex(name);
}

/* The LAN of these tests has no IPv6. */
static void enable_ipv6(void)
{
	write_text("/proc/sys/net/ipv6/conf/lan0/disable_ipv6", "0");
	write_text("/proc/sys/net/ipv6/conf/host0/disable_ipv6", "0");
}

static void networks_and_routers_are_listed_but_those_of_the_room(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_own_list own = {0};
	enable_ipv6();
	run("ip address add 192.0.2.10/24 dev lan0 && ip route add 10.0.0.0/8 via 192.0.2.1 && "
	    "ip route add default via 192.0.2.1 && ip -6 address add 2001:db8::10/64 dev lan0 "
	    "nodad && "
	    "ip -6 route add fd00:1::/48 via 2001:db8::1 && "
	    "ip address add 198.51.100.7/24 dev host0 && ip -6 address add fd99::7/64 dev host0 "
	    "nodad");
	bool whole;
	assert_true(lp_own_read(index_of("host0"), &own, &whole));
	assert_true(whole);
	assert_true(has(&own, LP_OWN_NETWORK, "192.0.2.10", 24));
	assert_true(has(&own, LP_OWN_NETWORK, "10.0.0.0", 8));
	assert_true(has(&own, LP_OWN_ROUTER, "192.0.2.1", 32));
	assert_true(has(&own, LP_OWN_NETWORK, "2001:db8::10", 64));
	assert_true(has(&own, LP_OWN_NETWORK, "fd00:1::", 48));
	assert_true(has(&own, LP_OWN_ROUTER, "2001:db8::1", 128));
	const struct lp_prefix others[] = {prefix_of("198.51.100.0", 24), prefix_of("fd99::", 64),
		prefix_of("127.0.0.0", 8), prefix_of("fe80::", 10)};
	for (size_t i = 0; i < own.count; i++)
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			assert_false(lp_prefix_overlaps(&own.list[i].prefix, &others[k]));
	run("ip address flush dev lan0 && ip address flush dev host0");
}

static struct lp_address relay(const char *text)
{
	struct lp_address a = {.len = sizeof(a.in)};
	a.in.sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, text, &a.in.sin_addr), 1);
	return a;
}

static void routes_of_several_routers_are_listed_too(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_own_list own = {0};
	bool whole;
	const struct lp_address to = relay("203.0.113.5");
	run("ip address add 192.0.2.10/24 dev lan0 && ip address add 198.51.100.7/24 dev host0 && "
	    "ip route add 10.0.0.0/8 nexthop via 192.0.2.1 nexthop via 192.0.2.2 && "
	    "ip route add 172.16.0.0/12 nexthop via 198.51.100.1 nexthop via 198.51.100.2 && "
	    "ip route add default nexthop via 192.0.2.1 nexthop via 192.0.2.2");
	assert_true(lp_own_read(index_of("host0"), &own, &whole));
	assert_true(has(&own, LP_OWN_NETWORK, "10.0.0.0", 8));
	assert_false(has(&own, LP_OWN_NETWORK, "172.16.0.0", 12)); /* the room's */
	assert_true(has(&own, LP_OWN_ROUTER, "192.0.2.1", 32));
	assert_true(has(&own, LP_OWN_ROUTER, "192.0.2.2", 32));
	assert_false(has(&own, LP_OWN_ROUTER, "198.51.100.1", 32));
	run("ip address add 203.0.113.60/24 dev host0");
	assert_int_equal(lp_own_way(&to, index_of("host0")), index_of("lan0"));
	run("ip address flush dev lan0 && ip address flush dev host0");
}

/* Without the compatibility mode, such a route names its object and no interface. */
static void a_route_by_a_nexthop_object_is_listed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_own_list own = {0};
	bool whole;
	write_text("/proc/sys/net/ipv4/nexthop_compat_mode", "0");
	run("ip address add 192.0.2.10/24 dev lan0 && "
	    "ip nexthop add id 7 via 192.0.2.1 dev lan0 && ip route add 10.0.0.0/8 nhid 7");
	assert_true(lp_own_read(index_of("host0"), &own, &whole));
	assert_true(has(&own, LP_OWN_NETWORK, "10.0.0.0", 8));
	run("ip nexthop del id 7 && ip address flush dev lan0");
}

static void name_servers_are_listed_but_one_on_this_computer(void **state)
{
	(void)state;
	static const struct {
		const char *text, *server;
		unsigned length;
		bool stub;
	} rows[] = {
		{"search lan\nnameserver 9.9.9.9\n", "9.9.9.9", 32, false},
		{"  nameserver\t2620:fe::fe\n", "2620:fe::fe", 128, false},
		{"nameserver fe80::1%eth0\n", "fe80::1", 128, false},
		{"nameserver 127.0.0.53\noptions edns0\n", NULL, 0, true},
		{"nameserver ::1\n", NULL, 0, true},
		{"nameserver nonsense\n#nameserver 1.1.1.1\n", NULL, 0, false},
		{"", NULL, 0, false},
	};
	char path[TEMPORARY_PATH];
	int fd = temporary_file(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_own_list own = {0};
		write_text(path, rows[i].text);
		assert_int_equal(lp_own_read_name_servers(path, &own), rows[i].stub);
		assert_int_equal(own.count, rows[i].server != NULL);
		if (rows[i].server)
			assert_true(has(&own, LP_OWN_NAME_SERVER, rows[i].server, rows[i].length));
	}
	unlink(path);
	struct lp_own_list own = {0};
	assert_false(lp_own_read_name_servers(path, &own));
	assert_int_equal(own.count, 0);
}

static struct lp_address relay6(const char *text)
{
	struct lp_address a = {.len = sizeof(a.in6)};
	a.in6.sin6_family = AF_INET6;
	assert_int_equal(inet_pton(AF_INET6, text, &a.in6.sin6_addr), 1);
	return a;
}

static void the_way_to_the_relay_is_the_best_one_outside_the_room(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enable_ipv6();
	int room = index_of("host0");
	const struct lp_address to = relay("203.0.113.5"), to6 = relay6("2001:db8:5::5");
	assert_int_equal(lp_own_way(&to, room), 0); /* no way at all */
	run("ip address add 192.0.2.10/24 dev lan0 && ip route add default via 192.0.2.1 metric "
	    "100");
	assert_int_equal(lp_own_way(&to, room), 0); /* the system's way is good */
	run("ip address add 203.0.113.60/24 dev host0");
	assert_int_equal(lp_own_way(&to, room), index_of("lan0"));
	run("ip link add uplink1 up type veth peer name uplink2 && ip link set uplink2 up && ip "
	    "address add 198.51.100.10/24 dev uplink1 && "
	    "ip route add default via 198.51.100.1 metric 50");
	assert_int_equal(lp_own_way(&to, room), index_of("uplink1")); /* the better metric */
	run("ip route add 203.0.0.0/16 via 192.0.2.1");
	assert_int_equal(lp_own_way(&to, room), index_of("lan0")); /* the longer prefix */
	run("ip link del uplink1 && ip address flush dev lan0");
	assert_int_equal(lp_own_way(&to, room), 0);
	run("ip -6 address add 2001:db8:1::10/64 dev lan0 nodad && ip -6 route add default via "
	    "2001:db8:1::1 && ip -6 address add 2001:db8:5::60/64 dev host0 nodad");
	assert_int_equal(lp_own_way(&to6, room), index_of("lan0"));
	run("ip address flush dev host0 && ip address flush dev lan0");
}

static bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static void a_change_is_noticed_once(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	int fd = lp_netlink_watch(LP_NEWS_ADDRESSES);
	assert_true(fd >= 0);
	lp_netlink_has_changed(fd);
	assert_false(is_readable(fd));
	run("ip address add 192.0.2.10/24 dev lan0");
	assert_true(is_readable(fd));
	lp_netlink_has_changed(fd);
	assert_false(is_readable(fd));
	run("ip route add 10.0.0.0/8 via 192.0.2.1");
	assert_true(is_readable(fd));
	close(fd);
	run("ip address flush dev lan0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAN_TEST(networks_and_routers_are_listed_but_those_of_the_room),
		LAN_TEST(routes_of_several_routers_are_listed_too),
		LAN_TEST(a_route_by_a_nexthop_object_is_listed),
		cmocka_unit_test(name_servers_are_listed_but_one_on_this_computer),
		LAN_TEST(the_way_to_the_relay_is_the_best_one_outside_the_room),
		LAN_TEST(a_change_is_noticed_once),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
