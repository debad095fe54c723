#include "lanparty/wire/overlay.h"

#include "lanparty/base/bytes.h"

size_t lp_overlay_fragment_len(enum lp_overlay_type type, size_t frame_len)
{
	return type == LP_OVERLAY_FIRST ? (frame_len + 1) / 2 : frame_len / 2;
}

enum lp_drop lp_overlay_decode(const uint8_t *datagram, size_t len, struct lp_overlay *ret_overlay)
{
	struct lp_reader r = lp_reader_of(datagram, len);
	struct lp_overlay o = {0};

	uint8_t first = lp_read_u8(&r);
	uint8_t flags = lp_read_u8(&r);
	o.peer = lp_read_u16(&r);
	o.room = lp_read_u32(&r);
	if (r.failed || first >> 4 != LP_OVERLAY_VERSION || flags != 0)
		return LP_DROP_OVERLAY;
	if ((first & 15) > LP_OVERLAY_NUMBERED)
		return LP_DROP_WRONG_TYPE;
	o.type = (enum lp_overlay_type)(first & 15);
	if (o.type != LP_OVERLAY_WHOLE)
		o.frame_id = lp_read_u16(&r);
	if (r.failed)
		return LP_DROP_OVERLAY;
	if (o.type == LP_OVERLAY_FIRST || o.type == LP_OVERLAY_SECOND) {
		o.frame_len = lp_read_u16(&r);
		if (r.failed || o.frame_len < LP_ETH_HEADER || o.frame_len > LP_ETH_FRAME_MAX)
			return LP_DROP_OVERLAY;
		if (lp_reader_left(&r) != lp_overlay_fragment_len(o.type, o.frame_len))
			return LP_DROP_OVERLAY;
	}
	o.len = lp_reader_left(&r);
	o.bytes = lp_read_bytes(&r, o.len);
	*ret_overlay = o;
	return LP_DROP_NONE;
}

size_t lp_overlay_encode(
	const struct lp_overlay *overlay, uint8_t header[LP_OVERLAY_FRAGMENT_HEADER])
{
	struct lp_writer w = lp_writer_of(header, LP_OVERLAY_FRAGMENT_HEADER);

	lp_write_u8(&w, (uint8_t)(LP_OVERLAY_VERSION << 4 | overlay->type));
	lp_write_u8(&w, 0);
	lp_write_u16(&w, overlay->peer);
	lp_write_u32(&w, overlay->room);
	if (overlay->type == LP_OVERLAY_WHOLE)
		return LP_OVERLAY_HEADER;
	lp_write_u16(&w, overlay->frame_id);
	if (overlay->type == LP_OVERLAY_NUMBERED)
		return LP_OVERLAY_NUMBERED_HEADER;
	lp_write_u16(&w, overlay->frame_len);
	return LP_OVERLAY_FRAGMENT_HEADER;
}
