#include "packets.h"

#include <stdio.h>
#include <string.h>

static void hostile_ethernet(struct maker *m)
{
	static const uint16_t types[] = {0x0600, 0x0842, 0x22f3, 0x6558, 0x8035, 0x8137, 0x8847,
		0x8848, 0x8863, 0x8864, 0x8808, 0x8809, 0x888e, 0x88a2, 0x88cc, 0x88e5, 0x88f7,
		0x8906, 0x8914, 0x8926, 0x893a, 0x9000, 0x9200, 0x9300, 0xffff};
	struct bytes data = plain_udp(40);
	struct bytes good = ipv4(m, (struct ipv4){.protocol = 17}, &data);
	const struct lp_mac *me = sender(m);
	const struct lp_mac *victim = &m->c->victim;
	struct lp_mac other = *me;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ethernet(m, LP_DROP_ETHERTYPE, victim, me, types[i], &good, "type %04x", types[i]);
	for (uint8_t i = 0; i < 16; i++)
		ethernet(m, LP_DROP_RESERVED_GROUP, &(struct lp_mac){{0x01, 0x80, 0xc2, 0, 0, i}},
			me, 0x0800, &good, "reserved group %02x", i);
	ethernet(m, LP_DROP_RESERVED_GROUP, &(struct lp_mac){{0x01, 0x80, 0xc2, 0, 0, 3}}, me,
		0x888e, &good, "EAPOL to its group");
	ethernet(m, LP_DROP_RESERVED_GROUP, &(struct lp_mac){{0x01, 0x80, 0xc2, 0, 0, 14}}, me,
		0x88cc, &good, "LLDP to its group");
	other.b[0] |= 1;
	ethernet(m, LP_DROP_SOURCE_MAC, victim, &other, 0x0800, &good, "own MAC as a group");
	ethernet(m, LP_DROP_SOURCE_MAC, victim, &broadcast, 0x0800, &good, "broadcast source");
	ethernet(
		m, LP_DROP_SOURCE_MAC, victim, &(struct lp_mac){{0}}, 0x0800, &good, "zero source");
	if (!m->from_gateway) {
		other = *me;
		other.b[5] ^= 1;
		ethernet(m, LP_DROP_SOURCE_MAC, victim, &other, 0x0800, &good, "one bit off");
		ethernet(m, LP_DROP_SOURCE_MAC, me, victim, 0x0800, &good, "victim's source");
		ethernet(m, LP_DROP_SOURCE_MAC, victim, &m->c->station, 0x0800, &good,
			"a LAN station's source");
	}
	struct bytes empty = {.len = 0};
	ethernet(m, LP_DROP_ETHERNET, &(struct lp_mac){{0}}, me, 0x0800, &good, "to nobody");
	ethernet(m, LP_DROP_BAD_IPV4, victim, me, 0x0800, &empty, "IPv4 of nothing");
	ethernet(m, LP_DROP_BAD_IPV6, victim, me, 0x86dd, &empty, "IPv6 of nothing");
	ethernet(m, LP_DROP_BAD_ARP, victim, me, 0x0806, &empty, "ARP of nothing");
	struct bytes large = good;
	fill(&large, 0, 1501 - large.len);
	ethernet(m, LP_DROP_JUMBO, victim, me, 0x0800, &large, "one byte too long");
	fill(&large, 0, 64);
	ethernet(m, LP_DROP_JUMBO, victim, me, 0x0800, &large, "much too long");
}

static void hostile_llc(struct maker *m)
{
	static const struct lp_mac cisco = {{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}};
	static const struct lp_mac pvst = {{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcd}};
	static const struct lp_mac stp = {{0x01, 0x80, 0xc2, 0, 0, 0}};
	static const uint16_t cisco_types[] = {0x2000, 0x2003, 0x2004, 0x0104, 0x0111};
	static const uint16_t lengths[] = {0, 1, 3, 46, 1500, 1501, 1535};
	static const uint16_t snap_types[] = {0x0800, 0x0806, 0x86dd};
	struct bytes bpdu = {.b = {0x42, 0x42, 3}, .len = 38};
	struct bytes reply = dhcp(m, 2, 67, 68);

	ethernet(m, LP_DROP_RESERVED_GROUP, &stp, sender(m), 38, &bpdu, "STP");
	ethernet(m, LP_DROP_LLC, &m->c->victim, sender(m), 38, &bpdu, "STP unicast");
	for (size_t i = 0; i < sizeof(cisco_types) / sizeof(cisco_types[0]); i++) {
		struct bytes b = {.b = {0xaa, 0xaa, 3, 0, 0, 0x0c}, .len = 6};
		put16(&b, cisco_types[i]);
		fill(&b, 0, 40);
		ethernet(m, LP_DROP_LLC, i == 4 ? &pvst : &cisco, sender(m), (uint16_t)b.len, &b,
			"SNAP of Cisco, %04x", cisco_types[i]);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		ethernet(m, LP_DROP_LLC, &broadcast, sender(m), lengths[i], &bpdu, "length %u",
			lengths[i]);
	struct bytes ip = ipv4(m, (struct ipv4){.protocol = 17, .dst = NONE}, &reply);
	for (size_t i = 0; i < 3; i++) {
		struct bytes b = {.b = {0xaa, 0xaa, 3, 0, 0, 0}, .len = 6};
		put16(&b, snap_types[i]);
		put(&b, ip.b, ip.len);
		ethernet(m, LP_DROP_LLC, &broadcast, sender(m), (uint16_t)b.len, &b, "%04x in SNAP",
			snap_types[i]);
	}
}

static void hostile_tags(struct maker *m)
{
	static const uint16_t tpids[] = {0x8100, 0x88a8, 0x9100};
	struct bytes reply = dhcp(m, 2, 67, 68);
	struct bytes ip = ipv4(m, (struct ipv4){.protocol = 17, .dst = NONE}, &reply);

	/* one to three tags, each of three kinds; the filter never looks inside */
	for (size_t tags = 1; tags <= 3; tags++) {
		for (size_t kind = 0; kind < (tags == 1 ? 3u : tags == 2 ? 9u : 27u); kind++) {
			struct bytes b = {.len = 0};
			uint16_t outer = tpids[kind % 3];
			size_t rest = kind / 3;
			for (size_t i = 1; i <= tags; i++, rest /= 3) {
				put16(&b, i * 100 % 300); /* 0 is a priority tag */
				put16(&b, i == tags ? 0x0800 : tpids[rest % 3]);
			}
			put(&b, ip.b, ip.len);
			ethernet(m, LP_DROP_VLAN, &broadcast, sender(m), outer, &b,
				"DHCP reply in %zu tags, kind %zu", tags, kind);
		}
	}
}

static void hostile_arp(struct maker *m)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum lp_drop drop;
		const char *name;
	} rows[] = {
		{1, 6, LP_DROP_BAD_ARP, "ARP for IEEE 802 networks"},
		{2, 9, LP_DROP_BAD_ARP, "ARP for another protocol"},
		{4, 8, LP_DROP_BAD_ARP, "ARP with long hardware addresses"},
		{5, 16, LP_DROP_BAD_ARP, "ARP with long protocol addresses"},
		{6, 1, LP_DROP_BAD_ARP, "ARP, operation 257"},
		{7, 0, LP_DROP_BAD_ARP, "ARP, operation 0"},
		{7, 3, LP_DROP_BAD_ARP, "reverse ARP request"},
		{7, 4, LP_DROP_BAD_ARP, "reverse ARP reply"},
		{7, 8, LP_DROP_BAD_ARP, "inverse ARP request"},
		{14, 224, LP_DROP_BAD_ARP, "ARP from a group address"},
		{14, 239, LP_DROP_BAD_ARP, "ARP from another group address"},
		{14, 127, LP_DROP_BAD_ARP, "ARP from loopback"},
		{14, 0, LP_DROP_BAD_ARP, "ARP from 0/8"},
		{8, 0x01, LP_DROP_ARP_SENDER, "ARP sender is a group"},
		{13, 0x77, LP_DROP_ARP_SENDER, "ARP sender is one byte off"},
	};
	struct bytes arp = {.b = {0, 1, 8, 0, 6, 4, 0, 2}, .len = 28};

	memcpy(arp.b + 8, m->c->client.b, 6);
	set32(arp.b + 14, m->c->client_ipv4);
	memcpy(arp.b + 18, m->c->victim.b, 6);
	set32(arp.b + 24, m->c->victim_ipv4);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = arp;
		b.b[rows[i].at] = rows[i].value;
		ethernet(m, rows[i].drop, &broadcast, sender(m), 0x0806, &b, "%s", rows[i].name);
	}
	for (uint8_t op = 1; op <= 2; op++) {
		struct bytes b = arp;
		b.b[7] = op;
		memcpy(b.b + 8, m->c->station.b, 6);
		ethernet(m, LP_DROP_ARP_SENDER, &broadcast, sender(m), 0x0806, &b,
			"ARP sender is a station's, operation %u", op);
		memcpy(b.b + 8, broadcast.b, 6);
		ethernet(m, LP_DROP_ARP_SENDER, &m->c->victim, sender(m), 0x0806, &b,
			"ARP sender is broadcast, operation %u", op);
		memset(b.b + 8, 0, 6);
		ethernet(m, LP_DROP_ARP_SENDER, &m->c->victim, sender(m), 0x0806, &b,
			"ARP sender is zero, operation %u", op);
	}
	struct bytes b = arp;
	set32(b.b + 14, 0);
	ethernet(m, LP_DROP_BAD_ARP, &broadcast, sender(m), 0x0806, &b, "ARP reply of nobody");
	set32(b.b + 14, UINT32_MAX);
	ethernet(m, LP_DROP_BAD_ARP, &broadcast, sender(m), 0x0806, &b, "ARP reply of everybody");
	arp.len = 27;
	ethernet(m, LP_DROP_BAD_ARP, &broadcast, sender(m), 0x0806, &arp, "ARP of 27 bytes");
}

static void hostile_ipv4(struct maker *m)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *name;
	} fields[] = {
		{0, 0x55, "IP version 5"},
		{0, 0x44, "header of 16 bytes"},
		{0, 0x4f, "header longer than the datagram"},
		{3, 19, "total shorter than the header"},
		{3, 200, "total longer than the frame"},
		{6, 0x80, "reserved flag"},
		{12, 224, "group source"},
		{12, 127, "loopback source"},
		{12, 0, "source in 0/8"},
		{16, 127, "loopback destination"},
		{25, 7, "UDP length 7"},
		{25, 60, "UDP longer than the datagram"},
	};
	static const struct {
		uint8_t protocol;
		size_t len;
		uint8_t offset; /* of TCP */
		const char *name;
	} cut[] = {
		{17, 7, 0, "UDP of 7 bytes"},
		{6, 19, 5, "TCP of 19 bytes"},
		{6, 20, 4, "TCP with a header of 16 bytes"},
		{6, 59, 15, "TCP with a header longer than the datagram"},
		{1, 7, 0, "ICMP of 7 bytes"},
		{2, 7, 0, "IGMP of 7 bytes"},
	};
	struct bytes data = plain_udp(4);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct bytes b = ipv4(m, (struct ipv4){.protocol = 17}, &data);
		b.b[fields[i].at] = fields[i].value;
		set16(b.b + 10, 0);
		set16(b.b + 10, checksum(sum16(0, b.b, 20)));
		ethernet(m, LP_DROP_BAD_IPV4, &m->c->victim, sender(m), 0x0800, &b, "%s",
			fields[i].name);
	}
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct bytes b = {.len = cut[i].len};
		b.b[12] = (uint8_t)(cut[i].offset << 4);
		send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.protocol = cut[i].protocol}, &b,
			cut[i].name);
	}
	struct bytes b = ipv4(m, (struct ipv4){.protocol = 17}, &data);
	b.b[10] ^= 1;
	ethernet(m, LP_DROP_BAD_IPV4, &m->c->victim, sender(m), 0x0800, &b, "wrong checksum");
	b.len = 19;
	ethernet(m, LP_DROP_BAD_IPV4, &m->c->victim, sender(m), 0x0800, &b, "IPv4 of 19 bytes");
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.src = NONE, .protocol = 17}, &data,
		"no source, but no DHCP");
	struct bytes elsewhere = udp(68, 5000, &data);
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.src = NONE, .protocol = 17}, &elsewhere,
		"no source, from the DHCP client's port");
	elsewhere = udp(5000, 67, &data);
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.src = NONE, .protocol = 17}, &elsewhere,
		"no source, to the DHCP server's port");
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.src = NONE, .protocol = 6}, &data,
		"no source, TCP");
	struct bytes everybody = ipv4(m, (struct ipv4){.protocol = 17}, &data);
	set32(everybody.b + 12, UINT32_MAX);
	set16(everybody.b + 10, 0);
	set16(everybody.b + 10, checksum(sum16(0, everybody.b, 20)));
	ethernet(m, LP_DROP_BAD_IPV4, &m->c->victim, sender(m), 0x0800, &everybody,
		"broadcast source");
}

static void hostile_dhcp(struct maker *m)
{
	static const struct {
		uint8_t op;
		uint16_t from, to;
	} ports[] = {{2, 67, 68}, {1, 67, 68}, {2, 67, 67}, {1, 67, 67}, {2, 67, 5000},
		{2, 5000, 68}, {1, 5000, 68}, {2, 68, 68}, {2, 68, 67}, {2, 5000, 67}};
	char name[80];

	for (size_t options = 0; options <= 40; options += 4) {
		struct bytes reply = dhcp(m, 2, 67, 68);
		snprintf(name, sizeof(name), "DHCP reply behind %zu bytes of options", options);
		send4(m, LP_DROP_DHCP_SERVER,
			(struct ipv4){.protocol = 17, .dst = NONE, .options = options}, &reply,
			name);
		snprintf(name, sizeof(name), "likewise unicast");
		send4(m, LP_DROP_DHCP_SERVER, (struct ipv4){.protocol = 17, .options = options},
			&reply, name);
	}
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct bytes b = dhcp(m, ports[i].op, ports[i].from, ports[i].to);
		snprintf(name, sizeof(name), "DHCP op %u from port %u to %u", ports[i].op,
			ports[i].from, ports[i].to);
		send4(m, LP_DROP_DHCP_SERVER, (struct ipv4){.protocol = 17, .dst = NONE}, &b, name);
	}
	struct bytes none = {.len = 0};
	struct bytes empty = udp(68, 67, &none);
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.protocol = 17, .dst = NONE}, &empty,
		"DHCP of nothing");
	struct bytes forged = dhcp(m, 2, 67, 68);
	send4(m, LP_DROP_BAD_IPV4, (struct ipv4){.src = NONE, .protocol = 17, .dst = NONE}, &forged,
		"DHCP reply of nobody");
	struct bytes padded = ipv4(m, (struct ipv4){.protocol = 17, .dst = NONE}, &forged);
	fill(&padded, 0, 100);
	ethernet(m, LP_DROP_DHCP_SERVER, &broadcast, sender(m), 0x0800, &padded,
		"DHCP reply with a trailer");
}

static void hostile_dhcp_fragments(struct maker *m)
{
	static const size_t splits[] = {8, 16, 24, 64, 240};
	struct bytes reply = dhcp(m, 2, 67, 68);
	char name[80];

	for (size_t i = 0; i < 4 * sizeof(splits) / sizeof(splits[0]); i++) {
		size_t split = splits[i / 4];
		bool reversed = i % 2;
		struct bytes first = piece(&reply, 0, split);
		struct bytes last = piece(&reply, split, reply.len - split);
		struct ipv4 h = {
			.protocol = 17, .dst = NONE, .id = m->id++, .options = i % 4 / 2 * 40};
		for (int part = 0; part < 2; part++) {
			bool is_first = (part == 0) != reversed;
			snprintf(name, sizeof(name), "DHCP reply cut at %zu, %s part%s%s", split,
				is_first ? "first" : "last", reversed ? ", reversed" : "",
				h.options ? ", with options" : "");
			h.flags = is_first ? 0x2000 : split / 8;
			send4(m, LP_DROP_FRAGMENT, h, is_first ? &first : &last, name);
		}
	}
	/* the DHCP op is not in the first fragment */
	struct bytes request = dhcp(m, 2, 68, 67);
	struct bytes header = piece(&request, 0, 8);
	struct bytes rest = piece(&request, 8, request.len - 8);
	struct ipv4 h = {.protocol = 17, .dst = NONE, .id = m->id++, .flags = 0x2000};
	send4(m, LP_DROP_FRAGMENT, h, &header, "DHCP ports without the op");
	h.flags = 1;
	send4(m, LP_DROP_FRAGMENT, h, &rest, "the op without the ports");
	struct bytes whole = piece(&request, 0, 64);
	h.id = m->id++;
	h.flags = 0x2000;
	send4(m, LP_DROP_DHCP_SERVER, h, &whole, "a reply to a relay agent, first part");
}

/* Fragments that can follow a first fragment that passed. */
static void fragments_ipv4(struct maker *m)
{
	struct bytes data = plain_udp(92);
	struct bytes first = piece(&data, 0, 24);
	struct bytes middle = piece(&data, 24, 40);
	struct bytes last = piece(&data, 64, 36);
	struct bytes odd = piece(&data, 24, 41);
	struct bytes longer = piece(&data, 0, 32);
	struct bytes none = {.len = 0};
	struct ipv4 h = {.protocol = 17, .id = m->id++, .flags = 0x2000};

	h.flags = 8;
	send4(m, LP_DROP_FRAGMENT, h, &last, "the last fragment before the first");
	h.flags = 0x2000;
	send4(m, LP_DROP_NONE, h, &first, "the first fragment");
	send4(m, LP_DROP_NONE, h, &first, "the first fragment again");
	send4(m, LP_DROP_FRAGMENT, h, &longer, "another first fragment, longer");
	send4(m, LP_DROP_FRAGMENT, h, &none, "an empty first fragment");
	struct ipv4 uneven = {.protocol = 17, .id = m->id++, .flags = 0x2000};
	struct bytes first_odd = piece(&data, 0, 25);
	send4(m, LP_DROP_FRAGMENT, uneven, &first_odd, "a first fragment of 25 bytes");
	for (size_t at = 1; at < 3; at++) {
		h.flags = 0x2000 | at;
		send4(m, LP_DROP_FRAGMENT, h, &middle, "a fragment over the first one");
		h.flags = at;
		send4(m, LP_DROP_FRAGMENT, h, &middle, "a last fragment over the first one");
	}
	h.flags = 0x2003;
	send4(m, LP_DROP_NONE, h, &middle, "the middle fragment");
	send4(m, LP_DROP_FRAGMENT, h, &odd, "a middle fragment of 41 bytes");
	h.flags = 8;
	send4(m, LP_DROP_NONE, h, &last, "the last fragment");
	send4(m, LP_DROP_FRAGMENT, h, &none, "an empty last fragment");
	h.flags = 0x1fff;
	send4(m, LP_DROP_FRAGMENT, h, &last, "a fragment past the largest datagram");
	h.flags = 8;
	h.protocol = 6;
	send4(m, LP_DROP_FRAGMENT, h, &last, "a last fragment of another protocol");
	h.protocol = 17;
	h.dst = m->c->station_ipv4;
	send4(m, LP_DROP_FRAGMENT, h, &last, "a last fragment to another host");
	h.dst = 0;
	h.id++;
	send4(m, LP_DROP_FRAGMENT, h, &last, "a last fragment of another datagram");

	static const struct {
		uint8_t protocol;
		size_t len;
	} cut[] = {{6, 8}, {6, 16}, {6, 24}};
	for (size_t i = 0; i < 3; i++) {
		struct bytes tcp = {.len = cut[i].len};
		tcp.b[12] = 0xf0;
		h = (struct ipv4){.protocol = cut[i].protocol, .id = m->id++, .flags = 0x2000};
		send4(m, LP_DROP_FRAGMENT, h, &tcp, "a first fragment with half a TCP header");
		h.flags = cut[i].len / 8;
		send4(m, LP_DROP_FRAGMENT, h, &last, "the other half");
	}
}

static void hostile_icmp(struct maker *m)
{
	struct bytes b = {.b = {5, 1}, .len = 28};

	send4(m, LP_DROP_REDIRECT, (struct ipv4){.protocol = 1}, &b, "ICMP redirect");
	send4(m, LP_DROP_REDIRECT, (struct ipv4){.protocol = 1, .options = 40}, &b,
		"ICMP redirect behind options");
	send4(m, LP_DROP_REDIRECT, (struct ipv4){.protocol = 1, .id = m->id++, .flags = 0x2000},
		&(struct bytes){.b = {5}, .len = 8}, "ICMP redirect, first fragment");
	b.b[0] = 9;
	send4(m, LP_DROP_ROUTER_ADVERTISEMENT, (struct ipv4){.protocol = 1, .dst = NONE}, &b,
		"ICMP router advertisement");
	struct bytes query = {.b = {0x11, 100}, .len = 8};
	for (size_t len = 8; len <= 12; len += 4) {
		query.len = len;
		for (size_t options = 0; options <= 8; options += 4)
			send4(m, LP_DROP_GROUP_QUERY,
				(struct ipv4){.protocol = 2, .dst = 0xe0000001, .options = options},
				&query, "IGMP query");
	}
	send4(m, LP_DROP_GROUP_QUERY, (struct ipv4){.src = NONE, .protocol = 2, .dst = 0xe0000001},
		&query, "IGMP query of nobody");
}

static void arp_of(
	struct maker *m, uint8_t op, uint32_t from, uint32_t to, bool unicast, const char *name)
{
	struct bytes b = {.b = {0, 1, 8, 0, 6, 4, 0, op}, .len = 46}; /* with padding */

	memcpy(b.b + 8, sender(m)->b, 6);
	set32(b.b + 14, from);
	set32(b.b + 24, to);
	ethernet(m, LP_DROP_NONE, unicast ? &m->c->victim : &broadcast, sender(m), 0x0806, &b, "%s",
		name);
}

/* Frames that every host sends, client or on the LAN. */
static void honest_ipv4(struct maker *m)
{
	uint32_t me = sender_ipv4(m);
	struct bytes data = plain_udp(40);
	struct bytes full = plain_udp(1472);
	struct bytes discover = dhcp(m, 1, 68, 67);
	struct bytes tcp = {.len = 44};
	struct bytes echo = {.b = {8}, .len = 64};
	struct bytes report = {.b = {0x22}, .len = 16};

	arp_of(m, 1, me, m->c->victim_ipv4, false, "ARP request");
	arp_of(m, 2, me, m->c->victim_ipv4, true, "ARP reply");
	arp_of(m, 1, 0, me, false, "ARP probe");
	arp_of(m, 1, me, me, false, "ARP announcement");
	arp_of(m, 2, me, me, false, "gratuitous ARP reply");
	send4(m, LP_DROP_NONE, (struct ipv4){.src = NONE, .protocol = 17, .dst = NONE}, &discover,
		"DHCP discover");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17}, &discover, "DHCP renewal");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17}, &data, "UDP");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .dst = NONE}, &data, "UDP broadcast");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .dst = 0xe00000fb}, &data, "mDNS");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .options = 40}, &data,
		"UDP behind options");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .flags = 0x4000}, &full,
		"UDP of the largest size, not to be fragmented");
	tcp.b[12] = 0xb0;
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 6}, &tcp, "TCP with options");
	tcp.b[12] = 0x50;
	tcp.len = 20;
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 6}, &tcp, "TCP without data");
	struct bytes empty = plain_udp(0);
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17}, &empty, "UDP without data");
	struct bytes ip = ipv4(m, (struct ipv4){.protocol = 17}, &data);
	ethernet(m, LP_DROP_NONE, &(struct lp_mac){{0x01, 0x80, 0xc2, 0, 0, 0x10}}, sender(m),
		0x0800, &ip, "the first group that is not reserved");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 1}, &echo, "ICMP echo");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 47}, &data, "GRE");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 41}, &data, "IPv6 in IPv4");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 2, .dst = 0xe0000016, .options = 4},
		&report, "IGMPv3 report");
	send4(m, LP_DROP_NONE, (struct ipv4){.src = NONE, .protocol = 2, .dst = 0xe0000016},
		&report, "IGMPv3 report without an address");
	report.b[0] = 0x16;
	report.len = 8;
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 2, .dst = 0xe00000fb}, &report,
		"IGMPv2 report");
	report.b[0] = 0x17;
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 2, .dst = 0xe0000002}, &report,
		"IGMPv2 leave");
}

/* Frames that only the LAN's own servers and routers can send (row S3). */
static void honest_gateway(struct maker *m)
{
	struct bytes reply = dhcp(m, 2, 67, 68);
	struct bytes query = {.b = {0x11, 100}, .len = 8};
	struct bytes redirect = {.b = {5, 1}, .len = 28};
	struct bytes data = plain_udp(40);
	struct bytes last = piece(&data, 8, 40);
	struct ipv6 h = ipv6_of(m, 1);
	struct bytes arp = {.b = {0, 1, 8, 0, 6, 4, 0, 2}, .len = 28};

	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .dst = NONE}, &reply, "DHCP ACK");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .dst = m->c->client_ipv4}, &reply,
		"DHCP ACK unicast");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 2, .dst = 0xe0000001}, &query,
		"IGMP query");
	send4(m, LP_DROP_NONE, (struct ipv4){.src = NONE, .protocol = 2, .dst = 0xe0000001}, &query,
		"IGMP query of a switch");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 1}, &redirect, "ICMP redirect");
	send4(m, LP_DROP_NONE, (struct ipv4){.src = 0x08080808, .protocol = 17}, &data,
		"from the internet");
	send4(m, LP_DROP_NONE, (struct ipv4){.protocol = 17, .id = 7, .flags = 1}, &last,
		"a last fragment before the first");
	struct bytes first = piece(&data, 0, 24);
	struct bytes longer = piece(&data, 0, 32);
	struct ipv4 fragment = {.protocol = 17, .id = 8, .flags = 0x2000};
	send4(m, LP_DROP_NONE, fragment, &first, "a first fragment");
	send4(m, LP_DROP_NONE, fragment, &longer, "a longer one: the LAN is trusted");
	send4(m, LP_DROP_NONE, (struct ipv4){.src = 0xf0000001, .protocol = 17}, &data,
		"from 240/4");
	memcpy(arp.b + 8, broadcast.b, 6);
	set32(arp.b + 14, m->c->station_ipv4);
	ethernet(m, LP_DROP_BAD_ARP, &broadcast, sender(m), 0x0806, &arp,
		"gateway: ARP of a broadcast address");
	memcpy(arp.b + 8, m->c->victim.b, 6);
	ethernet(m, LP_DROP_NONE, &broadcast, sender(m), 0x0806, &arp, "ARP through a repeater");
	struct bytes b = nd(&h, 134, 16, 1, sender(m));
	h.next = 58;
	send6(m, LP_DROP_NONE, h, &b, "router advertisement");
	b = extend(60, 0, 58, &b);
	h.next = 60;
	send6(m, LP_DROP_NONE, h, &b, "router advertisement behind options");
	h.next = 58;
	b = nd(&h, 137, 40, 2, sender(m));
	send6(m, LP_DROP_NONE, h, &b, "redirect");
	b = icmpv6(&h, 130, 28);
	send6(m, LP_DROP_NONE, h, &b, "MLD query");
	b = dhcpv6(&h, 7, 547, 546);
	h.next = 17;
	send6(m, LP_DROP_NONE, h, &b, "DHCPv6 reply");
	b = nd(&h, 134, 16, 1, sender(m));
	b = extend(44, 0, 58, &b);
	h.next = 44;
	send6(m, LP_DROP_FRAGMENT, h, &b, "gateway: RA in an atomic fragment");
}

size_t evasion_frames(const struct evasion_context *context, struct evasion_frame *out, size_t cap)
{
	struct maker m = {.c = context, .out = out, .cap = cap, .id = 1};

	honest_ipv4(&m);
	honest_ipv6(&m);
	hostile_ethernet(&m);
	hostile_llc(&m);
	hostile_tags(&m);
	hostile_arp(&m);
	hostile_ipv4(&m);
	hostile_icmp(&m);
	hostile_dhcp(&m);
	hostile_dhcp_senders(&m);
	hostile_routing(&m);
	hostile_owners(&m);
	hostile_dhcp_fragments(&m);
	fragments_ipv4(&m);
	hostile_nd(&m);
	hostile_nd_senders(&m);
	hostile_ipv6(&m);
	fragments_ipv6(&m);
	m.from_gateway = true;
	honest_ipv4(&m);
	honest_ipv6(&m);
	honest_gateway(&m);
	hostile_ethernet(&m);
	hostile_llc(&m);
	hostile_tags(&m);
	hostile_ipv4(&m);
	hostile_ipv6(&m);
	return m.count;
}
