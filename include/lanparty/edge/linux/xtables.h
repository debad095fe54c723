/* xtables.h - reads the chains of iptables' older kernel interface, which nf_tables does not list. */
#ifndef LANPARTY_EDGE_LINUX_XTABLES_H
#define LANPARTY_EDGE_LINUX_XTABLES_H

enum lp_ip_version { LP_IPV4, LP_IPV6 };

enum lp_xtables_chain {
	LP_XTABLES_NONE,    /* the table filter is not loaded, or the chain is empty and accepts */
	LP_XTABLES_RULES,   /* it accepts what its rules do not drop */
	LP_XTABLES_DROPS,   /* it drops what its rules do not accept */
	LP_XTABLES_UNKNOWN, /* there can be rules, but this program must not read them */
};

/* Reads the chain at a hook such as NF_INET_FORWARD. Never makes the kernel load the table filter. Needs
 * CAP_NET_ADMIN. */
enum lp_xtables_chain lp_xtables_read(enum lp_ip_version version, unsigned hook);

#endif
