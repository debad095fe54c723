#include "firewall.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/netfilter.h"
#include "lanparty/edge/linux/xtables.h"
#include "lanparty/edge/log.h"

#define SYSCTLS  "/proc/sys/net/bridge/bridge-nf-call-"
#define FORWARD  "FORWARD" /* the chain of iptables */
#define SAID_MAX 4         /* policies */

/* One family of rules. */
struct family {
	uint8_t number; /* NFPROTO_ */
	const char *name, *sysctl;
	const char *command; /* changes the chain FORWARD; NULL: nft alone does */
};

static const struct family families[] = {
	{NFPROTO_IPV4, "ip", "iptables", "iptables"},
	{NFPROTO_IPV6, "ip6", "ip6tables", "ip6tables"},
	{NFPROTO_INET, "inet", "iptables", NULL},
	{NFPROTO_ARP, "arp", "arptables", NULL},
	{NFPROTO_BRIDGE, "bridge", NULL, NULL},
};

struct search {
	const struct lp_interface *bridge;
	struct lp_firewall firewall;
	bool policies; /* looks for policies that drop; else for rules that can */
	unsigned said, most;
};

/* 0 as well without br_netfilter. */
static bool sysctl_is_on(const char *name)
{
	char path[sizeof(SYSCTLS) + 16], value = '0';
	snprintf(path, sizeof(path), SYSCTLS "%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_read = read(fd, &value, 1) == 1;
	close(fd);
	return is_read && value != '0';
}

/* Without the module, the bridge's own switches do nothing. */
static bool is_loaded(void)
{
	return access(SYSCTLS "iptables", F_OK) == 0;
}

void lp_firewall_read(const struct lp_interface *bridge, struct lp_firewall *ret_firewall)
{
	const struct lp_bridge *b = &bridge->bridge;
	*ret_firewall = (struct lp_firewall){0};
	if (!is_loaded())
		return;
	ret_firewall->iptables = b->calls_iptables || sysctl_is_on("iptables");
	ret_firewall->ip6tables = b->calls_ip6tables || sysctl_is_on("ip6tables");
	ret_firewall->arptables = b->calls_arptables || sysctl_is_on("arptables");
}

static bool sees_frames(const struct lp_firewall *f, uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return f->iptables;
	case NFPROTO_IPV6:
		return f->ip6tables;
	case NFPROTO_INET:
		return f->iptables || f->ip6tables;
	case NFPROTO_ARP:
		return f->arptables;
	case NFPROTO_BRIDGE:
		return true;
	default:
		return false;
	}
}

static const struct family *family_of(uint8_t number)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].number == number)
			return &families[i];
	return NULL;
}

static void say(struct search *s, const struct family *family, const char *chain)
{
	const char *name = s->bridge->name;
	char hint[256];
	if (s->said++ >= s->most)
		return;
	if (family->command && strcmp(chain, FORWARD) == 0)
		snprintf(hint, sizeof(hint),
			"let them pass: %s -I " FORWARD " -i %s -o %s -j ACCEPT", family->command,
			name, name);
	else
		snprintf(hint, sizeof(hint), "add a rule to that chain that accepts them");
	size_t len = strlen(hint);
	if (family->sysctl)
		snprintf(hint + len, sizeof(hint) - len,
			"; or turn this off for all bridges: sysctl -w "
			"net.bridge.bridge-nf-call-%s=0",
			family->sysctl);
	lp_log(s->policies ? LP_LOG_WARNING : LP_LOG_INFO, "bridge_firewall",
		"interface=%s family=%s chain=%s reason=%s hint=%s", name, family->name, chain,
		s->policies ? "this computer's firewall (netfilter) drops what its rules do not "
			      "accept of the frames between the room and the LAN"
			    : "this computer's firewall (netfilter) judges the frames between the "
			      "room and the LAN, and its rules can drop them",
		hint);
}

/* A chain that bridged frames pass: on arrival, between two ports, on departure. */
static void take_chain(void *context, const struct lp_chain *chain)
{
	struct search *s = context;
	const struct family *family = family_of(chain->family);
	if (!family || !sees_frames(&s->firewall, family->number))
		return;
	bool drops =
		chain->drops && chain->hook != NF_INET_LOCAL_IN && chain->hook != NF_INET_LOCAL_OUT;
	bool has_rules = chain->hook == NF_INET_FORWARD && chain->has_rules;
	if (s->policies ? drops : has_rules)
		say(s, family, chain->name);
}

static bool drops_legacy(enum lp_ip_version version)
{
	return lp_xtables_read(version, NF_INET_FORWARD) == LP_XTABLES_DROPS;
}

void lp_firewall_check(const struct lp_interface *bridge)
{
	struct search policies = {.bridge = bridge, .policies = true, .most = SAID_MAX};
	struct search rules = {.bridge = bridge, .most = 1};
	lp_firewall_read(bridge, &policies.firewall);
	rules.firewall = policies.firewall;
	lp_netfilter_chains(take_chain, &policies);
	if (policies.firewall.iptables && drops_legacy(LP_IPV4))
		say(&policies, family_of(NFPROTO_IPV4), FORWARD);
	if (policies.firewall.ip6tables && drops_legacy(LP_IPV6))
		say(&policies, family_of(NFPROTO_IPV6), FORWARD);
	if (policies.said == 0)
		lp_netfilter_chains(take_chain, &rules);
}

void lp_firewall_compare(const struct lp_interface *bridge, const struct lp_firewall *before,
	const struct lp_firewall *now)
{
	bool more = (now->iptables && !before->iptables) ||
		    (now->ip6tables && !before->ip6tables) ||
		    (now->arptables && !before->arptables);
	if (more)
		lp_log(LP_LOG_WARNING, "bridge_firewall", "interface=%s reason=%s hint=%s",
			bridge->name,
			"this computer's firewall judges the bridge's frames from now on "
			"(br_netfilter was turned on, as Docker does)",
			"if players do not reach the LAN any more, start the gateway again: it "
			"says "
			"which rules drop their frames");
}
