#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dhcp_ask.h"
#include "interface.h"
#include "lanparty/base/hex.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"
#include "lanparty/host/config.h"
#include "lanparty/host/service.h"
#include "lanparty/host/step.h"
#include "lanparty/peer/guest.h"
#include "lanparty/peer/linux/peer.h"
#include "lanparty/quic/crypto.h"

#define SERVICE      "lanparty-gateway"
#define JOIN_SECONDS 15
#define COMMENT      "# The invite of this room. Everybody who has it can join.\n"

/* ---- the LAN */

static enum lp_exit choose_lan(
	const struct lp_setup *s, struct lp_interface *ret_lan, enum lp_interface_use *ret_use)
{
	enum lp_exit code = LP_EXIT_OK;
	if (s->lan || s->bridge) {
		*ret_use = s->bridge ? LP_USE_BRIDGE : LP_USE_PACKET;
		if (!lp_interface_check(s->bridge ? s->bridge : s->lan, *ret_use,
			    lp_clock() + LP_INTERFACE_PATIENCE, ret_lan, &code))
			return code;
		lp_step("interface", "%s", ret_lan->name);
		return LP_EXIT_OK;
	}
	if (!lp_interface_choose(ret_lan, ret_use))
		return LP_EXIT_NO_INTERFACE;
	lp_step("interface", "%s", ret_lan->name);
	return LP_EXIT_OK;
}

/* ---- the room */

static const char *room_file(const struct lp_setup *s)
{
	return s->peer->room_file ? s->peer->room_file : s->room_file;
}

static bool was_given(const struct lp_setup *s, const char *option)
{
	return lp_options_was_given(s->options, option);
}

/* The service reads the file alone, and knows its room by the room file. */
static bool has_no_rival(const struct lp_setup *s, const struct lp_config *config)
{
	static const char *const names[] = {"relay", "relay-pin", "relay-cert", "server-name"};
	char kept[LP_CODE_TEXT];
	const char *rival = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (was_given(s, names[i]) && lp_config_find(config, names[i], kept, sizeof(kept)))
			rival = names[i];
	if (lp_config_find(config, "room", kept, sizeof(kept)))
		rival = "room";
	lp_zero(kept, sizeof(kept));
	if (rival)
		lp_log(LP_LOG_ERROR, "option_kept", "file=%s option=%s hint=%s", config->path,
			rival,
			"setup never changes a line of this file: remove the line, and give "
			"setup an invite or options instead");
	return !rival;
}

/* What was typed: an invite, and options that replace parts of it. */
static bool read_given(const struct lp_setup *s, struct lp_invite *ret_given)
{
	const struct lp_peer_options *p = s->peer;
	struct lp_invite *g = ret_given;
	*g = (struct lp_invite){0};
	if (s->options->argument && lp_invite_parse(s->options->argument, g) != LP_OK)
		return false;
	if (was_given(s, "relay")) {
		g->relay = p->relay;
		memcpy(g->also, p->also, sizeof(g->also));
		g->also_count = p->also_count;
	}
	if (was_given(s, "relay-pin")) {
		memcpy(g->pins, p->pins, sizeof(g->pins));
		g->pin_count = p->pin_count;
	}
	if (was_given(s, "server-name"))
		snprintf(g->server_name, sizeof(g->server_name), "%s", p->server_name_given);
	return !was_given(s, "room") || lp_code_parse(p->room, &g->code) == LP_OK;
}

static bool same_host(const struct lp_host *a, const struct lp_host *b)
{
	return strcmp(a->name, b->name) == 0 && a->port == b->port;
}

static bool same_endpoints(const struct lp_invite *a, const struct lp_invite *b)
{
	bool same = a->also_count == b->also_count && same_host(&a->relay, &b->relay);
	for (size_t i = 0; same && i < a->also_count; i++)
		same = same_host(&a->also[i], &b->also[i]);
	return same;
}

/* Whether something was given that is not so in the other one. */
static bool differs(
	const struct lp_setup *s, const struct lp_invite *given, const struct lp_invite *other)
{
	bool pins = s->options->argument || was_given(s, "relay-pin");
	bool name = s->options->argument || was_given(s, "server-name");
	const char *server = given->server_name;
	if (strcmp(server, other->relay.name) == 0)
		server = ""; /* which an invite leaves out */
	return (given->relay.name[0] && !same_endpoints(given, other)) ||
	       (pins && (given->pin_count != other->pin_count ||
				memcmp(given->pins, other->pins, given->pin_count * LP_PIN_SIZE) !=
					0)) ||
	       (name && strcmp(server, other->server_name) != 0) ||
	       (given->code.text[0] && strcmp(given->code.text, other->code.text) != 0) ||
	       (given->token.text[0] && strcmp(given->token.text, other->token.text) != 0) ||
	       was_given(s, "relay-cert");
}

/* Those of the configuration alone: the service reads no others. */
static void drop_given(const struct lp_setup *s)
{
	struct lp_peer_options *p = s->peer;
	if (was_given(s, "relay")) {
		p->relay = (struct lp_host){0};
		p->also_count = 0;
	}
	if (was_given(s, "relay-pin"))
		p->pin_count = 0;
	if (was_given(s, "relay-cert"))
		p->cert_files.count = 0;
	if (was_given(s, "server-name"))
		p->server_name_given = NULL;
	p->room = NULL;
}

/* The room of the file, whatever was given. */
static int read_room(const struct lp_setup *s, struct lp_invite *ret_invite)
{
	int code = LP_EXIT_OK;
	struct lp_invite given;
	char *argument = s->options->argument;
	bool compare = read_given(s, &given);
	drop_given(s);
	s->options->argument = NULL; /* the file names the room */
	s->peer->room_file = room_file(s);
	bool good = lp_peer_options_invite(s->peer, s->options, ret_invite, &code);
	s->options->argument = argument;
	if (good && (!compare || differs(s, &given, ret_invite)))
		lp_log(LP_LOG_WARNING, "room_kept", "file=%s hint=%s", room_file(s),
			"it names another relay or room than was given: to take the new one, "
			"remove the file and run setup again");
	lp_zero(&given, sizeof(given));
	return code;
}

/* Players open no rooms: the token stays in the room file. */
static int show(const struct lp_setup *s, struct lp_invite *invite)
{
	lp_zero(&invite->token, sizeof(invite->token));
	return (int)lp_invite_show(&s->show, invite);
}

static bool make_code(struct lp_code *ret_code)
{
	uint8_t random[LP_CODE_RANDOM];
	char text[LP_CODE_SHOWN];
	bool good = lp_random(random, sizeof(random));
	if (good) {
		lp_code_format(random, text);
		good = lp_code_parse(text, ret_code) == LP_OK;
	}
	lp_zero(random, sizeof(random));
	lp_zero(text, sizeof(text));
	return good;
}

static int new_room(const struct lp_setup *s, struct lp_invite *ret_invite)
{
	int code = LP_EXIT_OK;
	s->peer->room_file = NULL; /* it is not there yet */
	s->peer->needs_no_room = true;
	if (!s->options->argument && !s->peer->room && !s->peer->relay.name[0])
		return lp_options_wrong(s->options,
			"which relay? Give the invite that 'lanparty-relay setup' has printed");
	struct lp_invite given;
	bool compare = read_given(s, &given) && !was_given(s, "relay-cert");
	bool good = lp_peer_options_invite(s->peer, s->options, ret_invite, &code);
	bool kept = good && compare && differs(s, &given, ret_invite);
	lp_zero(&given, sizeof(given));
	if (!good)
		return code;
	if (kept) {
		lp_log(LP_LOG_ERROR, "option_kept", "file=%s hint=%s", s->options->config_file,
			"it names another relay, certificate or name than this invite: edit it by "
			"hand, and run setup again");
		return LP_EXIT_CONFIG;
	}
	if (ret_invite->code.text[0] || make_code(&ret_invite->code))
		return LP_EXIT_OK;
	lp_log(LP_LOG_ERROR, "room_failed", "reason=%s", "the system has no random numbers");
	return LP_EXIT_OS;
}

static int write_room(const char *file, const struct lp_invite *invite)
{
	char line[LP_INVITE_TEXT], text[sizeof(COMMENT) + LP_INVITE_TEXT];
	bool made, good = lp_invite_format(invite, line, sizeof(line));
	if (good) {
		int len = snprintf(text, sizeof(text), COMMENT "%s\n", line);
		good = lp_file_make_folders(file) &&
		       lp_file_create(file, 0600, text, (size_t)len, &made);
	}
	if (!good)
		lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s", file, strerror(errno));
	lp_zero(line, sizeof(line));
	lp_zero(text, sizeof(text));
	return good ? LP_EXIT_OK : LP_EXIT_CANNOT_CREATE;
}

/* ---- the host key (row N4) */

static const char *host_key_file(const struct lp_setup *s)
{
	return s->peer->host_key_file ? s->peer->host_key_file : s->host_key_file;
}

static int make_host_key(const char *file)
{
	struct lp_host_key key = {.known = false};
	char pem[LP_HOST_PEM_MAX];
	bool made, good = lp_host_key_make(&key) && lp_host_key_format(&key, pem, sizeof(pem));
	int code = good ? LP_EXIT_CANNOT_CREATE : LP_EXIT_OS;
	if (!good)
		lp_log(LP_LOG_ERROR, "host_key_failed", "reason=%s",
			"the system has no random numbers, or no memory");
	else if (lp_file_make_folders(file) && lp_file_create(file, 0600, pem, strlen(pem), &made))
		code = LP_EXIT_OK;
	else
		lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s", file, strerror(errno));
	lp_zero(&key, sizeof(key));
	lp_zero(pem, sizeof(pem));
	return code;
}

/* Makes the key unless there is one, and puts its fingerprint into the invite. */
static int set_host_key(const struct lp_setup *s, struct lp_invite *invite, bool *ret_made)
{
	const char *file = host_key_file(s);
	int code = LP_EXIT_OK;
	*ret_made = access(file, F_OK) != 0;
	if (*ret_made)
		code = make_host_key(file);
	s->peer->host_key_file = file;
	if (code != LP_EXIT_OK || !lp_peer_options_read_host_key(s->peer, s->options, &code))
		return code;
	memcpy(invite->host, s->peer->host, sizeof(invite->host));
	lp_step("host key", "%s: keep a copy; who has it is the room's host", file);
	return LP_EXIT_OK;
}

/* ---- the relay */

/* A child without rights reads what the network sends. */
static int ask_relay(const struct lp_peer_options *peer)
{
	int status = 0;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (peer->log_level == LP_LOG_INFO) /* which user it becomes is of no interest */
			lp_log_set(LP_LOG_WARNING, peer->log_format);
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
			_exit(lp_peer_check(peer));
		lp_log(LP_LOG_ERROR, "check_failed", "file=/dev/null reason=%s", strerror(errno));
		_exit(LP_EXIT_OS);
	}
	bool ended = child > 0 && waitpid(child, &status, 0) == child;
	if (!ended || !WIFEXITED(status)) {
		lp_log(LP_LOG_ERROR, "check_failed", "reason=%s hint=%s",
			ended ? strsignal(WTERMSIG(status)) : strerror(errno),
			"the process that asks the relay was ended: run setup again");
		return LP_EXIT_OS;
	}
	if (WEXITSTATUS(status) == LP_EXIT_OK)
		lp_step("relay", "%s answers, with the right certificate", peer->relay.name);
	return WEXITSTATUS(status);
}

/* ---- the service */

static int set_config(const struct lp_setup *s, const struct lp_interface *lan,
	enum lp_interface_use use, struct lp_config *config)
{
	bool good =
		lp_config_add(config, use == LP_USE_BRIDGE ? "bridge" : "lan", lan->name) &&
		lp_config_add(config, "room-file", room_file(s)) &&
		lp_config_add(config, "host-key", host_key_file(s)) &&
		(!s->relay_address || lp_config_add(config, "relay-address", s->relay_address)) &&
		lp_config_write(config);
	if (!good)
		return LP_EXIT_CANNOT_CREATE;
	lp_step("configuration", "%s", config->path);
	return LP_EXIT_OK;
}

static int start(const struct lp_setup *s, bool changed)
{
	const char *config = s->options->config_file;
	struct lp_service service = {.name = SERVICE,
		.config = config,
		.own = strcmp(config, s->config_file) == 0 &&
		       strcmp(room_file(s), s->room_file) == 0 &&
		       strcmp(host_key_file(s), s->host_key_file) == 0,
		.changed = changed};
	int code = (int)lp_service_start(&service);
	if (code != LP_EXIT_OK || !service.runs)
		return code;
	if (lp_service_says(SERVICE, LP_STATUS_JOINED, JOIN_SECONDS)) {
		lp_step("joined", "the gateway is in the room");
		return code;
	}
	lp_log(LP_LOG_ERROR, "not_joined", "service=%s seconds=%d hint=%s", SERVICE, JOIN_SECONDS,
		"the gateway runs, but is not in the room; its log says why: journalctl -u " SERVICE
		"; then run setup again");
	return LP_EXIT_UNAVAILABLE;
}

/* No reason to fail: the relay gives addresses, too. */
static void ask_dhcp(const struct lp_interface *lan, enum lp_interface_use use)
{
	struct lp_dhcp_heard heard;
	if (!lp_dhcp_ask(lan, &heard))
		lp_step("dhcp",
			"not known, because nothing can be sent on %s: %s; run setup again to see "
			"whether a DHCP server gives players their addresses",
			lan->name, strerror(errno));
	else if (heard.lan)
		lp_step("dhcp",
			"a DHCP server of this LAN answers: it gives players their addresses");
	else if (heard.own && use == LP_USE_BRIDGE)
		lp_step("dhcp", "the DHCP server of this computer answers: it gives players their "
				"addresses");
	else if (heard.own)
		lp_step("dhcp",
			"only the DHCP server of this computer answers, which players do not reach "
			"through %s: put %s into a bridge and run setup with --bridge; without "
			"that, players get addresses from the relay, which the LAN's computers do "
			"not know",
			lan->name, lan->name);
	else
		lp_step("dhcp",
			"no DHCP server of this LAN answers: players get addresses from the relay, "
			"which the LAN's computers do not know");
}

static int set_up(const struct lp_setup *s, struct lp_invite *invite)
{
	static struct lp_config config;
	struct lp_interface lan;
	enum lp_interface_use use = LP_USE_PACKET;
	const char *file = room_file(s);
	bool made = access(file, F_OK) != 0, made_key = false;
	if (!lp_config_read(&config, s->options->config_file) ||
		!lp_config_agrees(&config, "room-file", file) ||
		!lp_config_agrees(&config, "host-key", host_key_file(s)) ||
		!has_no_rival(s, &config))
		return LP_EXIT_CONFIG;
	int code = (int)choose_lan(s, &lan, &use);
	if (code == LP_EXIT_OK)
		code = made ? new_room(s, invite) : read_room(s, invite);
	s->peer->room_file = file;
	if (code == LP_EXIT_OK)
		code = ask_relay(s->peer);
	if (code == LP_EXIT_OK && made)
		code = write_room(file, invite);
	if (code == LP_EXIT_OK)
		code = set_host_key(s, invite, &made_key);
	if (code == LP_EXIT_OK)
		lp_step("room", "%s: keep a copy", file);
	if (code == LP_EXIT_OK)
		code = set_config(s, &lan, use, &config);
	if (code == LP_EXIT_OK)
		code = start(s, made || made_key || config.changed);
	if (code != LP_EXIT_OK)
		return code;
	ask_dhcp(&lan, use);
	lp_step("next", "send this invite to your players:");
	return show(s, invite);
}

int lp_setup_run(const struct lp_setup *s)
{
	struct lp_invite invite = {0};
	if (geteuid() != 0) {
		lp_options_wrong(
			s->options, "setup makes files and starts a service: run it as root");
		return LP_EXIT_NO_PERMISSION;
	}
	if (s->lan && s->bridge)
		return lp_options_wrong(
			s->options, "which LAN? Give either --lan INTERFACE or --bridge BRIDGE");
	int code = set_up(s, &invite);
	lp_zero(&invite, sizeof(invite));
	return code;
}

int lp_setup_invite(const struct lp_setup *s)
{
	struct lp_invite invite = {0};
	int code = read_room(s, &invite);
	if (code == LP_EXIT_OK && lp_guest_invite(s->peer, s->options, s->guest, &invite, &code))
		code = show(s, &invite);
	lp_zero(&invite, sizeof(invite));
	return code;
}

int lp_setup_room_key(const struct lp_setup *s)
{
	struct lp_invite invite = {0};
	uint8_t key[LP_ROOM_KEY_SIZE];
	char text[2 * sizeof(key) + 1];
	int code = read_room(s, &invite);
	bool good = code == LP_EXIT_OK && lp_room_key(&invite.code, key);
	lp_zero(&invite, sizeof(invite));
	if (!good)
		return code == LP_EXIT_OK ? LP_EXIT_INTERNAL : code;
	printf("key:%s\n", lp_hex_write(key, sizeof(key), text));
	lp_zero(key, sizeof(key));
	lp_zero(text, sizeof(text));
	return LP_EXIT_OK;
}
