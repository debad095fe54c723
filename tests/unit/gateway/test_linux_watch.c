/* What happens to the LAN's interface while the gateway runs is said. lan0 and host0 are a cable. */
#include "linux_lan.h"
#include "linux_log.h"

#include "lan.h"
#include "lanparty/edge/linux/loop.h"
#include "ports.h"
#include "watch.h"

static struct lp_watch watch = {.timer = -1, .changes = -1};
static void open_watch(struct lp_port *port)
{
	assert_non_null(port);
	open_now = port;
	catch_log();
	assert_true(lp_watch_open(&watch, port));
}

static int close_watch(void **state)
{
	lp_watch_close(&watch);
	release_log();
	watch = (struct lp_watch){.timer = -1, .changes = -1};
	if (in_namespace)
		run("ip link del br0 2>/dev/null || true");
	return pull_cable(state);
}

/* Looks until the text was logged, ten seconds at most. */
static bool says(const char *text)
{
	watch.hold = 0; /* as if the last words were long ago */
	for (int i = 0; i < 100 && !strstr(logged, text); i++) {
		poll(NULL, 0, 100);
		lp_watch_look(&watch);
	}
	bool found = strstr(logged, text) != NULL;
	if (!found)
		print_message("logged instead of %s: %s\n", text, logged);
	logged[0] = '\0';
	return found;
}

static struct lp_port *open_lan(void)
{
	enum lp_exit ended;
	struct lp_port *port = lp_packet_port_open("lan0", &ended);
	open_watch(port);
	assert_true(port->ops->up(port, 1500));
	return port;
}

/* br0 with spanning tree and a forward delay of 2 s, the shortest that the kernel allows. */
static struct lp_port *open_bridge(const char *ports)
{
	enum lp_exit ended;
	run("ip link add br0 type bridge stp_state 1 forward_delay 200 && ip link set br0 up");
	if (ports[0])
		run(ports);
	struct lp_port *port = lp_bridge_port_open("br0", &ended);
	open_watch(port);
	return port;
}

static void a_cable_that_is_out_is_said_K6(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	open_lan();
	assert_string_equal(logged, "");
	run("ip link set host0 down");
	assert_true(
		says("event=lan_unreached interface=lan0 port=lan0 reason=\"it has no carrier"));
	run("ip link set host0 up");
	assert_true(says("event=lan_reached interface=lan0"));
	run("ip link set lan0 down");
	assert_true(says("event=interface_down interface=lan0"));
	run("ip link set lan0 up");
	assert_true(says("event=lan_reached interface=lan0"));
}

/* Looks until the text was logged, ten seconds at most. Returns the time before that look. */
static lp_time look_until(const char *text)
{
	lp_time before = lp_clock(), end = before + 10 * LP_SECOND;
	while (!strstr(logged, text) && before < end) {
		poll(NULL, 0, 20);
		before = lp_clock();
		lp_watch_look(&watch);
	}
	assert_non_null(strstr(logged, text));
	return before;
}

static void K6_what_follows_soon_after_is_said_once_and_later(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	open_lan();
	run("ip link set host0 down");
	lp_time said = look_until("event=lan_unreached");
	run("ip link set host0 up");
	look_until("event=lan_reached");
	assert_true(lp_clock() >= said + LP_WATCH_HOLD);
	assert_true(lp_clock() < said + 2 * LP_WATCH_HOLD);
	assert_int_equal(times_logged("event=lan_"), 2);
}

static void a_loose_cable_fills_no_log(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	open_lan();
	lp_time end = lp_clock() + LP_WATCH_HOLD - LP_SECOND;
	while (lp_clock() < end) {
		run("ip link set host0 down; ip link set host0 up");
		lp_watch_look(&watch);
	}
	assert_true(times_logged("event=lan_") <= 1);
}

static void another_name_is_said_and_used(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_lan();
	run("ip link set lan0 down && ip link set lan0 name lan9");
	assert_true(says("event=interface_renamed interface=lan0 name=lan9"));
	assert_string_equal(lp_lan_of(port)->interface.name, "lan9");
	run("ip link set lan9 name lan0");
}

static void another_mtu_is_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_lan *lan = lp_lan_of(open_lan());
	run("ip link set lan0 mtu 1400");
	assert_true(says("event=mtu_differs interface=lan0 lan=1400 room=1500 hint=\"the LAN does "
			 "not get"));
	run("ip link set lan0 mtu 2000");
	lp_watch_look(&watch);
	assert_int_equal(times_logged("event=mtu_differs"), 0);
	lan->mtu_quiet = 0; /* as if that was long ago */
	assert_true(says("event=mtu_differs interface=lan0 lan=2000 room=1500 hint=\"frames of"));
}

static void spanning_tree_is_said_with_the_time_that_is_left(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	open_bridge("ip link set lan0 master br0 && sleep 5");
	assert_non_null(strstr(logged, "event=lan_unreached interface=br0 port=lpgw0 seconds=4 "
				       "reason=\"spanning tree"));
	assert_true(says("event=lan_reached interface=br0 port=lpgw0"));
	/* With spanning tree on, the kernel alone decides. */
	run("ip link set br0 type bridge stp_state 0 && bridge link set dev lpgw0 state 0");
	assert_true(says("reason=\"the bridge has disabled the gateway's port"));
	run("bridge link set dev lpgw0 state 3");
	assert_true(says("event=lan_reached"));
}

static void spanning_tree_at_the_lans_port_is_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	open_bridge("");
	assert_true(says("reason=\"spanning tree (STP) does not let the bridge use the gateway's"));
	assert_true(says("reason=\"the bridge has no other port"));
	run("ip link set lan0 master br0");
	assert_true(says("reason=\"spanning tree (STP) does not let the bridge use its ports"));
	assert_true(says("event=lan_reached"));
	run("ip link set host0 down");
	assert_true(says("reason=\"no other port of the bridge has a carrier"));
}

static void a_port_that_was_taken_out_of_its_bridge_is_gone(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	struct lp_port *port = open_bridge("ip link set lan0 master br0");
	assert_false(lp_lan_of(port)->fd_port.gone);
	run("ip link set lpgw0 nomaster");
	assert_true(says("level=error event=lan_unreached interface=br0 port=lpgw0 reason=\"the "
			 "gateway's port was taken out of the bridge"));
	assert_true(lp_lan_of(port)->fd_port.gone);
	static struct seen sink;
	port->ops->read(port, see, &sink); /* there is nothing more to read */
	assert_true(lp_lan_of(port)->fd_port.gone);
	logged[0] = '\0';
	lp_watch_look(&watch);
	assert_string_equal(logged, "");
}

static bool host_hears(int host, const uint8_t announcement[LP_ANNOUNCE_FRAME])
{
	bool heard = false;
	for (int i = 0; i < 10 && !heard; i++) {
		lp_watch_look(&watch);
		heard = host_gets(host, announcement, LP_ANNOUNCE_FRAME);
	}
	return heard;
}

static void K5_members_are_announced_when_the_cable_is_back(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t expected[LP_ANNOUNCE_FRAME] = {
		BROADCAST, MEMBER, 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3, MEMBER, 0, 0, 0, 0, MEMBER};
	struct lp_port *port = open_lan();
	int host = open_host("host0", false);
	port->ops->members(port, &member, 1);
	for (int i = 0; i < LP_ANNOUNCE_ROUNDS; i++)
		assert_true(host_hears(host, expected));
	lp_watch_look(&watch);
	assert_false(host_gets(host, expected, sizeof(expected)));
	run("ip link set host0 down && ip link set host0 up");
	await_link("lan0");
	assert_true(host_hears(host, expected));
	close(host);
}

static void note(struct lp_port *port, enum lp_port_way way, const uint8_t frame[60])
{
	const struct lp_filter_facts facts = {0};
	struct lp_view view;
	lp_view_of(frame, 60, &view);
	port->ops->note(port, way, &view, &facts);
}

/* The bridge's own answer is no answer of the LAN. */
static void a_lan_that_answers_nobody_is_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const uint8_t question[60] = {STATION, MEMBER, TEST_TYPE};
	struct lp_port *port = open_lan();
	struct lp_lan *lan = lp_lan_of(port);
	uint8_t own_answer[60] = {MEMBER, STATION, TEST_TYPE},
		answer[60] = {MEMBER, OTHER, TEST_TYPE};
	memcpy(own_answer + 6, lan->interface.mac.b, 6);
	port->ops->members(port, &member, 1);
	for (int i = 0; i <= LP_ANSWERS_FIRST_ASKED; i++)
		note(port, LP_PORT_WRITTEN, question);
	note(port, LP_PORT_READ, own_answer);
	assert_int_equal(lan->answers.asked, LP_ANSWERS_FIRST_ASKED);
	lan->answers.since -= LP_ANSWERS_FIRST_TIME; /* as if they were old */
	lp_watch_look(&watch);
	assert_non_null(strstr(logged, "event=no_answers interface=lan0"));
	note(port, LP_PORT_READ, answer);
	assert_int_equal(lan->answers.asked, 0);
}

static void unusable_frames_are_said_once(void **state)
{
	(void)state;
	static struct lp_lan lan;
	const struct lp_interface interface = {.name = "lan0"};
	catch_log();
	lp_lan_init(&lan, &interface);
	lp_lan_count_unusable(&lan, &lan.counters.truncated);
	lp_lan_count_unusable(&lan, &lan.counters.unusable);
	release_log();
	assert_int_equal(times_logged("event=frames_unusable interface=lan0"), 1);
	assert_int_equal(lan.counters.truncated, 1);
	assert_int_equal(lan.counters.unusable, 1);
}

#define WATCH_TEST(function) cmocka_unit_test_setup_teardown(function, lay_cable, close_watch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(a_cable_that_is_out_is_said_K6),
		WATCH_TEST(K6_what_follows_soon_after_is_said_once_and_later),
		WATCH_TEST(a_loose_cable_fills_no_log),
		WATCH_TEST(another_name_is_said_and_used),
		WATCH_TEST(another_mtu_is_said),
		WATCH_TEST(spanning_tree_is_said_with_the_time_that_is_left),
		WATCH_TEST(spanning_tree_at_the_lans_port_is_said),
		WATCH_TEST(a_port_that_was_taken_out_of_its_bridge_is_gone),
		WATCH_TEST(K5_members_are_announced_when_the_cable_is_back),
		cmocka_unit_test(unusable_frames_are_said_once),
		WATCH_TEST(a_lan_that_answers_nobody_is_said),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
