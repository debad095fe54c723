/* Row P3: the gateway's bridge port works as a port of a real Linux bridge. */
#include "linux_lan.h"

#include <netinet/udp.h>
#include <sys/wait.h>

#include "ports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct seen seen;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	return is_refused(fd) ? -1 : __real_write(fd, bytes, len);
}

/* br0 with the gateway host's address, and the cable to host0. */
static int build_bridge(void **state)
{
	lay_cable(state);
	if (in_namespace)
		run("ip link add br0 type bridge && ip link set lan0 master br0 && "
		    "ip link set br0 up && ip addr add 192.0.2.1/24 dev br0 && "
		    "ip neigh add 192.0.2.2 lladdr " MEMBER_TEXT " dev br0");
	return 0;
}

static int remove_bridge(void **state)
{
	close_port();
	if (in_namespace)
		run("ip link del br0");
	return pull_cable(state);
}

static struct lp_port *open_port(void)
{
	return open_up(lp_bridge_port_open, "br0");
}

static void frames_cross_in_both_directions_without_echo_P3(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t out[60] = {BROADCAST, MEMBER, TEST_TYPE, 'o'};
	uint8_t in[1514] = {MEMBER, STATION, TEST_TYPE, 'i'};
	struct lp_port *port = open_port();
	int host = open_host("host0", false);
	assert_true(port->ops->write(port, out, sizeof(out)));
	assert_true(host_gets(host, out, sizeof(out)));
	send_frame(host, in, sizeof(in));
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_int_equal(seen.frames[0].len, sizeof(in));
	assert_memory_equal(seen.frames[0].bytes, in, sizeof(in));
	expect_only_the_marker(port, host, &seen);
	close(host);
	close_port();
}

/* The rest of a burst costs no system calls. */
static void a_full_port_is_tried_once_per_wake_up(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	expect_one_try_per_wake_up(open_port());
	close_port();
}

/* Packet mode does not support this. */
static void the_gateway_host_itself_can_be_reached(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t request[60] = {BROADCAST, MEMBER, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, MEMBER,
		192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
	struct lp_port *port = open_port();
	assert_true(port->ops->write(port, request, sizeof(request)));
	assert_int_equal(read_port(port, &seen, 1), 1);
	const uint8_t *reply = seen.frames[0].bytes;
	assert_memory_equal(reply, member.b, sizeof(member.b));
	assert_memory_equal(reply + 12, ((uint8_t[]){0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2}), 10);
	assert_memory_equal(reply + 28, ((uint8_t[]){192, 0, 2, 1}), 4);
	close_port();
}

static void the_kernel_completes_the_hosts_offloaded_frames(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const uint8_t data[3500];
	struct lp_port *port = open_port();
	int udp = connect_to_member();
	assert_int_equal(setsockopt(udp, SOL_UDP, UDP_SEGMENT, &(int){1000}, sizeof(int)), 0);
	send_frame(udp, data, sizeof(data));
	/* The kernel sends frames of its own on a new interface, such as MLD reports. */
	read_port(port, &seen, 8);
	size_t segments = 0;
	for (size_t i = 0; i < seen.count; i++) {
		if (seen.frames[i].bytes[12] != 0x08 || seen.frames[i].bytes[23] != IPPROTO_UDP)
			continue;
		assert_int_equal(seen.frames[i].len, 42 + (segments < 3 ? 1000 : 500));
		assert_int_equal(transport_sum(seen.frames[i].bytes, seen.frames[i].len), 0xffff);
		segments++;
	}
	assert_int_equal(segments, 4);
	close(udp);
	close_port();
}

/* A bridge with IGMP snooping and a querier would not forward groups without listeners to its
 * ports. */
static void multicast_without_listeners_arrives(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t search[60] = {0x01, 0x00, 0x5e, 1, 2, 3, STATION, 0x08, 0x00, 0x45, 0, 0, 46,
		0, 0, 0, 0, 1, 17, 0x06, 0xb8, 192, 0, 2, 3, 239, 1, 2, 3};
	/* Two join messages of other hosts make the bridge prune ports without listeners. */
	run("ip link set br0 type bridge mcast_snooping 1 mcast_querier 1 "
	    "mcast_query_response_interval 1 mcast_startup_query_interval 1");
	struct lp_port *port = open_port();
	int host = open_host("host0", false);
	assert_true(output_has("bridge -d link show", "mcast_router 2") ||
		    output_has("ip -d link show", "mcast_router 2") ||
		    output_has("ip -d link show", "multicast_router 2"));
	poll(NULL, 0, 200);
	send_frame(host, search, sizeof(search));
	bool arrived = false;
	read_port(port, &seen, 4);
	for (size_t i = 0; i < seen.count; i++)
		arrived |= memcmp(seen.frames[i].bytes, search, 34) == 0;
	assert_true(arrived);
	close(host);
	close_port();
}

static const struct {
	uint8_t frame[60];
	const char *story;
} foreign[] = {
	{{OTHER, STATION, TEST_TYPE}, "unknown to the bridge, but no member"},
	{{BROADCAST, STATION, 0x81, 0x00, 0x00, 0x05, TEST_TYPE}, "of VLAN 5"},
	{{BROADCAST, STATION, 0x88, 0xcc}, "LLDP"},
};

static void frames_for_no_member_stay_out(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port();
	int host = open_host("host0", false);
	for (size_t i = 0; i < COUNT(foreign); i++) {
		send_frame(host, foreign[i].frame, sizeof(foreign[i].frame));
		expect_only_the_marker(port, host, &seen);
	}
	/* the tunnel looks at those with a member's MAC, and drops them */
	const uint8_t twin[60] = {BROADCAST, MEMBER, TEST_TYPE};
	send_frame(host, twin, sizeof(twin));
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_memory_equal(seen.frames[0].bytes, twin, sizeof(twin));
	close(host);
	close_port();
}

static void a_priority_tag_is_removed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	expect_no_tag(open_port());
	close_port();
}

static void the_bridge_is_left_unchanged(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link set br0 mtu 1400");
	const char *note =
		"cat /proc/net/if_inet6 2>/dev/null; ip -o link show br0 | sed 's/state.*mode//'";
	char before[512] = {0}, during[512] = {0};
	FILE *f = popen(note, "re"); /* NOLINT: the command is the test's own */
	(void)!fread(before, 1, sizeof(before) - 1, f);
	pclose(f);
	open_port();
	f = popen(note, "re"); /* NOLINT: the command is the test's own */
	(void)!fread(during, 1, sizeof(during) - 1, f);
	pclose(f);
	assert_string_equal(during, before);
	assert_true(output_has("ip link show master br0", "lpgw0"));
	assert_true(output_has("ip link show lpgw0", "mtu 1400"));
	close_port();
	assert_false(output_has("ip link", "lpgw0"));
}

/* The gateway drops its privileges as soon as the port is open. */
static void an_open_port_needs_no_privileges(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	pid_t gateway = fork();
	if (gateway == 0) {
		bool good = works_as_nobody(open_port());
		close_port();
		_exit(good ? 0 : 1);
	}
	int status;
	waitpid(gateway, &status, 0);
	assert_int_equal(status, 0);
	assert_false(output_has("ip link", "lpgw0"));
}

/* With IPv6 enabled, a new interface would announce itself. What the bridge itself sends (it
 * queries the group of snooping routers when a port is added) is the host's own traffic. */
static void the_tap_sends_no_frames_of_its_own(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0");
	struct lp_port *port = open_port();
	read_port(port, &seen, 10);
	for (size_t i = 0; i < seen.count; i++)
		assert_int_not_equal(
			seen.frames[i].bytes[6], 0xfe); /* the TAP's addresses: fe:ff */
	assert_false(output_has("ip -6 addr show dev lpgw0", "inet6"));
	close_port();
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

static void an_interface_that_is_not_a_bridge_is_refused(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const char *const names[] = {"host0", "lo"};
	for (size_t i = 0; i < COUNT(names); i++) {
		enum lp_exit ended = LP_EXIT_OK;
		assert_null(lp_bridge_port_open(names[i], &ended));
		assert_int_equal(ended, LP_EXIT_NO_INTERFACE);
	}
}

static void K6_a_bridge_that_is_down_is_waited_for(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link set br0 down; (sleep 1; ip link set br0 up) &");
	open_port();
	close_port();
}

#define BRIDGE_TEST(function) cmocka_unit_test_setup_teardown(function, build_bridge, remove_bridge)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BRIDGE_TEST(frames_cross_in_both_directions_without_echo_P3),
		BRIDGE_TEST(a_full_port_is_tried_once_per_wake_up),
		BRIDGE_TEST(the_gateway_host_itself_can_be_reached),
		BRIDGE_TEST(the_kernel_completes_the_hosts_offloaded_frames),
		BRIDGE_TEST(multicast_without_listeners_arrives),
		BRIDGE_TEST(frames_for_no_member_stay_out),
		BRIDGE_TEST(a_priority_tag_is_removed),
		BRIDGE_TEST(the_bridge_is_left_unchanged),
		BRIDGE_TEST(an_open_port_needs_no_privileges),
		BRIDGE_TEST(the_tap_sends_no_frames_of_its_own),
		BRIDGE_TEST(an_interface_that_is_not_a_bridge_is_refused),
		BRIDGE_TEST(K6_a_bridge_that_is_down_is_waited_for),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
