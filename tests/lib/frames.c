#include "frames.h"

#include <stdio.h>

#include "lanparty/packet/checksum.h"

const struct lp_mac BROADCAST = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct lp_mac ALL_NODES = {{0x33, 0x33, 0, 0, 0, 1}};

struct lp_mac player_mac(unsigned n)
{
	return (struct lp_mac){{2, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

struct lp_mac host_mac(unsigned n)
{
	return (struct lp_mac){{0, 0x1b, 0x21, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

struct lp_writer frame_begin(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint16_t type)
{
	struct lp_writer w = lp_writer_of(f, FRAME_CAP);
	lp_write_bytes(&w, dst.b, 6);
	lp_write_bytes(&w, src.b, 6);
	lp_write_u16(&w, type);
	return w;
}

static size_t frame_end(const uint8_t *f, const struct lp_writer *w)
{
	return (size_t)(w->at - f);
}

size_t frame_raw(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint16_t type, size_t len)
{
	frame_begin(f, dst, src, type);
	for (size_t i = LP_ETH_HEADER; i < len; i++)
		f[i] = (uint8_t)i;
	return len;
}

size_t frame_arp(uint8_t *f, struct lp_mac dst, struct lp_mac src, struct lp_mac sender,
	uint32_t sender_ip, uint32_t target_ip)
{
	struct lp_writer w = frame_begin(f, dst, src, LP_ETHERTYPE_ARP);
	lp_write_bytes(&w, (const uint8_t[]){0, 1, 8, 0, 6, 4, 0}, 7);
	lp_write_u8(&w, lp_mac_is_group(&dst) ? 1 : 2);
	lp_write_bytes(&w, sender.b, 6);
	lp_write_u32(&w, sender_ip);
	lp_write_bytes(&w, dst.b, 6);
	lp_write_u32(&w, target_ip);
	return frame_end(f, &w);
}

void ipv4_finish(uint8_t *ip, size_t total)
{
	uint32_t sum = 0;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip[10] = ip[11] = 0;
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

static struct lp_writer udp_begin(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from,
	uint32_t to, uint16_t source_port, uint16_t target_port)
{
	struct lp_writer w = frame_begin(f, dst, src, LP_ETHERTYPE_IPV4);
	lp_write_bytes(&w, (const uint8_t[]){0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0}, 12);
	lp_write_u32(&w, from);
	lp_write_u32(&w, to);
	lp_write_u16(&w, source_port);
	lp_write_u16(&w, target_port);
	lp_write_u32(&w, 0); /* length and checksum; the checksum is optional */
	return w;
}

static size_t udp_end(uint8_t *f, const struct lp_writer *w)
{
	size_t len = frame_end(f, w), udp = len - LP_ETH_HEADER - 20;
	f[LP_ETH_HEADER + 24] = (uint8_t)(udp >> 8);
	f[LP_ETH_HEADER + 25] = (uint8_t)udp;
	ipv4_finish(f + LP_ETH_HEADER, len - LP_ETH_HEADER);
	return len;
}

void frame_fragment(uint8_t *f, size_t len, uint16_t id, size_t offset, bool more)
{
	lp_put16(f + LP_ETH_HEADER + 4, id);
	lp_put16(f + LP_ETH_HEADER + 6, (uint16_t)((more ? 0x2000 : 0) | offset / 8));
	ipv4_finish(f + LP_ETH_HEADER, len - LP_ETH_HEADER);
}

size_t frame_udp(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to,
	uint16_t port, size_t len)
{
	struct lp_writer w = udp_begin(f, dst, src, from, to, port, port);
	while (frame_end(f, &w) < len)
		lp_write_u8(&w, (uint8_t)frame_end(f, &w));
	return udp_end(f, &w);
}

size_t frame_game(uint8_t *f, struct lp_mac src, uint32_t from, const char *name, uint16_t port)
{
	static const struct lp_mac group = {{0x01, 0, 0x5e, 0, 2, 60}};
	struct lp_writer w = udp_begin(f, group, src, from, IPV4(224, 0, 2, 60), 4445, 4445);
	char text[100];
	int len = snprintf(text, sizeof(text), "[MOTD]%s[/MOTD][AD]%u[/AD]", name, port);
	lp_write_bytes(&w, text, (size_t)len);
	return udp_end(f, &w);
}

size_t frame_tcp(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to,
	uint16_t port, size_t len)
{
	struct lp_writer w = frame_begin(f, dst, src, LP_ETHERTYPE_IPV4);
	lp_write_bytes(&w, (const uint8_t[]){0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0}, 12);
	lp_write_u32(&w, from);
	lp_write_u32(&w, to);
	lp_write_u16(&w, port);
	lp_write_u16(&w, port);
	lp_write_bytes(&w, (const uint8_t[16]){[8] = 0x50, 0x10}, 16);
	while (frame_end(f, &w) < len)
		lp_write_u8(&w, (uint8_t)frame_end(f, &w));
	ipv4_finish(f + LP_ETH_HEADER, len - LP_ETH_HEADER);
	return len;
}

size_t frame_syn(
	uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to, uint16_t mss)
{
	struct lp_writer w = frame_begin(f, dst, src, LP_ETHERTYPE_IPV4);
	lp_write_bytes(&w, (const uint8_t[]){0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0}, 12);
	lp_write_u32(&w, from);
	lp_write_u32(&w, to);
	lp_write_bytes(&w, (const uint8_t[20]){0x9c, 0x40, 0, 80, [12] = 0x60, 2}, 20);
	lp_write_bytes(&w, (const uint8_t[]){2, 4}, 2);
	lp_write_u16(&w, mss);
	ipv4_finish(f + LP_ETH_HEADER, 44);
	return frame_end(f, &w);
}

size_t frame_dhcp_request(uint8_t *f, struct lp_mac client, uint32_t xid)
{
	const struct lp_mac everybody = {{255, 255, 255, 255, 255, 255}};
	struct lp_writer w = udp_begin(f, everybody, client, 0, UINT32_MAX, 68, 67);
	lp_write_bytes(&w, (const uint8_t[]){1, 1, 6, 0}, 4);
	lp_write_u32(&w, xid);
	for (int i = 0; i < 5; i++)
		lp_write_u32(&w, 0);
	lp_write_bytes(&w, client.b, 6);
	for (int i = 0; i < 10 + 64 + 128; i++)
		lp_write_u8(&w, 0);
	lp_write_bytes(&w, (const uint8_t[]){99, 130, 83, 99, 53, 1, 3, 255}, 8);
	return udp_end(f, &w);
}

size_t frame_dhcp_reply(uint8_t *f, const struct frame_lease *lease)
{
	struct lp_writer w =
		udp_begin(f, lease->client, lease->server_mac, lease->server, UINT32_MAX, 67, 68);
	lp_write_bytes(&w, (const uint8_t[]){2, 1, 6, 0}, 4);
	for (int i = 0; i < 3; i++)
		lp_write_u32(&w, 0);
	lp_write_u32(&w, lease->address);
	lp_write_u32(&w, 0);
	lp_write_u32(&w, 0);
	lp_write_bytes(&w, lease->client.b, 6);
	for (int i = 0; i < 10 + 64 + 128; i++)
		lp_write_u8(&w, 0);
	lp_write_bytes(&w, (const uint8_t[]){99, 130, 83, 99, 53, 1, 5}, 7);
	if (lease->mask) {
		lp_write_bytes(&w, (const uint8_t[]){1, 4}, 2);
		lp_write_u32(&w, lease->mask);
	}
	lp_write_bytes(&w, lease->options, lease->options_len);
	lp_write_u8(&w, 255);
	return udp_end(f, &w);
}

size_t frame_dhcp_ack(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t server,
	uint32_t address, struct lp_mac client)
{
	const struct frame_lease lease = {
		.client = client, .server_mac = src, .server = server, .address = address};
	size_t len = frame_dhcp_reply(f, &lease);
	memcpy(f, dst.b, sizeof(dst.b));
	return len;
}

/* An IPv6 header for len bytes behind it; to all nodes. */
static struct lp_writer ipv6_begin(
	uint8_t *f, const struct lp_eth *eth, const uint8_t *source, uint8_t protocol, uint8_t len)
{
	struct lp_writer w = frame_begin(f, eth->dst, eth->src, LP_ETHERTYPE_IPV6);
	lp_write_bytes(&w, (const uint8_t[]){0x60, 0, 0, 0, 0, len, protocol, 255}, 8);
	lp_write_bytes(&w, source, 16);
	lp_write_bytes(&w, (const uint8_t[16]){0xff, 2, [15] = 1}, 16);
	return w;
}

size_t frame_router_options(uint8_t *f, struct lp_mac src, const uint8_t *options, size_t size)
{
	const struct lp_eth eth = {.dst = ALL_NODES, .src = src};
	struct lp_writer w =
		ipv6_begin(f, &eth, (const uint8_t[16])IPV6_LOCAL(1), 58, (uint8_t)(16 + size));
	uint8_t *icmp = w.at;
	lp_write_bytes(&w, (const uint8_t[16]){134, 0, 0, 0, 64, 0xc0, 7, 8}, 16);
	lp_write_bytes(&w, options, size);
	lp_put16(icmp + 2, lp_checksum_transport(f + LP_ETH_HEADER, 58, icmp, 16 + size));
	return frame_end(f, &w);
}

size_t frame_nd(
	uint8_t *f, struct lp_mac src, uint8_t type, const uint8_t *source, const uint8_t *target)
{
	static const uint8_t unspecified[16];
	bool asks = memcmp(source, unspecified, sizeof(unspecified)) == 0;
	const struct lp_eth eth = {.dst = ALL_NODES, .src = src};
	struct lp_writer w = ipv6_begin(f, &eth, source, 58, asks ? 24 : 32);
	lp_write_bytes(&w, (const uint8_t[8]){type, 0, 0, 0, 0x20}, 8);
	lp_write_bytes(&w, target, 16);
	if (!asks) {
		lp_write_bytes(&w, (const uint8_t[]){type == 135 ? 1 : 2, 1}, 2);
		lp_write_bytes(&w, src.b, 6);
	}
	return frame_end(f, &w);
}

size_t frame_udp_ipv6(uint8_t *f, struct lp_mac dst, struct lp_mac src, const uint8_t *source)
{
	const struct lp_eth eth = {.dst = dst, .src = src};
	struct lp_writer w = ipv6_begin(f, &eth, source, 17, 16);
	lp_write_bytes(&w, (const uint8_t[16]){0x13, 0x88, 0x13, 0x88, 0, 16}, 16);
	return frame_end(f, &w);
}

size_t frame_router_advertisement(uint8_t *f, struct lp_mac src)
{
	return frame_router_options(f, src, NULL, 0);
}

size_t frame_datagram(uint8_t *bytes, const struct lp_overlay *o, const uint8_t *frame)
{
	size_t head = lp_overlay_encode(o, bytes), first = (o->frame_len + 1u) / 2;
	size_t from = o->type == LP_OVERLAY_SECOND ? first : 0;
	size_t to = o->type == LP_OVERLAY_FIRST ? first : o->frame_len;
	memcpy(bytes + head, frame + from, to - from);
	return head + to - from;
}
