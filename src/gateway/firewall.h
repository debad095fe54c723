/* firewall.h - says when this computer's firewall judges the frames that a bridge forwards.
 *
 * With the kernel module br_netfilter, which Docker and Kubernetes load, iptables and nftables see bridged
 * IP packets as forwarded ones. A FORWARD policy DROP then drops what crosses the bridge: ARP passes, and
 * nothing else does. nftables tables of the family bridge judge bridged frames without that module.
 *
 * Only reads, and changes nothing. */
#ifndef LANPARTY_GATEWAY_FIREWALL_H
#define LANPARTY_GATEWAY_FIREWALL_H

#include <stdbool.h>

#include "lanparty/edge/linux/netlink.h"

/* Which firewalls see the frames of a bridge. */
struct lp_firewall {
	bool iptables, ip6tables, arptables;
};

/* Reads which firewalls see the bridge's frames now. Needs no privilege. */
void lp_firewall_read(const struct lp_interface *bridge, struct lp_firewall *ret_firewall);
/* Warns of each policy that drops the bridge's frames, and tells of rules that can; a few at most. Reading
 * the rules needs CAP_NET_ADMIN. */
void lp_firewall_check(const struct lp_interface *bridge);
/* Warns when more firewalls see the bridge's frames than before. Call it without privileges, too. */
void lp_firewall_compare(const struct lp_interface *bridge, const struct lp_firewall *before,
	const struct lp_firewall *now);

#endif
