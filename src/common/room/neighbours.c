#include "lanparty/room/neighbours.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "neighbours_private.h"

#define MAC_WAYS 4
#define MAC_SETS (LP_NEIGHBOURS_MACS / MAC_WAYS)
/* The first entries of each set are the LAN's and the last ones the members', so that neither can displace
 * what the other owns. */
#define WAYS    16
#define OF_EACH (WAYS / 2)
#define SETS    (LP_NEIGHBOURS_ADDRESSES / WAYS)
#define NONE    SIZE_MAX
static_assert(LP_NEIGHBOURS_ADDRESSES < UINT16_MAX, "chains hold the number of an entry plus 1");

/* Somebody could fill the set of a MAC or an address that he wants, if he knew which one that is. */
static size_t mac_set(const struct lp_neighbours *n, const struct lp_mac *mac)
{
	uint64_t key = (uint64_t)lp_get32(mac->b) << 16 | lp_get16(mac->b + 4);
	return (size_t)(lp_siphash_words(&n->secret, &key, 1, 0) % MAC_SETS) * MAC_WAYS;
}

static size_t address_set(const struct lp_neighbours *n, struct ip ip)
{
	const uint64_t words[] = {ip.high, ip.low};
	return (size_t)(lp_siphash_words(&n->secret, words, 2, 0) % SETS) * WAYS;
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

	if (!n)
		return NULL;
	n->secret = *secret;
	lp_takings_init(&n->takings, 1);
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
	struct station *set = &n->stations[mac_set(n, mac)];
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

bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now)
{
	if (!lp_mac_is_station(mac))
		return false;
	if (lp_neighbours_is_protected_mac(n, mac))
		return true;
	const struct station *set = &n->stations[mac_set(n, mac)];

	for (size_t i = 0; i < MAC_WAYS; i++) {
		if (lp_mac_equal(&set[i].mac, mac))
			return now < set[i].until;
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

static uint16_t *chain_of(struct lp_neighbours *n, uint16_t owner)
{
	return &n->chains[owner % CHAINS];
}

/* The same, for an address that is probably the owner's: its own entries are found without a hash. */
static size_t find_for(const struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	for (size_t i = n->chains[owner % CHAINS]; i; i = n->next[i - 1]) {
		const struct address *a = &n->addresses[i - 1];
		if (is_same(a->ip, ip) && n->owners[i - 1] == owner && now < a->until)
			return i - 1;
	}
	return find(n, ip, now);
}

static void give(struct lp_neighbours *n, size_t at, uint16_t owner)
{
	n->owners[at] = owner;
	n->holds[at] = HOLD_USE;
	if (owner == LP_OWNER_LAN)
		return;
	uint16_t *first = chain_of(n, owner);
	n->next[at] = *first;
	n->prev[at] = 0;
	if (*first)
		n->prev[*first - 1] = (uint16_t)(at + 1);
	*first = (uint16_t)(at + 1);
}

static void release(struct lp_neighbours *n, size_t at)
{
	uint16_t next = n->next[at], prev = n->prev[at];

	n->addresses[at].until = 0;
	if (n->owners[at] == LP_OWNER_LAN)
		return;
	*(prev ? &n->next[prev - 1] : chain_of(n, n->owners[at])) = next;
	if (next)
		n->prev[next - 1] = prev;
	n->owners[at] = LP_OWNER_LAN;
}

/* What a member can have so many of. */
enum kind { KIND_LAN_IPV4, KIND_ADDRESS, KIND_ID };

static enum kind kind_of(struct ip ip)
{
	if (ip.high == ID_HIGH)
		return KIND_ID;
	return is_lan_ipv4(ip) ? KIND_LAN_IPV4 : KIND_ADDRESS;
}

/* The addresses of one kind that a member owns beside the room's, and the one whose last use is the oldest. */
static size_t count_owned(const struct lp_neighbours *n, uint16_t owner, enum kind kind,
	lp_time now, size_t *ret_oldest)
{
	size_t count = 0;

	for (size_t i = n->chains[owner % CHAINS]; i; i = n->next[i - 1]) {
		const struct address *a = &n->addresses[i - 1];
		if (n->owners[i - 1] != owner || now >= a->until || kind_of(a->ip) != kind ||
			n->holds[i - 1] == HOLD_ROOM)
			continue;
		if (count++ == 0 || a->until < n->addresses[*ret_oldest].until)
			*ret_oldest = i - 1;
	}
	return count;
}

static bool has_another(const struct lp_neighbours *n, uint16_t owner, lp_time now)
{
	size_t oldest;
	return count_owned(n, owner, KIND_LAN_IPV4, now, &oldest) > 0;
}

/* A member that has all the addresses that it can have loses the oldest for one more. */
static void make_way(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	size_t oldest = 0, most = is_lan_ipv4(ip) ? LP_NEIGHBOUR_IPV4 : LP_NEIGHBOUR_ADDRESSES;

	if (count_owned(n, owner, kind_of(ip), now, &oldest) >= most)
		release(n, oldest);
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
		bool own = n->owners[i] == owner && n->holds[i] != HOLD_ROOM;
		bool gives_way = own || is_link_local_ipv4(other);
		if (until <= now)
			return i;
		if (gives_way && (best == NONE || until < n->addresses[best].until))
			best = i;
	}
	return best;
}

static lp_time keeps_until(const struct lp_neighbours *n, size_t at, lp_time now)
{
	bool member = n->owners[at] != LP_OWNER_LAN;
	if (member && n->holds[at] == HOLD_ROOM)
		return LP_NEVER;
	if (!member && n->addresses[at].ip.high == ID_HIGH)
		return now + LP_NEIGHBOUR_LAN_ID_TTL;
	bool changes = member && n->addresses[at].ip.high == IPV4_HIGH && n->holds[at] == HOLD_USE;
	return now + (changes ? LP_NEIGHBOUR_IPV4_TTL : LP_NEIGHBOUR_TTL);
}

/* Expired entries too: a former owner cannot use the address again (find_expired). */
static void release_all(struct lp_neighbours *n, struct ip ip)
{
	size_t first = address_set(n, ip);

	for (size_t i = first; i < first + WAYS; i++) {
		if (is_same(n->addresses[i].ip, ip))
			release(n, i);
	}
}

/* at: the address's entry, or NONE. Returns the entry that it has now, or NONE. */
static size_t remember(
	struct lp_neighbours *n, uint16_t owner, struct ip ip, size_t at, lp_time now)
{
	if (at == NONE || n->owners[at] != owner) { /* it changes hands */
		release_all(n, ip);
		at = place_for(n, owner, ip, now);
		if (at == NONE)
			return NONE;
		release(n, at);
		give(n, at, owner);
	}
	n->addresses[at].ip = ip;
	n->addresses[at].until = keeps_until(n, at, now);
	return at;
}

void lp_neighbours_trust_lan(struct lp_neighbours *n)
{
	lp_takings_init(&n->takings, 0);
}

bool lp_neighbours_may_take(struct lp_neighbours *n, uint16_t victim, lp_time now)
{
	return lp_takings_may(&n->takings, victim, now);
}

/* Frees an address for owner, who is told to have it by somebody who speaks for the LAN. False: another member
 * keeps it. */
static bool take(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	size_t at = find(n, ip, now);

	if (at == NONE || n->owners[at] == owner || n->owners[at] == LP_OWNER_LAN)
		return true;
	if (!lp_neighbours_may_take(n, n->owners[at], now))
		return false;
	release(n, at);
	return true;
}

static bool claim(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	if (lp_neighbours_is_protected(n, ip))
		return owner == LP_OWNER_LAN;
	size_t at = find_for(n, owner, ip, now);
	if (at != NONE && n->owners[at] != owner)
		return false;
	if (owner != LP_OWNER_LAN && at == NONE)
		make_way(n, owner, ip, now);
	/* A member has few IPv4 addresses, and the claimant limits what is not remembered. */
	return remember(n, owner, ip, at, now) != NONE || ip.high == IPV4_HIGH;
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

bool lp_neighbours_is_new(const struct lp_neighbours *n, uint32_t ipv4, lp_time now)
{
	struct ip ip = of_ipv4(ipv4);
	return is_lan_ipv4(ip) && ipv4 && !lp_neighbours_is_protected(n, ip) &&
	       find(n, ip, now) == NONE;
}

static struct ip of_id(const struct lp_neighbours *n, const uint8_t *id, size_t len)
{
	return (struct ip){ID_HIGH, lp_siphash(&n->secret, id, len)};
}

bool lp_neighbours_claim_id(
	struct lp_neighbours *n, uint16_t owner, const struct lp_filter_facts *facts, lp_time now)
{
	struct ip ip = of_id(n, facts->dhcp_id, facts->dhcp_id_len);
	size_t oldest;
	if (find(n, ip, now) == NONE &&
		count_owned(n, owner, KIND_ID, now, &oldest) >= LP_NEIGHBOUR_IDS)
		return false;
	return claim(n, owner, ip, now);
}

/* The entry of an address that the member owned until it expired, and nobody has since. */
static size_t find_expired(const struct lp_neighbours *n, uint16_t owner, struct ip ip)
{
	size_t first = address_set(n, ip);

	for (size_t i = first; i < first + WAYS; i++) {
		if (is_same(n->addresses[i].ip, ip) && n->owners[i] == owner)
			return i;
	}
	return NONE;
}

/* An address that nobody has. Without an entry nothing is known, and nothing is remembered. */
static bool use_free(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	size_t at = owner == LP_OWNER_LAN ? NONE : find_expired(n, owner, ip);
	if (at == NONE)
		return owner == LP_OWNER_LAN || !is_lan_ipv4(ip) || !has_another(n, owner, now);
	make_way(n, owner, ip, now);
	remember(n, owner, ip, at, now);
	return true;
}

static bool use(struct lp_neighbours *n, uint16_t owner, struct ip ip, lp_time now)
{
	if (lp_neighbours_is_protected(n, ip))
		return owner == LP_OWNER_LAN;
	size_t at = find_for(n, owner, ip, now);
	if (at == NONE)
		return use_free(n, owner, ip, now);
	if (n->owners[at] != owner)
		return false;
	n->addresses[at].until = keeps_until(n, at, now);
	return true;
}

bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	return ipv4 == 0 || use(n, owner, of_ipv4(ipv4), now);
}

/* A station of the LAN wants the address. Nobody else gets it before the station has had time to begin. */
static void hold(struct lp_neighbours *n, uint32_t ipv4, lp_time now)
{
	struct ip ip = of_ipv4(ipv4);

	if (ipv4 == 0 || lp_neighbours_is_protected(n, ip))
		return;
	size_t at = find(n, ip, now);
	bool held = at == NONE || n->addresses[at].until <= now + LP_NEIGHBOUR_HELD;
	if (at != NONE && n->owners[at] != LP_OWNER_LAN)
		return;
	at = remember(n, LP_OWNER_LAN, ip, at, now);
	if (held && at != NONE)
		n->addresses[at].until = now + LP_NEIGHBOUR_HELD;
}

/* A station of the LAN has the address, says somebody who speaks for the LAN. */
static bool learn(struct lp_neighbours *n, struct ip ip, lp_time now)
{
	return take(n, LP_OWNER_LAN, ip, now) && claim(n, LP_OWNER_LAN, ip, now);
}

/* When a station asks whether anybody has the address, a member that has it keeps it, and answers. */
static bool note_lan_ipv6(
	struct lp_neighbours *n, const struct lp_filter_facts *facts, bool proxy, lp_time now)
{
	const uint8_t *source = facts->source_ipv6, *target = facts->target_ipv6;
	bool good = true;

	if (source && facts->is_claim)
		good = learn(n, of_ipv6(source), now);
	else if (source)
		use(n, LP_OWNER_LAN, of_ipv6(source), now);
	if (target && facts->is_answer && !proxy)
		take(n, LP_OWNER_LAN, of_ipv6(target), now);
	if (target)
		good &= lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, target, now) || !facts->is_answer;
	return good;
}

bool lp_neighbours_note_lan(struct lp_neighbours *n, const struct lp_mac *src,
	const struct lp_filter_facts *facts, lp_time now)
{
	struct ip ip = of_ipv4(facts->claim_ipv4);
	bool proxy = facts->is_answer && lp_neighbours_is_protected_mac(n, src);

	if (facts->is_claim && facts->claim_ipv4)
		return proxy ? claim(n, LP_OWNER_LAN, ip, now) : learn(n, ip, now);
	lp_neighbours_use(n, LP_OWNER_LAN, facts->claim_ipv4, now);
	hold(n, facts->probed_ipv4, now);
	if (facts->dhcp_id)
		learn(n, of_id(n, facts->dhcp_id, facts->dhcp_id_len), now);
	return note_lan_ipv6(n, facts, proxy, now);
}

static void end_lease(struct lp_neighbours *n, size_t at)
{
	if (n->holds[at] != HOLD_LEASE)
		return;
	n->holds[at] = HOLD_USE;
	n->addresses[at].until -= LP_NEIGHBOUR_TTL - LP_NEIGHBOUR_IPV4_TTL;
}

/* A lease follows the one before. */
static void end_leases(struct lp_neighbours *n, uint16_t owner)
{
	for (size_t i = *chain_of(n, owner); i; i = n->next[i - 1])
		if (n->owners[i - 1] == owner)
			end_lease(n, i - 1);
}

void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	struct ip ip = of_ipv4(ipv4);

	if (owner == LP_OWNER_LAN || ipv4 == 0 || lp_neighbours_is_protected(n, ip))
		return;
	end_leases(n, owner);
	if (!take(n, owner, ip, now))
		return;
	size_t at = find(n, ip, now);
	if (at == NONE || n->owners[at] != owner)
		make_way(n, owner, ip, now);
	at = remember(n, owner, ip, at, now);
	if (at == NONE || n->holds[at] == HOLD_ROOM)
		return;
	n->holds[at] = HOLD_LEASE;
	n->addresses[at].until = keeps_until(n, at, now);
}

bool lp_neighbours_assign(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now)
{
	struct ip ip = of_ipv4(ipv4);
	size_t at = find(n, ip, now);

	if (lp_neighbours_is_protected(n, ip) || (at != NONE && n->owners[at] != owner))
		return false;
	at = remember(n, owner, ip, at, now);
	if (at == NONE)
		return false;
	n->holds[at] = HOLD_ROOM;
	n->addresses[at].until = keeps_until(n, at, now);
	return true;
}

void lp_neighbours_protect_again(struct lp_neighbours *n, lp_time now)
{
	const struct lp_protected *told = &n->told;
	struct lp_protected these = {.ipv4_count = 0};

	if (!n->told_waits)
		return;
	n->told_waits = false;
	memcpy(these.macs, told->macs, sizeof(these.macs));
	for (size_t i = 0; i < told->ipv4_count; i++)
		if (take(n, LP_OWNER_LAN, of_ipv4(told->ipv4[i]), now))
			these.ipv4[these.ipv4_count++] = told->ipv4[i];
		else
			n->told_waits = true;
	for (size_t i = 0; i < LP_PROTECTED_IPV6; i++)
		if (take(n, LP_OWNER_LAN, of_ipv6(told->ipv6[i]), now))
			memcpy(these.ipv6[i], told->ipv6[i], sizeof(these.ipv6[i]));
		else
			n->told_waits = true;
	lp_neighbours_protect_only(n, &these);
}

void lp_neighbours_protect_told(
	struct lp_neighbours *n, const struct lp_protected *told, lp_time now)
{
	n->told = *told;
	n->told_waits = true;
	lp_neighbours_protect_again(n, now);
}

void lp_neighbours_learn(struct lp_neighbours *n, const struct lp_lan_report *report, lp_time now)
{
	if (report->replaces)
		lp_neighbours_protect_told(n, &report->protected, now);
	for (size_t i = 0; i < report->mac_count; i++)
		lp_neighbours_see(n, &report->macs[i], now);
	for (size_t i = 0; i < report->ipv4_count; i++)
		if (report->ipv4[i])
			learn(n, of_ipv4(report->ipv4[i]), now);
	for (size_t i = 0; i < report->ipv6_count; i++)
		if (report->ipv6[i][0] != 0xff &&
			!is_same(of_ipv6(report->ipv6[i]), (struct ip){0}))
			learn(n, of_ipv6(report->ipv6[i]), now);
}

static void forget_lan(struct lp_neighbours *n)
{
	for (size_t i = 0; i < LP_NEIGHBOURS_ADDRESSES; i++)
		if (n->owners[i] == LP_OWNER_LAN)
			n->addresses[i].until = 0;
		else
			end_lease(n, i);
	n->told_waits = false;
	memset(n->stations, 0, sizeof(n->stations));
	memset(n->protected, 0, sizeof(n->protected));
	lp_neighbours_protect_only(n, &(struct lp_protected){0});
}

void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner)
{
	if (owner == LP_OWNER_LAN) {
		forget_lan(n);
		return;
	}
	for (size_t i = *chain_of(n, owner), next; i; i = next) {
		next = n->next[i - 1];
		if (n->owners[i - 1] == owner)
			release(n, i - 1);
	}
}
