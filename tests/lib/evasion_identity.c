#include "packets.h"

#include <stdio.h>
#include <string.h>

/* A request with these options. name: these bytes in the field sname, which then holds options too. */
static struct bytes asks(
	const struct maker *m, uint8_t type, const struct bytes *options, const struct bytes *name)
{
	struct bytes message = dhcp(m, 1, 68, 67), b = {.len = 0};

	put(&b, message.b + 8, 240);
	put(&b, (uint8_t[]){53, 1, type}, 3);
	put(&b, options->b, options->len);
	if (name->len > 0) {
		put(&b, (uint8_t[]){52, 1, 2}, 3);
		memcpy(b.b + 44, name->b, name->len);
	}
	put(&b, (uint8_t[]){255}, 1);
	return udp(68, 67, &b);
}

/* Row N3: servers go by the client identifier first. */
static void hostile_dhcp_ids(struct maker *m, const uint8_t *types, size_t count)
{
	const struct lp_mac *const others[] = {&m->c->victim, &m->c->station};
	const struct ipv4 h = {.protocol = 17, .dst = NONE};
	const struct bytes none = {.len = 0};
	struct bytes b, id, own = {.b = {61, 7, 1}, .len = 3};
	char name[80];

	put(&own, m->c->client.b, 6);
	for (size_t i = 0; i < 2 * count; i++) {
		id = (struct bytes){.b = {61, 7, 1}, .len = 3};
		put(&id, others[i % 2]->b, 6);
		snprintf(name, sizeof(name), "DHCP type %u as client %zu", types[i / 2], i % 2);
		b = asks(m, types[i / 2], &id, &none);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, name);
		b = asks(m, types[i / 2], &none, &id);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, "likewise in the field sname");
		b = asks(m, types[i / 2], &own, &id);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, "likewise after the own one");
		b = asks(m, types[i / 2], &id, &own);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, "likewise before the own one");
	}
	b = asks(m, 3, &own, &none);
	send4(m, LP_DROP_NONE, h, &b, "DHCP as the client itself");
	id = own;
	id.b[1]++;
	fill(&id, 0, 1);
	b = asks(m, 3, &id, &none);
	send4(m, LP_DROP_DHCP_SENDER, h, &b, "DHCP identifier of a long MAC");
	own.b[1] = 200;
	b = asks(m, 3, &own, &none);
	send4(m, LP_DROP_DHCP_SENDER, h, &b, "DHCP options that end too late");
	id = (struct bytes){.b = {61, 1, 9}, .len = 3};
	b = asks(m, 3, &id, &none);
	send4(m, LP_DROP_DHCP_SENDER, h, &b, "DHCP identifier of one byte");
	b = dhcp(m, 1, 68, 67);
	b.b[8 + 236] = 0;
	send4(m, LP_DROP_DHCP_SENDER, h, &b, "DHCP without a magic cookie");
}

/* Row N3: messages of servers that call themselves requests, and those that programs read differently. */
static void hostile_dhcp_types(struct maker *m, const uint8_t *types, size_t count)
{
	static const uint8_t never[] = {2, 5, 6, 9, 13, 255}; /* OFFER, ACK, NAK, and later RFCs' */
	const struct ipv4 h = {.protocol = 17, .dst = NONE};
	const struct bytes none = {.len = 0};
	struct bytes b, again = {.b = {53, 1, 1}, .len = 3};
	char name[80];

	for (size_t i = 0; i < sizeof(never); i++) {
		snprintf(name, sizeof(name), "DHCP request of type %u", never[i]);
		b = asks(m, never[i], &none, &none);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, name);
	}
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "DHCP type %u, and another one", types[i]);
		b = asks(m, types[i], &again, &none);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, name);
		b = asks(m, types[i], &none, &again);
		send4(m, LP_DROP_DHCP_SENDER, h, &b, "likewise in the field sname");
		for (uint8_t len = 0; len <= 2; len += 2) {
			b = asks(m, types[i], &none, &none);
			b.b[8 + 241] = len;
			if (len == 0)
				b.b[8 + 242] = 0; /* padding */
			snprintf(name, sizeof(name), "DHCP type %u of %u bytes", types[i], len);
			send4(m, LP_DROP_DHCP_SENDER, h, &b, name);
		}
	}
}

/* Row N3: requests for somebody else. */
void hostile_dhcp_senders(struct maker *m)
{
	static const uint8_t types[] = {
		1, 3, 4, 7, 8}; /* DISCOVER, REQUEST, DECLINE, RELEASE, INFORM */
	const struct lp_mac *const others[] = {&m->c->victim, &m->c->station, &broadcast};
	char name[80];

	for (size_t i = 0; i < sizeof(types); i++) {
		for (size_t k = 0; k < 3; k++) {
			struct bytes b = dhcp(m, 1, 68, 67);
			memcpy(b.b + 8 + 28, others[k]->b, 6);
			b.b[8 + 242] = types[i];
			snprintf(name, sizeof(name), "DHCP type %u for MAC %zu", types[i], k);
			send4(m, LP_DROP_DHCP_SENDER,
				(struct ipv4){.src = NONE, .protocol = 17, .dst = NONE}, &b, name);
			send4(m, LP_DROP_DHCP_SENDER, (struct ipv4){.protocol = 17, .options = 4},
				&b, name);
		}
	}
	hostile_dhcp_ids(m, types, sizeof(types));
	hostile_dhcp_types(m, types, sizeof(types));
	static const struct {
		size_t at;
		uint8_t value;
		const char *name;
	} rows[] = {
		{0, 3, "DHCP, op 3"},
		{1, 6, "DHCP for IEEE 802 networks"},
		{2, 16, "DHCP with a long address"},
		{24, 10, "DHCP of a relay agent"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = dhcp(m, 1, 68, 67);
		b.b[8 + rows[i].at] = rows[i].value;
		send4(m, LP_DROP_DHCP_SENDER, (struct ipv4){.protocol = 17, .dst = NONE}, &b,
			rows[i].name);
	}
	struct bytes cut = {.b = {1, 1, 6}, .len = 43};
	cut = udp(68, 67, &cut);
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.protocol = 17, .dst = NONE}, &cut,
		"DHCP of 43 bytes");
}

/* Routers' protocols: no player's computer is one. */
void hostile_routing(struct maker *m)
{
	static const uint8_t protocols[] = {88, 89, 103, 112};
	static const uint16_t ports[] = {520, 521, 1985, 2029, 3222};
	static const uint8_t igmp[] = {0x13, 0x14, 0x30, 0x31, 0x32}, routes[] = {131, 137};
	struct bytes data = {.len = 40};
	struct ipv6 h = ipv6_of(m, 5);
	char name[80];

	for (size_t i = 0; i < sizeof(protocols); i++) {
		snprintf(name, sizeof(name), "routing protocol %u", protocols[i]);
		send4(m, LP_DROP_ROUTING,
			(struct ipv4){.protocol = protocols[i], .dst = 0xe0000005}, &data, name);
		h.next = protocols[i];
		send6(m, LP_DROP_ROUTING, h, &data, name);
	}
	h.next = 17;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct bytes b = udp(ports[i], ports[i], &data);
		snprintf(name, sizeof(name), "routing protocol on port %u", ports[i]);
		send4(m, LP_DROP_ROUTING, (struct ipv4){.protocol = 17, .dst = 0xe0000009}, &b,
			name);
		seal6(&h, 17, &b, 6);
		send6(m, LP_DROP_ROUTING, h, &b, name);
	}
	for (size_t i = 0; i < sizeof(igmp); i++) {
		struct bytes b = {.b = {igmp[i]}, .len = 8};
		snprintf(name, sizeof(name), "IGMP type %02x", igmp[i]);
		send4(m, LP_DROP_ROUTING, (struct ipv4){.protocol = 2, .dst = 0xe000006a}, &b,
			name);
	}
	for (size_t i = 0; i < sizeof(routes); i++) {
		struct bytes ip = ipv4(m, (struct ipv4){.protocol = 17, .options = 8}, &data);
		memcpy(ip.b + 20, (uint8_t[]){1, routes[i], 7, 4, 192, 168, 77, 1}, 8);
		set16(ip.b + 10, 0);
		set16(ip.b + 10, checksum(sum16(0, ip.b, 28)));
		ethernet(m, LP_DROP_ROUTING, &m->c->victim, sender(m), 0x0800, &ip,
			"source route, option %u", routes[i]);
	}
	h.next = 58;
	for (uint8_t type = 151; type <= 153; type++) {
		struct bytes b = icmpv6(&h, type, 8);
		snprintf(name, sizeof(name), "multicast router discovery, type %u", type);
		send6(m, LP_DROP_ROUTING, h, &b, name);
	}
	h.next = 43;
	struct bytes rest = plain_udp(20);
	struct bytes b = extend(43, 0, 17, &rest);
	b.b[2] = 0;
	send6(m, LP_DROP_ROUTING, h, &b, "routing header of type 0");
	h.next = 17;
	struct bytes relayed = dhcpv6(&h, 13, 547, 547);
	set16(relayed.b, 40000);
	send6(m, LP_DROP_DHCP_SENDER, h, &relayed, "DHCPv6 relay reply");
	relayed = dhcpv6(&h, 12, 547, 547);
	set16(relayed.b, 40000);
	send6(m, LP_DROP_DHCP_SENDER, h, &relayed, "DHCPv6 of a relay agent");
}

/* Row N2: addresses that nobody can own. */
void hostile_owners(struct maker *m)
{
	static const uint8_t types[] = {135, 136}; /* neighbour solicitation, advertisement */
	struct ipv6 h = ipv6_of(m, 1), nobody = ipv6_of(m, 1);
	struct bytes data = plain_udp(40), b;

	h.next = 58;
	for (size_t i = 0; i < sizeof(types); i++) {
		b = nd(&h, types[i], 24, types[i] == 135 ? 1 : 2, sender(m));
		b.b[8] = 0xff;
		seal6(&h, 58, &b, 2);
		send6(m, LP_DROP_BAD_IPV6, h, &b, "neighbour discovery of a group");
	}
	memset(nobody.src, 0, sizeof(nobody.src));
	nobody.next = 17;
	send6(m, LP_DROP_BAD_IPV6, nobody, &data, "UDP of nobody");
	nobody.next = 58;
	b = icmpv6(&nobody, 128, 16);
	send6(m, LP_DROP_BAD_IPV6, nobody, &b, "ICMPv6 echo of nobody");
	b = nd(&nobody, 136, 24, 2, sender(m));
	send6(m, LP_DROP_BAD_IPV6, nobody, &b, "neighbour advertisement of nobody");
	nobody.next = 44;
	b = piece6(m->id++, 17, &data, 0, 24);
	send6(m, LP_DROP_BAD_IPV6, nobody, &b, "a first fragment of nobody");
}

/* Row N2: frames from an address, or about it. */
size_t evasion_thefts(const struct evasion_context *context, const uint8_t *ipv6,
	struct evasion_frame *out, size_t cap)
{
	static const uint8_t types[] = {135, 136}; /* neighbour solicitation, advertisement */
	struct maker m = {.c = context, .out = out, .cap = cap, .id = 7000};
	struct ipv6 own = ipv6_of(&m, 1), stolen = ipv6_of(&m, 1);
	struct bytes data = plain_udp(40), b;
	char name[80];

	memcpy(stolen.src, ipv6, 16);
	own.next = stolen.next = 58;
	for (size_t i = 0; i < sizeof(types); i++) {
		snprintf(name, sizeof(name), "ND %u from a stolen address", types[i]);
		b = nd(&stolen, types[i], 24, types[i] == 135 ? 1 : 2, sender(&m));
		send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, name);
	}
	b = nd(&own, 136, 24, 2, sender(&m));
	b.b[4] = 0x20; /* override */
	memcpy(b.b + 8, ipv6, 16);
	seal6(&own, 58, &b, 2);
	send6(&m, LP_DROP_ADDRESS_TAKEN, own, &b, "an advertisement of a stolen address");
	b = extend(60, 1, 58, &b);
	own.next = 60;
	send6(&m, LP_DROP_ADDRESS_TAKEN, own, &b, "likewise behind options");
	memset(own.src, 0, sizeof(own.src));
	own.next = 58;
	b = icmpv6(&own, 135, 24);
	memcpy(b.b + 8, ipv6, 16);
	seal6(&own, 58, &b, 2);
	send6(&m, LP_DROP_ADDRESS_TAKEN, own, &b, "duplicate detection of a stolen address");
	b = nd(&stolen, 133, 8, 1, sender(&m));
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, "router solicitation, stolen address");
	b = icmpv6(&stolen, 128, 64);
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, "ICMPv6 echo, stolen address");
	b = icmpv6(&stolen, 143, 28);
	b = extend(0, 0, 58, &b);
	stolen.next = 0;
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, "MLD report, stolen address");
	stolen.next = 17;
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &data, "UDP, stolen address");
	stolen.next = 44;
	b = piece6(m.id, 17, &data, 0, 24);
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, "first fragment, stolen address");
	b = piece6(m.id, 17, &data, 24, 24);
	send6(&m, LP_DROP_ADDRESS_TAKEN, stolen, &b, "last fragment, stolen address");
	return m.count;
}
