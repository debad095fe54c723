#include "lanparty/edge/linux/xtables.h"

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TABLE     "filter"
#define TABLE_MAX (64 << 20) /* bytes; larger tables are not read */

/* How one version of IP is asked. struct ipt_getinfo and struct ip6t_getinfo are the same. */
struct interface {
	const char *names; /* the tables that are loaded */
	int family, level, info, entries;
	size_t target_offset; /* where an entry says where its target is */
};

static const struct interface interfaces[] = {
	[LP_IPV4] = {"/proc/net/ip_tables_names", AF_INET, IPPROTO_IP, IPT_SO_GET_INFO,
		IPT_SO_GET_ENTRIES, offsetof(struct ipt_entry, target_offset)},
	[LP_IPV6] = {"/proc/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO,
		IP6T_SO_GET_ENTRIES, offsetof(struct ip6t_entry, target_offset)},
};

static bool is_there(const char *names)
{
	char line[64];
	bool found = false;
	FILE *f = fopen(names, "re");
	while (f && fgets(line, sizeof(line), f))
		found |= strcmp(line, TABLE "\n") == 0;
	if (f)
		fclose(f);
	return found;
}

/* The verdict of the rule at the offset, which is the chain's policy. */
static bool is_drop(const struct interface *i, const uint8_t *entries, size_t size, size_t offset)
{
	uint16_t target;
	int verdict;
	if (offset > size || size - offset < i->target_offset + sizeof(target))
		return false;
	memcpy(&target, entries + offset + i->target_offset, sizeof(target));
	size_t at = offset + (size_t)target + offsetof(struct xt_standard_target, verdict);
	if (at > size || size - at < sizeof(verdict))
		return false;
	memcpy(&verdict, entries + at, sizeof(verdict));
	return verdict == -NF_DROP - 1;
}

static enum lp_xtables_chain ask(const struct interface *i, int fd, unsigned hook)
{
	struct ipt_getinfo info = {.name = TABLE};
	socklen_t len = sizeof(info);
	if (getsockopt(fd, i->level, i->info, &info, &len) != 0 || info.size > TABLE_MAX)
		return LP_XTABLES_UNKNOWN;
	if (!(info.valid_hooks & 1u << hook))
		return LP_XTABLES_NONE;
	struct ipt_get_entries *table = calloc(1, sizeof(*table) + info.size);
	if (!table)
		return LP_XTABLES_UNKNOWN;
	*table = (struct ipt_get_entries){.name = TABLE, .size = info.size};
	len = (socklen_t)(sizeof(*table) + info.size);
	enum lp_xtables_chain chain = LP_XTABLES_NONE;
	if (getsockopt(fd, i->level, i->entries, table, &len) != 0)
		chain = LP_XTABLES_UNKNOWN;
	else if (is_drop(i, (const uint8_t *)table->entrytable, info.size, info.underflow[hook]))
		chain = LP_XTABLES_DROPS;
	else if (info.hook_entry[hook] != info.underflow[hook]) /* something before the policy */
		chain = LP_XTABLES_RULES;
	free(table);
	return chain;
}

enum lp_xtables_chain lp_xtables_read(enum lp_ip_version version, unsigned hook)
{
	const struct interface *i = &interfaces[version];
	if (!is_there(i->names))
		return LP_XTABLES_NONE;
	int fd = socket(i->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return LP_XTABLES_UNKNOWN;
	enum lp_xtables_chain chain = ask(i, fd, hook);
	close(fd);
	return chain;
}
