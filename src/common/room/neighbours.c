#include "lanparty/room/neighbours.h"

#include <stdlib.h>
#include <string.h>

#define WAYS      4
#define WITHOUT   64
#define MAC_SETS  (LP_NEIGHBOURS_MACS / WAYS)
#define IPV4_SETS (LP_NEIGHBOURS_IPV4 / WAYS)

struct station {
	struct lp_mac mac; /* zero: free */
	lp_time until;
};

struct address {
	uint32_t ipv4; /* 0: free */
	uint16_t owner;
	lp_time until;
};

struct lp_neighbours {
	struct station stations[LP_NEIGHBOURS_MACS]; /* the sets are adjacent */
	struct address addresses[LP_NEIGHBOURS_IPV4];
	uint32_t protected[LP_MAX_PROTECTED];
	size_t protected_count;
	struct lp_mac protected_macs[LP_MAX_PROTECTED];
	size_t protected_mac_count;
	uint16_t without[WITHOUT]; /* members that were found to have no address; 0: unused */
};

/* Multiplicative hashing: takes the high half of a product, to which all bits of the key
 * contribute. */
static size_t set_of(uint64_t key, size_t sets)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % sets;
}

static size_t mac_set(const struct lp_mac *mac)
{
	uint64_t key = 0;

	for (size_t i = 0; i < sizeof(mac->b); i++)
		key = key << 8 | mac->b[i];
	return set_of(key, MAC_SETS) * WAYS;
}

static bool is_link_local(uint32_t ipv4)
{
	return ipv4 >> 16 == (169 << 8 | 254);
}

struct lp_neighbours *lp_neighbours_new(void)
{
	return calloc(1, sizeof(struct lp_neighbours));
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

	for (size_t i = 0; i < WAYS; i++) {
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

	for (size_t i = 0; i < WAYS; i++) {
		if (lp_mac_equal(&set[i].mac, mac))
			return now < set[i].until;
	}
	return false;
}

static bool is_protected(const struct lp_neighbours *n, uint32_t ipv4)
{
	for (size_t i = 0; i < n->protected_count; i++) {
		if (n->protected[i] == ipv4)
			return true;
	}
	return false;
}

static struct address *address_set(struct lp_neighbours *n, uint32_t ipv4)
{
	return &n->addresses[set_of(ipv4, IPV4_SETS) * WAYS];
}

/* The entry of an address in use, or NULL. */
static struct address *find(struct lp_neighbours *n, uint32_t ipv4, lp_time now)
{
	struct address *set = address_set(n, ipv4);

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].ipv4 == ipv4 && now < set[i].until)
			return &set[i];
	}
	return NULL;
}

/* Scans the whole table, which takes a microsecond; once per member without an address. */
static bool has_another(struct lp_neighbours *n, uint16_t owner, lp_time now)
{
	if (n->without[owner % WITHOUT] == owner)
		return false;
	for (size_t i = 0; i < LP_NEIGHBOURS_IPV4; i++) {
		const struct address *a = &n->addresses[i];
		if (a->owner == owner && now < a->until && !is_link_local(a->ipv4))
			return true;
	}
	n->without[owner % WITHOUT] = owner;
	return false;
}

/* Invalidates the result that has_another has cached. */
static void note_address(struct lp_neighbours *n, uint16_t owner)
{
	if (n->without[owner % WITHOUT] == owner)
		n->without[owner % WITHOUT] = LP_OWNER_LAN;
}

/* Finds an entry for the address: the oldest of its set. Link-local addresses, of which a member
 * can claim any number, are replaced first, and must not replace other addresses: then NULL. */
static struct address *make_room(struct lp_neighbours *n, uint32_t ipv4, lp_time now)
{
	struct address *set = address_set(n, ipv4);
	struct address *best = NULL;
	struct address *best_local = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		struct address *a = &set[i];
		if (a->until <= now)
			return a;
		struct address **kind = is_link_local(a->ipv4) ? &best_local : &best;
		if (!*kind || a->until < (*kind)->until)
			*kind = a;
	}
	return best_local || is_link_local(ipv4) ? best_local : best;
}

bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	if (ipv4 == 0)
		return true;
	if (is_protected(n, ipv4))
		return owner == LP_OWNER_LAN;
	struct address *a = find(n, ipv4, now);
	if (a && a->owner != owner && owner != LP_OWNER_LAN)
		return false;
	if (!a) {
		if (owner != LP_OWNER_LAN && !is_link_local(ipv4) && has_another(n, owner, now))
			return false;
		a = make_room(n, ipv4, now);
	}
	note_address(n, owner);
	if (a)
		*a = (struct address){ipv4, owner, now + LP_NEIGHBOUR_IPV4_TTL};
	return true;
}

bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	if (ipv4 == 0)
		return true;
	if (is_protected(n, ipv4))
		return owner == LP_OWNER_LAN;
	struct address *a = find(n, ipv4, now);
	if (!a)
		return owner == LP_OWNER_LAN || is_link_local(ipv4) || !has_another(n, owner, now);
	if (a->owner != owner)
		return false;
	a->until = now + LP_NEIGHBOUR_IPV4_TTL;
	return true;
}

void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	if (owner == LP_OWNER_LAN || ipv4 == 0 || is_protected(n, ipv4))
		return;
	for (size_t i = 0; i < LP_NEIGHBOURS_IPV4; i++) {
		struct address *a = &n->addresses[i];
		if (a->owner == owner && !is_link_local(a->ipv4))
			*a = (struct address){0};
	}
	struct address *a = find(n, ipv4, now);
	if (!a)
		a = make_room(n, ipv4, now);
	note_address(n, owner);
	if (a)
		*a = (struct address){ipv4, owner, now + LP_NEIGHBOUR_IPV4_TTL};
}

bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4)
{
	if (is_protected(n, ipv4))
		return true;
	if (n->protected_count == LP_MAX_PROTECTED)
		return false;
	n->protected[n->protected_count++] = ipv4;
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

void lp_neighbours_unprotect(struct lp_neighbours *n)
{
	n->protected_count = n->protected_mac_count = 0;
}

void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner)
{
	for (size_t i = 0; i < LP_NEIGHBOURS_IPV4; i++) {
		if (n->addresses[i].owner == owner)
			n->addresses[i] = (struct address){0};
	}
	if (owner == LP_OWNER_LAN) {
		memset(n->stations, 0, sizeof(n->stations));
		memset(n->protected, 0, sizeof(n->protected));
		lp_neighbours_unprotect(n);
	}
}
