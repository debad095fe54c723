#include "lanparty/packet/flow.h"

#include <string.h>

/* What is hashed, packed into few words, because SipHash pays for each: MAC addresses and ports in two, IP
 * addresses in none, one or four; then ethertype and protocol. */
#define ADDRESSES 2
#define WORDS_MAX (ADDRESSES + 4)

struct lp_flow_key lp_flow_of(const struct lp_view *view, const struct lp_siphash_key *secret)
{
	struct lp_flow_key key = {0};
	uint64_t words[WORDS_MAX];
	uint32_t macs, ports = 0;
	size_t count = ADDRESSES;
	uint8_t protocol = view->protocol;
	if (view->flaw == LP_VIEW_ETHERNET)
		return key;
	if (view->version == 4) {
		memcpy(&words[ADDRESSES], lp_view_addresses(view), (size_t)2 * LP_IPV4_ADDRESS);
		count = ADDRESSES + 1;
	} else if (view->version == 6) {
		memcpy(&words[ADDRESSES], lp_view_addresses(view), (size_t)2 * LP_IPV6_ADDRESS);
		count = ADDRESSES + 4;
	}
	if (!lp_view_is_fragment(view)) {
		ports = (uint32_t)view->source_port << 16 | view->destination_port;
		key.tcp = protocol == LP_IP_TCP && view->transport_header > 0;
	} else if (view->version == 6) {
		/* only the first fragment has the headers that end in the protocol */
		protocol = LP_IP_FRAGMENT;
	}
	memcpy(&words[0], view->frame, sizeof(words[0]));
	memcpy(&macs, view->frame + sizeof(words[0]), sizeof(macs));
	words[1] = (uint64_t)ports << 32 | macs;
	uint32_t last = (uint32_t)view->eth.type << 16 | protocol;
	key.hash = (uint32_t)lp_siphash_words(secret, words, count, last);
	return key;
}
