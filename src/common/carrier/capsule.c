#include "lanparty/carrier/capsule.h"

#include <string.h>

#include "lanparty/base/bytes.h"

#define DATAGRAM   0 /* RFC 9297, section 3.5 */
#define CONTEXT_ID 0 /* of UDP payloads (RFC 9298, section 5) */

size_t lp_capsule_head(uint8_t head[LP_CAPSULE_HEAD_MAX], size_t payload_len)
{
	struct lp_writer w = lp_writer_of(head, LP_CAPSULE_HEAD_MAX);
	lp_write_varint(&w, DATAGRAM);
	lp_write_varint(&w, lp_varint_size(CONTEXT_ID) + payload_len);
	lp_write_varint(&w, CONTEXT_ID);
	return (size_t)(w.at - head);
}

/* Starts the value once the head is complete. A head that is too short is no fault. */
static enum lp_capsule_fault try_head(struct lp_capsule_reader *reader)
{
	struct lp_reader r = lp_reader_of(reader->head, reader->head_len);
	uint64_t type = lp_read_varint(&r);
	uint64_t len = lp_read_varint(&r);
	if (r.failed)
		return LP_CAPSULE_GOOD;
	if (len > LP_CAPSULE_SKIP_MAX)
		return LP_CAPSULE_TOO_LONG;
	size_t before = lp_reader_left(&r);
	uint64_t id = CONTEXT_ID;
	if (type == DATAGRAM) {
		if (len == 0)
			return LP_CAPSULE_MALFORMED;
		id = lp_read_varint(&r);
		if (r.failed) /* before is how much of the value came */
			return before >= len ? LP_CAPSULE_MALFORMED : LP_CAPSULE_GOOD;
	}
	reader->left = len - (before - lp_reader_left(&r));
	reader->wanted = type == DATAGRAM && id == CONTEXT_ID && reader->left <= LP_PAYLOAD_MAX;
	reader->in_value = true;
	reader->have = 0;
	return LP_CAPSULE_GOOD;
}

static void end_value(struct lp_capsule_reader *reader)
{
	reader->in_value = false;
	reader->head_len = 0;
}

/* Takes up to len bytes of the value. A payload that lies whole in bytes is not copied. */
static size_t take_value(struct lp_capsule_reader *reader, const uint8_t *bytes, size_t len,
	void (*sink)(void *context, const uint8_t *payload, size_t len), void *context)
{
	size_t n = len < reader->left ? len : (size_t)reader->left;
	bool last = n == reader->left;
	reader->left -= n;
	if (reader->wanted && last && reader->have == 0) {
		if (n > 0)
			sink(context, bytes, n);
	} else if (reader->wanted) {
		memcpy(reader->payload + reader->have, bytes, n);
		reader->have += n;
		if (last)
			sink(context, reader->payload, reader->have);
	}
	if (last)
		end_value(reader);
	return n;
}

enum lp_capsule_fault lp_capsule_read(struct lp_capsule_reader *reader, const uint8_t *bytes,
	size_t len, void (*sink)(void *context, const uint8_t *payload, size_t len), void *context)
{
	for (size_t at = 0; at < len;) {
		if (reader->in_value) {
			at += take_value(reader, bytes + at, len - at, sink, context);
			continue;
		}
		reader->head[reader->head_len++] = bytes[at++];
		enum lp_capsule_fault fault = try_head(reader);
		if (fault != LP_CAPSULE_GOOD)
			return fault;
		if (reader->in_value && reader->left == 0)
			end_value(reader);
	}
	return LP_CAPSULE_GOOD;
}
