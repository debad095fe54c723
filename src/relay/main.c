/* lanparty-relay: forwards Ethernet frames between the members of rooms. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certificate.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/linux/sandbox.h"
#include "lanparty/wire/control.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/output.h"
#include "lanparty/edge/parse.h"
#include "lanparty/quic/crypto.h"
#include "workers.h"

#define DEFAULT_NAME   "lanparty-relay"
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
	const char *der_out, *name, *user;
	struct lp_dates dates;
	bool dated;
	uint64_t max_clients, max_rooms, workers;
	enum lp_log_level log_level;
	enum lp_log_format log_format;
};

static bool parse_listen(const char *text, void *value)
{
	struct workers_config *c = value;
	if (c->listen_count == SERVER_MAX_LISTEN ||
		!lp_listen_parse(text, &c->listen[c->listen_count]))
		return false;
	c->listen_count++;
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

static struct lp_identity *reload(void *context)
{
	struct settings *s = context;
	enum lp_exit ignored;
	struct lp_identity *identity =
		s->files.files[KEYHOLDER_CERT] ? certificate_load(&s->files, &ignored) : NULL;
	if (identity)
		take_note(s, identity);
	else
		lp_log(LP_LOG_WARNING, "reload", "kept=%s",
			s->files.files[KEYHOLDER_CERT] ? "previous_certificate"
						       : "development_certificate");
	return identity;
}

/* The certificate is read before the keyholder can be asked, so that --cert can be a pipe. */
static struct workers *start(struct settings *s, const char *user, enum lp_exit *ret_exit)
{
	struct keyholder direct = s->files;
	bool own = s->files.files[KEYHOLDER_CERT];
	if (own && lp_rights_is_root() && !keyholder_start(&s->files, user)) {
		*ret_exit = LP_EXIT_OS;
		return NULL;
	}
	struct lp_identity *identity = own ? certificate_load(&direct, ret_exit)
					   : certificate_make(s->name, s->der_out, ret_exit);
	if (!identity)
		return NULL;
	take_note(s, identity);
	s->files.running = true;
	s->relay.reload = reload;
	s->relay.daily = check_dates;
	s->relay.context = s;
	return workers_open(&s->relay, identity, ret_exit);
}

/* Nothing is bound later, so no capability stays. */
static bool give_up_rights(const char *user)
{
	bool root = lp_rights_is_root();
	if (!lp_rights_become(user, LP_RIGHTS_NONE) || !lp_sandbox_enter(LP_SANDBOX_RELAY))
		return false;
	if (root)
		lp_log(LP_LOG_INFO, "rights_dropped", "user=%s", user);
	return true;
}

static enum lp_exit run(struct settings *s)
{
	enum lp_exit code = LP_EXIT_OS;
	const char *user = lp_rights_user(s->user);
	struct workers *workers = start(s, user, &code);
	if (workers)
		code = give_up_rights(user) ? workers_run(workers) : LP_EXIT_OS;
	workers_close(workers);
	keyholder_stop(&s->files);
	return code;
}

/* Returns a sentence, or NULL. */
static const char *wrong_user(const char *name)
{
	static char text[200];
	if (!name)
		return NULL;
	if (!lp_rights_user(name))
		snprintf(text, sizeof(text), "--user: there is no user %.100s", name);
	else if (!lp_rights_is_root() && !lp_rights_is_user(name))
		snprintf(text, sizeof(text),
			"--user: only root can become %.100s: start the relay as root, or as that "
			"user without this option",
			name);
	else
		return NULL;
	return text;
}

static enum lp_exit main_with(struct settings *s, struct lp_options *o)
{
	lp_log_set(s->log_level, s->log_format);
	const char *wrong = wrong_user(s->user);
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
	if (o->argument) {
		if (strcmp(o->argument, "new-cert") != 0 || !cert)
			return (enum lp_exit)lp_options_wrong(o,
				"the only possible word is new-cert, with --cert FILE and --key "
				"FILE");
		return certificate_create(
			s->name, s->files.files[KEYHOLDER_CERT], s->files.files[KEYHOLDER_KEY]);
	}
	s->relay.hub.rooms.max_clients = (size_t)s->max_clients;
	s->relay.hub.rooms.max_rooms = (size_t)s->max_rooms;
	s->relay.count = (size_t)s->workers;
	if (!s->relay.listen_count)
		parse_listen("443/udp", &s->relay);
	return run(s);
}

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
		.files = {.socket = -1, .child = -1},
		.name = DEFAULT_NAME,
		.max_clients = 64,
		.max_rooms = 1024,
		.log_level = LP_LOG_INFO,
		.log_format = LP_LOG_TEXT,
	};
	struct lp_limits *limits = &s.relay.hub.rooms.limits;
	const struct lp_option list[] = {
		PARSED("listen", "SPEC", &s.relay, parse_listen,
			"PORT, ADDR:PORT or [V6]:PORT, at most 8 times",
			"listen address: PORT (of UDP) for IPv4 and IPv6, ADDR:PORT or [V6]:PORT;\n"
			"can be repeated (default: 443)"),
		TEXT("cert", "PEM", &s.files.files[KEYHOLDER_CERT],
			"certificate, followed by its chain; read again on SIGHUP"),
		TEXT("key", "PEM", &s.files.files[KEYHOLDER_KEY], "private key of --cert"),
		TEXT("user", "NAME", &s.user,
			"user that root becomes once the ports are open (default: lanparty\n"
			"where this user exists, else nobody)"),
		TEXT("dev-cert-der-out", "FILE", &s.der_out,
			"without --cert: write the generated certificate to FILE, as DER"),
		TEXT("dev-cert-name", "NAME", &s.name,
			"name in that certificate (default: " DEFAULT_NAME ")"),
		NUMBER("max-clients", "N", &s.max_clients, 1, LP_MAX_CLIENTS,
			"largest number of clients in a room (default: 64)"),
		NUMBER("max-rooms", "N", &s.max_rooms, 1, MAX_ROOMS,
			"largest number of rooms (default: 1024)"),
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
			"frames per second from one client to stations unknown to the room;\n"
			"0: no limit (default: 200)"),
		NUMBER("unknown-burst", "FRAMES", &limits->unknown_burst, 1, LP_BUCKET_MAX,
			"such frames from one client at once (default: 400)"),
		NUMBER("join-rate", "JOINS", &limits->join_rate, 0, JOINS_MAX,
			"joins per second from one address; 0: no limit (default: 5)"),
		NUMBER("join-burst", "JOINS", &limits->join_burst, 1, JOINS_MAX,
			"joins from one address at once (default: 20)"),
		NUMBER("open-rate", "ROOMS", &limits->open_rate, 0, JOINS_MAX,
			"new rooms per minute from one address; 0: no limit (default: 10)"),
		PARSED("allow-ethertype", "HEX", &s.relay.hub.filter, lp_parse_ethertype,
			LP_EXPECTS_ETHERTYPE,
			"also forward frames of this type, such as 8137 for IPX;\ncan be repeated"),
		PARSED("sandbox", "MODE", NULL, lp_sandbox_parse, LP_EXPECTS_SANDBOX,
			"what happens to a system call that the relay does not use: deny (and\n"
			"log it), kill (end the relay) or off (allow it) (default: deny)"),
		PARSED("log-level", "LEVEL", &s.log_level, lp_parse_log_level, LP_EXPECTS_LOG_LEVEL,
			"error, warning, info, debug or frame (default: info)"),
		PARSED("log-format", "FORMAT", &s.log_format, lp_parse_log_format,
			LP_EXPECTS_LOG_FORMAT, "text or json (default: text)"),
	};
	struct lp_options options = {
		.program = "lanparty-relay",
		.purpose =
			"Forwards Ethernet frames between the members of rooms.\n"
			"With the word new-cert: generates a certificate, stores it as --cert and "
			"--key,\n"
			"and prints its pin.",
		.positional = "new-cert",
		.list = list,
		.count = sizeof(list) / sizeof(list[0]),
	};
	int code;
	lp_rights_protect_memory();
	lp_output_open();
	if (lp_options_read(&options, argc, argv, &code))
		code = (int)main_with(&s, &options);
	lp_options_clear(&options);
	return lp_output_end(code);
}
