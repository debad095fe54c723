#include "lanparty/room/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/base/bytes.h"

#define MAC_WAYS 4
#define MAC_SETS (LP_NEIGHBOURS_MACS / MAC_WAYS)
/* The first entries of each set are the LAN's and the last ones the members', so that neither can displace
 * what the other owns. */
#define WAYS    16
#define OF_EACH (WAYS / 2)
#define SETS    (LP_NEIGHBOURS_ADDRESSES / WAYS)
#define NONE    SIZE_MAX
#define WITHOUT 64

struct station {
	struct lp_mac mac; /* zero: free */
	lp_time until;
};

struct ip {
	uint64_t high, low;
};

/* The high half of each IPv4 address: as IPv6 it would be a group, which nobody owns. */
#define IPV4_HIGH UINT64_MAX

struct address {
	struct ip ip;
	lp_time until; /* from then on the entry is free */
};

struct lp_neighbours {
	struct lp_siphash_key secret;
	struct station stations[LP_NEIGHBOURS_MACS]; /* the sets are adjacent */
	struct address addresses[LP_NEIGHBOURS_ADDRESSES];
	uint16_t owners[LP_NEIGHBOURS_ADDRESSES]; /* apart, because they are scanned */
	uint32_t protected[LP_MAX_PROTECTED];
	size_t protected_count;
	struct ip protected_ipv6[LP_PROTECTED_IPV6];
	size_t protected_ipv6_count;
	struct lp_mac protected_macs[LP_MAX_PROTECTED];
	size_t protected_mac_count;
	uint16_t without[WITHOUT]; /* members that were found to have no IPv4 address; 0: unused */
};

/* Multiplicative hashing: takes the high half of a product, to which all bits of the key
 * contribute. */
static size_t mac_set(const struct lp_mac *mac)
{
	uint64_t key = 0;

	for (size_t i = 0; i < sizeof(mac->b); i++)
		key = key << 8 | mac->b[i];
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % MAC_SETS * MAC_WAYS;
}

/* A member could fill the set of an address that it wants, if it knew which one that is. */
static size_t address_set(const struct lp_neighbours *n, struct ip ip)
{
	const uint64_t words[] = {ip.high, ip.low};
	return (size_t)(lp_siphash_words(&n->secret, words, 2, 0) % SETS) * WAYS;
}

static struct ip of_ipv4(uint32_t ipv4)
{
	return (struct ip){IPV4_HIGH, ipv4};
}

static struct ip of_ipv6(const uint8_t *ipv6)
{
	return (struct ip){(uint64_t)lp_get32(ipv6) << 32 | lp_get32(ipv6 + 4),
		(uint64_t)lp_get32(ipv6 + 8) << 32 | lp_get32(ipv6 + 12)};
}

static bool is_same(struct ip a, struct ip b)
{
	return a.high == b.high && a.low == b.low;
}

static bool is_link_local_ipv4(struct ip ip)
{
	return ip.high == IPV4_HIGH && ip.low >> 16 == (169 << 8 | 254);
}

/* A member has few of these; IPv6 and link-local addresses can be several. */
static bool is_lan_ipv4(struct ip ip)
{
	return ip.high == IPV4_HIGH && !is_link_local_ipv4(ip);
}

struct lp_neighbours *lp_neighbours_new(const struct lp_siphash_key *secret)
{
	struct lp_neighbours *n = calloc(1, sizeof(*n));

	if (n)
		n->secret = *secret;
	return n;
}

void lp_neighbours_free(struct lp_neighbours *n)
{
	free(n);
}

void lp_neighbours_see(struct lp_neighbours *n, const struct lp_mac *mac, lp_time now)
{
	if (!lp_mac_is_station(mac))
		return;
	struct station *set = &n->stations[mac_set(mac)];
	struct station *best = set;

	for (size_t i = 0; i < MAC_WAYS; i++) {
		if (lp_mac_equal(&set[i].mac, mac)) {
			best = &set[i];
			break;
		}
		if (set[i].until < best->until)
			best = &set[i];
	}
	best->mac = *mac;
	best->until = now + LP_NEIGHBOUR_MAC_TTL;
}

static bool is_protected_mac(const struct lp_neighbours *n, const struct lp_mac *mac)
{
	for (size_t i = 0; i < n->protected_mac_count; i++) {
		if (lp_mac_equal(&n->protected_macs[i], mac))
			return true;
	}
	return false;
}

bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now)
{
	if (!lp_mac_is_station(mac))
		return false;
	if (is_protected_mac(n, mac))
		return true;
	const struct station *set = &n->stations[mac_set(mac)];

	for (size_t i = 0; i < MAC_WAYS; i++) {
		if (lp_mac_equal(&set[i].mac, mac))
			return now < set[i].until;
	}
	return false;
}

static bool is_protected(const struct lp_neighbours *n, struct ip ip)
{
	for (size_t i = 0; ip.high == IPV4_HIGH && i < n->protected_count; i++) {
		if (n->protected[i] == ip.low)
			return true;
	}
	for (size_t i = 0; ip.high != IPV4_HIGH && i < n->protected_ipv6_count; i++) {
		if (is_same(n->protected_ipv6[i], ip))
			return true;
	}
	return false;
}

/* The entry of an address in use, or NONE. */
static size_t find(const struct lp_neighbours *n, struct ip ip, lp_time now)
{
	size_t first = address_set(n, ip);

	for (size_t i = first; i < first + WAYS; i++) {
		if (is_same(n->addresses[i].ip, ip) && now < n->addresses[i].until)
			return i;
	}
	return NONE;
}

/* The addresses of one kind that a member owns, and the one whose last use is the oldest. Scans the whole
 * table, which takes some microseconds: only for an address that is new to the member. */
static size_t count_owned(const struct lp_neighbours *n, uint16_t owner, bool lan_ipv4, lp_time now,
	size_t *ret_oldest)
{
	size_t count = 0;

	for (size_t i = 0; i < LP_NEIGHBOURS_ADDRESSES; i++) {
		const struct address *a = &n->addresses[i];
		if (n->owners[i] != owner || now >= a->until || is_lan_ipv4(a->ip) != lan_ipv4)
			continue;
		if (count++ == 0 || a->until < n->addresses[*ret_oldest].until)
			*ret_oldest = i;
	}
	return count;
}

static bool has_another(struct lp_neighbours *n, uint16_t owner, lp_time now)
{
	size_t oldest = 0;

	if (n->without[owner % WITHOUT] == owner)
		return false;
	if (count_owned(n, owner, true, now, &oldest) > 0)
		return true;
	n->without[owner % WITHOUT] = owner;
	return false;
}

/* A member that has all the addresses that it can have loses the oldest for one more. */
static void make_way(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	size_t oldest = 0, most = is_lan_ipv4(ip) ? LP_NEIGHBOUR_IPV4 : LP_NEIGHBOUR_ADDRESSES;

	if (count_owned(n, owner, is_lan_ipv4(ip), now, &oldest) >= most)
		n->addresses[oldest].until = 0;
}

/* An entry for one more address: a free one, or the oldest of those in its set that can give way. These are
 * the owner's, and link-local IPv4 addresses, of which games make little use, for others. NONE: there is
 * none. */
static size_t place_for(const struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	size_t first = address_set(n, ip) + (owner == LP_OWNER_LAN ? 0 : OF_EACH);
	size_t best = NONE;

	for (size_t i = first; i < first + OF_EACH; i++) {
		struct ip other = n->addresses[i].ip;
		lp_time until = n->addresses[i].until;
		bool gives_way = n->owners[i] == owner || is_link_local_ipv4(other);
		if (until <= now)
			return i;
		if (gives_way && (best == NONE || until < n->addresses[best].until))
			best = i;
	}
	return best;
}

/* at: the address's entry, or NONE. */
static void remember(struct lp_neighbours *n, uint16_t owner, struct ip ip, size_t at, lp_time now)
{
	bool short_lived = owner != LP_OWNER_LAN && ip.high == IPV4_HIGH;

	if (at != NONE && n->owners[at] != owner) { /* it changes hands */
		n->addresses[at].until = 0;
		at = NONE;
	}
	if (at == NONE)
		at = place_for(n, owner, ip, now);
	if (n->without[owner % WITHOUT] == owner)
		n->without[owner % WITHOUT] = LP_OWNER_LAN; /* has_another must look again */
	if (at == NONE)
		return;
	n->owners[at] = owner;
	n->addresses[at] = (struct address){
		ip, now + (short_lived ? LP_NEIGHBOUR_IPV4_TTL : LP_NEIGHBOUR_TTL)};
}

static bool claim(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	if (is_protected(n, ip))
		return owner == LP_OWNER_LAN;
	size_t at = find(n, ip, now);
	if (owner != LP_OWNER_LAN && at != NONE && n->owners[at] != owner)
		return false;
	if (owner != LP_OWNER_LAN && at == NONE)
		make_way(n, owner, ip, now);
	remember(n, owner, ip, at, now);
	return true;
}

bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	return ipv4 == 0 || claim(n, owner, of_ipv4(ipv4), now);
}

bool lp_neighbours_claim_ipv6(
	struct lp_neighbours *n, uint16_t owner, const uint8_t *ipv6, lp_time now)
{
	struct ip ip = of_ipv6(ipv6);
	return ipv6[0] != 0xff && ((ip.high | ip.low) == 0 || claim(n, owner, ip, now));
}

/* Without an entry nothing is known, and nothing is remembered. */
static bool use(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	if (is_protected(n, ip))
		return owner == LP_OWNER_LAN;
	size_t at = find(n, ip, now);
	if (at == NONE)
		return owner == LP_OWNER_LAN || !is_lan_ipv4(ip) || !has_another(n, owner, now);
	if (n->owners[at] != owner)
		return false;
	remember(n, owner, ip, at, now);
	return true;
}

bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	return ipv4 == 0 || use(n, owner, of_ipv4(ipv4), now);
}

/* A station of the LAN asks whether anybody has the address: a member that has it keeps it, and
 * answers. */
static void note_question(struct lp_neighbours *n, const uint8_t *target, lp_time now)
{
	size_t at = find(n, of_ipv6(target), now);
	if (at == NONE || n->owners[at] == LP_OWNER_LAN)
		lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, target, now);
}

void lp_neighbours_note_lan(
	struct lp_neighbours *n, const struct lp_filter_facts *facts, lp_time now)
{
	if (facts->is_claim)
		lp_neighbours_claim(n, LP_OWNER_LAN, facts->claim_ipv4, now);
	else
		lp_neighbours_use(n, LP_OWNER_LAN, facts->claim_ipv4, now);
	if (facts->source_ipv6 && facts->is_claim)
		lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, facts->source_ipv6, now);
	else if (facts->source_ipv6)
		use(n, LP_OWNER_LAN, of_ipv6(facts->source_ipv6), now);
	if (facts->target_ipv6 && facts->source_ipv6)
		lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, facts->target_ipv6, now);
	else if (facts->target_ipv6)
		note_question(n, facts->target_ipv6, now);
}

bool lp_neighbours_admit(
	struct lp_neighbours *n, uint16_t peer, const struct lp_filter_facts *facts, lp_time now)
{
	if (facts->source_ipv6 && !lp_neighbours_claim_ipv6(n, peer, facts->source_ipv6, now))
		return false;
	if (facts->target_ipv6)
		return lp_neighbours_claim_ipv6(n, peer, facts->target_ipv6, now);
	return facts->is_claim ? lp_neighbours_claim(n, peer, facts->claim_ipv4, now)
			       : lp_neighbours_use(n, peer, facts->claim_ipv4, now);
}

void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	struct ip ip = of_ipv4(ipv4);

	if (owner == LP_OWNER_LAN || ipv4 == 0 || is_protected(n, ip))
		return;
	size_t at = find(n, ip, now);
	if (at == NONE || n->owners[at] != owner)
		make_way(n, owner, ip, now);
	remember(n, owner, ip, at, now);
}

bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4)
{
	if (is_protected(n, of_ipv4(ipv4)))
		return true;
	if (n->protected_count == LP_MAX_PROTECTED)
		return false;
	n->protected[n->protected_count++] = ipv4;
	return true;
}

bool lp_neighbours_protect_ipv6(struct lp_neighbours *n, const uint8_t *ipv6)
{
	struct ip ip = of_ipv6(ipv6);
	if (is_protected(n, ip))
		return true;
	if ((ip.high | ip.low) == 0 || n->protected_ipv6_count == LP_PROTECTED_IPV6)
		return false;
	n->protected_ipv6[n->protected_ipv6_count++] = ip;
	return true;
}

bool lp_neighbours_protect_mac(struct lp_neighbours *n, const struct lp_mac *mac)
{
	if (is_protected_mac(n, mac))
		return true;
	if (!lp_mac_is_station(mac) || n->protected_mac_count == LP_MAX_PROTECTED)
		return false;
	n->protected_macs[n->protected_mac_count++] = *mac;
	return true;
}

static void unprotect(struct lp_neighbours *n)
{
	n->protected_count = n->protected_ipv6_count = n->protected_mac_count = 0;
}

void lp_neighbours_protect_only(struct lp_neighbours *n, const struct lp_protected *these)
{
	unprotect(n);
	for (size_t i = 0; i < these->ipv4_count; i++)
		lp_neighbours_protect(n, these->ipv4[i]);
	for (size_t i = 0; i < LP_PROTECTED_MACS; i++)
		lp_neighbours_protect_mac(n, &these->macs[i]);
	for (size_t i = 0; i < LP_PROTECTED_IPV6; i++)
		lp_neighbours_protect_ipv6(n, these->ipv6[i]);
}

void lp_neighbours_learn(struct lp_neighbours *n, const struct lp_lan_report *report, lp_time now)
{
	if (report->replaces)
		lp_neighbours_protect_only(n, &report->protected);
	for (size_t i = 0; i < report->mac_count; i++)
		lp_neighbours_see(n, &report->macs[i], now);
	for (size_t i = 0; i < report->ipv4_count; i++)
		lp_neighbours_claim(n, LP_OWNER_LAN, report->ipv4[i], now);
	for (size_t i = 0; i < report->ipv6_count; i++)
		lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, report->ipv6[i], now);
}

static bool list_address(struct ip ip, struct lp_lan_report *report)
{
	if (ip.high == IPV4_HIGH && report->ipv4_count < LP_LAN_LIST) {
		report->ipv4[report->ipv4_count++] = (uint32_t)ip.low;
		return true;
	}
	if (ip.high == IPV4_HIGH || report->ipv6_count == LP_LAN_LIST)
		return false;
	uint8_t *at = report->ipv6[report->ipv6_count++];
	lp_put32(at, (uint32_t)(ip.high >> 32));
	lp_put32(at + 4, (uint32_t)ip.high);
	lp_put32(at + 8, (uint32_t)(ip.low >> 32));
	lp_put32(at + 12, (uint32_t)ip.low);
	return true;
}

/* False: the list that it belongs to is full. */
static bool list_entry(
	const struct lp_neighbours *n, size_t at, lp_time now, struct lp_lan_report *report)
{
	if (at < LP_NEIGHBOURS_MACS) {
		const struct station *s = &n->stations[at];
		if (s->until <= now)
			return true;
		if (report->mac_count == LP_LAN_LIST)
			return false;
		report->macs[report->mac_count++] = s->mac;
		return true;
	}
	at -= LP_NEIGHBOURS_MACS;
	bool known = n->owners[at] == LP_OWNER_LAN && now < n->addresses[at].until;
	return !known || list_address(n->addresses[at].ip, report);
}

void lp_neighbours_list_lan(
	const struct lp_neighbours *n, size_t *next, lp_time now, struct lp_lan_report *ret_report)
{
	*ret_report = (struct lp_lan_report){0};
	while (*next < LP_NEIGHBOURS_END && list_entry(n, *next, now, ret_report))
		++*next;
}

void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner)
{
	for (size_t i = 0; i < LP_NEIGHBOURS_ADDRESSES; i++) {
		if (n->owners[i] == owner)
			n->addresses[i].until = 0;
	}
	if (owner == LP_OWNER_LAN) {
		memset(n->stations, 0, sizeof(n->stations));
		memset(n->protected, 0, sizeof(n->protected));
		unprotect(n);
	}
}
