#include "lanparty/wire/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"

struct lp_inbox_piece {
	struct lp_inbox_piece *next;
	int64_t stream;
	size_t len;
	uint8_t bytes[LP_CONTROL_HEAD + LP_CONTROL_MAX];
};

static struct lp_inbox_piece **find(struct lp_inbox *inbox, int64_t stream)
{
	struct lp_inbox_piece **at = &inbox->pieces;
	while (*at && (*at)->stream != stream)
		at = &(*at)->next;
	return at;
}

static void forget(struct lp_inbox *inbox, struct lp_inbox_piece **at)
{
	struct lp_inbox_piece *piece = *at;
	if (!piece)
		return;
	*at = piece->next;
	inbox->count--;
	lp_zero_free(piece, sizeof(*piece)); /* a hello has the room's key */
}

/* Appends to the stored part of this stream. NULL: failed with a status. */
static struct lp_inbox_piece *append(struct lp_inbox *inbox, int64_t stream, const uint8_t *bytes,
	size_t len, enum lp_status *ret_status)
{
	struct lp_inbox_piece **at = find(inbox, stream);
	if (!*at) {
		*ret_status = LP_FULL;
		if (inbox->count >= inbox->limit)
			return NULL;
		*ret_status = LP_NO_MEMORY;
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return NULL;
		(*at)->stream = stream;
		inbox->count++;
	}
	*ret_status = LP_TOO_LONG;
	if (len > sizeof((*at)->bytes) - (*at)->len)
		return NULL;
	if (len)
		memcpy((*at)->bytes + (*at)->len, bytes, len);
	(*at)->len += len;
	return *at;
}

enum lp_status lp_inbox_add(struct lp_inbox *inbox, int64_t stream, const uint8_t *bytes,
	size_t len, bool fin, bool whole, struct lp_control *ret_message)
{
	struct lp_inbox_piece **earlier = find(inbox, stream);
	enum lp_status status;
	size_t used;
	if (*earlier || !fin) {
		struct lp_inbox_piece *piece = append(inbox, stream, bytes, len, &status);
		if (!piece)
			return status;
		bytes = piece->bytes;
		len = piece->len;
	}
	status = lp_control_decode(bytes, len, ret_message, &used);
	if ((status == LP_OK || status == LP_UNSUPPORTED) && used < len)
		status = LP_MALFORMED;
	if (status == LP_MORE && fin)
		status = LP_MALFORMED;
	if ((status == LP_OK || status == LP_UNSUPPORTED) && whole && !fin)
		return LP_MORE;
	if (status != LP_MORE)
		forget(inbox, find(inbox, stream));
	return status;
}

void lp_inbox_clear(struct lp_inbox *inbox)
{
	while (inbox->pieces)
		forget(inbox, &inbox->pieces);
}
