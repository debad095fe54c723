/* lanparty-gateway - connects one room with one physical LAN. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/peer/linux/peer.h"
#include "ports.h"
#include "watch.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/linux/sandbox.h"

struct gateway {
	struct lp_peer_options peer;
	const char *lan, *bridge;
	int news;  /* of what is protected; -1: none */
	bool look; /* there can be some */
	struct lp_protected protected;
	bool keep_default_route;
	struct lp_port *port;
	struct lp_watch watch;
	struct lp_resume_file resume;
};

static bool read_options(
	struct gateway *g, struct lp_options *o, int argc, char **argv, int *ret_exit)
{
	static struct lp_option table[3 + LP_PEER_OPTIONS];
	const struct lp_option own[] = {
		{.name = "lan",
			.argument = "INTERFACE",
			.kind = LP_OPTION_TEXT,
			.help = "the LAN behind this wired interface: no set-up, but players\n"
				"cannot reach this computer itself",
			.value = &g->lan},
		{.name = "bridge",
			.argument = "BRIDGE",
			.kind = LP_OPTION_TEXT,
			.help = "the LAN of this Linux bridge; players can reach this computer too",
			.value = &g->bridge},
		{.name = "keep-default-route",
			.kind = LP_OPTION_FLAG,
			.help = "leave router and name servers in the LAN's DHCP leases;\n"
				"no change for players, because the lanparty clients remove\n"
				"them too",
			.value = &g->keep_default_route},
	};
	memcpy(table, own, sizeof(own));
	o->list = table;
	o->count = lp_peer_options_add(&g->peer, table, sizeof(own) / sizeof(own[0]));
	if (!lp_options_read(o, argc, argv, ret_exit))
		return false;
	if (!g->lan == !g->bridge) {
		*ret_exit = lp_options_wrong(
			o, "which LAN? Give either --lan INTERFACE or --bridge BRIDGE");
		return false;
	}
	return lp_peer_options_finish(&g->peer, o, ret_exit);
}

static void on_watch(void *context)
{
	struct gateway *g = context;
	lp_watch_look(&g->watch);
	g->look = g->news < 0 || lp_netlink_has_changed(g->news);
}

/* Row N1: an address can come after the program, and a router can be replaced. While there is no interface,
 * what was known stays. */
static bool protects(void *context, struct lp_protected *ret_protected)
{
	struct gateway *g = context;
	const char *lan = lp_lan_of(g->port)->interface.name;
	struct lp_protected found;
	bool look = g->look;
	g->look = false;
	if (!look || !lp_lan_protected(lan, &found) ||
		memcmp(&found, &g->protected, sizeof(found)) == 0)
		return false;
	*ret_protected = g->protected = found;
	lp_log(LP_LOG_INFO, "protected", "interface=%s ipv4=%zu reason=%s", lan, found.ipv4_count,
		"the addresses of this computer or of its routers have changed");
	return true;
}

static int run(struct gateway *g)
{
	enum lp_exit code = LP_EXIT_OS;
	const char *lan = g->bridge ? g->bridge : g->lan;
	if (!lp_peer_options_keep_from_children(&g->peer))
		return LP_EXIT_INTERNAL;
	g->port = g->bridge ? lp_bridge_port_open(g->bridge, &code)
			    : lp_packet_port_open(g->lan, &code);
	if (!g->port)
		return (int)code;
	if (!lp_watch_open(&g->watch, g->port))
		return LP_EXIT_OS;
	struct lp_peer_config config = {
		.options = &g->peer,
		.role = LP_ROLE_GATEWAY,
		.keep_default_route = g->keep_default_route,
		.port = g->port,
		.resume = &g->resume,
		.context = g,
		.fd = g->watch.timer,
		.readable = on_watch,
		.protects = protects,
	};
	g->news = lp_netlink_watch(LP_NEWS_ADDRESSES);
	lp_lan_protected(lan, &g->protected);
	config.protected = g->protected;
	if (g->keep_default_route)
		lp_log(LP_LOG_WARNING, "keep_default_route", "hint=%s",
			"leave the option out: players get no router and no name servers all the "
			"same, because their clients remove them");
	if (!lp_resume_file_open(&g->resume, lan, g->peer.room_key, config.resume_token) ||
		!lp_rights_drop(false) || !lp_sandbox_enter(LP_SANDBOX_MEMBER))
		return LP_EXIT_OS;
	return lp_peer_run(&config);
}

int main(int argc, char **argv)
{
	static struct gateway g = {
		.resume = {.fd = -1}, .news = -1, .watch = {.timer = -1, .changes = -1}};
	struct lp_options options = {
		.program = "lanparty-gateway",
		.purpose = "Connects a room of a LAN party with a physical LAN.",
		.positional = LP_PEER_POSITIONAL,
	};
	int code = LP_EXIT_OK;
	lp_rights_protect_memory();
	lp_output_open();
	if (read_options(&g, &options, argc, argv, &code))
		code = run(&g);
	lp_watch_close(&g.watch);
	if (g.news >= 0)
		close(g.news);
	if (g.port)
		g.port->ops->close(g.port);
	lp_resume_file_close(&g.resume);
	lp_zero(&g.peer, sizeof(g.peer));
	lp_options_clear(&options);
	return lp_output_end(code);
}
