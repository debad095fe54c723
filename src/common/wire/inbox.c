#include "lanparty/wire/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"

struct lp_inbox_part {
	struct lp_inbox_part *next;
	int64_t stream;
	size_t len, cap;
	uint8_t bytes[];
};

#define PART_MAX   (LP_CONTROL_HEAD + LP_CONTROL_MAX)
#define PART_FIRST 128 /* bytes that a new part has space for */

static struct lp_inbox_part **find(struct lp_inbox *inbox, int64_t stream)
{
	struct lp_inbox_part **at = &inbox->parts;
	while (*at && (*at)->stream != stream)
		at = &(*at)->next;
	return at;
}

static void forget(struct lp_inbox *inbox, struct lp_inbox_part **at)
{
	struct lp_inbox_part *part = *at;
	if (!part)
		return;
	*at = part->next;
	inbox->count--;
	inbox->bytes -= part->len;
	lp_zero_free(part, sizeof(*part) + part->cap); /* a hello has the room's key */
}

/* Makes space for len bytes in all; old can be NULL. NULL: out of memory, and old is as before. */
static struct lp_inbox_part *grown(struct lp_inbox_part *old, size_t len)
{
	size_t cap = old ? old->cap : PART_FIRST;
	while (cap < len)
		cap *= 2;
	if (old && cap == old->cap)
		return old;
	struct lp_inbox_part *part = calloc(1, sizeof(*part) + cap);
	if (!part)
		return NULL;
	if (old) {
		memcpy(part, old, sizeof(*old) + old->len);
		lp_zero_free(old, sizeof(*old) + old->cap);
	}
	part->cap = cap;
	return part;
}

/* Appends to the stored part of this stream. NULL: failed with a status. */
static struct lp_inbox_part *append(
	struct lp_inbox *inbox, const struct lp_piece *piece, enum lp_status *ret_status)
{
	struct lp_inbox_part **at = find(inbox, piece->stream);
	bool fresh = !*at;
	size_t before = fresh ? 0 : (*at)->len;
	*ret_status = LP_TOO_LONG;
	if (piece->len > PART_MAX - before)
		return NULL;
	*ret_status = LP_FULL;
	if ((fresh && inbox->count >= inbox->limit) ||
		(inbox->bytes_max && piece->len > inbox->bytes_max - inbox->bytes))
		return NULL;
	*ret_status = LP_NO_MEMORY;
	struct lp_inbox_part *part = grown(*at, before + piece->len);
	if (!part)
		return NULL;
	*at = part;
	inbox->count += fresh;
	part->stream = piece->stream;
	if (piece->len)
		memcpy(part->bytes + before, piece->bytes, piece->len);
	part->len += piece->len;
	inbox->bytes += piece->len;
	return part;
}

enum lp_status lp_inbox_add(struct lp_inbox *inbox, const struct lp_piece *piece, bool whole,
	struct lp_control *ret_message)
{
	const uint8_t *bytes = piece->bytes;
	size_t len = piece->len, used;
	enum lp_status status;
	if (*find(inbox, piece->stream) || !piece->fin) {
		const struct lp_inbox_part *part = append(inbox, piece, &status);
		if (!part)
			return status;
		bytes = part->bytes;
		len = part->len;
	}
	status = lp_control_decode(bytes, len, ret_message, &used);
	if ((status == LP_OK || status == LP_UNSUPPORTED) && used < len)
		status = LP_MALFORMED;
	if (status == LP_MORE && piece->fin)
		status = LP_MALFORMED;
	if ((status == LP_OK || status == LP_UNSUPPORTED) && whole && !piece->fin)
		return LP_MORE;
	if (status != LP_MORE)
		forget(inbox, find(inbox, piece->stream));
	return status;
}

void lp_inbox_clear(struct lp_inbox *inbox)
{
	while (inbox->parts)
		forget(inbox, &inbox->parts);
}
