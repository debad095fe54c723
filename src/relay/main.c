/* lanparty-relay: forwards Ethernet frames between the members of rooms. */
#include <limits.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin.h"
#include "certificate.h"
#include "control.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/wire/control.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/edge/parse.h"
#include "lanparty/host/invite.h"
#include "lanparty/quic/crypto.h"
#include "mapping.h"
#include "hosts.h"
#include "room_file.h"
#include "setup.h"
#include "workers.h"

#define DEFAULT_NAME   "lanparty-relay"
#define CONFIG         LANPARTY_SYSCONFDIR "/relay.conf"
#define CERT           LANPARTY_SYSCONFDIR "/relay.crt"
#define KEY            LANPARTY_SYSCONFDIR "/relay.key"
#define STATE          "/var/lib/lanparty-relay"
#define WAITING_FRAMES 16384 /* frames queued in all rooms: 25 MiB */
#define KEEP_ALIVE_MS  3000
#define IDLE_MS        15000
#define MAX_ROOMS      65536
#define JOINS_MAX      1000000
#define LEAST_BURST    LP_ETH_FRAME_MAX

#define TEXT(name_, argument_, value_, help_)                                                      \
	{.name = name_,                                                                            \
		.argument = argument_,                                                             \
		.help = help_,                                                                     \
		.kind = LP_OPTION_TEXT,                                                            \
		.value = value_}
#define NUMBER(name_, argument_, value_, min_, max_, help_)                                        \
	{.name = name_,                                                                            \
		.argument = argument_,                                                             \
		.help = help_,                                                                     \
		.kind = LP_OPTION_NUMBER,                                                          \
		.value = value_,                                                                   \
		.min = min_,                                                                       \
		.max = max_}
#define SIZE(name_, value_, min_, help_)                                                           \
	{.name = name_,                                                                            \
		.argument = "BYTES",                                                               \
		.help = help_,                                                                     \
		.kind = LP_OPTION_SIZE,                                                            \
		.value = value_,                                                                   \
		.min = min_,                                                                       \
		.max = LP_BUCKET_MAX}
#define PARSED(name_, argument_, value_, parse_, expects_, help_)                                  \
	{.name = name_,                                                                            \
		.argument = argument_,                                                             \
		.help = help_,                                                                     \
		.kind = LP_OPTION_PARSED,                                                          \
		.value = value_,                                                                   \
		.parse = parse_,                                                                   \
		.expects = expects_}

struct settings {
	struct workers_config relay;
	struct keyholder files;
	struct mapping mapping;
	struct control control;
	struct admin_place admin_place;
	struct admin *admin; /* NULL: none */
	struct lp_show_options status;
	bool home; /* behind a router that is asked for a port */
	const char *der_out, *name, *user, *state;
	struct hosts *hosts;
	const char *listen;         /* the last one, as it was given */
	struct lp_host public_name; /* name "": not given */
	struct setup_also also;
	struct lp_invite_options show;
	struct lp_dates dates;
	bool dated;
	bool open_rooms, open_given;
	uint64_t max_clients, max_rooms, workers;
	enum lp_log_level log_level;
	enum lp_log_format log_format;
};

static bool parse_name(const char *text, void *value)
{
	return lp_host_parse(text, value) == LP_OK;
}

static bool parse_also(const char *text, void *value)
{
	struct setup_also *also = value;
	if (also->count == LP_MAX_ALSO || lp_host_parse(text, &also->hosts[also->count]) != LP_OK)
		return false;
	also->texts[also->count++] = text;
	return true;
}

static bool parse_listen(const char *text, void *value)
{
	struct settings *s = value;
	struct workers_config *c = &s->relay;
	if (c->listen_count == SERVER_MAX_LISTEN ||
		!lp_listen_parse(text, &c->listen[c->listen_count]))
		return false;
	c->listen_count++;
	s->listen = text;
	return true;
}

/* Of the certificate that new connections get. */
static void check_dates(void *context)
{
	const struct settings *s = context;
	if (s->dated)
		certificate_check_dates(&s->dates, (int64_t)time(NULL));
}

static void take_note(struct settings *s, const struct lp_identity *identity)
{
	uint8_t pin[LP_PIN_SIZE];
	char text[LP_PIN_TEXT];
	lp_identity_pin(identity, pin);
	lp_log(LP_LOG_INFO, "certificate", "pin=%s", lp_pin_format(pin, text));
	s->dated = lp_identity_dates(identity, &s->dates);
	check_dates(s);
}

static bool reload(void *context, struct lp_identity **ret_identity)
{
	struct settings *s = context;
	enum lp_exit ignored;
	bool own = s->files.files[KEYHOLDER_CERT];
	*ret_identity = own ? certificate_load(&s->files, &ignored) : NULL;
	if (*ret_identity)
		take_note(s, *ret_identity);
	else
		lp_log(LP_LOG_WARNING, "reload", "kept=%s",
			own ? "previous_certificate" : "development_certificate");
	return *ret_identity || !own;
}

static bool parse_open(const char *text, void *value)
{
	struct settings *s = value;
	s->open_given = true;
	return lp_parse_yes_no(text, &s->open_rooms);
}

/* Row H3. */
static bool has_list(const struct settings *s)
{
	return s->files.files[KEYHOLDER_ROOMS] || s->files.files[KEYHOLDER_TOKEN] || !s->open_rooms;
}

static bool load_rooms(void *context, struct lp_room_list **ret_list)
{
	struct settings *s = context;
	enum lp_exit ignored;
	*ret_list = has_list(s) ? room_file_load(&s->files, s->open_rooms, &ignored) : NULL;
	bool good = *ret_list || !has_list(s);
	if (!good)
		lp_log(LP_LOG_WARNING, "reload", "kept=%s", "previous_rooms");
	return good;
}

static void on_child(void *context)
{
	struct settings *s = context;
	keyholder_look(&s->files);
	mapping_look(&s->mapping);
}

static const char *state_folder(const struct settings *s)
{
	static char folder[PATH_MAX];
	const char *given = getenv("STATE_DIRECTORY"); /* systemd's list of folders */
	if (s->state || !given || !given[0])
		return s->state ? s->state : STATE;
	snprintf(folder, sizeof(folder), "%.*s", (int)strcspn(given, ":"), given);
	return folder;
}

/* In both families. */
static uint16_t own_port(const struct settings *s)
{
	return s->relay.listen_count > 0 ? ntohs(s->relay.listen[0].address.in.sin_port)
					 : LP_RELAY_PORT;
}

static bool ask_for_port(struct settings *s)
{
	struct mapping *m = &s->mapping;
	m->inner = own_port(s);
	mapping_expect(m, &s->public_name, s->also.hosts, s->also.count);
	return !s->home || mapping_start(m);
}

/* The certificate is read before the keyholder can be asked, so that --cert can be a pipe. */
static struct workers *start(struct settings *s, enum lp_exit *ret_exit)
{
	struct keyholder direct = s->files;
	bool own = s->files.files[KEYHOLDER_CERT];
	bool child = (own || has_list(s)) && lp_rights_is_root();
	if ((child && !keyholder_start(&s->files)) || !ask_for_port(s)) {
		*ret_exit = LP_EXIT_OS;
		return NULL;
	}
	struct lp_room_list *rooms =
		has_list(s) ? room_file_load(&direct, s->open_rooms, ret_exit) : NULL;
	if (has_list(s) && !rooms)
		return NULL;
	struct lp_identity *identity = own ? certificate_load(&direct, ret_exit)
					   : certificate_make(s->name, s->der_out, ret_exit);
	if (identity)
		s->hosts = hosts_open(state_folder(s), ret_exit);
	if (!s->hosts) {
		lp_identity_free(identity);
		lp_room_list_free(rooms);
		return NULL;
	}
	s->relay.hub.rooms.book = hosts_book(s->hosts);
	take_note(s, identity);
	s->files.running = true;
	s->relay.permitted = rooms;
	s->relay.rooms = load_rooms;
	s->relay.reload = reload;
	s->relay.daily = check_dates;
	s->relay.child = on_child;
	s->relay.context = s;
	struct workers *workers = workers_open(&s->relay, identity, ret_exit);
	lp_room_list_free(rooms);
	return workers;
}

static enum lp_exit run(struct settings *s)
{
	enum lp_exit code = LP_EXIT_OS;
	struct workers *workers = start(s, &code);
	if (workers) {
		control_open(&s->control);
		s->admin = admin_open(&s->admin_place);
	}
	/* Nothing is bound later, so no capability stays. */
	bool good = workers && lp_rights_enter(LP_RIGHTS_NONE, LP_SANDBOX_RELAY) &&
		    hosts_start(s->hosts);
	if (good) {
		control_start(&s->control, workers, s->relay.log_addresses);
		admin_start(s->admin, workers, s->relay.log_addresses);
	}
	if (workers)
		code = good ? workers_run(workers) : LP_EXIT_OS;
	admin_close(s->admin);
	control_close(&s->control);
	workers_close(workers);
	hosts_close(s->hosts);
	keyholder_stop(&s->files);
	mapping_stop(&s->mapping);
	return code;
}

static bool has_port(const char *host)
{
	const char *ipv6_end = strchr(host, ']');
	return strchr(ipv6_end ? ipv6_end : host, ':');
}

/* Of the commands setup and invite. */
static bool find_name(struct settings *s, const struct lp_options *o, struct setup *setup)
{
	setup->name = s->public_name;
	setup->port = own_port(s);
	if (!o->argument) /* the router says the address of a home */
		return s->public_name.name[0] || (s->home && lp_options_has_command(o, "setup"));
	if (lp_host_parse(o->argument, &setup->name) != LP_OK)
		return false;
	if (!has_port(o->argument))
		setup->name.port = setup->port;
	return true;
}

static enum lp_exit host(struct settings *s, const struct lp_options *o)
{
	bool invite = lp_options_has_command(o, "invite");
	bool listen = lp_options_was_given(o, "listen");
	struct setup setup = {.files = &s->files,
		.config_file = o->config_file,
		.listen = listen ? s->listen : NULL,
		.listen_count = s->relay.listen_count,
		.also = s->also,
		.home = s->home,
		.no_tcp = s->relay.no_tcp,
		.show = s->show};
	if (!s->files.files[KEYHOLDER_CERT]) {
		s->files.files[KEYHOLDER_CERT] = CERT;
		s->files.files[KEYHOLDER_KEY] = KEY;
	}
	setup.own = strcmp(setup.config_file, CONFIG) == 0 &&
		    strcmp(s->files.files[KEYHOLDER_CERT], CERT) == 0 &&
		    strcmp(s->files.files[KEYHOLDER_KEY], KEY) == 0;
	if (!find_name(s, o, &setup))
		return (enum lp_exit)lp_options_wrong(o,
			"under which name or address do members reach this relay? Give it: "
			"lanparty-relay setup play.example.org");
	if (invite)
		return setup_invite(&setup);
	if (listen && s->relay.listen_count > 1)
		return (enum lp_exit)lp_options_wrong(o,
			"setup takes one --listen: write more of them into the configuration file");
	if (geteuid() == 0)
		return setup_run(&setup);
	lp_options_wrong(o, "setup makes files and starts a service: run it as root");
	return LP_EXIT_NO_PERMISSION;
}

static enum lp_exit main_with(struct settings *s, struct lp_options *o)
{
	lp_log_set(s->log_level, s->log_format);
	const char *wrong = lp_rights_choose(s->user);
	bool cert = s->files.files[KEYHOLDER_CERT], key = s->files.files[KEYHOLDER_KEY];
	if (wrong)
		return (enum lp_exit)lp_options_wrong(o, wrong);
	if (cert != key)
		return (enum lp_exit)lp_options_wrong(
			o, "--cert and --key go together: give both PEM files");
	if (cert && s->der_out)
		return (enum lp_exit)lp_options_wrong(o,
			"--dev-cert-der-out is for the development certificate: omit either --cert "
			"and --key, or this option");
	if (lp_options_has_command(o, "new-cert")) {
		if (!cert)
			return (enum lp_exit)lp_options_wrong(
				o, "new-cert needs --cert FILE and --key FILE");
		return certificate_create(
			s->name, s->files.files[KEYHOLDER_CERT], s->files.files[KEYHOLDER_KEY]);
	}
	if (lp_options_has_command(o, "new-room"))
		return room_file_new_room();
	bool rooms = s->files.files[KEYHOLDER_ROOMS], token = s->files.files[KEYHOLDER_TOKEN];
	if (!s->open_given)
		s->open_rooms = !rooms && !token;
	if (!s->open_rooms && !rooms && !token)
		return (enum lp_exit)lp_options_wrong(o,
			"nobody could open a room: with --open-rooms no, give --rooms FILE, "
			"--token-file FILE, or both");
	if (o->command)
		return control_is_command(o) ? (enum lp_exit)control_command(o, &s->status)
					     : host(s, o);
	s->relay.hub.rooms.max_clients = (size_t)s->max_clients;
	s->relay.hub.rooms.max_rooms = (size_t)s->max_rooms;
	s->relay.count = (size_t)s->workers;
	if (!s->relay.listen_count)
		parse_listen("443/udp", s);
	return run(s);
}

static const struct lp_command commands[] = {
	{.name = "setup",
		.argument = "HOST[:PORT]",
		.help = "makes this computer a relay that members reach as HOST: certificate,\n"
			"configuration, service; never replaces anything; needs root; with --home\n"
			"HOST can be left out",
		.config = CONFIG},
	{.name = "invite",
		.help = "prints the relay's invite, which 'lanparty-gateway setup' takes",
		.config = CONFIG},
	{.name = "status",
		.help = "shows rooms and members of the relay that runs on this computer\n"
			"(--json, --watch)",
		.config = CONFIG},
	{.name = "rooms", .help = "shows its rooms without their members", .config = CONFIG},
	{.name = "kick",
		.argument = "ROOM/NUMBER",
		.help = "removes a member for a minute",
		.config = CONFIG},
	{.name = "ban",
		.argument = "ROOM/NUMBER",
		.help = "removes a member, and does not let its computer into that room again",
		.config = CONFIG},
	{.name = "reload",
		.help = "reads certificate, key, rooms and token again, as SIGHUP does",
		.config = CONFIG},
	{.name = "log-level",
		.argument = "LEVEL",
		.help = "changes the level of the log until the relay ends",
		.config = CONFIG},
	{.name = "new-cert",
		.help = "generates a certificate, stores it as --cert and --key, and prints\n"
			"its pin"},
	{.name = "new-room",
		.help = "prints a code for a new room, and below it the line for --rooms that\n"
			"does not give the code away"},
};

int main(int argc, char **argv)
{
	struct settings s = {
		.relay.hub = {.rooms.limits = {.client_rate = 2 << 20,
				      .client_burst = 4 << 20,
				      .broadcast_rate = 200,
				      .broadcast_burst = 400,
				      .unknown_rate = 200,
				      .unknown_burst = 400,
				      .join_rate = 5,
				      .join_burst = 20,
				      .open_rate = 10},
			.frames = WAITING_FRAMES,
			.keep_alive_ms = KEEP_ALIVE_MS,
			.idle_timeout_ms = IDLE_MS,
			.random = lp_random},
		.relay.log_addresses = true,
		.files = {.child.socket = -1},
		.mapping = {.child.socket = -1, .hole.socket = -1},
		.control = CONTROL_CLOSED,
		.name = DEFAULT_NAME,
		.max_clients = 64,
		.max_rooms = 1024,
		.log_level = LP_LOG_INFO,
		.log_format = LP_LOG_TEXT,
	};
	struct lp_limits *limits = &s.relay.hub.rooms.limits;
	const struct lp_option list[] = {
		PARSED("listen", "SPEC", &s, parse_listen,
			"PORT, ADDR:PORT or [V6]:PORT, at most 8 times",
			"listen address: PORT (of UDP and TCP) for IPv4 and IPv6, ADDR:PORT "
			"or\n[V6]:PORT; "
			"can be repeated (default: 443)"),
		{.name = "no-tcp",
			.help = "listen at UDP alone; otherwise members whose network blocks UDP "
				"join over TCP,\nat the same addresses and ports",
			.kind = LP_OPTION_FLAG,
			.value = &s.relay.no_tcp},
		TEXT("cert", "PEM", &s.files.files[KEYHOLDER_CERT],
			"certificate, followed by its chain; read again on SIGHUP"),
		TEXT("key", "PEM", &s.files.files[KEYHOLDER_KEY], "private key of --cert"),
		TEXT("user", "NAME", &s.user,
			"user that root becomes once the ports are open (default: lanparty\n"
			"where this user exists, else nobody)"),
		TEXT("state", "FOLDER", &s.state,
			"folder where the host keys of rooms are kept (default: systemd's\n"
			"StateDirectory, or " STATE ")"),
		TEXT("dev-cert-der-out", "FILE", &s.der_out,
			"without --cert: write the generated certificate to FILE, as DER"),
		TEXT("dev-cert-name", "NAME", &s.name,
			"name in that certificate (default: " DEFAULT_NAME ")"),
		PARSED("public-name", "HOST[:PORT]", &s.public_name, parse_name,
			"a host name, an IPv4 address or an IPv6 address in [], and perhaps :PORT",
			"for setup and invite: how members reach this relay"),
		PARSED("also", "HOST[:PORT]", &s.also, parse_also,
			"a host name, an IPv4 address or an IPv6 address in [], and perhaps :PORT, "
			"3 times at most",
			"for setup and invite: where members reach this relay, too, such as\n"
			"another port; can be repeated"),
		{.name = "home",
			.help = "this relay is behind the router of a home: ask it for a port by "
				"PCP,\n"
				"NAT-PMP or UPnP, in IPv6 to let packets in, and keep that open",
			.kind = LP_OPTION_FLAG,
			.value = &s.home},
		NUMBER("max-clients", "N", &s.max_clients, 1, LP_MAX_CLIENTS,
			"largest number of clients in a room (default: 64)"),
		NUMBER("max-rooms", "N", &s.max_rooms, 1, MAX_ROOMS,
			"largest number of rooms (default: 1024)"),
		TEXT("rooms", "FILE", &s.files.files[KEYHOLDER_ROOMS],
			"the rooms that can be opened, one per line, with limits of their own;\n"
			"read again on SIGHUP"),
		TEXT("token-file", "FILE", &s.files.files[KEYHOLDER_TOKEN],
			"a token in FILE that lets a gateway or client open any room; read again\n"
			"on SIGHUP"),
		PARSED("open-rooms", "YES", &s, parse_open, LP_EXPECTS_YES_NO,
			"yes or no: others can open rooms, too (default: yes; no with --rooms or\n"
			"--token-file)"),
		NUMBER("workers", "N", &s.workers, 1, WORKERS_MAX,
			"threads, each with its own rooms; the relay's limits are divided\n"
			"among them and rounded up (default: one per core, but at most one\n"
			"per 64 of --max-rooms)"),
		SIZE("client-rate", &limits->client_rate, 0,
			"bytes per second from one client; 0: no limit (default: 2M)"),
		SIZE("client-burst", &limits->client_burst, LEAST_BURST,
			"bytes from one client at once (default: 4M)"),
		NUMBER("broadcast-rate", "FRAMES", &limits->broadcast_rate, 0, LP_BUCKET_MAX,
			"broadcasts and multicasts per second from one client; 0: no limit\n"
			"(default: 200)"),
		NUMBER("broadcast-burst", "FRAMES", &limits->broadcast_burst, 1, LP_BUCKET_MAX,
			"broadcasts and multicasts from one client at once (default: 400)"),
		NUMBER("unknown-rate", "FRAMES", &limits->unknown_rate, 0, LP_BUCKET_MAX,
			"frames per second from one client to MACs that the room does not know;\n"
			"0: no limit (default: 200)"),
		NUMBER("unknown-burst", "FRAMES", &limits->unknown_burst, 1, LP_BUCKET_MAX,
			"such frames from one client at once (default: 400)"),
		NUMBER("join-rate", "JOINS", &limits->join_rate, 0, JOINS_MAX,
			"joins per second from one address, in each worker; 0: no limit\n"
			"(default: 5)"),
		NUMBER("join-burst", "JOINS", &limits->join_burst, 1, JOINS_MAX,
			"joins from one address at once, in each worker (default: 20)"),
		NUMBER("open-rate", "ROOMS", &limits->open_rate, 0, JOINS_MAX,
			"new rooms per minute from one address, in each worker; 0: no limit\n"
			"(default: 10)"),
		PARSED("admin", "ADDRESS:PORT", &s.admin_place, admin_parse, ADMIN_EXPECTS,
			"show a status page, metrics and health over HTTP at that address of this\n"
			"computer, such as 127.0.0.1:9640, or at a Unix socket: /PATH; no login"),
		PARSED("allow-ethertype", "HEX", &s.relay.hub.filter, lp_parse_ethertype,
			LP_EXPECTS_ETHERTYPE,
			"also forward frames of this type, such as 8137 for IPX;\ncan be repeated"),
		{.name = "allow-llc",
			.kind = LP_OPTION_FLAG,
			.help = "also forward IPX and NetBEUI in IEEE 802.3 frames, for old games",
			.value = &s.relay.hub.filter.llc},
		PARSED("sandbox", "MODE", NULL, lp_sandbox_parse, LP_EXPECTS_SANDBOX,
			"what happens to a system call that the relay does not need: deny (fail\n"
			"it and log it), kill (end the relay) or off (allow it) (default: deny)"),
		PARSED("log-level", "LEVEL", &s.log_level, lp_parse_log_level, LP_EXPECTS_LOG_LEVEL,
			"error, warning, info, debug or frame (default: info)"),
		PARSED("log-addresses", "YES", &s.relay.log_addresses, lp_parse_yes_no,
			LP_EXPECTS_YES_NO,
			"yes or no: log the addresses of those who join, leave or are refused\n"
			"(default: yes)"),
		PARSED("log-format", "FORMAT", &s.log_format, lp_parse_log_format,
			LP_EXPECTS_LOG_FORMAT, "text or json (default: text)"),
	};
	struct lp_option table[LP_OPTIONS_MAX];
	memcpy(table, list, sizeof(list));
	struct lp_options options = {
		.program = "lanparty-relay",
		.purpose = "Forwards Ethernet frames between the members of rooms.",
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
		.list = table,
		.count = lp_invite_options_add(&s.show, table, sizeof(list) / sizeof(list[0])),
	};
	options.count = lp_show_options_add(&s.status, table, options.count);
	int code;
	lp_rights_protect_memory();
	lp_output_open();
	lp_notify_open();
	if (lp_options_read(&options, argc, argv, &code))
		code = (int)main_with(&s, &options);
	lp_options_clear(&options);
	return lp_output_end(code);
}
