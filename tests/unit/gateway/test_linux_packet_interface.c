/* Row P3: the packet port takes an interface, follows its life, and leaves it as it was. */
#include "linux_lan.h"
#include "linux_log.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "interface.h"
#include "lanparty/edge/linux/loop.h"
#include "ports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct seen seen;

static struct lp_port *open_port(const char *interface)
{
	return open_up(lp_packet_port_open, interface);
}

static bool feature(uint32_t command, uint32_t *value)
{
	struct ethtool_value v = {.cmd = command, .data = *value};
	struct ifreq request = {.ifr_name = "lan0", .ifr_data = (void *)&v};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool good = ioctl(fd, SIOCETHTOOL, &request) == 0;
	close(fd);
	*value = v.data;
	return good;
}

static bool gro_is_on(void)
{
	uint32_t value = 0;
	assert_true(feature(ETHTOOL_GGRO, &value));
	return value != 0;
}

static void receive_offload_is_off_while_the_port_is_open(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	for (uint32_t before = 0; before < 2; before++) {
		uint32_t value = before;
		assert_true(feature(ETHTOOL_SGRO, &value));
		assert_int_equal(gro_is_on(), before);
		open_port("lan0");
		assert_false(gro_is_on());
		close_port();
		assert_int_equal(gro_is_on(), before);
	}
}

static void a_killed_gateway_leaves_no_change(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	assert_true(feature(ETHTOOL_SGRO, &(uint32_t){1}));
	pid_t gateway = fork();
	if (gateway == 0) {
		open_port("lan0");
		(void)!write(ready[1], "r", 1);
		pause();
	}
	assert_int_equal(read(ready[0], &(char){0}, 1), 1);
	assert_false(gro_is_on());
	kill(gateway, SIGKILL);
	waitpid(gateway, NULL, 0);
	for (int i = 0; i < 100 && !gro_is_on(); i++)
		poll(NULL, 0, 20);
	assert_true(gro_is_on());
	close(ready[0]);
	close(ready[1]);
}

/* The gateway drops its privileges as soon as the port is open. */
static void an_open_port_needs_no_privileges(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	assert_true(feature(ETHTOOL_SGRO, &(uint32_t){1}));
	pid_t gateway = fork();
	if (gateway == 0) {
		bool good = works_as_nobody(open_port("lan0"));
		close_port();
		_exit(good && gro_is_on() ? 0 : 1);
	}
	int status;
	waitpid(gateway, &status, 0);
	assert_int_equal(status, 0);
}

static void promiscuous_mode_ends_with_the_port(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const char *show = "ip -d link show dev lan0";
	assert_true(output_has(show, "promiscuity 0"));
	open_port("lan0");
	assert_true(output_has(show, "promiscuity 1"));
	close_port();
	assert_true(output_has(show, "promiscuity 0"));
}

static void an_interface_can_go_down_and_come_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE, 'd'};
	struct lp_port *port = open_port("lan0");
	run("ip link set lan0 down");
	assert_int_equal(read_port(port, &seen, 1), 0);
	assert_false(port->ops->write(port, frame, sizeof(frame)));
	run("ip link set lan0 up");
	await_link("lan0");
	await_link("host0");
	int host = open_host("host0", false);
	expect_only_the_marker(port, host, &seen);
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	assert_true(host_gets(host, frame, sizeof(frame)));
	close(host);
	close_port();
}

static void an_interface_can_vanish(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE};
	run("ip link add gone0 type veth peer name gone1 && ip link set gone0 up && "
	    "ip link set gone1 up");
	struct lp_port *port = open_port("gone0");
	run("ip link del gone0");
	assert_int_equal(read_port(port, &seen, 1), 0);
	assert_false(port->ops->write(port, frame, sizeof(frame)));
	port->ops->members(port, &member, 1);
	close_port();
}

static const struct {
	const char *make, *interface, *undo;
	enum lp_exit ends;
} refused[] = {
	{"true", "lo", "true", LP_EXIT_NO_INTERFACE},
	{"true", "a-name-that-is-far-too-long", "true", LP_EXIT_NO_INTERFACE},
	{"true", "", "true", LP_EXIT_NO_INTERFACE},
	{"ip link add br0 type bridge && ip link set lan0 master br0", "lan0", "ip link del br0",
		LP_EXIT_NO_INTERFACE},
	{"ip tuntap add tun0 mode tun && ip link set tun0 up", "tun0", "ip link del tun0",
		LP_EXIT_NO_INTERFACE},
};

static void unsuitable_interfaces_are_refused(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	for (size_t i = 0; i < COUNT(refused); i++) {
		enum lp_exit ended = LP_EXIT_OK;
		run(refused[i].make);
		struct lp_port *port = lp_packet_port_open(refused[i].interface, &ended);
		run(refused[i].undo);
		if (port)
			fail_msg("%s was not refused", refused[i].interface);
		assert_int_equal(ended, refused[i].ends);
	}
}

static void the_port_of_a_bridge_is_told_which_option_works(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enum lp_exit ended;
	run("ip link add br0 type bridge && ip link set lan0 master br0");
	catch_log();
	assert_null(lp_packet_port_open("lan0", &ended));
	assert_null(lp_bridge_port_open("lan0", &ended));
	release_log();
	run("ip link del br0");
	assert_int_equal(
		times_logged("reason=\"it is a port of the bridge br0: use --bridge br0\""), 2);
}

static void K6_an_interface_that_is_down_is_waited_for(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enum lp_exit ended = LP_EXIT_OK;
	run("ip link set lan0 down; (sleep 1; ip link set lan0 up) &");
	open_now = lp_packet_port_open("lan0", &ended);
	assert_non_null(open_now);
	close_port();
}

/* Until then, the log names those that there are. A command waits for so long as it likes. */
static void K6_an_interface_that_is_missing_is_waited_for(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enum lp_exit ended = LP_EXIT_OK;
	struct lp_interface found;
	catch_log();
	run("(sleep 1; ip link add late0 up type veth peer name late1) &");
	open_now = lp_packet_port_open("late0", &ended);
	release_log();
	assert_non_null(open_now);
	close_port();
	run("ip link del late0");
	assert_int_equal(times_logged("event=interface_awaited"), 1);
	assert_int_equal(times_logged("reason=\"there is no such interface yet\""), 1);
	assert_int_equal(times_logged("host0"), 1);
	assert_false(lp_interface_check("late0", LP_USE_PACKET, lp_clock(), &found, &ended));
	assert_int_equal(ended, LP_EXIT_NO_INTERFACE);
}

static void K6_an_interface_that_is_made_anew_is_used_again(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enum lp_exit ended = LP_EXIT_OK;
	const uint8_t out[60] = {BROADCAST, MEMBER, TEST_TYPE, 'o'};
	open_now = lp_packet_port_open("lan0", &ended);
	assert_non_null(open_now);
	struct lp_fd_port *port = (struct lp_fd_port *)(void *)open_now;
	run("ip link del lan0");
	assert_false(port->reopen(open_now));
	assert_int_equal(lay_cable(state), 0);
	assert_true(port->reopen(open_now));
	assert_false(port->gone);
	int host = open_host("host0", false);
	assert_true(open_now->ops->write(open_now, out, sizeof(out)));
	assert_true(host_gets(host, out, sizeof(out)));
	close(host);
	close_port();
}

static void missing_privileges_have_their_own_exit_code(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	pid_t user = fork();
	if (user == 0) {
		enum lp_exit ended = LP_EXIT_OK;
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(LP_EXIT_INTERNAL);
		_exit(lp_packet_port_open("lan0", &ended) ? LP_EXIT_OK : (int)ended);
	}
	int status;
	waitpid(user, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), LP_EXIT_NO_PERMISSION);
}

static void own_addresses_and_routers_are_found(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	uint32_t found[4] = {0};
	assert_int_equal(lp_lan_addresses("lan0", found, COUNT(found)), 0);
	run("ip addr add 198.51.100.7/24 dev lan0 && ip addr add 203.0.113.1/24 dev lan0 && "
	    "ip addr add 192.0.2.9/24 dev host0 && ip route add default via 198.51.100.1 dev lan0");
	run("ip route add 10.0.0.0/8 via 198.51.100.2 dev lan0");
	assert_int_equal(lp_lan_addresses("lan0", found, COUNT(found)), 3);
	assert_int_equal(found[0], 0xc6336401);
	assert_int_equal(found[1], 0xc6336407);
	assert_int_equal(found[2], 0xcb007101);
	/* N1: whatever the number of own addresses, the router's is among them */
	found[0] = 0;
	assert_int_equal(lp_lan_addresses("lan0", found, 1), 1);
	assert_int_equal(found[0], 0xc6336401);
	assert_int_equal(lp_lan_addresses("lan0", found, 0), 0);
}

static void N1_own_macs_and_the_routers_are_found(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const struct lp_mac own = {{2, 0, 0, 0, 0, 7}}, other = {{2, 0, 0, 0, 0, 8}};
	const struct lp_mac router = {{2, 0, 0, 0, 0, 1}};
	struct lp_mac found[LP_MAC_TEXT];
	run("ip link set lan0 address 02:00:00:00:00:07");
	assert_int_equal(lp_lan_macs("lan0", found, COUNT(found)), 3); /* and host0's */
	assert_true(lp_mac_is_zero(&found[0]));                        /* the router is not known */
	assert_true(lp_mac_equal(&found[1], &own));
	run("ip link add other0 address 02:00:00:00:00:08 type bridge && "
	    "ip tuntap add tap0 mode tap && ip addr add 198.51.100.7/24 dev lan0 && "
	    "ip route add default via 198.51.100.1 dev lan0 && "
	    "ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev lan0 && "
	    "ip neigh add 198.51.100.2 lladdr 02:00:00:00:00:02 dev lan0");
	assert_int_equal(lp_lan_macs("lan0", found, COUNT(found)), 4); /* and host0's */
	assert_true(lp_mac_equal(&found[0], &router));
	assert_true(lp_mac_equal(&found[1], &own));
	assert_true(lp_mac_equal(&found[2], &other) || lp_mac_equal(&found[3], &other));
	assert_int_equal(lp_lan_macs("lan0", found, 1), 1);
	struct lp_protected protected;
	assert_true(lp_lan_protected("lan0", &protected));
	assert_int_equal(protected.ipv4_count, 2);
	assert_true(lp_mac_equal(&protected.macs[0], &router));
	run("echo 0 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6 && "
	    "ip address add fd77::9/64 dev lan0 nodad && "
	    "ip -6 route add default via fe80::1 dev lan0 && "
	    "ip -6 neigh add fe80::1 lladdr 02:00:00:00:00:03 dev lan0");
	assert_true(lp_lan_protected("lan0", &protected));
	assert_int_equal(protected.macs[2].b[5], 3);
	assert_memory_equal(protected.ipv6[0], ((uint8_t[16]){0xfe, 0x80, [15] = 1}), 16);
	assert_int_equal(protected.ipv6[1][0] | protected.ipv6[2][0], 0xfe | 0xfd);
	assert_false(lp_lan_protected("nothing0", &protected));
	run("ip link del other0 && ip link del tap0");
}

/* N1: as where many containers run. The gateway's own port comes before them, a client's TAP is none of this
 * computer's. */
static void N1_cards_are_protected_before_virtual_interfaces(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const struct lp_mac lan = {{2, 0, 0, 0, 0, 7}}, port = {{2, 0, 0, 0, 0, 9}};
	struct lp_protected protected;
	run("ip link set lan0 address 02:00:00:00:00:07");
	run("for n in 1 2 3 4 5; do ip link add many$n type bridge; done");
	run("ip tuntap add lpgw7 mode tap && ip link set lpgw7 address 02:00:00:00:00:09");
	catch_log();
	assert_true(lp_lan_protected("lan0", &protected)); /* host0's, too: one more has no place */
	assert_int_equal(times_logged("event=protected_full"), 1);
	assert_int_equal(times_logged("event=protected_full interface=lan0 left_out="), 1);
	assert_true(lp_lan_protected("lan0", &protected));
	assert_int_equal(times_logged("event=protected_full"), 1);
	release_log();
	assert_true(lp_mac_equal(&protected.macs[1], &lan));
	assert_true(lp_mac_equal(&protected.macs[2], &port));
	assert_false(lp_mac_is_zero(&protected.macs[LP_PROTECTED_MACS - 1]));
	run("for n in 1 2 3 4 5; do ip link del many$n; done; ip link del lpgw7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAN_TEST(receive_offload_is_off_while_the_port_is_open),
		LAN_TEST(a_killed_gateway_leaves_no_change),
		LAN_TEST(an_open_port_needs_no_privileges),
		LAN_TEST(promiscuous_mode_ends_with_the_port),
		LAN_TEST(an_interface_can_go_down_and_come_back),
		LAN_TEST(an_interface_can_vanish),
		LAN_TEST(unsuitable_interfaces_are_refused),
		LAN_TEST(the_port_of_a_bridge_is_told_which_option_works),
		LAN_TEST(K6_an_interface_that_is_down_is_waited_for),
		LAN_TEST(K6_an_interface_that_is_missing_is_waited_for),
		LAN_TEST(K6_an_interface_that_is_made_anew_is_used_again),
		LAN_TEST(missing_privileges_have_their_own_exit_code),
		LAN_TEST(own_addresses_and_routers_are_found),
		LAN_TEST(N1_own_macs_and_the_routers_are_found),
		LAN_TEST(N1_cards_are_protected_before_virtual_interfaces),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
