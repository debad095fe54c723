#include "packets.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void set16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void set32(uint8_t *p, uint32_t v)
{
	set16(p, v >> 16);
	set16(p + 2, v);
}

void put(struct bytes *b, const void *p, size_t len)
{
	memcpy(b->b + b->len, p, len);
	b->len += len;
}

void put16(struct bytes *b, size_t v)
{
	set16(b->b + b->len, v);
	b->len += 2;
}

void put32(struct bytes *b, uint32_t v)
{
	set32(b->b + b->len, v);
	b->len += 4;
}

void fill(struct bytes *b, uint8_t v, size_t len)
{
	memset(b->b + b->len, v, len);
	b->len += len;
}

uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)(i % 2 ? p[i] : p[i] << 8);
	return sum;
}

uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Ethernet */

/* Returns the next frame of the list, or a scratch frame beyond its capacity. */
static struct evasion_frame *next(struct maker *m)
{
	static struct evasion_frame spare;

	return m->count++ < m->cap ? &m->out[m->count - 1] : &spare;
}

void ethernet(struct maker *m, enum lp_drop drop, const struct lp_mac *dst,
	const struct lp_mac *src, uint16_t type, const struct bytes *payload, const char *name, ...)
{
	struct evasion_frame *f = next(m);
	va_list args;

	memset(f, 0, sizeof(*f));
	va_start(args, name);
	vsnprintf(f->name, sizeof(f->name), name, args);
	va_end(args);
	f->honest = drop == LP_DROP_NONE;
	f->from_gateway = m->from_gateway;
	f->drop = drop;
	memcpy(f->bytes, dst->b, 6);
	memcpy(f->bytes + 6, src->b, 6);
	set16(f->bytes + 12, type);
	memcpy(f->bytes + 14, payload->b, payload->len);
	f->len = 14 + payload->len;
}

const struct lp_mac *sender(const struct maker *m)
{
	return m->from_gateway ? &m->c->station : &m->c->client;
}

uint32_t sender_ipv4(const struct maker *m)
{
	return m->from_gateway ? m->c->station_ipv4 : m->c->client_ipv4;
}

/* IPv4 */

struct bytes ipv4(const struct maker *m, struct ipv4 h, const struct bytes *data)
{
	struct bytes b = {.len = 0};

	if (h.src == 0)
		h.src = sender_ipv4(m);
	if (h.dst == 0)
		h.dst = m->c->victim_ipv4;
	put16(&b, (0x45 + h.options / 4) << 8);
	put16(&b, 20 + h.options + data->len);
	put16(&b, h.id);
	put16(&b, h.flags);
	put16(&b, 64 << 8 | h.protocol);
	put16(&b, 0);
	put32(&b, h.src == NONE ? 0 : h.src);
	put32(&b, h.dst);
	fill(&b, 1, h.options);
	set16(b.b + 10, checksum(sum16(0, b.b, b.len)));
	put(&b, data->b, data->len);
	return b;
}

void send4(struct maker *m, enum lp_drop drop, struct ipv4 h, const struct bytes *data,
	const char *name)
{
	struct bytes b = ipv4(m, h, data);

	ethernet(m, drop, h.dst == NONE ? &broadcast : &m->c->victim, sender(m), 0x0800, &b, "%s",
		name);
}

struct bytes udp(uint16_t from, uint16_t to, const struct bytes *data)
{
	struct bytes b = {.len = 0};

	put16(&b, from);
	put16(&b, to);
	put16(&b, 8 + data->len);
	put16(&b, 0);
	put(&b, data->b, data->len);
	return b;
}

struct bytes plain_udp(size_t len)
{
	struct bytes data = {.len = 0};

	fill(&data, 'x', len);
	return udp(5000, 5000, &data);
}

struct bytes dhcp(const struct maker *m, uint8_t op, uint16_t from, uint16_t to)
{
	struct bytes b = {.len = 0};

	fill(&b, 0, 240);
	memcpy(b.b, (uint8_t[]){op, 1, 6}, 3);
	set32(b.b + 4, 0x12345678);
	memcpy(b.b + 28, m->c->client.b, 6);
	memcpy(b.b + 236, (uint8_t[]){99, 130, 83, 99}, 4);
	put(&b, (uint8_t[]){53, 1, op == 2 ? 5 : 1}, 3);
	if (op == 2) {
		set32(b.b + 16, m->c->client_ipv4);
		put(&b, (uint8_t[]){3, 4}, 2);
		put32(&b, sender_ipv4(m));
	}
	put(&b, (uint8_t[]){255}, 1);
	return udp(from, to, &b);
}

/* IPv6 */

struct ipv6 ipv6_of(const struct maker *m, uint8_t to_last)
{
	struct ipv6 h = {.src = {0xfe, 0x80}, .dst = {0xff, 2}};

	memcpy(h.src + 8, sender(m)->b, 6);
	h.dst[15] = to_last;
	return h;
}

void send6(struct maker *m, enum lp_drop drop, struct ipv6 h, const struct bytes *payload,
	const char *name)
{
	struct bytes b = {.len = 0};

	put32(&b, 0x60000000);
	put16(&b, payload->len);
	put16(&b, (size_t)h.next << 8 | (h.hop_limit ? h.hop_limit : 255));
	put(&b, h.src, 16);
	put(&b, h.dst, 16);
	put(&b, payload->b, payload->len);
	ethernet(m, drop, &all_nodes, sender(m), 0x86dd, &b, "%s", name);
}

void seal6(const struct ipv6 *h, uint8_t protocol, struct bytes *b, size_t at)
{
	uint32_t sum = sum16(sum16(0, h->src, 16), h->dst, 16) + (uint32_t)b->len + protocol;

	set16(b->b + at, 0);
	set16(b->b + at, checksum(sum16(sum, b->b, b->len)));
}

struct bytes icmpv6(const struct ipv6 *h, uint8_t type, size_t len)
{
	struct bytes b = {.len = 0};

	fill(&b, 0, len);
	b.b[0] = type;
	seal6(h, 58, &b, 2);
	return b;
}

struct bytes nd(
	const struct ipv6 *h, uint8_t type, size_t len, uint8_t option, const struct lp_mac *mac)
{
	struct bytes b = icmpv6(h, type, len);

	if (len >= 24)
		memcpy(b.b + 8, h->src, 16);
	if (type == 134)
		memcpy(b.b + 4, (uint8_t[]){64, 0, 7, 8}, 4);
	put(&b, (uint8_t[]){option, 1}, 2);
	put(&b, mac->b, 6);
	seal6(h, 58, &b, 2);
	return b;
}

struct bytes dhcpv6(const struct ipv6 *h, uint8_t type, uint16_t from, uint16_t to)
{
	struct bytes data = {.b = {type, 1, 2, 3}, .len = 4};
	struct bytes b = udp(from, to, &data);

	seal6(h, 17, &b, 6);
	return b;
}

struct bytes extend(uint8_t type, uint8_t units, uint8_t next_header, const struct bytes *rest)
{
	struct bytes b = {.b = {next_header}, .len = 8 + 8 * (size_t)units};

	if (type == 51) {
		b.len += 8;
		b.b[1] = (uint8_t)(b.len / 4 - 2);
	} else if (type == 44) {
		b.len = 8;
		b.b[7] = 1;
	} else {
		b.b[1] = units;
	}
	if (type == 0 || type == 60) {
		b.b[2] = 1; /* PadN */
		b.b[3] = (uint8_t)(units > 31 ? 252 : b.len - 4);
	}
	put(&b, rest->b, rest->len);
	return b;
}

struct bytes piece6(
	uint32_t id, uint8_t next_header, const struct bytes *whole, size_t offset, size_t len)
{
	struct bytes b = {.b = {next_header}, .len = 2};
	bool more = offset + len < whole->len;

	put16(&b, offset | more);
	put32(&b, id);
	put(&b, whole->b + offset, len);
	return b;
}

struct bytes piece(const struct bytes *whole, size_t offset, size_t len)
{
	struct bytes b = {.len = 0};

	put(&b, whole->b + offset, len);
	return b;
}
