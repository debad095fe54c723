#include "peer_ids.h"

#include <stdbool.h>
#include <stdlib.h>

#define CAP_FIRST 16

/* Makes space for one more ID. Giving one back then needs no memory. */
static bool reserve(struct lp_peer_ids *ids)
{
	if (ids->given + (size_t)1 < ids->cap)
		return true;
	size_t cap = ids->cap ? 2 * ids->cap : CAP_FIRST;
	struct lp_free_id *more = realloc(ids->ids, cap * sizeof(*more));
	if (!more)
		return false;
	ids->ids = more;
	ids->cap = cap;
	return true;
}

static uint16_t take_first(struct lp_peer_ids *ids)
{
	uint16_t id = ids->first;
	ids->first = ids->ids[id].next;
	if (!ids->first)
		ids->last = 0;
	return id;
}

uint16_t lp_peer_ids_take(struct lp_peer_ids *ids, lp_time now)
{
	bool rested = ids->first && now - ids->ids[ids->first].since >= LP_PEER_ID_QUARANTINE;
	if (rested || ids->given == UINT16_MAX)
		return take_first(ids);
	return reserve(ids) ? ++ids->given : 0;
}

void lp_peer_ids_give_back(struct lp_peer_ids *ids, uint16_t id, lp_time now)
{
	ids->ids[id] = (struct lp_free_id){.since = now};
	if (ids->last)
		ids->ids[ids->last].next = id;
	else
		ids->first = id;
	ids->last = id;
}

void lp_peer_ids_clear(struct lp_peer_ids *ids)
{
	free(ids->ids);
}
