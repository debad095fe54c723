#include "trouble.h"

#include <inttypes.h>
#include <string.h>

#include "lanparty/edge/log.h"

/* How long until this port forwards. A port whose state userspace decides has no timer. */
static lp_time wait_of(const struct lp_bridge_port *port, const struct lp_bridge *bridge)
{
	lp_time rest = port->timer ? port->timer : bridge->forward_delay;
	return port->state == LP_PORT_LISTENING ? rest + bridge->forward_delay : rest;
}

static bool is_waiting(const struct lp_bridge_port *port)
{
	return port->state == LP_PORT_LISTENING || port->state == LP_PORT_LEARNING;
}

static void add_to(struct lp_port_group *g, const struct lp_interface *port, lp_time wait)
{
	g->count++;
	g->forwards |= port->port.state == LP_PORT_FORWARDING;
	g->blocked |= port->port.state == LP_PORT_BLOCKING;
	if (!is_waiting(&port->port))
		return;
	if (!g->waits || wait < g->wait)
		g->wait = wait;
	g->waits = true;
}

/* A network card, or a VLAN or bond on one. Containers have a veth, virtual machines a TAP: they lead to the
 * LAN only where nothing else does. */
static bool is_outer(const char *kind)
{
	return strcmp(kind, "veth") != 0 && strcmp(kind, "tun") != 0;
}

void lp_lan_view_add(struct lp_lan_view *v, const struct lp_interface *i)
{
	if (i->index == v->tap) {
		v->port = *i;
		return;
	}
	if (i->master != v->lan.index)
		return;
	lp_time wait = wait_of(&i->port, &v->lan.bridge);
	v->carriers += i->carriers;
	add_to(&v->all, i, wait);
	if (is_outer(i->kind))
		add_to(&v->outer, i, wait);
}

static enum lp_trouble trouble_of_port(const struct lp_lan_view *v, lp_time *ret_wait)
{
	if (v->port.master != v->lan.index)
		return LP_TROUBLE_TAKEN_OUT;
	if (!v->port.is_up)
		return LP_TROUBLE_PORT_DOWN;
	switch (v->port.port.state) {
	case LP_PORT_LISTENING:
	case LP_PORT_LEARNING:
		*ret_wait = wait_of(&v->port.port, &v->lan.bridge);
		return LP_TROUBLE_PORT_WAITS;
	case LP_PORT_BLOCKING:
		return LP_TROUBLE_PORT_BLOCKED;
	case LP_PORT_DISABLED:
		return LP_TROUBLE_PORT_DISABLED;
	case LP_PORT_FORWARDING:
		break;
	}
	return LP_TROUBLE_NONE;
}

static enum lp_trouble trouble_of_others(const struct lp_lan_view *v, lp_time *ret_wait)
{
	const struct lp_port_group *g = v->outer.count > 0 ? &v->outer : &v->all;
	if (g->count == 0)
		return LP_TROUBLE_ALONE;
	if (g->forwards)
		return LP_TROUBLE_NONE;
	if (g->waits) {
		*ret_wait = g->wait;
		return LP_TROUBLE_LAN_WAITS;
	}
	return g->blocked ? LP_TROUBLE_LAN_BLOCKED : LP_TROUBLE_LAN_DISABLED;
}

enum lp_trouble lp_trouble_of(const struct lp_lan_view *v, lp_time *ret_wait)
{
	*ret_wait = 0;
	if (!v->lan.is_up)
		return LP_TROUBLE_DOWN;
	if (v->tap == 0)
		return v->lan.has_carrier ? LP_TROUBLE_NONE : LP_TROUBLE_NO_CARRIER;
	if (v->port.index == 0)
		return LP_TROUBLE_NONE; /* deleted: the port itself notices that */
	enum lp_trouble trouble = trouble_of_port(v, ret_wait);
	return trouble != LP_TROUBLE_NONE ? trouble : trouble_of_others(v, ret_wait);
}

#define WAIT_ADVICE                                                                                \
	"wait that long; a bridge with one way to the LAN needs no STP: ip link set BRIDGE type "  \
	"bridge stp_state 0"

static const struct {
	enum lp_log_level level;
	const char *event, *reason, *hint;
} words[] = {
	[LP_TROUBLE_DOWN] = {LP_LOG_WARNING, "interface_down", "it is down",
		"bring it up: ip link set INTERFACE up"},
	[LP_TROUBLE_NO_CARRIER] = {LP_LOG_WARNING, "lan_unreached", "it has no carrier",
		"plug its cable in, and look whether the switch is on"},
	[LP_TROUBLE_TAKEN_OUT] = {LP_LOG_ERROR, "lan_unreached",
		"the gateway's port was taken out of the bridge",
		"start the gateway again, and exclude its ports (lpgw*) from the program that "
		"manages the bridge"},
	[LP_TROUBLE_PORT_DOWN] = {LP_LOG_WARNING, "lan_unreached",
		"the gateway's port of the bridge is down", "bring it up: ip link set PORT up"},
	[LP_TROUBLE_PORT_WAITS] = {LP_LOG_WARNING, "lan_unreached",
		"spanning tree (STP) does not let the bridge use the gateway's port yet",
		WAIT_ADVICE},
	[LP_TROUBLE_PORT_BLOCKED] = {LP_LOG_WARNING, "lan_unreached",
		"the bridge blocks the gateway's port, by spanning tree (STP) or by hand",
		"look for a second way between the room and this LAN, such as another gateway"},
	[LP_TROUBLE_PORT_DISABLED] = {LP_LOG_WARNING, "lan_unreached",
		"the bridge has disabled the gateway's port, by BPDU guard or by hand",
		"look at it with: bridge -d link show dev PORT"},
	[LP_TROUBLE_ALONE] = {LP_LOG_WARNING, "lan_unreached",
		"the bridge has no other port, so players reach this computer alone",
		"add the LAN's interface: ip link set INTERFACE master BRIDGE"},
	[LP_TROUBLE_LAN_WAITS] = {LP_LOG_WARNING, "lan_unreached",
		"spanning tree (STP) does not let the bridge use its ports to the LAN yet",
		WAIT_ADVICE},
	[LP_TROUBLE_LAN_BLOCKED] = {LP_LOG_WARNING, "lan_unreached",
		"the bridge blocks its ports to the LAN, by spanning tree (STP) or by hand",
		"look for a loop between this computer and the LAN"},
	[LP_TROUBLE_LAN_DISABLED] = {LP_LOG_WARNING, "lan_unreached",
		"no other port of the bridge has a carrier, or the bridge has disabled them",
		"plug the LAN's cable in, and look at the ports with: bridge -d link"},
};

void lp_trouble_say(enum lp_trouble trouble, const struct lp_lan_view *v, lp_time wait)
{
	const char *port = v->tap ? v->port.name : v->lan.name;
	if (trouble == LP_TROUBLE_NONE)
		lp_log(LP_LOG_INFO, "lan_reached", "interface=%s port=%s", v->lan.name, port);
	else if (wait > 0)
		lp_log(words[trouble].level, words[trouble].event,
			"interface=%s port=%s seconds=%" PRIu64 " reason=%s hint=%s", v->lan.name,
			port, (wait + LP_SECOND - 1) / LP_SECOND, words[trouble].reason,
			words[trouble].hint);
	else
		lp_log(words[trouble].level, words[trouble].event,
			"interface=%s port=%s reason=%s hint=%s", v->lan.name, port,
			words[trouble].reason, words[trouble].hint);
}
