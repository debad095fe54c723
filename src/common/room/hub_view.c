/* hub_view.c - what people see of the hub: counters, rooms, members (row H4). */
#include "hub_private.h"

void lp_hub_add_counters(struct lp_hub_counters *sum, const struct lp_session *s)
{
	sum->retransmitted += s->sender.retransmitted;
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		sum->copy_drops[i] += s->traffic.copy_drops[i];
}

void lp_hub_get_counters(const struct lp_hub *hub, struct lp_hub_counters *ret_counters)
{
	*ret_counters = hub->counters;
	for (const struct lp_session *s = hub->sessions; s; s = s->next)
		lp_hub_add_counters(ret_counters, s); /* those of former ones are there */
	ret_counters->rooms = lp_rooms_count(hub->rooms);
	ret_counters->frames_free = lp_pool_free_count(hub->pool);
}

void lp_hub_each_room(struct lp_hub *hub, lp_hub_room_sink *sink, void *context)
{
	struct lp_room *room;
	for (size_t i = 0; (room = lp_rooms_at(hub->rooms, i)); i++) {
		sink(context, room, lp_room_traffic(room));
		*lp_room_traffic(room) = (struct lp_traffic){0};
	}
}

void lp_session_measure(struct lp_session *s, lp_time now)
{
	lp_meter_take(&s->meter, s->traffic.bytes_in, s->traffic.bytes_out, now);
}

void lp_hub_each_member(struct lp_hub *hub, lp_hub_member_sink *sink, void *context, lp_time now)
{
	struct lp_room *room;
	for (size_t i = 0; (room = lp_rooms_at(hub->rooms, i)); i++) {
		size_t count;
		struct lp_member *const *members = lp_room_members(room, &count);
		for (size_t k = 0; k < count; k++) {
			struct lp_session *s = lp_hub_session_of(members[k]);
			lp_session_measure(s, now);
			const struct lp_hub_view view = {.member = members[k],
				.user = s->user,
				.address = &s->address,
				.traffic = &s->traffic,
				.in_rate = s->meter.in_rate,
				.out_rate = s->meter.out_rate};
			sink(context, &view);
		}
	}
}

void lp_hub_set_trace(
	struct lp_hub *hub, void (*trace)(void *context, const struct lp_session *session,
				    const struct lp_verdict *verdict))
{
	hub->config.trace = trace;
}
