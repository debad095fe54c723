/* netlink.h - reads and changes the network interfaces of a Linux system, over libmnl.
 *
 * Each call opens a netlink socket of its own and waits for the kernel's answer, so it is for set-up
 * and never for the frame path. Nothing here logs: the caller knows what a failure means.
 *
 * Functions that return int return 0, or the errno value that the kernel answered with. Changes need
 * CAP_NET_ADMIN; reading needs no privilege. */
#ifndef LANPARTY_EDGE_NETLINK_H
#define LANPARTY_EDGE_NETLINK_H

#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"

/* ---- interfaces */

#define LP_INTERFACE_KIND 16 /* bytes, with the final zero */

/* States of a bridge port, as the kernel numbers them (IEEE 802.1D). */
enum lp_port_state {
	LP_PORT_DISABLED,
	LP_PORT_LISTENING,
	LP_PORT_LEARNING,
	LP_PORT_FORWARDING,
	LP_PORT_BLOCKING,
};

struct lp_bridge {
	bool spanning_tree;
	lp_time forward_delay; /* how long a port listens, and learns again as long */
	bool filters_vlans;
	uint16_t
		vlan; /* with filters_vlans: of the untagged frames of a new port; 0: they are dropped */
	bool calls_iptables, calls_ip6tables, calls_arptables;
};

struct lp_bridge_port {
	enum lp_port_state state;
	lp_time timer; /* left in the state listening or learning; 0: no timer runs */
};

struct lp_interface {
	char name[IF_NAMESIZE];
	int index;
	uint32_t mtu;
	struct lp_mac mac; /* zero: none */
	bool is_up, is_loopback, is_ethernet;
	bool has_carrier;
	uint32_t carriers;            /* how often it has got a carrier, counted by the kernel */
	char kind[LP_INTERFACE_KIND]; /* of a virtual interface, as "bridge"; "": a network card */
	int master;                   /* index of the bridge or bond that it belongs to; 0: none */
	char master_kind[LP_INTERFACE_KIND];
	struct lp_bridge bridge;    /* where kind is "bridge" */
	struct lp_bridge_port port; /* where master_kind is "bridge" */
};

/* Describes one interface. ENODEV: there is none of this name or index. */
int lp_netlink_find(const char *name, struct lp_interface *ret_interface);
int lp_netlink_find_index(int index, struct lp_interface *ret_interface);
/* True when the kernel says that no interface has this index. Any other failure is false. */
bool lp_netlink_is_deleted(int index);

/* Calls sink for each interface; context is handed through. */
typedef void lp_interface_sink(void *context, const struct lp_interface *interface);
int lp_netlink_list(lp_interface_sink *sink, void *context);

/* The changes for which a socket for news becomes readable. */
enum lp_news {
	LP_NEWS_LINKS,      /* of interfaces and bridge ports */
	LP_NEWS_ADDRESSES,  /* of links, addresses and routes */
	LP_NEWS_NEIGHBOURS, /* of links, addresses, routes and neighbours */
};
/* Opens such a socket, which needs no privilege. -1: the system refused, errno says why. */
int lp_netlink_watch(enum lp_news news);
/* Reads what that socket has. True: something has changed since the last call. */
bool lp_netlink_has_changed(int watch);

/* What to change of an interface. Fields that are zero leave things as they are. */
struct lp_interface_change {
	const struct lp_mac *mac;
	uint32_t mtu;
	int master; /* index of the bridge to become a port of */
	bool up;
};

/* Sends all changes in one message. The kernel applies them in turn: after an error some are done. */
int lp_netlink_change(int index, const struct lp_interface_change *change);
/* Keeps the kernel from giving the interface an IPv6 address of its own. Fails on a kernel without
 * IPv6, which needs no such setting. */
int lp_netlink_disable_ipv6(int index);
/* Settings of a bridge port that leads into a room: the bridge forwards every multicast group to it
 * and never sends a frame back to it. Fails on a bridge without multicast snooping. */
int lp_netlink_set_bridge_port(int index);

/* ---- addresses and routes of IPv4, in host byte order */

/* Adds an address with its prefix length (0 to 32) in one message, so that no other prefix is ever in
 * force. Sets the broadcast address as well where the prefix leaves room for one. EEXIST: the
 * interface has this address with this prefix. */
int lp_netlink_add_ipv4(int index, uint32_t address, unsigned prefix);
/* Removes exactly this address with this prefix. The interface's routes go with its last address. */
int lp_netlink_remove_ipv4(int index, uint32_t address, unsigned prefix);
/* Routes a destination through the interface without a router, ahead of other routes to the same destination.
 * source: the address that packets get which have none yet, one of the interface's: the route goes with it; 0:
 * the kernel chooses. EEXIST: this route is there. */
int lp_netlink_add_route(int index, uint32_t destination, unsigned prefix, uint32_t source);

/* Writes the interface's own addresses, or the routers of default routes that leave through it, at
 * most cap. Returns how many; 0 as well when the kernel does not answer. */
size_t lp_netlink_ipv4_addresses(int index, uint32_t *ret_ipv4, size_t cap);
size_t lp_netlink_ipv4_routers(int index, uint32_t *ret_ipv4, size_t cap);
/* The same for IPv6, of 16 bytes each. */
size_t lp_netlink_ipv6_addresses(int index, uint8_t (*ret_ipv6)[16], size_t cap);
size_t lp_netlink_ipv6_routers(int index, uint8_t (*ret_ipv6)[16], size_t cap);

/* The MAC of a neighbour on the interface, as the kernel knows it now (RFC 826, RFC 4861). False: it does
 * not. */
bool lp_netlink_neighbour(int index, uint32_t ipv4, struct lp_mac *ret_mac);
bool lp_netlink_neighbour_ipv6(int index, const uint8_t ipv6[16], struct lp_mac *ret_mac);
/* Has the kernel ask the neighbour for its MAC, unless it knows it (NTF_USE). family: AF_INET or AF_INET6;
 * address: as in a packet. Needs CAP_NET_ADMIN. Returns 0 or an errno value. */
int lp_netlink_resolve(int index, int family, const void *address);

/* ---- any other request */

#define LP_NETLINK_REQUEST 512 /* bytes; enough for each request that the programs make */

/* Sends a request to a netlink family such as NETLINK_GENERIC and calls on_answer (NULL: none wanted)
 * for each message of the answer. */
int lp_netlink_ask(int family, struct nlmsghdr *request, mnl_cb_t on_answer, void *context);

/* Attributes of a message by their type; NULL: not there. */
#define LP_NETLINK_TYPES 128
struct lp_attributes {
	const struct nlattr *of[LP_NETLINK_TYPES];
};
/* A callback for mnl_attr_parse and its kin: notes the attribute in context, a struct lp_attributes
 * that is zero at first. */
int lp_netlink_note(const struct nlattr *attribute, void *context);
/* Calls sink for each next hop of a route: its interface, and its router or NULL. */
typedef void lp_hop_sink(void *context, int index, const struct nlattr *router);
void lp_netlink_hops(const struct lp_attributes *route, lp_hop_sink *sink, void *context);
/* The value of an attribute of 1, 2, 4 or 8 bytes; 0 for NULL and any other size. */
uint64_t lp_netlink_number(const struct nlattr *attribute);

#endif
