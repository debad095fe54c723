/* Compares the filter with an independent parser: no frame that passes can do to a host what
 * clients must not do. The input is a byte of options, then frames: u16 length, bytes.
 *
 * The options can set checksums and source addresses, because random input hardly ever has valid
 * ones. */
#include <stdio.h>
#include <stdlib.h>

#include "lanparty/packet/filter.h"
#include "slow_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	OPTION_GATEWAY = 1,
	OPTION_KEEP_SOURCE = 2,
	OPTION_KEEP_CHECKSUM = 4,
	OPTION_IPX = 8,
	OPTION_LLC = 16,
};

#define TYPE_IPX 0x8137

static const struct lp_mac client = {{0x02, 0, 0x5e, 0x10, 0, 1}};

static void repair(uint8_t *frame, size_t len, uint8_t options)
{
	if (len >= 12 && !(options & (OPTION_KEEP_SOURCE | OPTION_GATEWAY)))
		memcpy(frame + 6, client.b, 6);
	if (len < 34 || options & OPTION_KEEP_CHECKSUM || frame[12] != 8 || frame[13] != 0)
		return;
	size_t header = (size_t)(frame[14] & 15) * 4;
	if (header < 20 || header > len - 14)
		return;
	uint32_t sum = 0;
	frame[24] = frame[25] = 0;
	for (size_t i = 14; i < 14 + header; i += 2)
		sum += (uint32_t)(frame[i] * 256 + frame[i + 1]);
	while (sum > 0xffff)
		sum = sum % 65536 + sum / 65536;
	frame[24] = (uint8_t)((0xffff - sum) >> 8);
	frame[25] = (uint8_t)(0xffff - sum);
}

/* The simplest honest frame, which must never be dropped: an unfragmented UDP packet without IP
 * options between high ports, from a private address. */
static bool is_plain(const uint8_t *f, size_t len)
{
	size_t total = len < 42 ? 0 : (size_t)f[16] << 8 | f[17];

	return total >= 28 && total <= len - 14 && len <= 1514 && !(f[0] & 1) && (f[0] | f[5]) &&
	       f[12] == 8 && f[13] == 0 && f[14] == 0x45 && (f[20] & 0xbf) == 0 && f[21] == 0 &&
	       f[23] == 17 && f[26] == 10 && f[30] == 10 && f[34] > 8 && f[36] > 8 &&
	       (size_t)(f[38] << 8 | f[39]) == total - 20;
}

/* IPX or NetBIOS in an IEEE 802.3 frame, and neither IP in SNAP nor spanning tree. */
static bool is_old(const uint8_t *f, size_t len)
{
	static const char *const heads[] = {
		"\xff\xff", "\xe0\xe0\x03", "\xaa\xaa\x03\0\0\0\x81\x37"};
	static const size_t sizes[] = {2, 3, 8};
	size_t size = (size_t)f[12] << 8 | f[13];
	if (size > len - 14 || size < 8)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (memcmp(f + 14, heads[i], sizes[i]) == 0)
			return size >= sizes[i] + 30;
	return (f[14] | 1) == 0xf1 && (f[15] | 1) == 0xf1;
}

static void complain(const char *what, enum lp_drop drop)
{
	fprintf(stderr, "%s (%s)\n", what, lp_drop_text(drop));
	abort();
}

static void check_facts(
	const struct lp_filter_facts *facts, const struct lp_view *view, bool gateway)
{
	const uint8_t *frame = view->frame;
	uint32_t source = (uint32_t)frame[26] << 24 | (uint32_t)frame[27] << 16 |
			  (uint32_t)frame[28] << 8 | frame[29];
	uint32_t sender = (uint32_t)frame[28] << 24 | (uint32_t)frame[29] << 16 |
			  (uint32_t)frame[30] << 8 | frame[31];
	uint32_t expected = 0;

	if (view->eth.type == LP_ETHERTYPE_ARP)
		expected = sender;
	else if (view->eth.type == LP_ETHERTYPE_IPV4)
		expected = source;
	if (facts->claim_ipv4 != expected)
		complain("another address than the frame's", LP_DROP_NONE);
	if (facts->lease_ipv4 != 0 && !gateway)
		complain("a lease from a client", LP_DROP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slow_host host;
	struct lp_filter filter = {0};
	struct lp_filter_source source;

	if (size == 0)
		return 0;
	uint8_t options = *data++;
	size--;
	bool gateway = options & OPTION_GATEWAY;
	host.count = 0;
	host.extra = options & OPTION_IPX ? TYPE_IPX : 0;
	memcpy(host.mac, client.b, sizeof(host.mac));
	filter.llc = options & OPTION_LLC;
	if (options & OPTION_IPX)
		lp_filter_allow(&filter, TYPE_IPX);
	lp_filter_source_init(&source, gateway ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT, &client);
	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		uint8_t *frame = malloc(len + 1);
		if (!frame)
			return 0;
		memcpy(frame, data, len);
		repair(frame, len, options);
		/* an exact allocation, so that a sanitizer reports an overread */
		uint8_t *exact = realloc(frame, len ? len : 1);
		if (!exact)
			exact = frame;
		struct lp_view view;
		struct lp_filter_facts facts;
		lp_view_of(exact, len, &view);
		enum lp_drop drop = lp_filter_check(&filter, &source, &view, 0, &facts);
		if (drop == LP_DROP_NONE) {
			int danger = slow_frame(&host, exact, len);
			if (danger & SLOW_NEVER || (danger & SLOW_CLIENT && !gateway))
				complain("a dangerous frame passed", drop);
			if (view.eth.type < 0x0600 &&
				!(options & (OPTION_IPX | OPTION_LLC) && is_old(exact, len)))
				complain("an unknown 802.3 frame passed", drop);
			if (view.eth.type == LP_ETHERTYPE_ARP || view.eth.type == LP_ETHERTYPE_IPV4)
				check_facts(&facts, &view, gateway);
		} else if (!gateway && !(options & (OPTION_KEEP_CHECKSUM | OPTION_KEEP_SOURCE)) &&
			   is_plain(exact, len)) {
			complain("an honest frame was dropped", drop);
		}
		free(exact);
		data += len;
		size -= len;
	}
	return 0;
}
