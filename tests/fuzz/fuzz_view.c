/* The parser of frames. The input is one frame. Whatever its bytes are, each offset is within it,
 * its parts do not overlap, and the users of the view touch nothing else. */
#include "fuzz_frame.h"
#include "lanparty/packet/dhcp_strip.h"
#include "lanparty/packet/flow.h"
#include "lanparty/packet/mss.h"

static void check_ip(const struct lp_view *v)
{
	bool reached = v->flaw == LP_VIEW_SOUND || v->flaw == LP_VIEW_TRANSPORT;
	REQUIRE(v->version == 4 || v->version == 6);
	REQUIRE((v->transport > 0) == reached);
	REQUIRE(v->version == 6 || v->extensions == 0);
	REQUIRE(v->version == 6 || v->is_fragmented == lp_view_is_fragment(v));
	REQUIRE(v->version == 4 || v->is_fragmented == !!(v->extensions & LP_VIEW_FRAGMENT));
	REQUIRE(v->is_fragmented || (v->fragment_len == 0 && v->fragment_id == 0));
	REQUIRE(v->fragment_len >= v->transport_len || !v->is_fragmented);
	if (!reached)
		REQUIRE(v->transport_len == 0);
	if (v->fragment_offset > 0)
		REQUIRE(v->flaw == LP_VIEW_SOUND && v->transport_header == 0);
	if (v->transport_header == 0)
		REQUIRE(v->data_len == 0);
	else
		REQUIRE(v->flaw == LP_VIEW_SOUND);
	if (v->protocol != LP_IP_UDP && v->protocol != LP_IP_TCP)
		REQUIRE(v->source_port == 0 && v->destination_port == 0);
	size_t least = v->version == 4 ? LP_IPV4_MIN : LP_IPV6_HEADER;
	REQUIRE(!reached || v->transport >= LP_ETH_HEADER + least);
	REQUIRE((size_t)v->transport + v->transport_len <= v->len);
	REQUIRE((size_t)v->transport_header + v->data_len <= v->transport_len);
}

static void check_no_ip(const struct lp_view *v)
{
	REQUIRE(v->version == 0 && v->protocol == 0 && v->extensions == 0);
	REQUIRE(!v->is_fragmented && v->fragment_offset == 0 && v->fragment_len == 0);
	REQUIRE(v->transport == 0 && v->transport_len == 0 && v->transport_header == 0);
	REQUIRE(v->data_len == 0 && v->source_port == 0 && v->destination_port == 0);
}

/* Functions that change a frame do not move its headers. */
static void check_users(uint8_t *frame, const struct lp_view *v)
{
	static const struct lp_siphash_key secret = {1, 2};
	struct lp_view after;
	struct lp_flow_key flow = lp_flow_of(v, &secret);
	bool syn = lp_mss_is_syn(v);
	REQUIRE(!flow.tcp || (v->protocol == LP_IP_TCP && v->transport_header > 0));
	REQUIRE(!lp_mss_clamp(frame, v, 700) || syn);
	REQUIRE(!lp_mss_clamp(frame, v, 700)); /* the MSS fits already */
	lp_dhcp_strip(frame, v);
	REQUIRE(!lp_dhcp_strip(frame, v));
	lp_view_of(frame, v->len, &after);
	REQUIRE(after.flaw == v->flaw && after.transport == v->transport);
	REQUIRE(after.transport_header == v->transport_header && after.data_len == v->data_len);
	REQUIRE(lp_flow_of(&after, &secret).hash == flow.hash);
}

static void check(uint8_t *frame, const struct lp_view *v)
{
	REQUIRE((v->len < LP_ETH_HEADER) == (v->flaw == LP_VIEW_ETHERNET));
	REQUIRE(v->frame == frame);
	bool ip = v->eth.type == LP_ETHERTYPE_IPV4 || v->eth.type == LP_ETHERTYPE_IPV6;
	if (ip && v->flaw != LP_VIEW_IP)
		check_ip(v);
	else
		check_no_ip(v);
	check_users(frame, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_frame(data, size, check);
}
