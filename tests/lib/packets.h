/* packets.h - builds frames for tests from the inside out: data, transport, network, Ethernet. */
#ifndef LANPARTY_TESTS_PACKETS_H
#define LANPARTY_TESTS_PACKETS_H

#include "evasion.h"

#define NONE UINT32_MAX

struct bytes {
	uint8_t b[EVASION_BYTES_MAX];
	size_t len;
};

struct maker {
	const struct evasion_context *c;
	struct evasion_frame *out;
	size_t cap, count;
	bool from_gateway; /* source of the following frames */
	uint16_t id;       /* id of the next fragmented IP datagram */
};

static const struct lp_mac broadcast = {{255, 255, 255, 255, 255, 255}};
static const struct lp_mac all_nodes = {{0x33, 0x33, 0, 0, 0, 1}};

struct ipv4 {
	uint32_t src, dst; /* 0: as a valid sender has it; NONE: 0.0.0.0 or broadcast */
	uint8_t protocol;
	size_t options; /* bytes of no-operation options */
	size_t id, flags;
};

struct ipv6 {
	uint8_t src[16], dst[16];
	uint8_t next, hop_limit; /* 0 means 255 */
};

void set16(uint8_t *p, size_t v);
void set32(uint8_t *p, uint32_t v);
void put(struct bytes *b, const void *p, size_t len);
void put16(struct bytes *b, size_t v);
void put32(struct bytes *b, uint32_t v);
void fill(struct bytes *b, uint8_t v, size_t len);
uint16_t checksum(uint32_t sum);
uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len);
__attribute__((format(printf, 7, 8))) void ethernet(struct maker *m, enum lp_drop drop,
	const struct lp_mac *dst, const struct lp_mac *src, uint16_t type,
	const struct bytes *payload, const char *name, ...);
const struct lp_mac *sender(const struct maker *m);
uint32_t sender_ipv4(const struct maker *m);
struct bytes ipv4(const struct maker *m, struct ipv4 h, const struct bytes *data);
void send4(struct maker *m, enum lp_drop drop, struct ipv4 h, const struct bytes *data,
	const char *name);
struct bytes udp(uint16_t from, uint16_t to, const struct bytes *data);
struct bytes plain_udp(size_t len);
/* op 1: DISCOVER; op 2: an ACK that makes the sender everybody's router. */
struct bytes dhcp(const struct maker *m, uint8_t op, uint16_t from, uint16_t to);
struct ipv6 ipv6_of(const struct maker *m, uint8_t to_last);
void send6(struct maker *m, enum lp_drop drop, struct ipv6 h, const struct bytes *payload,
	const char *name);
/* Sets the upper-layer checksum at p[at] for h's addresses. */
void seal6(const struct ipv6 *h, uint8_t protocol, struct bytes *b, size_t at);
struct bytes icmpv6(const struct ipv6 *h, uint8_t type, size_t len);
/* Neighbour discovery with one link-layer address option. */
struct bytes nd(
	const struct ipv6 *h, uint8_t type, size_t len, uint8_t option, const struct lp_mac *mac);
struct bytes dhcpv6(const struct ipv6 *h, uint8_t type, uint16_t from, uint16_t to);
/* Prepends an extension header of 8 + 8 * units bytes (an authentication header has one unit
 * more). */
struct bytes extend(uint8_t type, uint8_t units, uint8_t next_header, const struct bytes *rest);
/* Builds a fragment with the bytes of the fragmentable part from offset on. */
struct bytes piece6(
	uint32_t id, uint8_t next_header, const struct bytes *whole, size_t offset, size_t len);
struct bytes piece(const struct bytes *whole, size_t offset, size_t len);

/* Of somebody else, and of routers: in evasion_identity.c. */
void hostile_dhcp_senders(struct maker *m);
void hostile_routing(struct maker *m);
void hostile_owners(struct maker *m);

/* The frames about IPv6, in evasion_ipv6.c. */
void honest_ipv6(struct maker *m);
void hostile_nd(struct maker *m);
void hostile_nd_senders(struct maker *m);
void hostile_ipv6(struct maker *m);
void fragments_ipv6(struct maker *m);

#endif
