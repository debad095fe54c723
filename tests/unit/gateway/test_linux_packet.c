/* Row P3: the packet port captures frames from a real interface and injects frames into it. */
#include "linux_lan.h"
#include "linux_log.h"

#include <netinet/udp.h>

#include "lan.h"
#include "ports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct seen seen;

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return is_refused(fd) ? -1 : __real_sendmsg(fd, message, flags);
}

static struct lp_port *open_port(const char *interface)
{
	return open_up(lp_packet_port_open, interface);
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
	{{BROADCAST, MEMBER, TEST_TYPE}, true, "from a member's MAC: the tunnel drops it"},
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
	expect_no_tag(open_port("lan0"));
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
	run("ip addr add 192.0.2.1/24 dev host0 && "
	    "ip neigh add 192.0.2.2 lladdr " MEMBER_TEXT " dev host0");
	return connect_to_member();
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
	expect_one_try_per_wake_up(open_port("lan0"));
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
	catch_log();
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
	uint64_t before = lan.counters.storm;
	for (int i = 0; i < LP_LAN_STORM_RATE + 100; i++) {
		sink.count = 0;
		lp_lan_take(&lan, group, sizeof(group));
	}
	assert_true(lan.counters.storm > before); /* the next one, which is not said */
	release_log();
	assert_int_equal(times_logged("event=storm"), 1);
}

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
		LAN_TEST(a_frame_too_long_for_the_lan_is_not_written),
		LAN_TEST(a_full_port_is_tried_once_per_wake_up),
		LAN_TEST(a_broadcast_storm_is_limited),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
