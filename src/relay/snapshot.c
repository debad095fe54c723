#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "server_private.h"

static struct snapshot_member *next(struct snapshot *s)
{
	if (s->count == SNAPSHOT_MEMBERS)
		return NULL;
	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct snapshot_member *members = realloc(s->members, cap * sizeof(*members));
		s->no_memory = s->no_memory || !members;
		if (!members)
			return NULL;
		s->members = members;
		s->cap = cap;
	}
	return &s->members[s->count++];
}

static void take_line(struct snapshot_member *m, const struct lp_quic_conn *conn)
{
	struct lp_quic_info info;
	lp_quic_get_info(conn, &info);
	m->over_tcp = server_is_over_tcp(conn);
	m->rtt = info.smoothed;
	m->jitter = info.jitter;
	m->lost = info.datagrams_lost;
	m->reached = info.datagrams_acked;
}

struct taking {
	struct snapshot *snapshot;
	lp_time now;
};

static void take(void *context, const struct lp_hub_view *view)
{
	const struct taking *t = context;
	const struct lp_member *from = view->member;
	const struct lp_hosted *hosted = lp_room_hosted(from->room);
	struct snapshot_member *m = next(t->snapshot);
	t->snapshot->left_out += !m;
	if (!m)
		return;
	*m = (struct snapshot_member){.room = lp_room_id(from->room),
		.peer = from->peer,
		.mtu = lp_room_mtu(from->room),
		.role = from->role,
		.host = from->host,
		.silent = !view->user,
		.cut_off = lp_member_is_cut_off(from),
		.isolated = hosted->isolated,
		.locked = hosted->locked,
		.mac = from->mac,
		.address = *view->address,
		.age = t->now - from->since,
		.in_rate = view->in_rate,
		.out_rate = view->out_rate,
		.traffic = *view->traffic};
	memcpy(m->name, from->name, sizeof(m->name));
	if (view->user)
		take_line(m, view->user);
}

struct snapshot *server_snapshot(struct server *s)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return NULL;
	struct taking taking = {snapshot, s->now};
	lp_hub_each_member(s->hub, take, &taking, s->now);
	server_get_counters(s, &snapshot->counters);
	if (!snapshot->no_memory)
		return snapshot;
	snapshot_free(snapshot);
	return NULL;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	free(s->members);
	free(s);
}
