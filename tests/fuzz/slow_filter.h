/* slow_filter.h - what hosts could make of the frames of one client, read as leniently as any host
 * could: checksums, hop limits and lengths are ignored, and fragments are reassembled in more than
 * one way. It is written independently of filter.c, to be compared with it. */
#ifndef LANPARTY_TESTS_SLOW_FILTER_H
#define LANPARTY_TESTS_SLOW_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SLOW_PIECES   64
#define SLOW_DATAGRAM 4096 /* longer IP datagrams are not reassembled */

/* What a frame can do to a host. */
enum {
	SLOW_SAFE = 0,
	SLOW_NEVER = 1,  /* must not pass from any sender */
	SLOW_CLIENT = 2, /* must not pass from a client */
};

struct slow_slice {
	const uint8_t *p;
	size_t n;
};

struct slow_piece {
	uint8_t key[38]; /* version, IPv4 protocol, addresses and id */
	int next;        /* protocol of the payload */
	size_t offset;
	bool more;
	uint8_t data[1514];
	size_t n;
};

struct slow_host {
	uint8_t mac[6]; /* of the host's station */
	uint16_t extra; /* another allowed ethertype, or 0 */
	struct slow_piece pieces[SLOW_PIECES];
	size_t count;
};

/* Reads the big-endian number of width bytes at i, or -1 beyond the end. */
static long long slow_number(struct slow_slice s, size_t i, size_t width)
{
	long long v = 0;

	if (s.n < width || i > s.n - width)
		return -1;
	while (width-- > 0)
		v = v * 256 + s.p[i++];
	return v;
}

static struct slow_slice slow_tail(struct slow_slice s, size_t i)
{
	return i < s.n ? (struct slow_slice){s.p + i, s.n - i} : (struct slow_slice){s.p, 0};
}

static bool slow_is_mac(const struct slow_host *host, struct slow_slice s, size_t i)
{
	return slow_number(s, i, 6) >= 0 && memcmp(s.p + i, host->mac, 6) == 0;
}

/* RIP, RIPng, HSRP twice, GLBP */
static bool slow_routes(long long port)
{
	return port == 520 || port == 521 || port == 1985 || port == 2029 || port == 3222;
}

static int slow_ports(struct slow_slice udp)
{
	long long from = slow_number(udp, 0, 2);
	long long to = slow_number(udp, 2, 2);

	if (slow_routes(to) || from == 67 || to == 68 || (to == 67 && slow_number(udp, 8, 1) == 2))
		return SLOW_CLIENT;
	return SLOW_SAFE;
}

static int slow_ports6(struct slow_slice udp)
{
	long long to = slow_number(udp, 2, 2);
	long long type = slow_number(udp, 8, 1);

	if (slow_routes(to) || slow_number(udp, 0, 2) == 547 || to == 546)
		return SLOW_CLIENT;
	return to == 547 && (type == 12 || type == 13) ? SLOW_CLIENT : SLOW_SAFE; /* of relays */
}

static int slow_options(const struct slow_host *host, struct slow_slice options)
{
	long long type = slow_number(options, 0, 1);
	long long units = slow_number(options, 1, 1);

	if (units <= 0)
		return SLOW_SAFE;
	if ((type == 1 || type == 2) && !slow_is_mac(host, options, 2))
		return SLOW_CLIENT;
	return slow_options(host, slow_tail(options, (size_t)units * 8));
}

static int slow_icmp6(const struct slow_host *host, struct slow_slice icmp, bool fragment)
{
	long long type = slow_number(icmp, 0, 1);

	if (fragment && type >= 133 && type <= 137)
		return SLOW_NEVER;
	if (type == 130 || type == 134 || type == 137 || (type >= 151 && type <= 153))
		return SLOW_CLIENT;
	if (type == 133)
		return slow_options(host, slow_tail(icmp, 8));
	if (type == 135 || type == 136)
		return slow_options(host, slow_tail(icmp, 24));
	return SLOW_SAFE;
}

static int slow_upper(const struct slow_host *host, int version, long long protocol,
	struct slow_slice data, bool fragment)
{
	long long type = slow_number(data, 0, 1);

	if (protocol == 17)
		return version == 4 ? slow_ports(data) : slow_ports6(data);
	if (version == 4 && protocol == 1 && (type == 5 || type == 9))
		return SLOW_CLIENT;
	if (version == 4 && protocol == 2 &&
		(type == 0x11 || type == 0x13 || type == 0x14 || (type >= 0x30 && type <= 0x32)))
		return SLOW_CLIENT;
	if (protocol == 88 || protocol == 89 || protocol == 103 || protocol == 112)
		return SLOW_CLIENT; /* EIGRP, OSPF, PIM, VRRP */
	if (version == 6 && protocol == 58)
		return slow_icmp6(host, data, fragment);
	return SLOW_SAFE;
}

static int slow_chain(struct slow_host *host, const uint8_t *addresses, long long next,
	struct slow_slice data, bool fragment);

/* Reassembles an IP datagram. Where fragments overlap, the last or the first one counts. False: a
 * part is missing. */
static bool slow_join(const struct slow_host *host, const uint8_t *key, bool last_counts,
	uint8_t *ret_data, size_t *ret_n, int *ret_next)
{
	static bool filled[SLOW_DATAGRAM];
	size_t end = 0;

	memset(filled, 0, sizeof(filled));
	*ret_next = -1;
	for (size_t i = 0; i < host->count; i++) {
		const struct slow_piece *piece = &host->pieces[i];
		if (memcmp(piece->key, key, sizeof(piece->key)) != 0)
			continue;
		if (piece->offset == 0 && (*ret_next < 0 || last_counts))
			*ret_next = piece->next;
		if (!piece->more && piece->offset + piece->n > end)
			end = piece->offset + piece->n;
		for (size_t j = 0; j < piece->n && piece->offset + j < SLOW_DATAGRAM; j++) {
			size_t at = piece->offset + j;
			if (!filled[at] || last_counts)
				ret_data[at] = piece->data[j];
			filled[at] = true;
		}
	}
	*ret_n = end < SLOW_DATAGRAM ? end : SLOW_DATAGRAM;
	for (size_t at = 0; at < *ret_n; at++) {
		if (!filled[at])
			return false;
	}
	return end > 0 && *ret_next >= 0;
}

/* Stores a fragment that passed, and judges what the host can reassemble now. */
static int slow_keep(struct slow_host *host, const struct slow_piece *head, struct slow_slice data)
{
	static uint8_t joined[2][SLOW_DATAGRAM];
	int danger = SLOW_SAFE;

	if (host->count == SLOW_PIECES || data.n > sizeof(head->data))
		return SLOW_SAFE;
	struct slow_piece *piece = &host->pieces[host->count++];
	*piece = *head;
	piece->n = data.n;
	memcpy(piece->data, data.p, data.n);
	for (int last = 0; last < 2; last++) {
		struct slow_slice whole = {joined[last], 0};
		int next;
		if (!slow_join(host, head->key, last, joined[last], &whole.n, &next))
			continue;
		if (head->key[0] == 4)
			danger |= slow_upper(host, 4, next, whole, true);
		else
			danger |= slow_chain(host, NULL, next, whole, true);
	}
	return danger;
}

/* addresses: 32 bytes, NULL in a reassembled IP datagram. */
static int slow_chain(struct slow_host *host, const uint8_t *addresses, long long next,
	struct slow_slice data, bool fragment)
{
	long long inner = slow_number(data, 0, 1);
	long long units = slow_number(data, 1, 1);

	switch (next) {
	case 0:
	case 43:
	case 60:
	case 135:
	case 139:
	case 140:
		if (units < 0)
			return SLOW_SAFE;
		if (next == 43 && slow_number(data, 2, 1) == 0)
			return SLOW_CLIENT;
		data = slow_tail(data, ((size_t)units + 1) * 8);
		return slow_chain(host, addresses, inner, data, fragment);
	case 51:
		if (units < 0)
			return SLOW_SAFE;
		data = slow_tail(data, ((size_t)units + 2) * 4);
		return slow_chain(host, addresses, inner, data, fragment);
	case 44: {
		long long place = slow_number(data, 2, 2);
		if (slow_number(data, 4, 4) < 0)
			return SLOW_SAFE;
		if ((place & 0xfff9) == 0 || !addresses)
			return slow_chain(host, addresses, inner, slow_tail(data, 8), true);
		struct slow_piece piece = {.key = {6}, .next = (int)inner};
		memcpy(piece.key + 2, addresses, 32);
		memcpy(piece.key + 34, data.p + 4, 4);
		piece.offset = (size_t)(place & 0xfff8);
		piece.more = place & 1;
		int danger = SLOW_SAFE;
		if (piece.offset == 0)
			danger = slow_chain(host, NULL, inner, slow_tail(data, 8), true);
		return danger | slow_keep(host, &piece, slow_tail(data, 8));
	}
	default:
		return slow_upper(host, 6, next, data, fragment);
	}
}

static int slow_ipv4(struct slow_host *host, struct slow_slice ip)
{
	long long head = slow_number(ip, 0, 1);
	long long total = slow_number(ip, 2, 2);
	long long place = slow_number(ip, 6, 2);

	if (slow_number(ip, 16, 4) < 0)
		return SLOW_NEVER;
	if (total < (long long)ip.n)
		ip.n = (size_t)total;
	struct slow_slice data = slow_tail(ip, (size_t)(head & 15) * 4);
	int protocol = ip.p[9];
	if ((place & 0x3fff) == 0)
		return slow_upper(host, 4, protocol, data, false);
	struct slow_piece piece = {.key = {4, (uint8_t)protocol}, .next = protocol};
	memcpy(piece.key + 2, ip.p + 12, 8);
	memcpy(piece.key + 34, ip.p + 4, 2);
	piece.offset = (size_t)(place & 0x1fff) * 8;
	piece.more = place & 0x2000;
	int danger = piece.offset == 0 ? slow_upper(host, 4, protocol, data, false) : SLOW_SAFE;
	return danger | slow_keep(host, &piece, data);
}

static int slow_ipv6(struct slow_host *host, struct slow_slice ip)
{
	long long payload = slow_number(ip, 4, 2);

	if (slow_number(ip, 39, 1) < 0)
		return SLOW_NEVER;
	if (payload > 0 && payload + 40 < (long long)ip.n)
		ip.n = (size_t)payload + 40;
	return slow_chain(host, ip.p + 8, ip.p[6], slow_tail(ip, 40), false);
}

/* What a frame that passed can do to a host, together with all earlier ones. */
static int slow_frame(struct slow_host *host, const uint8_t *frame, size_t len)
{
	struct slow_slice s = {frame, len};
	long long type = slow_number(s, 12, 2);
	struct slow_slice payload = slow_tail(s, 14);
	int danger = slow_is_mac(host, s, 6) ? SLOW_SAFE : SLOW_CLIENT;

	if (type < 0 || len > 1514 || (s.p[6] & 1) != 0 || slow_number(s, 6, 6) == 0)
		return SLOW_NEVER;
	if (slow_number(s, 0, 6) >> 4 == 0x0180c200000 || slow_number(s, 0, 6) == 0)
		return SLOW_NEVER;
	if (type == 0x0800)
		return danger | slow_ipv4(host, payload);
	if (type == 0x86dd)
		return danger | slow_ipv6(host, payload);
	if (type == 0x0806) {
		if (slow_number(payload, 24, 4) < 0)
			return SLOW_NEVER;
		return danger | (slow_is_mac(host, payload, 8) ? SLOW_SAFE : SLOW_CLIENT);
	}
	return host->extra != 0 && type == host->extra ? danger : SLOW_NEVER;
}

#endif
