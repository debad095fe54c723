#include "race.h"

#include <string.h>

void lp_race_init(struct lp_race *race, size_t endpoints)
{
	*race = (struct lp_race){.count = endpoints};
}

void lp_race_favour(struct lp_race *race, const struct lp_entry *entry, bool sure)
{
	race->favourite = *entry;
	race->sure = sure;
}

void lp_race_start(struct lp_race *race, lp_time now)
{
	race->tries = race->turn = 0;
	race->family = 0;
	race->next_at = race->asked_at = now;
}

static bool has(const struct lp_address *list, size_t count, const struct lp_address *a)
{
	for (size_t i = 0; i < count; i++)
		if (lp_address_equal(&list[i], a))
			return true;
	return false;
}

static bool was_tried(const struct lp_race *race, const struct lp_address *a)
{
	return has(race->tried, race->tries, a);
}

static bool is_found(const struct lp_race *race, const struct lp_entry *e)
{
	const struct lp_addresses *known = &race->known[e->endpoint];
	return has(known->list, known->count, &e->address);
}

void lp_race_found(
	struct lp_race *race, size_t endpoint, const struct lp_addresses *found, lp_time now)
{
	const struct lp_entry *f = &race->favourite;
	race->known[endpoint] = *found;
	if (f->address.len > 0 && f->endpoint == endpoint && is_found(race, f) &&
		!was_tried(race, &f->address))
		race->next_at = now;
}

void lp_race_hurry(struct lp_race *race, lp_time now)
{
	race->next_at = lp_sooner(race->next_at, now);
}

/* Its name is not known yet. */
static bool awaits_favourite(const struct lp_race *race)
{
	const struct lp_entry *f = &race->favourite;
	return f->address.len > 0 && !race->sure && !was_tried(race, &f->address) &&
	       race->known[f->endpoint].count == 0;
}

static lp_time later(lp_time a, lp_time b)
{
	return a > b ? a : b;
}

static lp_time others_at(const struct lp_race *race)
{
	return awaits_favourite(race) ? later(race->next_at, race->asked_at + LP_RACE_HOLD)
				      : race->next_at;
}

/* When the favourite can be tried; LP_NEVER: not, or not any more. */
static lp_time favourite_at(const struct lp_race *race)
{
	const struct lp_entry *f = &race->favourite;
	if (f->address.len == 0 || was_tried(race, &f->address))
		return LP_NEVER;
	if (awaits_favourite(race))
		return later(race->next_at, race->asked_at + LP_RACE_NAME_WAIT);
	if (race->sure || is_found(race, f))
		return race->next_at;
	return LP_NEVER; /* its name leads to others now */
}

/* The first untried address of the endpoint, of this family if there is one; NULL: all were tried. */
static const struct lp_address *pick(const struct lp_race *race, size_t endpoint, int family)
{
	const struct lp_addresses *known = &race->known[endpoint];
	const struct lp_address *other = NULL;
	for (size_t i = 0; i < known->count; i++) {
		const struct lp_address *a = &known->list[i];
		if (was_tried(race, a))
			continue;
		if (!family || a->sa.sa_family == family)
			return a;
		other = other ? other : a;
	}
	return other;
}

/* Endpoints take turns, and so do the families: a network whose IPv6 is dead, or that blocks one port, costs
 * one delay each. */
static bool choose(const struct lp_race *race, struct lp_entry *ret_entry)
{
	for (size_t i = 0; i < race->count; i++) {
		size_t endpoint = (race->turn + i) % race->count;
		const struct lp_address *a = pick(race, endpoint, race->family);
		if (!a)
			continue;
		*ret_entry = (struct lp_entry){*a, endpoint};
		return true;
	}
	return false;
}

bool lp_race_next(struct lp_race *race, lp_time now, struct lp_entry *ret_entry)
{
	struct lp_entry e;
	if (now < race->next_at || race->tries == LP_RACE_TRIES)
		return false;
	if (now >= favourite_at(race))
		e = race->favourite;
	else if (now < others_at(race) || !choose(race, &e))
		return false;
	race->tried[race->tries++] = e.address;
	race->turn = (e.endpoint + 1) % race->count;
	race->family = e.address.sa.sa_family == AF_INET6 ? AF_INET : AF_INET6;
	race->next_at = now + LP_RACE_DELAY;
	*ret_entry = e;
	return true;
}

lp_time lp_race_due(const struct lp_race *race)
{
	struct lp_entry e;
	if (race->tries == LP_RACE_TRIES)
		return LP_NEVER;
	return choose(race, &e) ? lp_sooner(others_at(race), favourite_at(race))
				: favourite_at(race);
}
