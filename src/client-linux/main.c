/* lanparty-client - connects a player's computer with a remote LAN. */
#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "addresses.h"
#include "dhcp_keeper.h"
#include "dhcp_news.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/peer/guest.h"
#include "lanparty/peer/linux/acts.h"
#include "lanparty/peer/linux/peer.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/linux/rights.h"
#include "tap.h"
#include "lanparty/peer/tell.h"

struct client {
	struct lp_peer_options peer;
	const char *tap_name;
	struct lp_mac mac; /* zero: choose one */
	bool dhcp_wanted;
	uint64_t guest; /* seconds */
	struct address_choice address;

	struct lp_port *tap;
	struct lp_resume_file resume;
	struct lp_room_memory hosts, ways;
	struct lp_local local;
	struct lp_show_options show;
	struct addresses *addresses;
};

static bool parse_mac(const char *text, void *value)
{
	struct lp_mac mac;
	if (!lp_mac_parse(text, &mac) || !lp_mac_is_station(&mac))
		return false;
	*(struct lp_mac *)value = mac;
	return true;
}

static bool read_options(
	struct client *c, struct lp_options *o, int argc, char **argv, int *ret_exit)
{
	static struct lp_option table[5 + LP_SHOW_OPTIONS + LP_PEER_OPTIONS];
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
		{.name = "address",
			.argument = "HOW",
			.kind = LP_OPTION_PARSED,
			.help = "IPv4 address of the interface: auto, dhcp, none or an address "
				"such as\n192.168.77.50/24. auto asks the LAN's DHCP server if "
				"the room has a\ngateway, and takes an address of the room if "
				"nobody answers (default:\nauto); default route and name servers "
				"stay",
			.value = &c->address,
			.parse = address_parse,
			.expects = ADDRESS_EXPECTS},
		{.name = "dhcp",
			.kind = LP_OPTION_FLAG,
			.help = "the same as --address dhcp: as auto, but a DHCP client must be "
				"there",
			.value = &c->dhcp_wanted},
		lp_guest_option(&c->guest),
	};
	memcpy(table, own, sizeof(own));
	o->list = table;
	o->count = lp_show_options_add(&c->show, table, sizeof(own) / sizeof(own[0]));
	o->count = lp_peer_options_add(&c->peer, table, o->count);
	if (!lp_options_read(o, argc, argv, ret_exit) || !lp_guest_option_fits(o, ret_exit))
		return false;
	if (lp_options_has_command(o, "new-room") || lp_options_has_command(o, "invite") ||
		lp_act_is_command(o))
		return true;
	if (strlen(c->tap_name) >= IFNAMSIZ || strchr(c->tap_name, '/')) {
		*ret_exit = lp_options_wrong(o, "--tap: a name has at most 15 characters and no /");
		return false;
	}
	if (c->dhcp_wanted && c->address.mode != ADDRESS_AUTO && c->address.mode != ADDRESS_DHCP) {
		*ret_exit = lp_options_wrong(o, "--dhcp and this --address contradict each other");
		return false;
	}
	if (c->dhcp_wanted)
		c->address.mode = ADDRESS_DHCP;
	c->peer.needs_no_room = lp_options_has_command(o, "check");
	return lp_peer_options_finish(&c->peer, o, ret_exit);
}

static void on_told(void *context, const struct lp_tunnel_action *action, lp_time now)
{
	struct client *c = context;
	addresses_told(c->addresses, action, now);
}

static void on_readable(void *context)
{
	struct client *c = context;
	addresses_read(c->addresses, lp_clock());
}

static lp_time on_time(void *context, lp_time now)
{
	struct client *c = context;
	return addresses_on_time(c->addresses, now);
}

static void on_child(void *context)
{
	struct client *c = context;
	addresses_child(c->addresses, lp_clock());
}

static void on_changed(void *context)
{
	struct client *c = context;
	tap_refresh(c->tap);
	addresses_changed(c->addresses, lp_clock());
}

static lp_time on_leaving(void *context)
{
	struct client *c = context;
	return addresses_release(c->addresses);
}

static int run(struct client *c)
{
	enum lp_exit code = LP_EXIT_OS;
	if (!lp_peer_options_keep_from_children(&c->peer))
		return LP_EXIT_INTERNAL;
	c->tap = tap_open(c->tap_name, lp_mac_is_zero(&c->mac) ? NULL : &c->mac, &code);
	if (!c->tap)
		return (int)code;
	c->addresses = addresses_open(c->tap, &c->address, &code);
	if (!c->addresses)
		return (int)code;
	struct lp_peer_config config = {
		.options = &c->peer,
		.resume = &c->resume,
		.hosts = &c->hosts,
		.interface = tap_name(c->tap),
		.ways = &c->ways,
		.local = &c->local,
		.role = LP_ROLE_CLIENT,
		.mac = *tap_mac(c->tap),
		.tap = tap_index(c->tap),
		.port = c->tap,
		.context = c,
		.told = on_told,
		.on_time = on_time,
		.changed = on_changed,
		.fd = addresses_fd(c->addresses),
		.readable = on_readable,
		.child = on_child,
		.leaving = on_leaving,
	};
	lp_local_open(&c->local, &(struct lp_local_name){"client", tap_name(c->tap)});
	bool good =
		lp_resume_file_open(
			&c->resume, tap_name(c->tap), c->peer.room_key, config.resume_token) &&
		lp_room_memory_hosts(&c->hosts, tap_name(c->tap), c->peer.room_key, config.host) &&
		lp_room_memory_ways(&c->ways, tap_name(c->tap), &c->peer, &config.remembered) &&
		lp_rights_enter(CAP_NET_ADMIN, LP_SANDBOX_MEMBER);
	code = good ? (enum lp_exit)lp_peer_run(&config) : LP_EXIT_OS;
	lp_zero(config.resume_token, sizeof(config.resume_token));
	return (int)code;
}

static int print_invite(struct client *c, struct lp_options *o)
{
	struct lp_invite invite = {0};
	char text[LP_INVITE_TEXT];
	int code = LP_EXIT_INTERNAL;
	bool good = lp_peer_options_invite(&c->peer, o, &invite, &code) &&
		    lp_guest_invite(&c->peer, o, c->guest, &invite, &code);
	lp_zero(&invite.token, sizeof(invite.token)); /* players open no rooms */
	if (good && lp_invite_format(&invite, text, sizeof(text)))
		puts(text);
	lp_zero(&invite, sizeof(invite));
	lp_zero(text, sizeof(text));
	return code;
}

static int command(struct client *c, struct lp_options *o)
{
	if (lp_options_has_command(o, "new-room"))
		return lp_tell_new_room();
	if (lp_options_has_command(o, "invite"))
		return print_invite(c, o);
	if (!lp_act_is_command(o))
		return lp_peer_check(&c->peer);
	/* Several clients can run, each with an interface of its own. */
	return lp_act_command(
		&(struct lp_local_name){"client", c->tap_name}, o, &c->peer, &c->show);
}

int main(int argc, char **argv)
{
	static const struct lp_command commands[] = {
		{.name = "new-room", .help = "prints a code for a new room"},
		{.name = "check",
			.argument = "INVITE",
			.help = "checks that the relay answers, with the right certificate and\n"
				"version; joins no room, and needs no root"},
		{.name = "invite",
			.argument = "INVITE",
			.help = "prints the room's invite, with the fingerprint of --host-key;\n"
				"--guest: one that expires"},
		LP_STATUS_COMMAND(NULL),
		{.name = "leave", .help = "leaves the room, and ends the client that runs"},
		LP_ACT_COMMANDS(NULL),
	};
	static struct client c = {.tap_name = "lanparty0",
		.resume = {.fd = -1},
		.hosts = {.fd = -1},
		.ways = {.fd = -1},
		.local = LP_LOCAL_CLOSED};
	struct lp_options options = {
		.program = "lanparty-client",
		.purpose = "Joins a room of a LAN party: a network interface of this computer "
			   "becomes part of it.",
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
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
	lp_notify_open();
	if (read_options(&c, &options, argc, argv, &code))
		code = options.command ? command(&c, &options) : run(&c);
	addresses_close(c.addresses);
	lp_resume_file_close(&c.resume);
	lp_room_memory_close(&c.hosts);
	lp_room_memory_close(&c.ways);
	lp_local_close(&c.local);
	if (c.tap)
		c.tap->ops->close(c.tap);
	lp_zero(&c.peer, sizeof(c.peer));
	lp_options_clear(&options);
	return lp_output_end(code);
}
