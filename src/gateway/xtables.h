/* xtables.h - reads the policies of iptables' older kernel interface, which nf_tables does not list. */
#ifndef LANPARTY_GATEWAY_XTABLES_H
#define LANPARTY_GATEWAY_XTABLES_H

#include <stdbool.h>

enum lp_ip_version { LP_IPV4, LP_IPV6 };

/* True when the table filter exists and its FORWARD policy is DROP. Never makes the kernel load that
 * table. Needs CAP_NET_ADMIN; without it, false. */
bool lp_xtables_drops(enum lp_ip_version version);

#endif
