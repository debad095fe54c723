#include "race.h"

#include <string.h>

void lp_race_init(struct lp_race *race, size_t endpoints)
{
	*race = (struct lp_race){.count = endpoints};
}

void lp_race_allow_streams(struct lp_race *race, unsigned proxied)
{
	race->streams = true;
	race->proxied = proxied;
}

void lp_race_favour(struct lp_race *race, const struct lp_entry *entry, bool sure)
{
	race->favourite = *entry;
	race->sure = sure;
}

void lp_race_start(struct lp_race *race, lp_time now)
{
	for (size_t i = 0; i < 2; i++)
		race->lanes[i] = (struct lp_race_lane){.next_at = now};
	race->tries = 0;
	race->held_until = 0;
	race->asked_at = now;
	race->udp_at = LP_NEVER;
	race->streams_at = now + LP_RACE_STREAM_DELAY;
}

static bool is_proxied(const struct lp_race *race, size_t endpoint)
{
	return race->proxied & 1u << endpoint;
}

/* Where TCP or UDP to this endpoint leads. */
static const struct lp_addresses *known_of(const struct lp_race *race, size_t endpoint, bool stream)
{
	return &race->known[stream && is_proxied(race, endpoint) ? LP_LINK_PROXY : endpoint];
}

/* The proxy has one address for all endpoints. */
static bool is_same(const struct lp_race *race, const struct lp_entry *a, const struct lp_entry *b)
{
	return a->stream == b->stream && lp_address_equal(&a->address, &b->address) &&
	       (a->endpoint == b->endpoint || !a->stream || !is_proxied(race, a->endpoint));
}

static bool was_tried(const struct lp_race *race, const struct lp_entry *e)
{
	for (size_t i = 0; i < race->tries; i++)
		if (is_same(race, &race->tried[i], e))
			return true;
	return false;
}

static bool is_found(const struct lp_race *race, const struct lp_entry *e)
{
	const struct lp_addresses *known = known_of(race, e->endpoint, e->stream);
	for (size_t i = 0; i < known->count; i++)
		if (lp_address_equal(&known->list[i], &e->address))
			return true;
	return false;
}

/* There is a favourite of that kind, and it was not tried yet. */
static bool has_favourite(const struct lp_race *race, bool stream)
{
	const struct lp_entry *f = &race->favourite;
	return f->address.len > 0 && f->stream == stream && (!stream || race->streams) &&
	       !was_tried(race, f);
}

void lp_race_found(
	struct lp_race *race, size_t endpoint, const struct lp_addresses *found, lp_time now)
{
	const struct lp_entry *f = &race->favourite;
	race->known[endpoint] = *found;
	if (!found->more)
		race->held_until = 0;
	else if (race->tries == 0)
		race->held_until = now + LP_RACE_HOLD;
	if (has_favourite(race, false) && f->endpoint == endpoint && is_found(race, f))
		race->lanes[false].next_at = now;
}

void lp_race_hurry(struct lp_race *race, bool stream, lp_time now)
{
	struct lp_race_lane *lane = &race->lanes[stream];
	lane->next_at = lp_sooner(lane->next_at, now);
}

void lp_race_open_streams(struct lp_race *race, lp_time now)
{
	race->streams_at = lp_sooner(race->streams_at, now);
}

/* Its name is not known yet. */
static bool awaits_favourite(const struct lp_race *race)
{
	return has_favourite(race, false) && !race->sure &&
	       race->known[race->favourite.endpoint].count == 0;
}

static lp_time later(lp_time a, lp_time b)
{
	return a > b ? a : b;
}

static lp_time others_at(const struct lp_race *race, bool stream)
{
	lp_time next_at = later(race->lanes[stream].next_at, race->held_until);
	if (stream)
		return later(next_at, race->streams_at);
	return awaits_favourite(race) ? later(next_at, race->asked_at + LP_RACE_HOLD) : next_at;
}

/* A network in which TCP worked last lets no UDP through, most likely. */
static lp_time favourite_stream_at(const struct lp_race *race)
{
	lp_time soon = race->udp_at == LP_NEVER ? LP_NEVER : race->udp_at + LP_RACE_DELAY;
	return later(race->lanes[true].next_at, lp_sooner(soon, race->streams_at));
}

/* When the favourite can be tried; LP_NEVER: not, or not any more. */
static lp_time favourite_at(const struct lp_race *race, bool stream)
{
	if (!has_favourite(race, stream))
		return LP_NEVER;
	if (!stream && awaits_favourite(race))
		return later(race->lanes[false].next_at, race->asked_at + LP_RACE_NAME_WAIT);
	if (!race->sure && !is_found(race, &race->favourite))
		return LP_NEVER; /* its name leads to others now */
	return stream ? favourite_stream_at(race) : race->lanes[false].next_at;
}

/* The first untried address of the endpoint, of the family whose turn it is if there is one. */
static bool pick(
	const struct lp_race *race, size_t endpoint, bool stream, struct lp_entry *ret_entry)
{
	const struct lp_addresses *known = known_of(race, endpoint, stream);
	int family = race->lanes[stream].family;
	bool found = false;
	for (size_t i = 0; i < known->count; i++) {
		struct lp_entry e = {known->list[i], endpoint, stream};
		bool fits = !family || e.address.sa.sa_family == family;
		if ((found && !fits) || was_tried(race, &e))
			continue;
		*ret_entry = e;
		found = true;
		if (fits)
			break;
	}
	return found;
}

/* Endpoints take turns, and so do the families: a network whose IPv6 is dead, or that blocks one port, costs
 * one delay each. */
static bool choose(const struct lp_race *race, bool stream, struct lp_entry *ret_entry)
{
	if (stream && !race->streams)
		return false;
	for (size_t i = 0; i < race->count; i++)
		if (pick(race, (race->lanes[stream].turn + i) % race->count, stream, ret_entry))
			return true;
	return false;
}

/* TCP does not overtake UDP because name servers were slow. */
static void note_udp(struct lp_race *race, lp_time now)
{
	if (race->udp_at != LP_NEVER)
		return;
	race->udp_at = now;
	race->streams_at = later(race->streams_at, now + LP_RACE_DELAY);
}

bool lp_race_next(struct lp_race *race, bool stream, lp_time now, struct lp_entry *ret_entry)
{
	struct lp_race_lane *lane = &race->lanes[stream];
	struct lp_entry e;
	if (now < lane->next_at || race->tries == LP_RACE_TRIES)
		return false;
	if (now >= favourite_at(race, stream))
		e = race->favourite;
	else if (now < others_at(race, stream) || !choose(race, stream, &e))
		return false;
	race->tried[race->tries++] = e;
	lane->turn = (e.endpoint + 1) % race->count;
	lane->family = e.address.sa.sa_family == AF_INET6 ? AF_INET : AF_INET6;
	lane->next_at = now + LP_RACE_DELAY;
	if (!stream)
		note_udp(race, now);
	*ret_entry = e;
	return true;
}

lp_time lp_race_due(const struct lp_race *race, bool stream)
{
	struct lp_entry e;
	if (race->tries == LP_RACE_TRIES)
		return LP_NEVER;
	lp_time favourite = favourite_at(race, stream);
	return choose(race, stream, &e) ? lp_sooner(others_at(race, stream), favourite) : favourite;
}
