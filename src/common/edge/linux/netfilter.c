#include "lanparty/edge/linux/netfilter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lanparty/edge/linux/netlink.h"

#define NF_TABLES "nf_tables" /* the kernel module */

struct listing {
	lp_chain_sink *sink;
	void *context;
};

/* Netfilter's numbers are in network byte order. */
static uint32_t number_of(const struct nlattr *attribute)
{
	return ntohl((uint32_t)lp_netlink_number(attribute));
}

static int take_chain(const struct nlmsghdr *answer, void *context)
{
	const struct listing *l = context;
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(answer);
	struct lp_attributes a = {0}, hook = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	if (!a.of[NFTA_CHAIN_HOOK] || !a.of[NFTA_CHAIN_NAME] || !a.of[NFTA_CHAIN_TABLE])
		return MNL_CB_OK;
	mnl_attr_parse_nested(a.of[NFTA_CHAIN_HOOK], lp_netlink_note, &hook);
	const struct lp_chain chain = {
		.family = head->nfgen_family,
		.table = mnl_attr_get_str(a.of[NFTA_CHAIN_TABLE]),
		.name = mnl_attr_get_str(a.of[NFTA_CHAIN_NAME]),
		.hook = number_of(hook.of[NFTA_HOOK_HOOKNUM]),
		.drops = a.of[NFTA_CHAIN_POLICY] && number_of(a.of[NFTA_CHAIN_POLICY]) == NF_DROP,
		.has_rules = number_of(a.of[NFTA_CHAIN_USE]) > 0,
	};
	l->sink(l->context, &chain);
	return MNL_CB_OK;
}

/* True also where the kernel's list cannot be read, as in a container. */
static bool is_built_in(void)
{
	struct utsname kernel;
	char path[sizeof(kernel.release) + 40], line[256];
	bool found = false;
	if (uname(&kernel) != 0)
		return true;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", kernel.release);
	FILE *f = fopen(path, "re");
	if (!f)
		return true;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, "/" NF_TABLES ".ko") != NULL;
	fclose(f);
	return found;
}

/* A kernel that can load nf_tables does so when it is asked for chains, and this program changes nothing.
 * Without the module there are none. */
static bool has_nf_tables(void)
{
	return access("/proc/modules", F_OK) != 0 || access("/sys/module/" NF_TABLES, F_OK) == 0 ||
	       is_built_in();
}

/* A kernel without nf_tables has no such chains. */
int lp_netfilter_chains(lp_chain_sink *sink, void *context)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_REQUEST];
	struct listing listing = {sink, context};
	if (!has_nf_tables())
		return 0;
	struct nlmsghdr *h = mnl_nlmsg_put_header(bytes);
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	h->nlmsg_flags = NLM_F_DUMP;
	struct nfgenmsg *head = mnl_nlmsg_put_extra_header(h, sizeof(*head));
	head->nfgen_family = NFPROTO_UNSPEC;
	int error = lp_netlink_ask(NETLINK_NETFILTER, h, take_chain, &listing);
	bool none =
		error == EINVAL || error == EPROTONOSUPPORT; /* a kernel that was built without */
	return none ? 0 : error;
}
