#include "netfix_windows.h"

#include <stdlib.h>
#include <string.h>

struct tables {
	MIB_IPFORWARD_TABLE2 *routes;
	MIB_UNICASTIPADDRESS_TABLE *addresses;
	MIB_IPINTERFACE_TABLE
	*interfaces; /* NULL if Windows refused: then all metrics are equal */
};

static void tables_clear(struct tables *t)
{
	if (t->routes)
		FreeMibTable(t->routes);
	if (t->addresses)
		FreeMibTable(t->addresses);
	if (t->interfaces)
		FreeMibTable(t->interfaces);
}

static bool tables_init(struct tables *t)
{
	memset(t, 0, sizeof(*t));
	if (GetIpInterfaceTable(AF_UNSPEC, &t->interfaces) != NO_ERROR)
		t->interfaces = NULL;
	if (GetIpForwardTable2(AF_UNSPEC, &t->routes) != NO_ERROR)
		t->routes = NULL;
	if (GetUnicastIpAddressTable(AF_UNSPEC, &t->addresses) != NO_ERROR)
		t->addresses = NULL;
	if (t->routes && t->addresses)
		return true;
	tables_clear(t);
	return false;
}

/* False: the interface is not up. */
static bool interface_metric(
	const struct tables *t, NET_LUID luid, ADDRESS_FAMILY family, ULONG *ret_metric)
{
	*ret_metric = 0;
	if (!t->interfaces)
		return true;
	for (ULONG i = 0; i < t->interfaces->NumEntries; i++) {
		const MIB_IPINTERFACE_ROW *row = &t->interfaces->Table[i];
		if (row->InterfaceLuid.Value != luid.Value || row->Family != family)
			continue;
		*ret_metric = row->Metric;
		return row->Connected;
	}
	return false;
}

static void address_bytes(const SOCKADDR_INET *address, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	if (address->si_family == AF_INET)
		memcpy(bytes, &address->Ipv4.sin_addr, 4);
	else
		memcpy(bytes, &address->Ipv6.sin6_addr, 16);
}

unsigned long netfix_interface_to(const struct lp_address *remote, const char *adapter_guid)
{
	struct tables t;
	NET_LUID adapter = {0};
	unsigned long index = 0;
	size_t count = 0;
	if (adapter_guid)
		netfix_luid_of(adapter_guid, &adapter);
	if (!tables_init(&t))
		return 0;
	struct netfix_route *routes = calloc(t.routes->NumEntries + 1, sizeof(*routes));
	for (ULONG i = 0; routes && i < t.routes->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &t.routes->Table[i];
		const SOCKADDR_INET *prefix = &row->DestinationPrefix.Prefix;
		ULONG metric;
		if (row->InterfaceLuid.Value == adapter.Value ||
			!interface_metric(&t, row->InterfaceLuid, prefix->si_family, &metric))
			continue;
		routes[count].family = prefix->si_family;
		routes[count].length = row->DestinationPrefix.PrefixLength;
		routes[count].metric = (uint64_t)row->Metric + metric;
		routes[count].index = row->InterfaceIndex;
		address_bytes(prefix, routes[count].prefix);
		count++;
	}
	if (routes)
		index = netfix_route_choose(routes, count, remote);
	free(routes);
	tables_clear(&t);
	return index;
}

static struct lp_prefix prefix_of(const SOCKADDR_INET *address, ULONG length)
{
	return address->si_family == AF_INET
		       ? lp_prefix_ipv4(ntohl(address->Ipv4.sin_addr.s_addr), length)
		       : lp_prefix_ipv6(address->Ipv6.sin6_addr.s6_addr, length);
}

/* Loopback, link-local and group ranges are on every interface, and the filter lets no lease have them. */
static bool is_everywhere(const SOCKADDR_INET *a)
{
	if (a->si_family == AF_INET)
		return a->Ipv4.sin_addr.S_un.S_un_b.s_b1 == 127 ||
		       a->Ipv4.sin_addr.S_un.S_un_b.s_b1 >= 224;
	return a->si_family != AF_INET6 || IN6_IS_ADDR_LOOPBACK(&a->Ipv6.sin6_addr) ||
	       IN6_IS_ADDR_LINKLOCAL(&a->Ipv6.sin6_addr) ||
	       IN6_IS_ADDR_MULTICAST(&a->Ipv6.sin6_addr);
}

static bool add_own(
	struct lp_own_list *own, enum lp_own_kind kind, const SOCKADDR_INET *address, ULONG length)
{
	struct lp_prefix prefix;
	if (is_everywhere(address))
		return true;
	prefix = prefix_of(address, length);
	return lp_own_add(own, kind, &prefix);
}

static ULONG host_length(const SOCKADDR_INET *address)
{
	return address->si_family == AF_INET ? 32 : LP_PREFIX_HOST;
}

static bool add_tables(const struct tables *t, NET_LUID adapter, struct lp_own_list *own)
{
	bool good = true;
	ULONG metric;
	for (ULONG i = 0; i < t->addresses->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &t->addresses->Table[i];
		if (row->InterfaceLuid.Value != adapter.Value &&
			interface_metric(t, row->InterfaceLuid, row->Address.si_family, &metric))
			good &= add_own(
				own, LP_OWN_NETWORK, &row->Address, row->OnLinkPrefixLength);
	}
	for (ULONG i = 0; i < t->routes->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &t->routes->Table[i];
		const SOCKADDR_INET *to = &row->DestinationPrefix.Prefix;
		static const SOCKADDR_INET none;
		if (row->InterfaceLuid.Value == adapter.Value ||
			!interface_metric(t, row->InterfaceLuid, to->si_family, &metric))
			continue;
		good &= add_own(own, LP_OWN_NETWORK, to, row->DestinationPrefix.PrefixLength);
		if (memcmp(&row->NextHop.Ipv6.sin6_addr, &none.Ipv6.sin6_addr,
			    sizeof(none.Ipv6.sin6_addr)) != 0 ||
			row->NextHop.Ipv4.sin_addr.s_addr != 0)
			good &= add_own(
				own, LP_OWN_ROUTER, &row->NextHop, host_length(&row->NextHop));
	}
	return good;
}

/* False: Windows did not answer. */
static bool add_name_servers(NET_LUID adapter, struct lp_own_list *own, bool *ret_whole)
{
	const ULONG flags = GAA_FLAG_SKIP_UNICAST | GAA_FLAG_SKIP_ANYCAST |
			    GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_FRIENDLY_NAME;
	ULONG size = 32768; /* Microsoft suggests to begin with 15 KiB */
	IP_ADAPTER_ADDRESSES *list = malloc(size);
	bool good = list && GetAdaptersAddresses(AF_UNSPEC, flags, NULL, list, &size) == NO_ERROR;
	for (const IP_ADAPTER_ADDRESSES *a = good ? list : NULL; a; a = a->Next) {
		if (a->Luid.Value == adapter.Value || a->OperStatus != IfOperStatusUp)
			continue;
		for (const IP_ADAPTER_DNS_SERVER_ADDRESS *d = a->FirstDnsServerAddress; d;
			d = d->Next) {
			const SOCKADDR_INET *address = (const void *)d->Address.lpSockaddr;
			*ret_whole &=
				add_own(own, LP_OWN_NAME_SERVER, address, host_length(address));
		}
	}
	free(list);
	return good;
}

bool netfix_own(const char *adapter_guid, struct lp_own_list *ret_own, bool *ret_whole)
{
	struct tables t;
	NET_LUID adapter = {0};
	ret_own->count = 0;
	*ret_whole = false;
	if (adapter_guid)
		netfix_luid_of(adapter_guid, &adapter);
	bool whole = true;
	if (!add_name_servers(adapter, ret_own, &whole) || !tables_init(&t))
		return false;
	*ret_whole = add_tables(&t, adapter, ret_own) && whole;
	tables_clear(&t);
	return true;
}

/* FNV-1a. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	for (const uint8_t *p = data; p < (const uint8_t *)data + len; p++)
		h = (h ^ *p) * 0x100000001b3;
	return h;
}

/* Hashes one row. The hashes are summed, because the order of rows means nothing. */
static uint64_t hash_row(NET_LUID luid, const SOCKADDR_INET *a, const SOCKADDR_INET *b,
	ULONG length, uint64_t metric)
{
	uint8_t bytes[16];
	uint64_t h = hash(0xcbf29ce484222325, &luid.Value, sizeof(luid.Value));
	address_bytes(a, bytes);
	h = hash(h, bytes, sizeof(bytes));
	address_bytes(b, bytes);
	h = hash(h, bytes, sizeof(bytes));
	h = hash(h, &length, sizeof(length));
	return hash(h, &metric, sizeof(metric));
}

static uint64_t fingerprint(const struct tables *t, NET_LUID adapter)
{
	uint64_t sum = 0;
	ULONG metric;
	for (ULONG i = 0; i < t->routes->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &t->routes->Table[i];
		const SOCKADDR_INET *prefix = &row->DestinationPrefix.Prefix;
		if (row->InterfaceLuid.Value != adapter.Value &&
			interface_metric(t, row->InterfaceLuid, prefix->si_family, &metric))
			sum += hash_row(row->InterfaceLuid, prefix, &row->NextHop,
				row->DestinationPrefix.PrefixLength,
				(uint64_t)row->Metric + metric);
	}
	for (ULONG i = 0; i < t->addresses->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &t->addresses->Table[i];
		if (row->InterfaceLuid.Value != adapter.Value &&
			row->DadState == IpDadStatePreferred &&
			interface_metric(t, row->InterfaceLuid, row->Address.si_family, &metric))
			sum += hash_row(row->InterfaceLuid, &row->Address, &row->Address,
				row->OnLinkPrefixLength, 0);
	}
	return sum;
}

/* True for an address that somebody gave this computer: not loopback, not self-assigned. */
static bool is_telling(const MIB_UNICASTIPADDRESS_ROW *row, struct netfix_prefix *ret_prefix)
{
	if (row->Address.si_family != AF_INET || row->DadState != IpDadStatePreferred)
		return false;
	ret_prefix->address = ntohl(row->Address.Ipv4.sin_addr.s_addr);
	ret_prefix->length = row->OnLinkPrefixLength;
	return ret_prefix->length > 0 && ret_prefix->address >> 24 != 127 &&
	       !netfix_prefix_is_makeshift(*ret_prefix);
}

static void note_own(
	const MIB_UNICASTIPADDRESS_ROW *row, struct netfix_prefix prefix, struct netfix_view *view)
{
	bool leased = row->PrefixOrigin == IpPrefixOriginDhcp;
	if (view->leased && !leased)
		return;
	view->own = prefix;
	view->leased = leased;
}

bool netfix_view_take(const char *adapter_guid, struct netfix_view *ret_view)
{
	struct tables t;
	NET_LUID adapter = {0};
	ULONG metric;
	netfix_luid_of(adapter_guid, &adapter);
	if (!tables_init(&t))
		return false;
	memset(ret_view, 0, sizeof(*ret_view));
	for (ULONG i = 0; i < t.addresses->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &t.addresses->Table[i];
		struct netfix_prefix prefix;
		if (!is_telling(row, &prefix) ||
			!interface_metric(&t, row->InterfaceLuid, AF_INET, &metric))
			continue;
		if (row->InterfaceLuid.Value == adapter.Value)
			note_own(row, prefix, ret_view);
		else if (prefix.length < 32 && ret_view->others < NETFIX_OTHERS_MAX)
			ret_view->other[ret_view->others++] = prefix;
	}
	ret_view->fingerprint = fingerprint(&t, adapter);
	tables_clear(&t);
	return true;
}
