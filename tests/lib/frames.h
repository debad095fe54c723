/* frames.h - builds Ethernet frames field by field, with correct IPv4 checksums. */
#ifndef LANPARTY_TESTS_FRAMES_H
#define LANPARTY_TESTS_FRAMES_H

#include <stdint.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/eth.h"
#include "lanparty/wire/overlay.h"

#define FRAME_CAP 2048
#define IPV4(a, b, c, d)                                                                           \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

extern const struct lp_mac BROADCAST;

/* The MAC of the n-th player, locally administered. */
struct lp_mac player_mac(unsigned n);

/* The MAC of the n-th computer on the physical LAN. */
struct lp_mac host_mac(unsigned n);

struct lp_writer frame_begin(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint16_t type);

/* Writes a frame of len bytes, of a type whose content does not matter. */
size_t frame_raw(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint16_t type, size_t len);

/* Writes an ARP request, or a reply when dst is no group address. */
size_t frame_arp(uint8_t *f, struct lp_mac dst, struct lp_mac src, struct lp_mac sender,
	uint32_t sender_ip, uint32_t target_ip);

/* Sets length and checksum of the IPv4 header at ip. */
void ipv4_finish(uint8_t *ip, size_t total);

/* Makes the IPv4 frame of len bytes a fragment of the datagram with this id, with the bytes from offset on. */
void frame_fragment(uint8_t *f, size_t len, uint16_t id, size_t offset, bool more);

/* Writes an IPv4 UDP frame of len bytes in all, 42 to 1514. */
size_t frame_udp(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to,
	uint16_t port, size_t len);

/* Writes Minecraft's announcement of a game with this name, at most 60 bytes, and port. */
size_t frame_game(uint8_t *f, struct lp_mac src, uint32_t from, const char *name, uint16_t port);

/* Writes an IPv4 TCP segment of len bytes in all, 54 to 1514, that carries data, without a
 * checksum. */
size_t frame_tcp(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to,
	uint16_t port, size_t len);

/* Writes a TCP SYN over IPv4 with the MSS option mss at offset FRAME_SYN_MSS, without a
 * checksum. */
#define FRAME_SYN_MSS (LP_ETH_HEADER + 20 + 22)
size_t frame_syn(
	uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t from, uint32_t to, uint16_t mss);

/* Writes a DHCP client's request with this transaction id. */
size_t frame_dhcp_request(uint8_t *f, struct lp_mac client, uint32_t xid);
/* Writes a DHCP server's ACK to the client, with the transaction id 0 and no UDP checksum. */
struct frame_lease {
	struct lp_mac client, server_mac;
	uint32_t server, address;
	uint32_t mask;          /* 0: the reply has none */
	const uint8_t *options; /* behind type and mask; the end option follows them */
	size_t options_len;
};
size_t frame_dhcp_reply(uint8_t *f, const struct frame_lease *lease);
/* The same without mask and options, to dst. */
size_t frame_dhcp_ack(uint8_t *f, struct lp_mac dst, struct lp_mac src, uint32_t server,
	uint32_t address, struct lp_mac client);

/* Writes IPv6 addresses: link-local, and in a prefix of the LAN. */
#define IPV6_LOCAL(n) {0xfe, 0x80, [15] = (n)}
#define IPV6_LAN(n)   {0xfd, 0x77, [15] = (n)}

/* Writes a neighbour solicitation (type 135) or advertisement (136) to all nodes, whose link-layer address
 * is src. From :: it has none. source and target have 16 bytes. */
size_t frame_nd(
	uint8_t *f, struct lp_mac src, uint8_t type, const uint8_t *source, const uint8_t *target);
/* Writes an IPv6 UDP frame. source has 16 bytes. */
size_t frame_udp_ipv6(uint8_t *f, struct lp_mac dst, struct lp_mac src, const uint8_t *source);

/* Writes an IPv6 router advertisement to all nodes: flags for DHCPv6, a lifetime of 1800 s, the options,
 * at most 239 bytes of them, and a good checksum. */
size_t frame_router_options(uint8_t *f, struct lp_mac src, const uint8_t *options, size_t size);
/* The same without options. */
size_t frame_router_advertisement(uint8_t *f, struct lp_mac src);

/* Writes the DATAGRAM of a frame of o->frame_len bytes: with all of it, or with the fragment that o->type says.
 * Returns its length. */
size_t frame_datagram(uint8_t *bytes, const struct lp_overlay *o, const uint8_t *frame);

#endif
