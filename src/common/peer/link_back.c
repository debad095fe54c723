#include "link_private.h"

#include "lanparty/edge/address.h"
#include "lanparty/edge/log.h"

#define TRY_EVERY (30 * LP_SECOND) /* UDP can be allowed again, or have been too slow only once */
#define LINGER    (2 * LP_SECOND) /* for what is on the way in the stream that the connection leaves */
#define NO_HURRY  LP_SECOND       /* between two rounds, at least */

void lp_link_back_begin(struct lp_link *l)
{
	l->back = (struct lp_back){.at = l->now + TRY_EVERY};
	if (l->told_tcp || l->race.udp_at == LP_NEVER)
		return;
	l->told_tcp = true;
	lp_log(LP_LOG_INFO, "udp_blocked", "hint=%s",
		"UDP does not get through here: using TCP; a game waits longer when packets get "
		"lost");
}

static void leave_way(struct lp_way *w)
{
	w->use = WAY_PLAIN; /* lp_link_flush closes it */
}

void lp_link_back_end(struct lp_link *l)
{
	if (l->back.way)
		leave_way(l->back.way);
	l->back = (struct lp_back){.at = LP_NEVER};
}

void lp_link_back_hurry(struct lp_link *l)
{
	if (l->back.at == LP_NEVER)
		return;
	l->back.hurries = l->back.way != NULL;
	l->back.at = lp_sooner(l->back.at, l->now);
}

/* The next known address of any endpoint. False: the round has ended. */
static bool next_entry(struct lp_link *l, struct lp_entry *ret_entry)
{
	size_t number = l->back.next++;
	for (size_t i = 0; i < l->race.count; i++) {
		const struct lp_addresses *known = &l->race.known[i];
		if (number < known->count) {
			*ret_entry = (struct lp_entry){known->list[number], i, false};
			return true;
		}
		number -= known->count;
	}
	return false;
}

static bool try_udp(struct lp_link *l, const struct lp_entry *entry)
{
	char text[LP_ADDRESS_TEXT];
	struct lp_way *w = lp_link_free_way(l);
	if (!w || !lp_link_open_way(l, w, entry))
		return false;
	lp_log(LP_LOG_DEBUG, "trying_udp", "address=%s", lp_address_format(&entry->address, text));
	if (!lp_quic_migrate(l->joined->conn, &w->path, l->now))
		return false; /* lp_link_flush closes it */
	w->use = WAY_MOVING;
	l->back.way = w;
	return true;
}

/* Also after a round that has taken longer than the time between two. */
static lp_time next_round(const struct lp_link *l)
{
	lp_time due = l->back.began + (l->back.hurries ? NO_HURRY : TRY_EVERY);
	lp_time least = l->now + NO_HURRY;
	return due > least ? due : least;
}

void lp_link_back_on_time(struct lp_link *l)
{
	struct lp_entry entry;
	if (!l->joined || l->back.way || l->now < l->back.at)
		return;
	if (l->back.next == 0)
		l->back.began = l->now;
	while (next_entry(l, &entry))
		if (try_udp(l, &entry))
			return;
	l->back.next = 0;
	l->back.at = next_round(l);
	l->back.hurries = false;
}

lp_time lp_link_back_deadline(const struct lp_link *l)
{
	return l->joined && !l->back.way ? l->back.at : LP_NEVER;
}

static void move(struct lp_link *l, struct lp_way *to)
{
	struct lp_way *from = l->joined;
	char text[LP_ADDRESS_TEXT];
	to->conn = from->conn;
	to->use = WAY_PLAIN;
	from->conn = NULL;
	from->use = WAY_LEFT;
	from->until = l->now + LINGER;
	l->joined = to;
	l->latest = to->entry;
	l->told_tcp = false;
	l->back = (struct lp_back){.at = LP_NEVER};
	lp_quic_set_user(to->conn, to);
	lp_race_favour(&l->race, &to->entry, true);
	lp_link_tell_own(l);
	lp_log(LP_LOG_INFO, "way_changed", "over=%s address=%s", lp_tell_over(to->entry.stream),
		lp_address_format(&to->entry.address, text));
	if (l->config.ops->moved)
		l->config.ops->moved(l->config.context);
}

void lp_link_on_moved(void *context, struct lp_quic_conn *conn, bool good)
{
	struct lp_link *l = context;
	struct lp_way *w = l->back.way;
	if (!w || !l->joined || l->joined->conn != conn)
		return;
	l->back.way = NULL;
	if (good)
		move(l, w);
	else
		leave_way(w);
}
