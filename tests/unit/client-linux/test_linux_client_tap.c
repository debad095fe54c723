/* Row P5: the Linux client's interface. */
#include "linux_addresses.h"

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/packet/headers.h"
#include "linux_log.h"
#include "tap.h"

static const struct lp_mac mac = {{MEMBER}};

static struct lp_port *open_tap(void)
{
	enum lp_exit code;
	struct lp_port *port = tap_open("lptest0", &mac, &code);
	assert_non_null(port);
	open_now = port;
	return port;
}

static int close_tap(void **state)
{
	(void)state;
	close_port();
	return 0;
}

static uint32_t ipv4(const char *text)
{
	struct in_addr in;
	assert_int_equal(inet_pton(AF_INET, text, &in), 1);
	return ntohl(in.s_addr);
}

static struct lp_port *tap_in_room(void)
{
	struct lp_port *port = open_tap();
	assert_true(port->ops->up(port, 1500));
	return port;
}

static struct lp_port *tap_with_lease(void)
{
	struct lp_port *port = tap_in_room();
	assert_true(tap_set_address(port, TAP_OWN, ipv4("192.168.7.8"), 24));
	return port;
}

/* 10.1.2.3 has another prefix by its class. */
static void an_address_never_has_another_prefix_than_its_own(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_tap();
	char events[EVENTS_TEXT];
	assert_true(port->ops->up(port, 1500));
	int watch = watch_addresses();
	assert_true(tap_set_address(port, TAP_OWN, ipv4("10.1.2.3"), 16));
	read_events(watch, events);
	assert_string_equal(events, "+10.1.2.3/16 brd 10.1.255.255;");
	close(watch);
}

static void a_lease_comes_changes_and_goes(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	static const struct {
		const char *address;
		unsigned prefix;
		const char *events, *story;
	} steps[] = {
		{"172.16.5.6", 22, "+172.16.5.6/22 brd 172.16.7.255;", "a lease"},
		{"172.16.5.6", 22, "", "the same again"},
		{"172.16.5.6", 16,
			"-172.16.5.6/22 brd 172.16.7.255;+172.16.5.6/16 brd 172.16.255.255;",
			"with another prefix"},
		{"172.16.9.9", 16,
			"-172.16.5.6/16 brd 172.16.255.255;+172.16.9.9/16 brd 172.16.255.255;",
			"another address"},
		{"0.0.0.0", 0, "-172.16.9.9/16 brd 172.16.255.255;", "no address"},
		{"0.0.0.0", 0, "", "still none"},
		{"192.0.2.4", 31, "+192.0.2.4/31 brd none;", "of a line with two ends"},
	};
	struct lp_port *port = tap_in_room();
	int watch = watch_addresses();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char events[EVENTS_TEXT];
		assert_true(
			tap_set_address(port, TAP_OWN, ipv4(steps[i].address), steps[i].prefix));
		read_events(watch, events);
		if (strcmp(events, steps[i].events) != 0)
			fail_msg("%s: %s", steps[i].story, events);
		assert_true(output_has("ip route show dev lptest0", "255.255.255.255"));
		assert_true(output_has("ip route show dev lptest0", "224.0.0.0/4"));
	}
	close(watch);
}

/* What the player set by hand is the player's. */
static void an_address_that_is_not_ours_stays(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_in_room();
	run("ip address add 192.0.2.77/24 dev lptest0");
	assert_true(tap_set_address(port, TAP_OWN, 0, 0));
	assert_true(tap_set_address(port, TAP_OWN, ipv4("10.1.2.3"), 16));
	assert_true(tap_set_address(port, TAP_OWN, 0, 0));
	assert_true(output_has("ip address show lptest0", "192.0.2.77/24"));
	assert_false(output_has("ip address show lptest0", "10.1.2.3"));
	/* already there when the lease names it: the client takes it for its own */
	assert_true(tap_set_address(port, TAP_OWN, ipv4("192.0.2.77"), 24));
}

static lp_time later; /* than it is */

lp_time __real_lp_clock(void);
lp_time __wrap_lp_clock(void);
lp_time __wrap_lp_clock(void)
{
	return __real_lp_clock() + later;
}

/* K5: a network manager gives interfaces MACs of its own, and another one does not give in. */
static void K5_a_mac_that_another_program_sets_is_set_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_in_room();
	char own[LP_MAC_TEXT];
	lp_mac_format(tap_mac(port), own);
	for (int hour = 0; hour < 2; hour++) {
		catch_log();
		for (int i = 0; i < 10; i++) {
			run("ip link set lptest0 address 02:00:00:00:44:44");
			tap_refresh(port);
			assert_int_equal(output_has("ip link show lptest0", own), i < 8);
			assert_int_equal(times_logged("event=mac_left interface=lptest0 "
						      "mac=02:00:00:00:44:44 reason="),
				i >= 8);
		}
		assert_int_equal(times_logged("event=mac_changed interface=lptest0"), 8);
		later += 3590 * LP_SECOND;
		tap_refresh(port);
		release_log();
		assert_false(output_has("ip link show lptest0", own));
		later += 20 * LP_SECOND;
	}
	later = 0;
}

/* H6: others answer the room's address while there is one. */
static void H6_broadcasts_have_the_rooms_address_while_it_is_there(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_with_lease();
	assert_true(output_has("ip route get 255.255.255.255", "src 192.168.7.8"));
	assert_true(tap_set_address(port, TAP_ROOM, ipv4("10.1.2.3"), 24));
	assert_true(output_has("ip route get 255.255.255.255", "src 10.1.2.3"));
	assert_true(output_has("ip route get 239.1.2.3", "src 10.1.2.3"));
	tap_refresh(port);
	assert_false(tap_has_others(port));
	assert_true(output_has("ip route get 255.255.255.255", "src 10.1.2.3"));
	assert_true(tap_set_address(port, TAP_ROOM, 0, 0));
	assert_true(output_has("ip route get 255.255.255.255", "src 192.168.7.8"));
	assert_true(output_has("ip address show lptest0", "192.168.7.8/24"));
	assert_false(output_has("ip address show lptest0", "10.1.2.3"));
}

static void H6_addresses_of_the_player_are_noticed_and_stay(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_with_lease();
	run("ip address add 169.254.3.4/16 dev lptest0");
	tap_refresh(port);
	assert_false(tap_has_others(port));
	run("ip address add 192.168.7.77/24 dev lptest0");
	tap_refresh(port);
	assert_true(tap_has_others(port));
	assert_true(tap_set_address(port, TAP_OWN, 0, 0));
	assert_true(output_has("ip address show lptest0", "192.168.7.77/24"));
	run("ip address del 192.168.7.77/24 dev lptest0");
	tap_refresh(port);
	assert_false(tap_has_others(port));
	/* what somebody else has removed is no source of broadcasts any more */
	assert_true(tap_set_address(port, TAP_ROOM, ipv4("10.1.2.3"), 24));
	run("ip address del 10.1.2.3/24 dev lptest0");
	tap_refresh(port);
	assert_true(output_has("ip route get 255.255.255.255", "dev lptest0"));
}

static void the_interface_has_its_mac_and_the_rooms_mtu(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_tap();
	assert_string_equal(tap_name(port), "lptest0");
	assert_true(lp_mac_equal(tap_mac(port), &mac));
	assert_true(output_has("ip link show lptest0", MEMBER_TEXT));
	assert_true(output_has("ip -o link show lptest0", "state DOWN"));
	assert_true(port->ops->up(port, 1400));
	assert_true(output_has("ip -o link show lptest0", "mtu 1400"));
	assert_true(output_has("ip -o link show lptest0", "LOWER_UP"));
	port->ops->down(port);
	assert_true(output_has("ip -o link show lptest0", "NO-CARRIER"));
	close_port();
	assert_false(output_has("ip link", "lptest0"));
}

/* The room is where a game that searches for servers is to be heard, not the player's own network. */
static void groups_go_to_the_room_before_all_other_networks(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip address add 198.51.100.9/24 dev host0 && ip route add default via 198.51.100.1 && "
	    "ip route add 224.0.0.0/4 dev host0");
	struct lp_port *port = tap_in_room();
	assert_true(port->ops->up(port, 1500)); /* joined again: nothing is there twice */
	assert_true(tap_set_address(port, TAP_OWN, ipv4("192.168.7.8"), 24));
	assert_true(output_has("ip route get 239.1.2.3", "dev lptest0"));
	assert_true(output_has("ip route get 255.255.255.255", "dev lptest0"));
	assert_true(output_has("ip route get 203.0.113.1", "dev host0"));
}

/* ARP announcements of an address (RFC 5227, section 2.3) that the port reads. */
struct announced {
	uint32_t address;
	size_t count;
};

static void note_announcement(void *context, const uint8_t *frame, size_t len)
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};
	struct announced *a = context;
	const uint8_t *arp = frame + LP_ETH_HEADER;
	if (len < LP_ETH_HEADER + LP_ARP_SIZE || memcmp(arp - 2, head, sizeof(head)) != 0 ||
		memcmp(arp + LP_ARP_SENDER_IP, arp + LP_ARP_TARGET_IP, 4) != 0)
		return;
	assert_memory_equal(frame, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(frame + 6, mac.b, 6);
	assert_memory_equal(arp + LP_ARP_SENDER_MAC, mac.b, 6);
	a->address = lp_get32(arp + LP_ARP_SENDER_IP);
	a->count++;
}

static size_t announcements_read(struct lp_port *port, const char *address)
{
	struct announced a = {0};
	while (port->ops->read(port, note_announcement, &a) > 0)
		;
	if (a.count > 0)
		assert_int_equal(a.address, ipv4(address));
	return a.count;
}

static size_t announcements_of(struct lp_port *port, const char *address)
{
	tap_refresh(port);
	return announcements_read(port, address);
}

/* K5 */
static void an_address_set_by_hand_is_announced_to_the_room(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_tap();
	assert_int_equal(announcements_of(port, "192.0.2.77"), 0); /* not in a room yet */
	assert_true(port->ops->up(port, 1500));
	run("ip address add 192.0.2.77/24 dev lptest0");
	assert_int_equal(announcements_of(port, "192.0.2.77"), 1);
	assert_int_equal(announcements_of(port, "192.0.2.77"), 0);
	run("ip address del 192.0.2.77/24 dev lptest0 && ip address add 192.0.2.78/24 dev lptest0");
	assert_int_equal(announcements_of(port, "192.0.2.78"), 1);
	port->ops->down(port);
	assert_true(port->ops->up(port, 1500)); /* another room can be there */
	assert_int_equal(announcements_of(port, "192.0.2.78"), 1);
}

/* K5: the first announcement is lost in an outage. */
static void an_address_is_announced_again_with_later_frames(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_in_room();
	run("ip address add 192.0.2.77/24 dev lptest0");
	lp_time start = lp_clock();
	assert_int_equal(announcements_of(port, "192.0.2.77"), 1);
	while (announcements_read(port, "192.0.2.77") == 0)
		usleep(10000);
	assert_in_range(lp_clock() - start, TAP_ANNOUNCE_PAUSE, 2 * TAP_ANNOUNCE_PAUSE);
	assert_int_equal(announcements_read(port, "192.0.2.77"), 0);
}

/* K5: the kernel removes them with the last address. */
static void groups_go_to_the_room_again_after_a_change_of_address(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = tap_in_room();
	run("ip address add 192.0.2.77/24 dev lptest0 && ip address flush dev lptest0");
	assert_false(output_has("ip route show dev lptest0", "255.255.255.255"));
	run("ip address add 192.0.2.78/24 dev lptest0");
	tap_refresh(port);
	assert_true(output_has("ip route show dev lptest0", "255.255.255.255"));
	assert_true(output_has("ip route show dev lptest0", "224.0.0.0/4"));
	run("ip link set lptest0 down");
	tap_refresh(port);
	run("ip link set lptest0 up");
	tap_refresh(port);
	assert_true(output_has("ip route show dev lptest0", "255.255.255.255"));
}

static void a_taken_name_is_refused(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	enum lp_exit code = LP_EXIT_OK;
	open_tap();
	assert_null(tap_open("lptest0", &mac, &code));
	assert_int_equal(code, LP_EXIT_NO_INTERFACE);
	assert_null(tap_open("host0", &mac, &code));
	assert_int_equal(code, LP_EXIT_NO_INTERFACE);
}

static int teardown(void **state)
{
	close_tap(state);
	return pull_cable(state);
}

#define TAP_TEST(function) cmocka_unit_test_setup_teardown(function, lay_cable, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAP_TEST(an_address_never_has_another_prefix_than_its_own),
		TAP_TEST(a_lease_comes_changes_and_goes),
		TAP_TEST(an_address_that_is_not_ours_stays),
		TAP_TEST(K5_a_mac_that_another_program_sets_is_set_back),
		TAP_TEST(H6_broadcasts_have_the_rooms_address_while_it_is_there),
		TAP_TEST(H6_addresses_of_the_player_are_noticed_and_stay),
		TAP_TEST(the_interface_has_its_mac_and_the_rooms_mtu),
		TAP_TEST(groups_go_to_the_room_before_all_other_networks),
		TAP_TEST(an_address_set_by_hand_is_announced_to_the_room),
		TAP_TEST(an_address_is_announced_again_with_later_frames),
		TAP_TEST(groups_go_to_the_room_again_after_a_change_of_address),
		TAP_TEST(a_taken_name_is_refused),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
