#include "addresses.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/address_plan.h"
#include "lanparty/peer/tell.h"
#include "tap.h"

#define PREFIX_LEAST 8
#define ALONE        (3 * LP_SECOND) /* a player who changes an address removes the former one first */

struct addresses {
	struct lp_port *tap;
	struct address_choice choice;
	struct dhcp *dhcp; /* NULL: not wanted, or not possible */
	struct lp_address_plan plan;
	struct lp_offer offer; /* how the relay's was judged */
	uint32_t room;         /* that the interface has; 0: none */
	unsigned room_prefix;
	bool leased, fixed, missing_told, refusal_told;
	lp_time alone_at; /* when the player's addresses have been gone for long enough */
};

static bool is_station(uint32_t ipv4)
{
	uint32_t net = ipv4 >> 24;
	return net != 0 && net != 127 && net < 224;
}

static bool parse_fixed(const char *text, struct address_choice *ret_choice)
{
	char ip[INET_ADDRSTRLEN];
	struct in_addr in;
	unsigned prefix;
	int end = 0;
	if (sscanf(text, "%15[0-9.]/%2u%n", ip, &prefix, &end) != 2 || text[end] ||
		inet_pton(AF_INET, ip, &in) != 1 || !is_station(ntohl(in.s_addr)) ||
		prefix < PREFIX_LEAST || prefix > 32)
		return false;
	*ret_choice = (struct address_choice){ADDRESS_FIXED, ntohl(in.s_addr), prefix};
	return true;
}

bool address_parse(const char *text, void *value)
{
	static const char *const words[] = {"auto", "dhcp", "none"};
	struct address_choice *choice = value;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*choice = (struct address_choice){.mode = (enum address_mode)i};
			return true;
		}
	}
	return parse_fixed(text, choice);
}

static void tell_address(uint32_t ipv4, unsigned prefix, const char *source)
{
	char ip[INET_ADDRSTRLEN];
	struct in_addr in = {htonl(ipv4)};
	lp_event(stdout, "address", "ip=%s prefix=%u source=%s",
		inet_ntop(AF_INET, &in, ip, sizeof(ip)), prefix, source);
}

static void take_room(struct addresses *a)
{
	a->room_prefix = a->plan.prefix;
	if (!tap_set_address(a->tap, TAP_ROOM, a->room, a->room_prefix))
		return;
	tell_address(a->room, a->room_prefix, "room");
	if (a->offer.fault != LP_OFFER_GOOD && !a->refusal_told)
		lp_tell_refusal(&a->offer);
	a->refusal_told = true;
}

/* Does what the plan says. */
static void follow(struct addresses *a)
{
	uint32_t wanted = a->plan.taken ? a->plan.ipv4 : 0;
	if (wanted == a->room && (!wanted || a->room_prefix == a->plan.prefix))
		return;
	a->room = wanted;
	if (wanted) {
		take_room(a);
		return;
	}
	tap_set_address(a->tap, TAP_ROOM, 0, 0);
	if (!a->leased)
		lp_event(stdout, "address_gone", "");
}

static void on_leased(void *context, uint32_t address, unsigned prefix, lp_time now)
{
	struct addresses *a = context;
	bool had = a->leased;
	a->leased = tap_set_address(a->tap, TAP_OWN, address, prefix) && address;
	if (a->leased)
		tell_address(address, prefix, "dhcp");
	else if (had && !a->room)
		lp_event(stdout, "address_gone", "");
	lp_address_plan_lease(&a->plan, a->leased, now);
	follow(a);
}

/* Without a gateway nobody can answer, and where the player has set an address, none is needed. */
static void ask(struct addresses *a, lp_time now)
{
	bool always = a->choice.mode == ADDRESS_DHCP;
	if (!a->dhcp)
		return;
	if (always || (a->plan.gateway && !a->plan.players))
		dhcp_start(a->dhcp, a->plan.gateway, now);
	else
		dhcp_stop(a->dhcp, !a->plan.players, now);
}

/* Once: why the interface gets no address, or none of the LAN. */
static void tell_missing(struct addresses *a)
{
	bool lan = a->plan.gateway && a->choice.mode == ADDRESS_AUTO && !a->plan.asks;
	bool none = !a->plan.gateway && !a->plan.ipv4;
	if (a->missing_told || a->plan.players || (!lan && !none))
		return;
	a->missing_told = true;
	if (none && a->offer.fault != LP_OFFER_GOOD)
		lp_tell_refusal(&a->offer);
	else if (none)
		lp_log(LP_LOG_WARNING, "no_address", "hint=%s",
			"the room has no gateway, and its relay gives out no address, because all "
			"are taken or it is an older one: choose one with --address");
	else
		lp_log(LP_LOG_WARNING, "dhcp_missing", "hint=%s",
			"this computer has no DHCP client, so it gets no address of the gateway's "
			"LAN: install udhcpc, dhclient or dhcpcd, or choose one with --address");
}

static void take_fixed(struct addresses *a)
{
	const struct address_choice *c = &a->choice;
	if (a->fixed || c->mode != ADDRESS_FIXED)
		return;
	a->fixed = true;
	if (tap_set_address(a->tap, TAP_OWN, c->ipv4, c->prefix))
		tell_address(c->ipv4, c->prefix, "option");
}

static void on_joined(struct addresses *a, const struct lp_tunnel_action *action, lp_time now)
{
	take_fixed(a);
	if (a->choice.mode == ADDRESS_NONE || a->choice.mode == ADDRESS_FIXED)
		return;
	a->offer = action->offer;
	lp_address_plan_join(&a->plan, &action->welcome, now);
	ask(a, now);
	tell_missing(a);
}

static void on_gateway(struct addresses *a, bool there, lp_time now)
{
	if (a->choice.mode == ADDRESS_NONE || a->choice.mode == ADDRESS_FIXED)
		return;
	lp_address_plan_gateway(&a->plan, there, now);
	ask(a, now);
	tell_missing(a);
}

void addresses_told(struct addresses *a, const struct lp_tunnel_action *action, lp_time now)
{
	bool gateway = action->member.role == LP_ROLE_GATEWAY;
	bool comes = action->kind == LP_TUNNEL_PEER_JOINED && gateway;
	bool new_lan = action->kind == LP_TUNNEL_PEER_STATUS && action->peer_status.new_lan;
	if (action->kind == LP_TUNNEL_JOINED)
		on_joined(a, action, now);
	else if (comes || (action->kind == LP_TUNNEL_PEER_LEFT && gateway))
		on_gateway(a, comes, now);
	if (a->dhcp && (comes || new_lan) && !a->plan.players)
		dhcp_renew(a->dhcp, now);
	follow(a);
}

static void note_players(struct addresses *a, bool there, lp_time now)
{
	a->alone_at = LP_NEVER;
	if (a->plan.players == there)
		return;
	lp_address_plan_players(&a->plan, there, now);
	ask(a, now);
	follow(a);
}

void addresses_changed(struct addresses *a, lp_time now)
{
	if (a->choice.mode != ADDRESS_AUTO)
		return;
	if (tap_has_others(a->tap))
		note_players(a, true, now);
	else if (a->plan.players && a->alone_at == LP_NEVER)
		a->alone_at = now + ALONE;
}

lp_time addresses_on_time(struct addresses *a, lp_time now)
{
	if (now >= a->alone_at)
		note_players(a, false, now);
	lp_address_plan_on_time(&a->plan, now);
	follow(a);
	if (a->dhcp)
		dhcp_on_time(a->dhcp, now);
	lp_time asked = a->dhcp ? dhcp_deadline(a->dhcp) : LP_NEVER;
	return lp_sooner(lp_sooner(a->plan.deadline, a->alone_at), asked);
}

int addresses_fd(const struct addresses *a)
{
	return a->dhcp ? dhcp_fd(a->dhcp) : -1;
}

void addresses_read(struct addresses *a, lp_time now)
{
	dhcp_read(a->dhcp, now);
}

void addresses_child(struct addresses *a, lp_time now)
{
	if (a->dhcp)
		dhcp_child(a->dhcp, now);
}

lp_time addresses_release(struct addresses *a)
{
	return a->dhcp ? dhcp_release(a->dhcp) : 0;
}

/* False: the program cannot do what it was told to. */
static bool prepare_dhcp(struct addresses *a, enum lp_exit *ret_exit)
{
	bool must = a->choice.mode == ADDRESS_DHCP;
	bool can = dhcp_is_possible();
	*ret_exit = can ? LP_EXIT_OS : LP_EXIT_NO_INPUT;
	if (must && !can)
		lp_log(LP_LOG_ERROR, "dhcp_failed", "reason=%s",
			"--address dhcp and --dhcp need a DHCP client: install udhcpc, "
			"isc-dhcp-client or dhcpcd, or leave the option out");
	if (can && (must || a->choice.mode == ADDRESS_AUTO))
		a->dhcp = dhcp_open(tap_name(a->tap), (struct dhcp_listener){on_leased, a});
	lp_address_plan_init(&a->plan, a->dhcp != NULL);
	return a->dhcp || !must;
}

struct addresses *addresses_open(
	struct lp_port *tap, const struct address_choice *choice, enum lp_exit *ret_exit)
{
	struct addresses *a = calloc(1, sizeof(*a));
	*ret_exit = LP_EXIT_OS;
	if (!a) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return NULL;
	}
	a->tap = tap;
	a->choice = *choice;
	a->alone_at = LP_NEVER;
	if (prepare_dhcp(a, ret_exit))
		return a;
	addresses_close(a);
	return NULL;
}

void addresses_close(struct addresses *a)
{
	if (!a)
		return;
	dhcp_close(a->dhcp);
	free(a);
}
