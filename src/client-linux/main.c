/* lanparty-client - connects a player's computer with a remote LAN. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "dhcp.h"
#include "dhcp_keeper.h"
#include "dhcp_news.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/peer/linux/peer.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/linux/sandbox.h"
#include "tap.h"
#include "lanparty/peer/tell.h"

#define RELEASE_WAIT (300 * LP_MILLISECOND) /* time for a DHCP release to cross the room */

struct client {
	struct lp_peer_options peer;
	const char *tap_name;
	struct lp_mac mac; /* zero: choose one */
	bool dhcp_wanted;

	struct lp_port *tap;
	struct lp_resume_file resume;
	struct dhcp *dhcp; /* NULL: not wanted */
};

static bool parse_mac(const char *text, void *value)
{
	struct lp_mac mac;
	if (!lp_mac_parse(text, &mac) || !lp_mac_is_station(&mac))
		return false;
	*(struct lp_mac *)value = mac;
	return true;
}

static bool wants_room(const struct lp_options *o)
{
	return o->argument && strcmp(o->argument, "new-room") == 0;
}

static bool read_options(
	struct client *c, struct lp_options *o, int argc, char **argv, int *ret_exit)
{
	static struct lp_option table[3 + LP_PEER_OPTIONS];
	const struct lp_option own[] = {
		{.name = "tap",
			.argument = "NAME",
			.kind = LP_OPTION_TEXT,
			.help = "name of the network interface to create (default: lanparty0)",
			.value = &c->tap_name},
		{.name = "mac",
			.argument = "MAC",
			.kind = LP_OPTION_PARSED,
			.help = "its address (default: a random one that is kept between runs)",
			.value = &c->mac,
			.parse = parse_mac,
			.expects = "a station's MAC address such as 02:00:5e:10:20:30"},
		{.name = "dhcp",
			.kind = LP_OPTION_FLAG,
			.help = "get an IPv4 address from the LAN; default route and name servers "
				"stay",
			.value = &c->dhcp_wanted},
	};
	memcpy(table, own, sizeof(own));
	o->list = table;
	o->count = lp_peer_options_add(&c->peer, table, sizeof(own) / sizeof(own[0]));
	if (!lp_options_read(o, argc, argv, ret_exit))
		return false;
	if (wants_room(o))
		return true;
	if (strlen(c->tap_name) >= IFNAMSIZ || strchr(c->tap_name, '/')) {
		*ret_exit =
			lp_options_wrong(o, "--tap: at most 15 characters without / are a name");
		return false;
	}
	return lp_peer_options_finish(&c->peer, o, ret_exit);
}

static void on_told(void *context, const struct lp_tunnel_action *action, lp_time now)
{
	struct client *c = context;
	if (c->dhcp && action->kind == LP_TUNNEL_JOINED)
		dhcp_start(c->dhcp, now);
	if (c->dhcp && action->kind == LP_TUNNEL_PEER_JOINED &&
		action->member.role == LP_ROLE_GATEWAY)
		dhcp_renew(c->dhcp, now);
}

static void on_readable(void *context)
{
	struct client *c = context;
	dhcp_read(c->dhcp, lp_clock());
}

static lp_time on_time(void *context, lp_time now)
{
	struct client *c = context;
	if (!c->dhcp)
		return LP_NEVER;
	dhcp_on_time(c->dhcp, now);
	return dhcp_deadline(c->dhcp);
}

static void on_child(void *context)
{
	struct client *c = context;
	if (c->dhcp)
		dhcp_child(c->dhcp);
}

static void on_changed(void *context)
{
	struct client *c = context;
	tap_refresh(c->tap);
}

static lp_time on_leaving(void *context)
{
	struct client *c = context;
	return c->dhcp && dhcp_release(c->dhcp) ? RELEASE_WAIT : 0;
}

static int run(struct client *c)
{
	enum lp_exit code = LP_EXIT_OS;
	if (!lp_peer_options_keep_from_children(&c->peer))
		return LP_EXIT_INTERNAL;
	c->tap = tap_open(c->tap_name, lp_mac_is_zero(&c->mac) ? NULL : &c->mac, &code);
	if (!c->tap)
		return (int)code;
	if (c->dhcp_wanted) {
		c->dhcp = dhcp_open(c->tap, &code);
		if (!c->dhcp)
			return (int)code;
	}
	struct lp_peer_config config = {
		.options = &c->peer,
		.resume = &c->resume,
		.role = LP_ROLE_CLIENT,
		.mac = *tap_mac(c->tap),
		.tap = tap_index(c->tap),
		.port = c->tap,
		.context = c,
		.told = on_told,
		.on_time = on_time,
		.changed = on_changed,
		.fd = c->dhcp ? dhcp_fd(c->dhcp) : -1,
		.readable = on_readable,
		.child = on_child,
		.leaving = on_leaving,
	};
	if (!lp_resume_file_open(
		    &c->resume, tap_name(c->tap), c->peer.room_key, config.resume_token) ||
		!lp_rights_drop(true) || !lp_sandbox_enter(LP_SANDBOX_MEMBER))
		return LP_EXIT_OS;
	return lp_peer_run(&config);
}

int main(int argc, char **argv)
{
	static struct client c = {.tap_name = "lanparty0", .resume = {.fd = -1}};
	struct lp_options options = {
		.program = "lanparty-client",
		.purpose = "Joins a room of a LAN party: a network interface of this computer "
			   "becomes part "
			   "of it.\n'lanparty-client new-room' prints a code for a new room.",
		.positional = LP_PEER_POSITIONAL,
	};
	int code = LP_EXIT_OK;
	lp_rights_protect_memory();
	if (dhcp_is_event(argc, argv))
		return LP_EXIT_OK;
	if (dhcp_is_keeper(argc, argv)) {
		dhcp_keep(argv);
		return LP_EXIT_OK;
	}
	lp_output_open();
	if (read_options(&c, &options, argc, argv, &code))
		code = wants_room(&options) ? lp_tell_new_room() : run(&c);
	dhcp_close(c.dhcp);
	lp_resume_file_close(&c.resume);
	if (c.tap)
		c.tap->ops->close(c.tap);
	lp_zero(&c.peer, sizeof(c.peer));
	lp_options_clear(&options);
	return lp_output_end(code);
}
