/* lanparty-gateway - connects one room with one physical LAN. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/peer/guest.h"
#include "lanparty/peer/linux/acts.h"
#include "lanparty/peer/linux/peer.h"
#include "ports.h"
#include "setup.h"
#include "watch.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/linux/rights.h"

#define CONFIG LANPARTY_SYSCONFDIR "/gateway.conf"

static const struct lp_local_name control = {"gateway", "gateway"};

struct gateway {
	struct lp_peer_options peer;
	const char *lan, *bridge;
	const char *relay_address; /* as it was given; NULL: not */
	int news;                  /* of what is protected; -1: none */
	bool look;                 /* there can be some */
	struct lp_protected protected;
	bool keep_default_route;
	struct lp_stations stations;
	struct lp_port *port;
	struct lp_watch watch;
	struct lp_resume_file resume;
	struct lp_room_memory ways;
	struct lp_local local;
	struct lp_invite_options show;
	uint64_t guest; /* seconds */
	struct lp_show_options status;
};

static bool parse_relay_address(const char *text, void *value)
{
	struct gateway *g = value;
	g->relay_address = text;
	return lp_host_parse(text, &g->peer.relay_address) == LP_OK;
}

static bool parse_station(const char *text, void *value)
{
	return lp_stations_add_mac(value, text);
}

static bool parse_vendor(const char *text, void *value)
{
	return lp_stations_add_vendor(value, text);
}

static bool read_options(
	struct gateway *g, struct lp_options *o, int argc, char **argv, int *ret_exit)
{
	static struct lp_option table[7 + LP_INVITE_OPTIONS + LP_SHOW_OPTIONS + LP_PEER_OPTIONS];
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
		{.name = "relay-address",
			.argument = "HOST[:PORT]",
			.kind = LP_OPTION_PARSED,
			.help = "connect to the relay here, instead of where the invite says: for "
				"a\n"
				"relay on this computer",
			.value = g,
			.parse = parse_relay_address,
			.expects = "a host name, an IPv4 address or an IPv6 address in [], and "
				   "perhaps :PORT"},
		{.name = "keep-default-route",
			.kind = LP_OPTION_FLAG,
			.help = "leave router and name servers in the LAN's DHCP leases;\n"
				"no change for players, because the lanparty clients remove\n"
				"them too",
			.value = &g->keep_default_route},
		{.name = "only-mac",
			.argument = "MAC",
			.kind = LP_OPTION_PARSED,
			.help = "of the LAN, only this station takes part; can be repeated",
			.value = &g->stations,
			.parse = parse_station,
			.expects = "a MAC address of one station, such as 00:1f:32:aa:bb:cc, 64 "
				   "at most"},
		{.name = "only-vendor",
			.argument = "PREFIX",
			.kind = LP_OPTION_PARSED,
			.help = "of the LAN, only stations whose MAC begins with PREFIX, such as\n"
				"00:1f:32, take part; can be repeated, also beside --only-mac",
			.value = &g->stations,
			.parse = parse_vendor,
			.expects =
				"the first three bytes of a MAC address, such as 00:1f:32, 64 at "
				"most"},
		lp_guest_option(&g->guest),
	};
	memcpy(table, own, sizeof(own));
	o->list = table;
	o->count = lp_invite_options_add(&g->show, table, sizeof(own) / sizeof(own[0]));
	o->count = lp_show_options_add(&g->status, table, o->count);
	o->count = lp_peer_options_add(&g->peer, table, o->count);
	if (!lp_options_read(o, argc, argv, ret_exit) || !lp_guest_option_fits(o, ret_exit))
		return false;
	if (o->command)
		return true;
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
	if (g->protected.ipv4_count == 0 && g->watch.trouble == LP_TROUBLE_NONE)
		lp_lan_look_for_another(lp_lan_of(g->port));
	g->look = g->news < 0 || lp_netlink_has_changed(g->news);
}

static void on_child(void *context)
{
	struct gateway *g = context;
	if (g->lan)
		lp_packet_port_child(g->port);
}

/* Row N1: an address can come after the program, and a router can be replaced. While there is no interface,
 * what was known stays. Row K5: without an IPv4 address, neither a lease nor a router shows which LAN it is. */
static bool protects(void *context, struct lp_protected *ret_protected, bool *ret_moved)
{
	struct gateway *g = context;
	struct lp_lan *l = lp_lan_of(g->port);
	const char *lan = l->interface.name;
	struct lp_protected found;
	bool changed = g->look && lp_lan_protected(lan, &found) &&
		       memcmp(&found, &g->protected, sizeof(found)) != 0;
	if (changed) {
		g->protected = found;
		lp_log(LP_LOG_INFO, "protected", "interface=%s ipv4=%zu reason=%s", lan,
			found.ipv4_count,
			"the addresses of this computer or of its routers have changed");
	}
	if (l->is_other)
		lp_log(LP_LOG_INFO, "lan_changed", "interface=%s reason=%s", lan,
			"another DHCP server answers in it; the players ask for new addresses");
	*ret_moved = (g->watch.moved || l->is_other) && g->protected.ipv4_count == 0;
	*ret_protected = g->protected;
	g->look = g->watch.moved = l->is_other = false;
	return changed || *ret_moved;
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
		.stations = &g->stations,
		.port = g->port,
		.resume = &g->resume,
		.interface = lan,
		.ways = &g->ways,
		.local = &g->local,
		.context = g,
		.fd = g->watch.timer,
		.readable = on_watch,
		.protects = protects,
		.child = on_child,
	};
	g->news = lp_netlink_watch(LP_NEWS_NEIGHBOURS);
	lp_lan_meet_routers(lan);
	lp_lan_protected(lan, &g->protected);
	config.protected = g->protected;
	if (g->keep_default_route)
		lp_log(LP_LOG_WARNING, "keep_default_route", "hint=%s",
			"leave the option out: players get no router and no name servers all the "
			"same, because their clients remove them");
	lp_local_open(&g->local, &control);
	bool good = lp_resume_file_open(&g->resume, lan, g->peer.room_key, config.resume_token) &&
		    lp_room_memory_ways(&g->ways, lan, &g->peer, &config.remembered) &&
		    lp_rights_enter(LP_RIGHTS_NONE, LP_SANDBOX_MEMBER);
	code = good ? (enum lp_exit)lp_peer_run(&config) : LP_EXIT_OS;
	lp_zero(config.resume_token, sizeof(config.resume_token));
	return (int)code;
}

static int host(struct gateway *g, struct lp_options *o)
{
	if (lp_act_is_command(o))
		return lp_act_command(&control, o, &g->peer, &g->status);
	const struct lp_setup setup = {
		.peer = &g->peer,
		.options = o,
		.lan = g->lan,
		.bridge = g->bridge,
		.relay_address = g->relay_address,
		.config_file = CONFIG,
		.room_file = LANPARTY_SYSCONFDIR "/room",
		.host_key_file = LANPARTY_SYSCONFDIR "/host.key",
		.show = g->show,
		.guest = g->guest,
	};
	if (lp_options_has_command(o, "room-key"))
		return lp_setup_room_key(&setup);
	return lp_options_has_command(o, "invite") ? lp_setup_invite(&setup) : lp_setup_run(&setup);
}

static const struct lp_command commands[] = {
	{.name = "setup",
		.argument = "INVITE",
		.help = "connects this LAN with a room of the relay in INVITE, which\n"
			"'lanparty-relay setup' prints: room, configuration, service; never\n"
			"replaces anything; needs root",
		.config = CONFIG},
	{.name = "invite",
		.help = "prints the room's invite, for players; --guest: one that expires",
		.config = CONFIG},
	{.name = "room-key",
		.help = "prints the room's key, for --rooms of a private relay",
		.config = CONFIG},
	LP_STATUS_COMMAND(CONFIG),
	LP_ACT_COMMANDS(CONFIG),
};

int main(int argc, char **argv)
{
	static struct gateway g = {.resume = {.fd = -1},
		.ways = {.fd = -1},
		.local = LP_LOCAL_CLOSED,
		.news = -1,
		.watch = {.timer = -1, .changes = -1}};
	struct lp_options options = {
		.program = "lanparty-gateway",
		.purpose = "Connects a room of a LAN party with a physical LAN.",
		.positional = LP_PEER_POSITIONAL,
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
	};
	int code = LP_EXIT_OK;
	lp_rights_protect_memory();
	lp_output_open();
	lp_notify_open();
	if (read_options(&g, &options, argc, argv, &code))
		code = options.command ? host(&g, &options) : run(&g);
	lp_watch_close(&g.watch);
	if (g.news >= 0)
		close(g.news);
	if (g.port)
		g.port->ops->close(g.port);
	lp_resume_file_close(&g.resume);
	lp_room_memory_close(&g.ways);
	lp_local_close(&g.local);
	lp_zero(&g.peer, sizeof(g.peer));
	lp_options_clear(&options);
	return lp_output_end(code);
}
