#include "setup.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "endpoints.h"
#include "lanparty/base/date.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/host/config.h"
#include "lanparty/host/firewall.h"
#include "lanparty/host/service.h"
#include "lanparty/host/step.h"
#include "mapping.h"
#include "room_file.h"

#define SERVICE  "lanparty-relay"
#define ADVICE   2048
#define FAMILIES 2 /* of addresses that a router gives */

static bool has_certificate(const struct keyholder *k)
{
	return access(k->files[KEYHOLDER_CERT], F_OK) == 0 ||
	       access(k->files[KEYHOLDER_KEY], F_OK) == 0;
}

/* Reads the certificate as the relay will, so that a mistake in it is said now. One that each computer trusts
 * has no pin in the invite, which then survives its renewal. */
static enum lp_exit read_pin(const struct setup *s, struct lp_invite *invite)
{
	struct keyholder direct = *s->files;
	struct lp_dates dates;
	enum lp_exit code = LP_EXIT_OK;
	struct lp_identity *identity = certificate_load(&direct, &code);
	if (!identity)
		return code;
	lp_identity_pin(identity, invite->pins[0]);
	invite->pin_count = lp_identity_is_trusted(identity, invite->relay.name) ? 0 : 1;
	if (lp_identity_dates(identity, &dates))
		certificate_check_dates(&dates, (int64_t)time(NULL));
	lp_identity_free(identity);
	return room_file_token(&direct, &invite->token) ? LP_EXIT_OK : LP_EXIT_NO_INPUT;
}

static enum lp_exit set_certificate(
	const struct setup *s, struct lp_invite *invite, bool *ret_changed)
{
	const char *const *files = s->files->files;
	*ret_changed = !has_certificate(s->files);
	enum lp_exit code = LP_EXIT_OK;
	if (*ret_changed)
		code = certificate_store(
			s->name.name, files[KEYHOLDER_CERT], files[KEYHOLDER_KEY], invite->pins[0]);
	if (code == LP_EXIT_OK)
		code = read_pin(s, invite);
	if (code == LP_EXIT_OK)
		lp_step("certificate", "%s with its key: keep a copy of both%s",
			files[KEYHOLDER_CERT],
			invite->pin_count > 0 ? ""
					      : "; invites need no pin, because a public "
						"authority has issued it");
	return code;
}

static bool is_same(const char *text, const struct lp_host *name)
{
	struct lp_host kept;
	return lp_host_parse(text, &kept) == LP_OK && strcmp(kept.name, name->name) == 0 &&
	       kept.port == name->port;
}

/* Invites name the port: a relay that moves to another one is lost to those who have them. */
static bool keeps_port(const struct setup *s, const struct lp_config *config)
{
	char name[LP_HOST_SHOWN], listen[LP_HOST_SHOWN];
	bool named = lp_config_find(config, "public-name", name, sizeof(name));
	bool listens = lp_config_find(config, "listen", listen, sizeof(listen));
	bool same = listens ? lp_config_has(config, "listen", s->listen)
			    : !named || s->port == LP_RELAY_PORT;
	if (same && (!named || is_same(name, &s->name)))
		return true;
	lp_log(LP_LOG_ERROR, "option_kept", "file=%s option=%s hint=%s", s->config_file, "listen",
		"to change the port, edit public-name and listen in this file, restart the relay, "
		"and send new invites");
	return false;
}

static bool read_config(const struct setup *s, struct lp_config *ret_config)
{
	const char *const *files = s->files->files;
	return lp_config_read(ret_config, s->config_file) &&
	       (!s->listen || keeps_port(s, ret_config)) &&
	       lp_config_agrees(ret_config, "cert", files[KEYHOLDER_CERT]) &&
	       lp_config_agrees(ret_config, "key", files[KEYHOLDER_KEY]);
}

/* The name that stands in the file is the relay's, whatever was typed. */
static struct lp_host name_of(const struct setup *s, const struct lp_config *config)
{
	struct lp_host name = s->name;
	char host[LP_HOST_SHOWN];
	if (lp_config_find(config, "public-name", host, sizeof(host)))
		lp_host_parse(host, &name);
	return name;
}

/* Likewise its further endpoints. */
static void name_also(const struct lp_config *config, struct lp_invite *invite)
{
	char host[LP_HOST_SHOWN];
	size_t n = 0;
	while (n < LP_MAX_ALSO && lp_config_at(config, "also", n, host, sizeof(host)) &&
		lp_host_parse(host, &invite->also[n]) == LP_OK)
		n++;
	invite->also_count = n;
}

static bool add_lines(const struct setup_also *found, struct lp_config *config)
{
	char host[LP_HOST_SHOWN];
	bool good = true;
	for (size_t i = 0; good && i < found->count; i++)
		good = lp_config_add_line(config, "also", lp_host_format(&found->hosts[i], host));
	return good;
}

static enum lp_exit set_config(const struct setup *s, struct lp_config *config)
{
	char host[LP_HOST_SHOWN];
	lp_host_format(&s->name, host);
	bool adds = s->listen && !lp_config_has(config, "listen", s->listen);
	bool good = lp_config_add(config, "public-name", host) &&
		    lp_config_add_all(config, "also", s->also.texts, s->also.count) &&
		    add_lines(&s->found, config) &&
		    (!s->home || lp_config_add(config, "home", "yes")) &&
		    (!s->no_tcp || lp_config_add(config, "no-tcp", "yes")) &&
		    (!adds || lp_config_add(config, "listen", s->listen)) &&
		    lp_config_add(config, "cert", s->files->files[KEYHOLDER_CERT]) &&
		    lp_config_add(config, "key", s->files->files[KEYHOLDER_KEY]) &&
		    lp_config_write(config);
	if (!good)
		return LP_EXIT_CANNOT_CREATE;
	lp_step("configuration", "%s", s->config_file);
	return LP_EXIT_OK;
}

static void say_next(const struct setup *s, const struct lp_invite *invite)
{
	char text[LP_INVITE_TEXT], advice[ADVICE]; /* the text can have a token */
	if (s->listen_count > 1)
		lp_step("port", "%u, of the first of %zu lines listen; HOST:PORT takes another one",
			s->port, s->listen_count);
	lp_firewall_advice(s->port, !s->no_tcp, advice, sizeof(advice));
	lp_step("firewall", "%s", advice);
	bool good = lp_invite_format(invite, text, sizeof(text));
	if (good && s->home) /* many routers do not lead from inside to their own address outside */
		lp_step("next",
			"on this computer: lanparty-gateway setup --relay-address 127.0.0.1:%u "
			"'%s'",
			s->port, text);
	else if (good)
		lp_step("next", "on the computer in your LAN: lanparty-gateway setup '%s'", text);
	lp_zero(text, sizeof(text));
}

static void name_address(struct lp_host *host, int family, const void *address, uint16_t port)
{
	inet_ntop(family, address, host->name, sizeof(host->name));
	host->port = port;
}

static bool is_name(const char *text)
{
	struct in6_addr ignored;
	return text[0] && inet_pton(AF_INET, text, &ignored) != 1 &&
	       inet_pton(AF_INET6, text, &ignored) != 1;
}

/* No line of the file is changed, so the host must hear of one that leads nowhere. */
static void say_lost(const struct setup *s, const struct lp_host *name, const struct lp_host *now)
{
	char old[LP_HOST_SHOWN], new[LP_HOST_SHOWN], hint[ADVICE];
	lp_host_format(name, old);
	lp_host_format(now, new);
	snprintf(hint, sizeof(hint),
		"the router does not lead from %s to this relay now: write public-name = %s into "
		"%s, remove a line also = %s, restart the relay, and send new invites",
		old, new, s->config_file, new);
	lp_log(LP_LOG_WARNING, "external_address_changed", "address=%s port=%u hint=%s", now->name,
		now->port, hint);
}

static void say_full(const struct setup *s, const struct lp_host *now)
{
	char text[LP_HOST_SHOWN], hint[ADVICE];
	snprintf(hint, sizeof(hint),
		"invites name no more endpoints, and %s is not among them: remove a line also that "
		"leads nowhere, and run setup again",
		lp_host_format(now, text));
	lp_log(LP_LOG_WARNING, "option_kept", "file=%s option=%s hint=%s", s->config_file, "also",
		hint);
}

/* Each endpoint that the router gave, and that invites do not name yet, is one more: invites then have one that
 * works, whatever stands first in them. */
static void add_found(
	struct setup *s, const struct lp_host *name, const struct lp_host *given, size_t count)
{
	struct lp_host named[1 + LP_MAX_ALSO] = {*name}, missing[FAMILIES];
	size_t had = s->also.count;
	memcpy(named + 1, s->also.hosts, had * sizeof(named[0]));
	size_t n = endpoints_missing(named, 1 + had, given, count, missing);
	for (size_t i = 0; i < n; i++)
		if (had + i < LP_MAX_ALSO)
			s->found.hosts[s->found.count++] = missing[i];
		else
			say_full(s, &missing[i]);
	if (!endpoints_have(given, count, name))
		say_lost(s, name, &given[0]);
}

/* The router names the home's addresses, unless a name was given, which has those that its owner gives it. The
 * families that work can be others than at the last setup. */
static void take_addresses(
	struct setup *s, const struct lp_config *config, const struct mapping_answer *a)
{
	struct lp_host given[FAMILIES], kept;
	size_t count = 0;
	bool port = a->port.verdict == ROUTER_MAPPED;
	if (port)
		name_address(&given[count++], AF_INET, &a->port.external, a->port.outer);
	if (a->hole.verdict == ROUTER_MAPPED)
		name_address(&given[count++], AF_INET6, &a->hole.external, a->hole.outer);
	if (is_name(s->name.name)) {
		s->name.port = port ? a->port.outer : s->name.port;
		return;
	}
	if (!s->name.name[0])
		s->name = given[0];
	endpoints_take_port(&s->name, given, count);
	kept = name_of(s, config);
	if (!is_name(kept.name))
		add_found(s, &kept, given, count);
}

/* IPv4 leads to more homes of players, so what is wrong with it is always said. */
static enum lp_exit ask_router(struct setup *s, const struct lp_config *config)
{
	struct mapping m = {.inner = s->port};
	struct mapping_answer answer;
	char text[MAPPING_SENTENCE], hole[MAPPING_SENTENCE];
	mapping_expect(&m, &s->name, s->also.hosts, s->also.count);
	if (!mapping_ask(&m, &answer))
		return LP_EXIT_OS;
	mapping_explain(&answer.port, text);
	mapping_explain_hole(&answer.hole, hole);
	bool port = answer.port.verdict == ROUTER_MAPPED;
	bool open = answer.hole.verdict == ROUTER_MAPPED;
	if (!port && !open) {
		lp_log(LP_LOG_ERROR, "port_not_mapped", "port=%u hint=%s", m.inner, text);
		return LP_EXIT_UNAVAILABLE;
	}
	lp_step("router", "%s%s", port ? "" : "not by IPv4: ", text);
	if (open || answer.hole.verdict != ROUTER_NONE)
		lp_step("router", "%s%s", hole,
			port ? "" : "; only players with IPv6 reach this relay");
	take_addresses(s, config, &answer);
	return LP_EXIT_OK;
}

enum lp_exit setup_run(struct setup *s)
{
	static struct lp_config config;
	struct lp_invite invite = {0};
	bool made = false;
	if (!read_config(s, &config))
		return LP_EXIT_CONFIG;
	enum lp_exit code = s->home ? ask_router(s, &config) : LP_EXIT_OK;
	invite.relay = name_of(s, &config);
	if (code == LP_EXIT_OK)
		code = set_certificate(s, &invite, &made);
	if (code == LP_EXIT_OK)
		code = set_config(s, &config);
	name_also(&config, &invite);
	if (code == LP_EXIT_OK)
		code = lp_service_start(&(struct lp_service){.name = SERVICE,
			.config = s->config_file,
			.own = s->own,
			.changed = made || config.changed});
	if (code == LP_EXIT_OK)
		say_next(s, &invite);
	lp_zero(&invite, sizeof(invite));
	return code;
}

enum lp_exit setup_invite(const struct setup *s)
{
	struct lp_invite invite = {.relay = s->name, .also_count = s->also.count};
	memcpy(invite.also, s->also.hosts, sizeof(invite.also));
	enum lp_exit code = read_pin(s, &invite);
	if (code == LP_EXIT_OK)
		code = lp_invite_show(&s->show, &invite);
	lp_zero(&invite, sizeof(invite));
	return code;
}
