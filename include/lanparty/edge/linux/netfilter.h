/* netfilter.h - reads which firewall rules of nf_tables packets pass. iptables of today is one of its users. */
#ifndef LANPARTY_EDGE_LINUX_NETFILTER_H
#define LANPARTY_EDGE_LINUX_NETFILTER_H

#include <stdbool.h>
#include <stdint.h>

/* A chain where packets come in, at a hook such as NF_INET_LOCAL_IN. */
struct lp_chain {
	uint8_t family; /* NFPROTO_ */
	const char *table, *name;
	uint32_t hook;
	bool drops; /* its policy: what its rules do not accept */
	bool has_rules;
};

typedef void lp_chain_sink(void *context, const struct lp_chain *chain);
/* Calls sink for each such chain. Returns 0, also when the kernel has not loaded nf_tables, which has no chains
 * then; or an errno value, such as EPERM without CAP_NET_ADMIN. The question itself can make the kernel load
 * nf_tables: it is asked only when the module is loaded or built in, or when nobody can tell, because
 * /lib/modules has no list for this kernel. */
int lp_netfilter_chains(lp_chain_sink *sink, void *context);

#endif
