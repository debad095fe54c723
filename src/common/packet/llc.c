#include "lanparty/packet/llc.h"

#include <string.h>

#include "lanparty/base/bytes.h"

#define IPX_HEADER  30
#define IPX_LENGTH  2
#define LLC_IPX     0xe0
#define LLC_NETBIOS 0xf0
#define LLC_HEADER  3 /* of most kinds: the frames that open and end a session have nothing more */
#define LLC_GROUP   1 /* of the destination: a group; of the source: a response */
#define UNNUMBERED  3 /* the control field of LLC without connections */

/* An IPX packet begins here. Frames are padded, packets to an even length: the packet can be shorter. */
static bool is_ipx(const uint8_t *at, size_t left)
{
	return left >= IPX_HEADER && lp_get16(at + IPX_LENGTH) >= IPX_HEADER &&
	       lp_get16(at + IPX_LENGTH) <= left;
}

static enum lp_old_protocol in_8023(const uint8_t *at, size_t len)
{
	static const uint8_t raw[] = {0xff, 0xff}; /* no checksum */
	static const uint8_t llc[] = {LLC_IPX, LLC_IPX, UNNUMBERED};
	static const uint8_t snap[] = {
		0xaa, 0xaa, UNNUMBERED, 0, 0, 0, LP_ETHERTYPE_IPX >> 8, LP_ETHERTYPE_IPX & 0xff};
	size_t head = SIZE_MAX;
	if (len < LLC_HEADER)
		return LP_OLD_NONE;
	if (memcmp(at, raw, sizeof(raw)) == 0)
		head = 0;
	else if (memcmp(at, llc, sizeof(llc)) == 0)
		head = sizeof(llc);
	else if (len >= sizeof(snap) && memcmp(at, snap, sizeof(snap)) == 0)
		head = sizeof(snap);
	if (head != SIZE_MAX)
		return is_ipx(at + head, len - head) ? LP_OLD_IPX_8023 : LP_OLD_NONE;
	return (at[0] & ~LLC_GROUP) == LLC_NETBIOS && (at[1] & ~LLC_GROUP) == LLC_NETBIOS
		       ? LP_OLD_NETBEUI
		       : LP_OLD_NONE;
}

enum lp_old_protocol lp_old_protocol_of(const struct lp_view *view)
{
	if (view->flaw == LP_VIEW_ETHERNET)
		return LP_OLD_NONE;
	const uint8_t *at = view->frame + LP_ETH_HEADER;
	size_t left = view->len - LP_ETH_HEADER;
	if (view->eth.type == LP_ETHERTYPE_IPX)
		return is_ipx(at, left) ? LP_OLD_IPX : LP_OLD_NONE;
	if (view->eth.type > LP_ETH_MTU || view->eth.type > left)
		return LP_OLD_NONE;
	return in_8023(at, view->eth.type);
}
