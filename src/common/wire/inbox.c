#include "lanparty/wire/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"

struct lp_inbox_part {
	struct lp_inbox_part *next;
	int64_t stream;
	size_t len;
	uint8_t bytes[LP_CONTROL_HEAD + LP_CONTROL_MAX];
};

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
	lp_zero_free(part, sizeof(*part)); /* a hello has the room's key */
}

/* Appends to the stored part of this stream. NULL: failed with a status. */
static struct lp_inbox_part *append(
	struct lp_inbox *inbox, const struct lp_piece *piece, enum lp_status *ret_status)
{
	struct lp_inbox_part **at = find(inbox, piece->stream);
	if (!*at) {
		*ret_status = LP_FULL;
		if (inbox->count >= inbox->limit)
			return NULL;
		*ret_status = LP_NO_MEMORY;
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return NULL;
		(*at)->stream = piece->stream;
		inbox->count++;
	}
	*ret_status = LP_TOO_LONG;
	if (piece->len > sizeof((*at)->bytes) - (*at)->len)
		return NULL;
	if (piece->len)
		memcpy((*at)->bytes + (*at)->len, piece->bytes, piece->len);
	(*at)->len += piece->len;
	return *at;
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
