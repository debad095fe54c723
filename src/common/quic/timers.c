#include "timers.h"

#include <stdlib.h>

#include "state.h"

#define LP_TIMERS_MIN 16

bool lp_timers_reserve(struct lp_timers *timers, size_t connections)
{
	if (connections <= timers->cap)
		return true;
	size_t cap = timers->cap ? timers->cap * 2 : LP_TIMERS_MIN;
	struct lp_quic_conn **heap = realloc(timers->heap, cap * sizeof(struct lp_quic_conn *));
	if (!heap)
		return false;
	timers->heap = heap;
	timers->cap = cap;
	return true;
}

static void put(struct lp_timers *timers, size_t at, struct lp_quic_conn *conn)
{
	timers->heap[at] = conn;
	conn->timer = at + 1;
}

static void sift_up(struct lp_timers *timers, size_t at)
{
	struct lp_quic_conn *conn = timers->heap[at];
	while (at > 0 && timers->heap[(at - 1) / 2]->deadline > conn->deadline) {
		put(timers, at, timers->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(timers, at, conn);
}

static void sift_down(struct lp_timers *timers, size_t at)
{
	struct lp_quic_conn *conn = timers->heap[at];
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
			timers->heap[child + 1]->deadline < timers->heap[child]->deadline)
			child++;
		if (timers->heap[child]->deadline >= conn->deadline)
			break;
		put(timers, at, timers->heap[child]);
		at = child;
	}
	put(timers, at, conn);
}

static void take_out(struct lp_timers *timers, struct lp_quic_conn *conn)
{
	size_t at = conn->timer - 1;
	conn->timer = 0;
	struct lp_quic_conn *last = timers->heap[--timers->count];
	if (last == conn)
		return;
	put(timers, at, last);
	sift_up(timers, at);
	sift_down(timers, last->timer - 1);
}

void lp_timers_set(struct lp_timers *timers, struct lp_quic_conn *conn, lp_time deadline)
{
	lp_time before = conn->deadline;
	conn->deadline = deadline;
	if (deadline == LP_NEVER) {
		if (conn->timer)
			take_out(timers, conn);
	} else if (!conn->timer) {
		put(timers, timers->count++, conn);
		sift_up(timers, timers->count - 1);
	} else if (deadline < before) {
		sift_up(timers, conn->timer - 1);
	} else if (deadline > before) {
		sift_down(timers, conn->timer - 1);
	}
}

struct lp_quic_conn *lp_timers_first(const struct lp_timers *timers)
{
	return timers->count > 0 ? timers->heap[0] : NULL;
}
