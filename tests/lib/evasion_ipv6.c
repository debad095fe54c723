#include "packets.h"

#include <stdio.h>
#include <string.h>

/* Hides the packet behind each kind of extension header. RFC 6980 drops what a fragment header
 * hides. */
static void behind_headers(struct maker *m, struct ipv6 h, uint8_t protocol,
	const struct bytes *inner, enum lp_drop drop, const char *what)
{
	static const uint8_t types[] = {0, 43, 60, 51, 135, 139, 140};
	static const uint8_t units[] = {0, 1, 2, 7};
	char name[80];

	h.next = protocol;
	send6(m, drop, h, inner, what);
	for (size_t i = 0; i < sizeof(types); i++) {
		for (size_t j = 0; j < sizeof(units); j++) {
			struct bytes b = extend(types[i], units[j], protocol, inner);
			h.next = types[i];
			snprintf(name, sizeof(name), "%s behind header %u, %u units", what,
				types[i], units[j]);
			send6(m, drop, h, &b, name);
		}
		for (size_t j = 1; j < sizeof(types); j++) {
			struct bytes second = extend(types[j], 1, protocol, inner);
			struct bytes b = extend(types[i], 0, types[j], &second);
			h.next = types[i];
			snprintf(name, sizeof(name), "%s behind headers %u and %u", what, types[i],
				types[j]);
			send6(m, drop, h, &b, name);
		}
	}
	struct bytes b = *inner;
	uint8_t above = protocol;
	for (size_t i = 1; i <= 17; i++) {
		b = extend(60, 0, above, &b);
		above = h.next = 60;
		snprintf(name, sizeof(name), "%s behind %zu headers", what, i);
		if (i == 3 || i > 14)
			send6(m, i > 16 ? LP_DROP_BAD_IPV6 : drop, h, &b, name);
	}
	bool is_nd = drop == LP_DROP_ROUTER_ADVERTISEMENT || drop == LP_DROP_REDIRECT;
	b = extend(44, 0, protocol, inner);
	h.next = 44;
	snprintf(name, sizeof(name), "%s in an atomic fragment", what);
	send6(m, is_nd ? LP_DROP_FRAGMENT : drop, h, &b, name);
	struct bytes options = extend(60, 1, protocol, inner);
	b = extend(44, 0, 60, &options);
	snprintf(name, sizeof(name), "%s in an atomic fragment behind options", what);
	send6(m, is_nd ? LP_DROP_FRAGMENT : drop, h, &b, name);
	struct bytes twice = extend(44, 0, protocol, inner);
	b = extend(44, 0, 44, &twice);
	snprintf(name, sizeof(name), "%s behind two fragment headers", what);
	send6(m, LP_DROP_FRAGMENT, h, &b, name);
	struct bytes hop = extend(0, 0, protocol, inner);
	b = extend(60, 0, 0, &hop);
	h.next = 60;
	snprintf(name, sizeof(name), "%s behind hop-by-hop options in the wrong place", what);
	send6(m, LP_DROP_BAD_IPV6, h, &b, name);
}

/* Splits the header chain at each multiple of eight: no first fragment must pass, nor any that
 * belongs to it. */
static void in_fragments(struct maker *m, struct ipv6 h, uint8_t protocol,
	const struct bytes *inner, enum lp_drop drop, const char *what)
{
	struct bytes whole = extend(60, 1, protocol, inner);
	char name[80];

	h.next = 44;
	for (size_t cut = 8; cut < whole.len; cut += 8) {
		struct bytes first = piece6(m->id, 60, &whole, 0, cut);
		struct bytes last = piece6(m->id++, 60, &whole, cut, whole.len - cut);
		bool seen = cut >= 24 && drop != LP_DROP_ROUTER_ADVERTISEMENT;
		snprintf(name, sizeof(name), "%s cut at %zu, first part", what, cut);
		send6(m, seen ? drop : LP_DROP_FRAGMENT, h, &first, name);
		snprintf(name, sizeof(name), "%s cut at %zu, last part", what, cut);
		send6(m, LP_DROP_FRAGMENT, h, &last, name);
	}
}

void hostile_nd(struct maker *m)
{
	struct ipv6 h = ipv6_of(m, 1);
	struct bytes ra = nd(&h, 134, 16, 1, sender(m));
	struct bytes redirect = nd(&h, 137, 40, 2, sender(m));
	struct bytes reply = dhcpv6(&h, 7, 547, 546);
	struct bytes query = icmpv6(&h, 130, 28);

	behind_headers(m, h, 58, &ra, LP_DROP_ROUTER_ADVERTISEMENT, "RA");
	behind_headers(m, h, 58, &redirect, LP_DROP_REDIRECT, "redirect");
	behind_headers(m, h, 17, &reply, LP_DROP_DHCPV6_SERVER, "DHCPv6 reply");
	behind_headers(m, h, 58, &query, LP_DROP_GROUP_QUERY, "MLD query");
	in_fragments(m, h, 58, &ra, LP_DROP_ROUTER_ADVERTISEMENT, "RA");
	in_fragments(m, h, 17, &reply, LP_DROP_DHCPV6_SERVER, "DHCPv6 reply");

	h.next = 58;
	h.hop_limit = 64;
	send6(m, LP_DROP_ROUTER_ADVERTISEMENT, h, &ra, "RA with another hop limit");
	h.hop_limit = 255;
	struct bytes short_ra = icmpv6(&h, 134, 8);
	send6(m, LP_DROP_ROUTER_ADVERTISEMENT, h, &short_ra, "RA of 8 bytes");
	struct bytes coded = ra;
	coded.b[1] = 1;
	send6(m, LP_DROP_ROUTER_ADVERTISEMENT, h, &coded, "RA with a code");
	h.next = 17;
	struct bytes server = dhcpv6(&h, 2, 547, 5000);
	send6(m, LP_DROP_DHCPV6_SERVER, h, &server, "from the DHCPv6 server's port");
	struct bytes client = dhcpv6(&h, 2, 5000, 546);
	send6(m, LP_DROP_DHCPV6_SERVER, h, &client, "to the DHCPv6 client's port");
}

void hostile_nd_senders(struct maker *m)
{
	static const struct {
		uint8_t type;
		size_t len;
		uint8_t option;
	} kinds[] = {{133, 8, 1}, {135, 24, 1}, {136, 24, 2}, {135, 24, 2}, {136, 24, 1}};
	struct ipv6 h = ipv6_of(m, 1);
	const struct lp_mac *me = sender(m);
	char name[80];

	h.next = 58;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint8_t type = kinds[i].type;
		size_t len = kinds[i].len;
		struct bytes honest = nd(&h, type, len, kinds[i].option, me);
		const struct {
			size_t at;
			uint8_t value;
			enum lp_drop drop;
			const char *name;
		} rows[] = {
			{len + 7, (uint8_t)(me->b[5] ^ 1), LP_DROP_ND_SENDER, "one bit off"},
			{len + 2, 0xff, LP_DROP_ND_SENDER, "a group"},
			{len + 1, 0, LP_DROP_BAD_IPV6, "an option of length 0"},
			{len + 1, 2, LP_DROP_BAD_IPV6, "an option past the end"},
			{1, 1, LP_DROP_BAD_IPV6, "a code"},
		};
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			struct bytes b = honest;
			b.b[rows[j].at] = rows[j].value;
			seal6(&h, 58, &b, 2);
			snprintf(name, sizeof(name), "ND %u, option %u: %s", type, kinds[i].option,
				rows[j].name);
			send6(m, rows[j].drop, h, &b, name);
		}
		struct bytes b = honest;
		put(&b, honest.b + len, 8);
		b.b[len + 8 + 5] ^= 4;
		snprintf(name, sizeof(name), "ND %u: the second option lies", type);
		send6(m, LP_DROP_ND_SENDER, h, &b, name);
		b.len -= 3;
		snprintf(name, sizeof(name), "ND %u: the second option is cut", type);
		send6(m, LP_DROP_BAD_IPV6, h, &b, name);
		b = honest;
		b.b[len + 1] = 2;
		fill(&b, 0, 8);
		snprintf(name, sizeof(name), "ND %u: a link-layer address of 14 bytes", type);
		send6(m, LP_DROP_BAD_IPV6, h, &b, name);
		b = honest;
		b.len = len - 1;
		if (b.len >= 8) {
			snprintf(name, sizeof(name), "ND %u of %zu bytes", type, b.len);
			send6(m, LP_DROP_BAD_IPV6, h, &b, name);
		}
		h.hop_limit = 254;
		snprintf(name, sizeof(name), "ND %u through a router", type);
		send6(m, LP_DROP_BAD_IPV6, h, &honest, name);
		h.hop_limit = 255;
		struct bytes atomic = extend(44, 0, 58, &honest);
		h.next = 44;
		snprintf(name, sizeof(name), "ND %u in an atomic fragment", type);
		send6(m, LP_DROP_FRAGMENT, h, &atomic, name);
		h.next = 60;
		struct bytes lie = nd(&h, type, len, kinds[i].option, &m->c->station);
		b = extend(60, 3, 58, &lie);
		snprintf(name, sizeof(name), "ND %u: a lie behind options", type);
		send6(m, LP_DROP_ND_SENDER, h, &b, name);
		h.next = 58;
	}
}

void hostile_ipv6(struct maker *m)
{
	static const uint8_t cut_types[] = {0, 43, 44, 60, 51, 135, 139, 140};
	struct ipv6 h = ipv6_of(m, 1);
	struct bytes data = plain_udp(20);
	struct bytes small = {.b = {58}, .len = 7};
	char name[80];

	for (size_t i = 0; i < sizeof(cut_types); i++) {
		h.next = cut_types[i];
		snprintf(name, sizeof(name), "header %u of 7 bytes", h.next);
		send6(m, LP_DROP_BAD_IPV6, h, &small, name);
		struct bytes over = {.b = {58, 2}, .len = 15};
		snprintf(name, sizeof(name), "header %u longer than the packet", h.next);
		if (h.next != 44)
			send6(m, LP_DROP_BAD_IPV6, h, &over, name);
	}
	h.next = 17;
	struct bytes lying = data;
	set16(lying.b + 4, 29);
	send6(m, LP_DROP_BAD_IPV6, h, &lying, "IPv6: UDP longer than the packet");
	lying.len = 7;
	send6(m, LP_DROP_BAD_IPV6, h, &lying, "IPv6: UDP of 7 bytes");
	h.next = 58;
	send6(m, LP_DROP_BAD_IPV6, h, &lying, "IPv6: ICMPv6 of 7 bytes");
	h.next = 6;
	send6(m, LP_DROP_BAD_IPV6, h, &lying, "IPv6: TCP of 7 bytes");
	h.next = 17;
	struct bytes none = {.len = 0};
	send6(m, LP_DROP_BAD_IPV6, h, &none, "IPv6 of no payload");
	struct ipv6 from_group = h;
	from_group.src[0] = 0xff;
	send6(m, LP_DROP_BAD_IPV6, from_group, &data, "IPv6 from a group");
	struct ipv6 loop = h;
	memset(loop.src, 0, 15);
	loop.src[15] = 1;
	send6(m, LP_DROP_BAD_IPV6, loop, &data, "IPv6 from loopback");
	loop = h;
	memset(loop.dst, 0, 15);
	send6(m, LP_DROP_BAD_IPV6, loop, &data, "IPv6 to loopback");
	struct bytes b = {.b = {0x60, 0, 0, 0, 0, 9, 59, 64, 0xfe, 0x80}, .len = 48};
	ethernet(m, LP_DROP_BAD_IPV6, &all_nodes, sender(m), 0x86dd, &b, "IPv6 cut short");
	b.b[0] = 0x50;
	b.b[5] = 8;
	ethernet(m, LP_DROP_BAD_IPV6, &all_nodes, sender(m), 0x86dd, &b, "IPv6, version 5");
	b.len = 39;
	ethernet(m, LP_DROP_BAD_IPV6, &all_nodes, sender(m), 0x86dd, &b, "IPv6 of 39 bytes");
}

void fragments_ipv6(struct maker *m)
{
	struct ipv6 h = ipv6_of(m, 1);
	struct bytes data = plain_udp(92);
	uint32_t id = m->id++;
	struct bytes first = piece6(id, 17, &data, 0, 24);
	struct bytes longer = piece6(id, 17, &data, 0, 32);
	struct bytes over = piece6(id, 17, &data, 16, 24);
	struct bytes middle = piece6(id, 17, &data, 24, 40);
	struct bytes odd = piece6(id, 17, &data, 24, 41);
	struct bytes last = piece6(id, 17, &data, 64, 36);
	struct bytes renamed = piece6(id, 58, &data, 64, 36);
	struct bytes other = piece6(id + 1000, 17, &data, 64, 36);

	h.next = 44;
	send6(m, LP_DROP_FRAGMENT, h, &middle, "IPv6: a fragment before the first");
	send6(m, LP_DROP_NONE, h, &first, "IPv6: the first fragment");
	send6(m, LP_DROP_FRAGMENT, h, &longer, "IPv6: another first fragment, longer");
	send6(m, LP_DROP_FRAGMENT, h, &over, "IPv6: a fragment over the first one");
	send6(m, LP_DROP_NONE, h, &middle, "IPv6: the middle fragment");
	send6(m, LP_DROP_FRAGMENT, h, &odd, "IPv6: a middle fragment of 41 bytes");
	send6(m, LP_DROP_NONE, h, &last, "IPv6: the last fragment");
	send6(m, LP_DROP_NONE, h, &renamed, "IPv6: a last fragment that names another protocol");
	send6(m, LP_DROP_FRAGMENT, h, &other, "IPv6: a last fragment of another datagram");
	struct bytes chain = extend(60, 1, 17, &data);
	struct bytes harmless = piece6(++id, 60, &chain, 0, 24);
	struct bytes reply = dhcpv6(&h, 7, 547, 546);
	struct bytes forged = {.len = 16};
	put(&forged, reply.b, reply.len);
	struct bytes rewrite = piece6(id, 60, &forged, 16, reply.len);
	send6(m, LP_DROP_NONE, h, &harmless, EVASION_REWRITTEN);
	send6(m, LP_DROP_FRAGMENT, h, &rewrite, "DHCPv6 ports over those of a first fragment");
	m->id++;
	struct ipv6 elsewhere = h;
	elsewhere.dst[15] = 9;
	send6(m, LP_DROP_FRAGMENT, elsewhere, &last, "IPv6: a last fragment to another host");
}

void honest_ipv6(struct maker *m)
{
	struct ipv6 h = ipv6_of(m, 1);
	struct ipv6 nobody = ipv6_of(m, 22);
	const struct lp_mac *me = sender(m);
	struct bytes data = plain_udp(40);
	struct bytes tcp = {.len = 44};

	h.next = 58;
	struct bytes b = nd(&h, 135, 24, 1, me);
	send6(m, LP_DROP_NONE, h, &b, "neighbour solicitation");
	b = nd(&h, 136, 24, 2, me);
	send6(m, LP_DROP_NONE, h, &b, "neighbour advertisement");
	b = nd(&h, 133, 8, 1, me);
	send6(m, LP_DROP_NONE, h, &b, "router solicitation");
	put(&b, (uint8_t[]){14, 1, 1, 2, 3, 4, 5, 6}, 8);
	seal6(&h, 58, &b, 2);
	send6(m, LP_DROP_NONE, h, &b, "router solicitation with a nonce");
	if (!m->from_gateway) {
		b.b[17] = 0;
		send6(m, LP_DROP_BAD_IPV6, h, &b, "a nonce of no length");
		b.b[17] = 2;
		send6(m, LP_DROP_BAD_IPV6, h, &b, "a nonce past the end");
	}
	b = icmpv6(&h, 128, 64);
	send6(m, LP_DROP_NONE, h, &b, "ICMPv6 echo");
	b = extend(60, 2, 58, &b);
	h.next = 60;
	send6(m, LP_DROP_NONE, h, &b, "ICMPv6 echo behind options");
	memset(nobody.src, 0, 16);
	nobody.next = 58;
	b = icmpv6(&nobody, 135, 24);
	send6(m, LP_DROP_NONE, nobody, &b, "duplicate address detection");
	b = icmpv6(&nobody, 133, 8);
	send6(m, LP_DROP_NONE, nobody, &b, "router solicitation without an address");
	b = icmpv6(&nobody, 143, 28);
	b = extend(0, 0, 58, &b);
	nobody.next = 0;
	nobody.hop_limit = 1;
	send6(m, LP_DROP_NONE, nobody, &b, "MLDv2 report");
	h.next = 17;
	h.hop_limit = 64;
	send6(m, LP_DROP_NONE, h, &data, "IPv6: UDP");
	b = dhcpv6(&h, 1, 546, 547);
	send6(m, m->from_gateway ? LP_DROP_NONE : LP_DROP_DHCP_SENDER, h, &b, "DHCPv6 solicit");
	tcp.b[12] = 0xb0;
	h.next = 6;
	send6(m, LP_DROP_NONE, h, &tcp, "IPv6: TCP");
	h.next = 50;
	send6(m, LP_DROP_NONE, h, &data, "ESP");
	h.next = 59;
	send6(m, LP_DROP_NONE, h, &data, "no next header");
	struct bytes none = {.len = 0};
	b = extend(60, 0, 59, &none);
	h.next = 60;
	send6(m, LP_DROP_NONE, h, &b, "options and nothing else");
	b = extend(44, 0, 59, &none);
	h.next = 44;
	send6(m, LP_DROP_NONE, h, &b, "a fragment header and nothing else");
	b = (struct bytes){.b = {59, 1}, .len = 12};
	h.next = 51;
	send6(m, LP_DROP_NONE, h, &b, "the shortest authentication header and nothing else");
	b = extend(44, 0, 17, &data);
	h.next = 44;
	send6(m, LP_DROP_NONE, h, &b, "UDP in an atomic fragment");
}
