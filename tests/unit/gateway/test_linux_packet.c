/* Row P3: the packet port captures frames from a real interface and injects frames into it. */
#include "linux_lan.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "lan.h"
#include "ports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct lp_mac member = {{MEMBER}};
static struct seen seen;

/* Frames written to the open port; those behind the first `space` find it full. */
static struct {
	bool counts;
	size_t calls, space;
} writes;

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (writes.counts && open_now && fd == lp_port_fd(open_now) &&
		writes.calls++ >= writes.space) {
		errno = EAGAIN;
		return -1;
	}
	return __real_sendmsg(fd, message, flags);
}

/* Opens a port whose room has one other member. */
static struct lp_port *open_port(const char *interface)
{
	enum lp_exit ended;
	struct lp_port *port = lp_packet_port_open(interface, &ended);
	assert_non_null(port);
	open_now = port;
	assert_true(port->ops->up(port, 1500));
	port->ops->members(port, &member, 1);
	return port;
}

static void a_frame_of_the_lan_is_captured_P3(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	uint8_t frame[1514] = {MEMBER, STATION, TEST_TYPE};
	memset(frame + 14, 0xa5, sizeof(frame) - 14);
	send_frame(host, frame, sizeof(frame));
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_int_equal(seen.frames[0].len, sizeof(frame));
	assert_memory_equal(seen.frames[0].bytes, frame, sizeof(frame));
	close(host);
	close_port();
}

static void a_frame_is_injected_P3(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE, 'x'};
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	assert_true(host_gets(host, frame, sizeof(frame)));
	expect_only_the_marker(port, host, &seen);
	close(host);
	close_port();
}

/* Neither the port's own frames nor those of the gateway's host are frames from the LAN. */
static void outgoing_frames_are_not_read_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE, 'x'};
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false), own = open_host("lan0", false);
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	send_frame(own, frame, sizeof(frame));
	expect_only_the_marker(port, host, &seen);
	close(own);
	close(host);
	close_port();
}

/* The room receives the first frame; the others are for nobody in it. */
static const struct {
	uint8_t frame[60];
	bool arrives;
	const char *story;
} frames[] = {
	{{MEMBER, STATION, TEST_TYPE}, true, "to a member"},
	{{BROADCAST, STATION, TEST_TYPE}, true, "to all"},
	{{0x01, 0x00, 0x5e, 0, 0, 22, STATION, 0x08, 0x00}, true, "a group report"},
	{{OTHER, STATION, TEST_TYPE}, false, "to a host of the LAN"},
	{{BROADCAST, MEMBER, TEST_TYPE}, false, "from a member: a loop"},
	{{0x01, 0x80, 0xc2, 0, 0, 0, STATION, TEST_TYPE}, false, "to the bridges"},
	{{BROADCAST, STATION, 0x81, 0x00, 0x00, 0x05, TEST_TYPE}, false, "of VLAN 5"},
	{{BROADCAST, STATION, 0x88, 0xa8, 0x00, 0x05, TEST_TYPE}, false, "of a provider's VLAN"},
};

static void only_frames_for_members_arrive(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	for (size_t i = 0; i < COUNT(frames); i++) {
		send_frame(host, frames[i].frame, sizeof(frames[i].frame));
		if (!frames[i].arrives) {
			expect_only_the_marker(port, host, &seen);
		} else if (read_port(port, &seen, 1) != 1 ||
			   memcmp(seen.frames[0].bytes, frames[i].frame, 60) != 0) {
			fail_msg("%s: did not arrive", frames[i].story);
		}
	}
	close(host);
	close_port();
}

static void a_priority_tag_is_removed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	const uint8_t tagged[64] = {BROADCAST, STATION, 0x81, 0x00, 0xa0, 0x00, TEST_TYPE, 'p'};
	const uint8_t plain[60] = {BROADCAST, STATION, TEST_TYPE, 'p'};
	send_frame(host, tagged, sizeof(tagged));
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_int_equal(seen.frames[0].len, sizeof(plain));
	assert_memory_equal(seen.frames[0].bytes, plain, sizeof(plain));
	close(host);
	close_port();
}

static void the_kernel_filter_follows_joining_and_leaving_members(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	const uint8_t frame[60] = {MEMBER, STATION, TEST_TYPE};
	send_frame(host, frame, sizeof(frame));
	assert_int_equal(read_port(port, &seen, 1), 1);
	port->ops->members(port, NULL, 0);
	send_frame(host, frame, sizeof(frame));
	expect_only_the_marker(port, host, &seen);
	port->ops->members(port, &member, 1);
	port->ops->down(port);
	send_frame(host, frame, sizeof(frame));
	expect_only_the_marker(port, host, &seen);
	close(host);
	close_port();
}

/* More members than the kernel's filter supports: the tunnel filters, as its own tests show. */
static void every_frame_reaches_the_tunnel_in_a_large_room(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_mac many[300];
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct lp_mac){
			{0x02, 0, 0x5e, 1, (uint8_t)((299 - i) >> 8), (uint8_t)(299 - i)}};
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", false);
	port->ops->members(port, many, COUNT(many));
	for (size_t i = 0; i < COUNT(many); i += 23) {
		uint8_t to[60] = {MEMBER, STATION, TEST_TYPE},
			from[60] = {BROADCAST, MEMBER, TEST_TYPE};
		memcpy(to, many[i].b, 6);
		memcpy(from + 6, many[i].b, 6);
		send_frame(host, to, sizeof(to));
		send_frame(host, from, sizeof(from));
		assert_int_equal(read_port(port, &seen, 2), 2);
		assert_memory_equal(seen.frames[0].bytes, to, sizeof(to));
		assert_memory_equal(seen.frames[1].bytes, from, sizeof(from));
		to[0] = 0x0a;
		send_frame(host, to, sizeof(to));
		assert_int_equal(read_port(port, &seen, 1), 1);
	}
	close(host);
	close_port();
}

/* Gives host0 an address and a neighbour behind the port. Returns a UDP socket of this host. */
static int open_udp(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(27015),
		.sin_addr.s_addr = htonl(0xc0000202),
	};
	run("ip addr add 192.0.2.1/24 dev host0 && "
	    "ip neigh add 192.0.2.2 lladdr " MEMBER_TEXT " dev host0");
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void a_partial_checksum_is_completed(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int udp = open_udp();
	send_frame(udp, "hello", 5);
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_int_equal(seen.frames[0].len, 14 + 20 + 8 + 5);
	assert_int_equal(transport_sum(seen.frames[0].bytes, seen.frames[0].len), 0xffff);
	close(udp);
	close_port();
}

static void a_udp_super_frame_is_segmented(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_port("lan0");
	int udp = open_udp();
	uint8_t data[10 * 1000 + 1];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 3);
	assert_int_equal(setsockopt(udp, SOL_UDP, UDP_SEGMENT, &(int){1000}, sizeof(int)), 0);
	send_frame(udp, data, sizeof(data));
	assert_int_equal(read_port(port, &seen, 11), 11);
	for (size_t i = 0; i < seen.count; i++) {
		const struct seen_frame *f = &seen.frames[i];
		size_t size = i < 10 ? 1000 : 1;
		assert_int_equal(f->len, 14 + 20 + 8 + size);
		assert_memory_equal(f->bytes + 42, data + 1000 * i, size);
		assert_int_equal(transport_sum(f->bytes, f->len), 0xffff);
	}
	close(udp);
	close_port();
}

static void a_tcp_super_frame_is_segmented(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static struct {
		struct virtio_net_hdr header;
		uint8_t frame[14 + 20 + 20 + 60000];
	} __attribute__((packed)) super = {
		.header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.hdr_len = 54,
			.gso_size = 1460,
			.csum_start = 34,
			.csum_offset = 16},
		.frame = {MEMBER, STATION, 0x08, 0x00, 0x45, 0, (20 + 20 + 60000) >> 8,
			(20 + 20 + 60000) & 0xff, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0,
			2, 2, 0, 80, 0x99, 0x99, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff},
	};
	struct lp_port *port = open_port("lan0");
	int host = open_host("host0", true);
	send_frame(host, &super, sizeof(super));
	assert_int_equal(read_port(port, &seen, 42), 42); /* 60000 / 1460, rounded up */
	size_t data = 0;
	for (size_t i = 0; i < seen.count; i++) {
		const struct seen_frame *f = &seen.frames[i];
		assert_true(f->len <= 1514);
		assert_int_equal(transport_sum(f->bytes, f->len), 0xffff);
		data += f->len - 54;
	}
	assert_int_equal(data, 60000);
	close(host);
	close_port();
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
		const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE};
		struct lp_port *port = open_port("lan0");
		bool good = setgid(65534) == 0 && setuid(65534) == 0 && port->ops->up(port, 1500);
		port->ops->members(port, &member, 1);
		good = good && port->ops->write(port, frame, sizeof(frame));
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

static void a_frame_too_long_for_the_lan_is_not_written(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t frame[3000] = {BROADCAST, OTHER, TEST_TYPE};
	struct lp_port *port = open_port("lan0");
	assert_false(port->ops->write(port, frame, sizeof(frame)));
	assert_true(port->ops->write(port, frame, 1514));
	close_port();
}

/* The rest of a burst costs no system calls. */
static void a_full_port_is_tried_once_per_wake_up(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE, 'f'};
	struct lp_port *port = open_port("lan0");
	writes.counts = true;
	writes.calls = 0;
	writes.space = 2;
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(port->ops->write(port, frame, sizeof(frame)), i < 2);
	assert_int_equal(writes.calls, 3);
	lp_port_wake(port);
	assert_false(port->ops->write(port, frame, sizeof(frame)));
	assert_int_equal(writes.calls, 4);
	writes.space = 10;
	lp_port_wake(port);
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	writes.counts = false;
	close_port();
}

static void a_broadcast_storm_is_limited(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static struct lp_lan lan;
	const struct lp_interface interface = {.name = "lan0"};
	uint8_t group[60] = {BROADCAST, STATION, TEST_TYPE},
		unicast[60] = {MEMBER, STATION, TEST_TYPE};
	lp_lan_init(&lan, &interface);
	static struct seen sink;
	lp_lan_begin(&lan, see, &sink);
	lp_time now = lan.now;
	for (int i = 0; i < LP_LAN_STORM_RATE + 100; i++) {
		sink.count = 0;
		lp_lan_take(&lan, group, sizeof(group));
	}
	assert_true(lan.counters.storm >= 100);
	uint64_t received = lan.counters.received;
	lp_lan_take(&lan, unicast, sizeof(unicast));
	assert_int_equal(lan.counters.received, received + 1);
	lan.now = now + LP_LAN_STORM_PAUSE - 1;
	lp_lan_take(&lan, group, sizeof(group));
	assert_int_equal(lan.counters.received, received + 1);
	lan.now = now + LP_LAN_STORM_PAUSE;
	lp_lan_take(&lan, group, sizeof(group));
	assert_int_equal(lan.counters.received, received + 2);
}

static const struct {
	const char *make, *interface, *undo;
	enum lp_exit ends;
} refused[] = {
	{"true", "lo", "true", LP_EXIT_NO_INTERFACE},
	{"true", "nothing0", "true", LP_EXIT_NO_INTERFACE},
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
	assert_int_equal(found[0], 0xc6336407);
	assert_int_equal(found[1], 0xcb007101);
	assert_int_equal(found[2], 0xc6336401);
	assert_int_equal(lp_lan_addresses("lan0", found, 1), 1);
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
	run("ip link set lan0 address 02:00:00:00:00:07 && "
	    "ip link add other0 address 02:00:00:00:00:08 type bridge && "
	    "ip tuntap add tap0 mode tap && ip addr add 198.51.100.7/24 dev lan0 && "
	    "ip route add default via 198.51.100.1 dev lan0 && "
	    "ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev lan0 && "
	    "ip neigh add 198.51.100.2 lladdr 02:00:00:00:00:02 dev lan0");
	assert_int_equal(lp_lan_macs("lan0", found, COUNT(found)), 4); /* and host0's */
	assert_true(lp_mac_equal(&found[0], &own));
	assert_true(lp_mac_equal(&found[1], &router));
	assert_true(lp_mac_equal(&found[2], &other) || lp_mac_equal(&found[3], &other));
	assert_int_equal(lp_lan_macs("lan0", found, 1), 1);
	run("ip link del other0 && ip link del tap0");
}

#define LAN_TEST(function) cmocka_unit_test_setup_teardown(function, lay_cable, pull_cable)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAN_TEST(a_frame_of_the_lan_is_captured_P3),
		LAN_TEST(a_frame_is_injected_P3),
		LAN_TEST(outgoing_frames_are_not_read_back),
		LAN_TEST(only_frames_for_members_arrive),
		LAN_TEST(a_priority_tag_is_removed),
		LAN_TEST(the_kernel_filter_follows_joining_and_leaving_members),
		LAN_TEST(every_frame_reaches_the_tunnel_in_a_large_room),
		LAN_TEST(a_partial_checksum_is_completed),
		LAN_TEST(a_udp_super_frame_is_segmented),
		LAN_TEST(a_tcp_super_frame_is_segmented),
		LAN_TEST(receive_offload_is_off_while_the_port_is_open),
		LAN_TEST(a_killed_gateway_leaves_no_change),
		LAN_TEST(an_open_port_needs_no_privileges),
		LAN_TEST(promiscuous_mode_ends_with_the_port),
		LAN_TEST(an_interface_can_go_down_and_come_back),
		LAN_TEST(N1_own_macs_and_the_routers_are_found),
		LAN_TEST(K6_an_interface_that_is_down_is_waited_for),
		LAN_TEST(K6_an_interface_that_is_made_anew_is_used_again),
		LAN_TEST(an_interface_can_vanish),
		LAN_TEST(a_frame_too_long_for_the_lan_is_not_written),
		LAN_TEST(a_full_port_is_tried_once_per_wake_up),
		LAN_TEST(a_broadcast_storm_is_limited),
		LAN_TEST(unsuitable_interfaces_are_refused),
		LAN_TEST(missing_privileges_have_their_own_exit_code),
		LAN_TEST(own_addresses_and_routers_are_found),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
