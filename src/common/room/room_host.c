/* room_host.c - who is the host of a room (row N4). */
#include <string.h>

#include "room_private.h"

bool lp_room_has_host(const struct lp_hosted *hosted)
{
	return lp_host_is_known(hosted->print);
}

bool lp_rooms_hosted(const struct lp_rooms *rooms, const struct lp_room *room,
	const uint8_t *room_key, struct lp_hosted *ret_hosted)
{
	const struct lp_host_book *book = &rooms->config.book;
	*ret_hosted = room ? room->hosted : (struct lp_hosted){.locked = false};
	return room || !book->find || book->find(book->context, room_key, ret_hosted);
}

/* The first key that somebody proves is the room's. */
bool lp_room_is_host(const struct lp_hosted *hosted, const struct lp_join *join)
{
	return join->print && (!lp_room_has_host(hosted) ||
				      memcmp(join->print, hosted->print, LP_HOST_PRINT) == 0);
}

void lp_room_register(struct lp_room *room, const struct lp_join *join)
{
	const struct lp_host_book *book = &room->rooms->config.book;
	struct lp_hosted hosted = room->hosted; /* with its bans */
	/* Otherwise one source could fill the book, and the rooms of others would be forgotten. */
	if (!lp_room_has_host(&hosted) &&
		!lp_limiter_take(&room->rooms->hosts, &join->source, join->now))
		return;
	memcpy(hosted.key, join->hello->host_key, sizeof(hosted.key));
	memcpy(hosted.print, join->print, sizeof(hosted.print));
	if (book->keep && book->keep(book->context, room->key, &hosted))
		room->hosted = hosted;
}

bool lp_room_keep_host(const struct lp_room *room)
{
	const struct lp_host_book *book = &room->rooms->config.book;
	return book->keep && lp_room_has_host(&room->hosted) &&
	       book->keep(book->context, room->key, &room->hosted);
}

const struct lp_hosted *lp_room_hosted(const struct lp_room *room)
{
	return &room->hosted;
}

const uint8_t *lp_room_secret(const struct lp_room *room)
{
	return room->key;
}
