#include "lanparty/room/room_list.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"

struct lp_room_list *lp_room_list_new(size_t count)
{
	struct lp_room_list *list = calloc(1, sizeof(*list));
	if (!list)
		return NULL;
	list->count = count;
	list->rooms = calloc(count > 0 ? count : 1, sizeof(*list->rooms));
	if (list->rooms)
		return list;
	free(list);
	return NULL;
}

struct lp_room_list *lp_room_list_copy(const struct lp_room_list *list)
{
	struct lp_room_list *copy = lp_room_list_new(list->count);
	if (!copy)
		return NULL;
	struct lp_room_terms *rooms = copy->rooms;
	*copy = *list;
	copy->rooms = rooms;
	memcpy(rooms, list->rooms, list->count * sizeof(*rooms));
	return copy;
}

void lp_room_list_free(struct lp_room_list *list)
{
	if (!list)
		return;
	lp_zero_free(list->rooms, list->count * sizeof(*list->rooms));
	lp_zero_free(list, sizeof(*list));
}

const struct lp_room_terms *lp_room_list_find(
	const struct lp_room_list *list, const uint8_t key[LP_ROOM_KEY_SIZE])
{
	const struct lp_room_terms *found = NULL;
	for (size_t i = 0; i < list->count; i++)
		if (lp_equal_secret(list->rooms[i].key, key, LP_ROOM_KEY_SIZE))
			found = &list->rooms[i];
	return found;
}

bool lp_room_list_opens(const struct lp_room_list *list, const struct lp_room_terms *terms,
	const uint8_t token[LP_ROOM_KEY_SIZE])
{
	bool right = lp_equal_secret(list->token, token, LP_ROOM_KEY_SIZE);
	return list->open || terms || (list->has_token && right);
}
