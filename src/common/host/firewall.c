#include "lanparty/host/firewall.h"

#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/netfilter.h"
#include "lanparty/edge/linux/xtables.h"
#include "lanparty/host/config.h"

#define UFW       "/etc/ufw/ufw.conf"
#define FIREWALLD "/run/firewalld.pid"
#define COMMANDS  1024

struct search {
	uint16_t port;
	bool tcp;
	bool policies; /* looks for chains that drop what no rule accepts; else for those with rules */
	bool unread; /* there can be more */
	char *text;
	size_t len, cap;
};

static bool uses_ufw(void)
{
	static struct lp_config config;
	char value[8] = "";
	return access(UFW, F_OK) == 0 && lp_config_read(&config, UFW) &&
	       lp_config_find(&config, "ENABLED", value, sizeof(value)) &&
	       strcmp(value, "yes") == 0;
}

__attribute__((format(printf, 2, 3))) static void add(struct search *s, const char *format, ...)
{
	size_t space = s->cap - s->len;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(s->text + s->len, space, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < space)
		s->len += (size_t)n;
	else
		s->text[s->len] = '\0'; /* no half of a command */
}

/* command: of iptables, in its version and family. */
static void add_iptables(struct search *s, const char *command)
{
	static const char *const protocols[] = {"udp", "tcp"};
	for (size_t i = 0; i < (s->tcp ? 2 : 1); i++)
		add(s, "%s%s -I INPUT -p %s --dport %u -j ACCEPT", s->len > 0 ? "; " : "", command,
			protocols[i], s->port);
}

/* iptables and ip6tables call their chain INPUT, and know it by no other name. */
static void add_command(struct search *s, const struct lp_chain *chain)
{
	const char *family = chain->family == NFPROTO_INET   ? "inet"
			     : chain->family == NFPROTO_IPV6 ? "ip6"
							     : "ip";
	if (chain->family != NFPROTO_INET && strcmp(chain->name, "INPUT") == 0)
		add_iptables(s, chain->family == NFPROTO_IPV6 ? "ip6tables" : "iptables");
	else
		add(s, "%snft insert rule %s %s %s %s dport %u accept", s->len > 0 ? "; " : "",
			family, chain->table, chain->name,
			s->tcp ? "meta l4proto { tcp, udp } th" : "udp", s->port);
}

static void take_chain(void *context, const struct lp_chain *chain)
{
	struct search *s = context;
	bool ip = chain->family == NFPROTO_INET || chain->family == NFPROTO_IPV4 ||
		  chain->family == NFPROTO_IPV6;
	if (ip && chain->hook == NF_INET_LOCAL_IN &&
		(s->policies ? chain->drops : chain->has_rules))
		add_command(s, chain);
}

static void take_legacy(struct search *s, enum lp_ip_version version)
{
	enum lp_xtables_chain chain = lp_xtables_read(version, NF_INET_LOCAL_IN);
	s->unread = s->unread || chain == LP_XTABLES_UNKNOWN;
	if (chain == (s->policies ? LP_XTABLES_DROPS : LP_XTABLES_RULES))
		add_iptables(s, version == LP_IPV4 ? "iptables-legacy" : "ip6tables-legacy");
}

/* True if there is such a chain. */
static bool finds(struct search *s, bool policies)
{
	s->policies = policies;
	if (lp_netfilter_chains(take_chain, s) != 0)
		s->unread = true;
	take_legacy(s, LP_IPV4);
	take_legacy(s, LP_IPV6);
	return s->len > 0;
}

static void advise_of_rules(struct search *s, char *text, size_t cap)
{
	const char *ports = s->tcp ? "UDP and TCP port" : "UDP port";
	if (finds(s, true))
		snprintf(text, cap,
			"this computer drops what its rules do not accept. To let players in: %s; "
			"then save the rules, so that they survive a restart",
			s->text);
	else if (finds(s, false))
		snprintf(text, cap,
			"this computer's firewall has rules that can drop what players send. If no "
			"player reaches the relay: %s; then save the rules, so that they survive a "
			"restart",
			s->text);
	else if (s->unread)
		snprintf(text, cap,
			"the rules of this computer's firewall cannot be read. If there are any, "
			"or its provider or router has a firewall, open %s %u in it",
			ports, s->port);
	else
		snprintf(text, cap,
			"no firewall was found on this computer. If its provider or router has "
			"one, open %s %u in it",
			ports, s->port);
}

void lp_firewall_advice(uint16_t port, bool tcp, char *text, size_t cap)
{
	char commands[COMMANDS] = "", also[48] = "";
	struct search s = {.port = port, .tcp = tcp, .text = commands, .cap = sizeof(commands)};
	if (tcp)
		snprintf(also, sizeof(also), " --add-port=%u/tcp", port);
	if (uses_ufw())
		snprintf(text, cap, "ufw is active. To let players in: ufw allow %u%s", port,
			tcp ? "" : "/udp");
	else if (access(FIREWALLD, F_OK) == 0)
		snprintf(text, cap,
			"firewalld is active. To let players in: firewall-cmd --permanent "
			"--add-port=%u/udp%s && firewall-cmd --reload",
			port, also);
	else
		advise_of_rules(&s, text, cap);
}
