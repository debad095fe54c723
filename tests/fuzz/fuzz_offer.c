/* Row N5: leases and router advertisements on their way to a player's computer. The input is one frame.
 * Whatever its bytes are, what passes makes no route to what the player has: this reads the result anew,
 * in its own way. */
#include "fuzz_frame.h"
#include "lanparty/base/bytes.h"
#include "lanparty/packet/offer.h"

#define OWN_NET    0x0a000000u /* 10.0.0.0/8 */
#define OWN_ROUTER 0xc0a80101u /* 192.168.1.1 */

static const uint8_t own_net6[LP_PREFIX_BYTES] = {0x20, 0x01, 0x0d, 0xb8};

static void list_own(struct lp_own_list *own)
{
	const struct lp_prefix net = lp_prefix_ipv4(OWN_NET, 8);
	const struct lp_prefix router = lp_prefix_ipv4(OWN_ROUTER, 32);
	const struct lp_prefix net6 = lp_prefix_ipv6(own_net6, 32);
	own->count = 0;
	REQUIRE(lp_own_add(own, LP_OWN_NETWORK, &net) && lp_own_add(own, LP_OWN_ROUTER, &router) &&
		lp_own_add(own, LP_OWN_NETWORK, &net6) && own->count == 3);
}

/* The routes that a client makes of the reply's only mask. */
static void check_reply(const uint8_t *dhcp, size_t len)
{
	uint32_t address = lp_get32(dhcp + LP_DHCP_YIADDR), mask = 0;
	size_t at = LP_DHCP_OPTIONS;
	while (at < len && dhcp[at] != LP_DHCP_END) {
		uint8_t option = dhcp[at];
		if (option == LP_DHCP_PAD) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at - 2 < dhcp[at + 1])
			break;
		REQUIRE(option != LP_DHCP_ROUTER && option != LP_DHCP_DNS && option != 33 &&
			option != 121 && option != 249 && option != 252);
		if (option == LP_DHCP_MASK)
			mask = lp_get32(dhcp + at + 2);
		at += 2 + (size_t)dhcp[at + 1];
	}
	if (address == 0 || mask == 0)
		return;
	REQUIRE(mask >= 0xffff0000u);
	REQUIRE(mask == UINT32_MAX || ((OWN_ROUTER ^ address) & mask) != 0);
	REQUIRE(mask == UINT32_MAX || address >> 24 != OWN_NET >> 24);
	REQUIRE(address != OWN_ROUTER && address != OWN_NET);
}

static void check_advertisement(const uint8_t *ra, size_t len)
{
	REQUIRE(len >= LP_RA_MIN && ra[LP_RA_FLAGS] == 0 && lp_get16(ra + LP_RA_LIFETIME) == 0);
	for (size_t at = LP_RA_MIN; at < len; at += 8 * (size_t)ra[at + 1]) {
		const uint8_t *option = ra + at;
		REQUIRE(option[1] > 0);
		REQUIRE(option[0] == 1 || option[0] == 3 || option[0] == 5 || option[0] == 253);
		if (option[0] != 3)
			continue;
		REQUIRE(option[1] == 4 && option[2] == 64);
		REQUIRE(memcmp(option + 16, own_net6, 4) != 0);
		REQUIRE(option[16] >> 5 == 1 || option[16] == 0xfc || option[16] == 0xfd);
	}
}

static void check(uint8_t *frame, const struct lp_view *v)
{
	struct lp_own_list own;
	struct lp_offer offer, again;
	struct lp_view after;
	if (!lp_offer_is(v))
		return;
	list_own(&own);
	enum lp_drop drop = lp_offer_check(frame, v, &own, &offer);
	if (drop != LP_DROP_NONE) {
		REQUIRE(!offer.narrowed);
		return;
	}
	lp_view_of(frame, v->len, &after);
	REQUIRE(after.flaw == v->flaw && after.transport == v->transport);
	REQUIRE(lp_offer_is(&after));
	if (v->version == 4)
		check_reply(frame + v->transport + LP_UDP_HEADER, v->data_len);
	else
		check_advertisement(frame + v->transport, v->transport_len);
	/* What has passed passes again as it is, but for a lease that was narrowed. */
	REQUIRE(lp_offer_check(frame, &after, &own, &again) == LP_DROP_NONE);
	REQUIRE(again.fault == LP_OFFER_GOOD || offer.narrowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_frame(data, size, check);
}
