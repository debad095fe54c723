/* What keeps the room from the LAN, judged from what the kernel says of the interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "trouble.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BRIDGE       7 /* indexes of interfaces */
#define TAP          8

/* One bridge port: its kind and its state. */
struct port {
	const char *kind;
	enum lp_port_state state;
	lp_time timer;
	int master;
};

/* The ports of a bridge whose forward delay is 15 s. The first one is the gateway's; master 0: BRIDGE. */
static const struct {
	const char *story;
	struct port ports[4];
	enum lp_trouble trouble;
	unsigned seconds;
} bridges[] = {
	{"all forwards", {{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_NONE, 0},
	{"listens, and learns after that",
		{{"tun", LP_PORT_LISTENING, 10 * LP_SECOND, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_PORT_WAITS, 25},
	{"learns", {{"tun", LP_PORT_LEARNING, 3 * LP_SECOND, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_PORT_WAITS, 3},
	{"userspace decides, so no timer runs",
		{{"tun", LP_PORT_LISTENING, 0, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_PORT_WAITS, 30},
	{"spanning tree has found another way",
		{{"tun", LP_PORT_BLOCKING, 0, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_PORT_BLOCKED, 0},
	{"BPDU guard", {{"tun", LP_PORT_DISABLED, 0, 0}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_PORT_DISABLED, 0},
	{"a port of another bridge",
		{{"tun", LP_PORT_FORWARDING, 0, 9}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_TAKEN_OUT, 0},
	{"a port of no bridge", {{"tun", LP_PORT_DISABLED, 0, -1}, {"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_TAKEN_OUT, 0},
	{"no other port", {{"tun", LP_PORT_FORWARDING, 0, 0}}, LP_TROUBLE_ALONE, 0},
	{"the cable is out", {{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_DISABLED, 0, 0}},
		LP_TROUBLE_LAN_DISABLED, 0},
	{"the cable is out, and a virtual machine's port forwards",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_DISABLED, 0, 0},
			{"tun", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_LAN_DISABLED, 0},
	{"the cable below a VLAN is out, and a container's port forwards",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"vlan", LP_PORT_DISABLED, 0, 0},
			{"veth", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_LAN_DISABLED, 0},
	{"one of two cables is out",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_DISABLED, 0, 0},
			{"", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_NONE, 0},
	{"no cards, but containers",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"veth", LP_PORT_DISABLED, 0, 0},
			{"veth", LP_PORT_FORWARDING, 0, 0}},
		LP_TROUBLE_NONE, 0},
	{"the first of two LAN ports forwards in 18 s",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_LISTENING, 9 * LP_SECOND, 0},
			{"", LP_PORT_LISTENING, 3 * LP_SECOND, 0}},
		LP_TROUBLE_LAN_WAITS, 18},
	{"the way to the LAN is blocked",
		{{"tun", LP_PORT_FORWARDING, 0, 0}, {"", LP_PORT_BLOCKING, 0, 0}},
		LP_TROUBLE_LAN_BLOCKED, 0},
};

static int master_of(const struct port *port)
{
	return port->master == 0 ? BRIDGE : port->master < 0 ? 0 : port->master;
}

static void add(struct lp_lan_view *view, const struct port *port, int index)
{
	struct lp_interface i = {
		.index = index,
		.is_up = true,
		.master = master_of(port),
		.port = {.state = port->state, .timer = port->timer},
	};
	strcpy(i.kind, port->kind);
	lp_lan_view_add(view, &i);
}

static void a_bridge_has_one_trouble(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bridges); i++) {
		struct lp_lan_view view = {
			.lan = {.index = BRIDGE,
				.is_up = true,
				.bridge = {.forward_delay = 15 * LP_SECOND}},
			.tap = TAP,
		};
		lp_time wait = 1;
		for (int p = 0; p < 4 && bridges[i].ports[p].kind; p++)
			add(&view, &bridges[i].ports[p], TAP + p);
		if (lp_trouble_of(&view, &wait) != bridges[i].trouble ||
			wait != bridges[i].seconds * LP_SECOND)
			fail_msg("%s", bridges[i].story);
	}
}

static void a_bridge_that_is_down_comes_before_its_ports(void **state)
{
	(void)state;
	lp_time wait;
	struct lp_lan_view view = {.lan = {.index = BRIDGE}, .tap = TAP};
	assert_int_equal(lp_trouble_of(&view, &wait), LP_TROUBLE_DOWN);
	view.lan.is_up = true; /* the port was deleted, which is noticed elsewhere */
	assert_int_equal(lp_trouble_of(&view, &wait), LP_TROUBLE_NONE);
}

static void interfaces_of_no_bridge_are_left_out(void **state)
{
	(void)state;
	struct lp_lan_view view = {.lan = {.index = BRIDGE, .is_up = true}, .tap = TAP};
	const struct lp_interface other = {
		.index = 3, .carriers = 5, .port = {.state = LP_PORT_FORWARDING}};
	lp_lan_view_add(&view, &other);
	assert_int_equal(view.all.count, 0);
	assert_int_equal(view.carriers, 0);
}

static void an_interface_without_a_cable_has_no_carrier(void **state)
{
	(void)state;
	lp_time wait;
	struct lp_lan_view view = {.lan = {.index = 2, .is_up = true}};
	assert_int_equal(lp_trouble_of(&view, &wait), LP_TROUBLE_NO_CARRIER);
	view.lan.has_carrier = true;
	assert_int_equal(lp_trouble_of(&view, &wait), LP_TROUBLE_NONE);
	view.lan.is_up = false;
	assert_int_equal(lp_trouble_of(&view, &wait), LP_TROUBLE_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_has_one_trouble),
		cmocka_unit_test(a_bridge_that_is_down_comes_before_its_ports),
		cmocka_unit_test(interfaces_of_no_bridge_are_left_out),
		cmocka_unit_test(an_interface_without_a_cable_has_no_carrier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
