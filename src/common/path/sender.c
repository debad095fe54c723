#include "lanparty/path/sender.h"

#include <assert.h>

#include "lanparty/wire/control.h"

#define FORGET (8 * LP_SENDER_RETRANSMIT_MAX) /* a frame sent so long ago is acknowledged or lost */

enum list { IDLE, SPARSE, BULK };

static void append(struct lp_entries *list, struct lp_entry *entry)
{
	entry->next = NULL;
	entry->prev = list->last;
	if (list->last)
		list->last->next = entry;
	else
		list->first = entry;
	list->last = entry;
}

static void take_out(struct lp_entries *list, struct lp_entry *entry)
{
	if (entry->prev)
		entry->prev->next = entry->next;
	else
		list->first = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	else
		list->last = entry->prev;
}

static struct lp_flows *flows_of(struct lp_sender *s, enum list list)
{
	return list == SPARSE ? &s->sparse : &s->bulk;
}

static void add_flow(struct lp_sender *s, struct lp_flow *f, enum list list)
{
	struct lp_flows *flows = flows_of(s, list);
	f->list = (uint8_t)list;
	f->next = NULL;
	if (flows->last)
		flows->last->next = f;
	else
		flows->first = f;
	flows->last = f;
}

/* f is the first of its list. */
static void take_out_first_flow(struct lp_sender *s, struct lp_flow *f)
{
	struct lp_flows *flows = flows_of(s, (enum list)f->list);
	flows->first = f->next;
	if (!f->next)
		flows->last = NULL;
	f->list = IDLE;
}

static void take_out_flow(struct lp_sender *s, struct lp_flow *f)
{
	struct lp_flows *flows = flows_of(s, (enum list)f->list);
	struct lp_flow *before = NULL, *at = flows->first;
	for (; at && at != f; at = at->next)
		before = at;
	if (before)
		before->next = f->next;
	else
		flows->first = f->next;
	if (flows->last == f)
		flows->last = before;
	f->list = IDLE;
}

/* The flow with this hash, or a free slot for it. When all its slots are taken, another flow's. */
static struct lp_flow *find_flow(struct lp_sender *s, uint32_t hash)
{
	struct lp_flow *empty = NULL;
	for (uint32_t i = 0; i < LP_SENDER_WAYS; i++) {
		struct lp_flow *f = &s->flows[(hash + i) % LP_SENDER_FLOWS];
		if (f->list != IDLE && f->hash == hash)
			return f;
		if (f->list == IDLE && (!empty || f->hash == hash))
			empty = f;
	}
	if (!empty)
		return &s->flows[hash % LP_SENDER_FLOWS];
	if (empty->hash != hash)
		empty->codel = (struct lp_codel){0};
	empty->hash = hash;
	return empty;
}

static uint16_t *waiting_of(struct lp_sender *s, const struct lp_frame *frame)
{
	return &s->waiting[frame->peer % LP_SENDER_PEERS];
}

/* Takes the entry out of its flow. It is in no list then. */
static void unqueue(struct lp_sender *s, struct lp_entry *entry)
{
	struct lp_flow *f = &s->flows[entry->flow];
	take_out(&f->entries, entry);
	f->bytes -= entry->frame->len;
	--*waiting_of(s, entry->frame);
	s->count--;
}

/* Takes the entry out of the list of lost frames. */
static void unlose(struct lp_sender *s, struct lp_entry *entry)
{
	take_out(&s->lost, entry);
	s->lost_bytes -= entry->frame->len;
	s->count--;
}

static void leave_flight(struct lp_sender *s, struct lp_entry *entry)
{
	take_out(&s->flight, entry);
	entry->in_flight = false;
	s->flight_count--;
}

/* The longest flow whose oldest frame comes from that peer, or from any peer. NULL when there is none. */
static const struct lp_flow *longest_flow(const struct lp_sender *s, size_t peer, bool any_peer)
{
	const struct lp_flow *longest = NULL;
	for (size_t i = 0; i < LP_SENDER_FLOWS; i++) {
		const struct lp_flow *f = &s->flows[i];
		const struct lp_entry *first = f->entries.first;
		if (first && (any_peer || first->frame->peer % LP_SENDER_PEERS == peer) &&
			(!longest || f->bytes > longest->bytes))
			longest = f;
	}
	return longest;
}

/* The oldest frame of the longest flow of the peer that has most frames here, so that one peer with many
 * flows does not push out the frames of others. Flows can share a slot: when no slot begins with a frame
 * of that peer, any flow will do. Frames to be retransmitted count as one flow. */
static struct lp_entry *oldest_of_longest(const struct lp_sender *s)
{
	size_t peer = 0;
	for (size_t i = 1; i < LP_SENDER_PEERS; i++)
		if (s->waiting[i] > s->waiting[peer])
			peer = i;
	const struct lp_flow *longest = longest_flow(s, peer, false);
	if (!longest)
		longest = longest_flow(s, peer, true);
	if (s->lost.first && (!longest || s->lost_bytes > longest->bytes))
		return s->lost.first;
	assert(longest); /* the frame that was just pushed waits in a flow */
	return longest->entries.first;
}

/* Turns in a round: one for each bulk flow that has a frame. */
static uint32_t round_of(const struct lp_sender *s)
{
	uint32_t count = 0;
	for (const struct lp_flow *f = s->bulk.first; f; f = f->next)
		count += f->entries.first != NULL;
	return count;
}

/* A flow that was idle, or that has not used up its sparse quantum, goes before all others. On a slow path
 * a game sends more than once in a round, so that bulk's turns never find its flow idle: it gets the
 * quantum again after a round all the same. */
static void wake_flow(struct lp_sender *s, struct lp_flow *f)
{
	bool idle = f->list == IDLE;
	if (!idle && (f->list != BULK || !f->fresh))
		return;
	if (idle || s->turns - f->turn >= round_of(s)) {
		f->deficit = LP_SENDER_SPARSE;
		f->fresh = true;
		f->turn = s->turns;
	}
	if (f->deficit <= 0)
		return;
	if (!idle)
		take_out_flow(s, f);
	add_flow(s, f, SPARSE);
}

/* Dynamic thresholds (Choudhury and Hahne, 1998): slow receivers, however many, leave buffers for the
 * others. A broadcast takes an entry in each sender, and few buffers. */
static size_t share_of(const struct lp_pool *pool)
{
	size_t frames = lp_pool_free_count(pool), entries = lp_pool_free_entries(pool);
	size_t share = (frames < entries ? frames : entries) / LP_SENDER_SHARE;
	if (share < LP_SENDER_LEAST)
		return LP_SENDER_LEAST;
	return share < LP_SENDER_BURST ? share : LP_SENDER_BURST;
}

static void drop(struct lp_sender *s, struct lp_entry *entry)
{
	if (entry == s->second) {
		s->second = NULL;
		s->count--;
	} else if (entry == s->lost.first) {
		unlose(s, entry);
	} else {
		unqueue(s, entry);
	}
	lp_entry_free(s->pool, entry);
}

/* TCP adapts to the short queue; a longer one would only delay it. Two frames for each new one, so that
 * what is left of a burst becomes shorter, but not at once. */
static void enforce_limits(struct lp_sender *s, size_t share, lp_time now)
{
	size_t standing = share < LP_SENDER_FRAMES ? share : LP_SENDER_FRAMES;
	for (int n = s->count > LP_SENDER_FRAMES ? 2 : 1; n > 0 && s->count > standing; n--) {
		struct lp_entry *oldest = oldest_of_longest(s);
		bool burst = !oldest->frame->flow.tcp && now < oldest->at + LP_SENDER_BURST_TIME;
		if (burst && s->count <= share && lp_pool_is_ample(s->pool))
			return;
		s->drops[LP_DROP_QUEUE_FULL]++;
		drop(s, oldest);
	}
}

bool lp_sender_push(struct lp_sender *s, struct lp_frame *frame, lp_time now)
{
	size_t share = share_of(s->pool);
	struct lp_entry *entry = lp_entry_take(s->pool, frame);
	if (!entry)
		return false;
	lp_frame_hold(frame);
	entry->at = now;
	entry->sender = s;
	++*waiting_of(s, frame);
	struct lp_flow *f = find_flow(s, frame->flow.hash);
	entry->flow = (uint8_t)(f - s->flows);
	if (!f->entries.first)
		wake_flow(s, f);
	append(&f->entries, entry);
	f->bytes += frame->len;
	s->count++;
	enforce_limits(s, share, now);
	lp_datagram_source_wake(&s->source);
	return true;
}

/* The flow whose turn it is and that has a frame. NULL when there is none. */
static struct lp_flow *next_turn(struct lp_sender *s, bool bulk)
{
	for (;;) {
		struct lp_flow *f = s->sparse.first;
		if (!f && bulk)
			f = s->bulk.first;
		if (!f)
			return NULL;
		bool sparse = f->list == SPARSE;
		const struct lp_entry *first = f->entries.first;
		if (!first) {
			/* It stays among bulk for a round: else it would go first with each frame. */
			take_out_first_flow(s, f);
			if (sparse)
				add_flow(s, f, BULK);
		} else if (f->deficit <= 0) {
			take_out_first_flow(s, f);
			s->turns += !sparse;
			f->deficit += LP_SENDER_QUANTUM;
			f->fresh = false;
			add_flow(s, f, BULK);
		} else if (!bulk && first->frame->len > f->deficit) {
			take_out_first_flow(s, f);
			f->fresh = false;
			add_flow(s, f, BULK);
		} else {
			return f;
		}
	}
}

static struct lp_entry *choose(struct lp_sender *s, bool bulk, lp_time now)
{
	if (s->second)
		return s->second;
	while (s->lost.first && now > s->lost.first->at + LP_SENDER_RETRANSMIT_MAX) {
		s->drops[LP_DROP_LATE]++;
		drop(s, s->lost.first);
	}
	if (bulk && s->lost.first && !s->sparse.first)
		return s->lost.first;
	struct lp_flow *f;
	while ((f = next_turn(s, bulk))) {
		struct lp_entry *entry = f->entries.first;
		lp_time waited = now > entry->at ? now - entry->at : 0;
		bool late =
			waited > LP_SENDER_AGE_MAX ||
			(f->list != SPARSE && lp_codel_drops(&f->codel, waited, !entry->next, now));
		if (!late)
			return entry;
		s->drops[LP_DROP_LATE]++;
		drop(s, entry);
	}
	return bulk ? s->lost.first : NULL;
}

/* A peer that acknowledges little leaves buffers for the others. */
static bool can_keep(const struct lp_sender *s)
{
	return !lp_pool_is_scarce(s->pool) &&
	       s->flight_count < lp_pool_free_count(s->pool) / LP_SENDER_SHARE;
}

/* What the frame is sent as in at most max bytes; false when it does not fit. */
static bool fit(const struct lp_sender *s, const struct lp_entry *entry, size_t max,
	enum lp_overlay_type *ret_type)
{
	size_t len = entry->frame->len, first = lp_overlay_fragment_len(LP_OVERLAY_FIRST, len);
	bool again = entry->tries > 0;
	bool numbered = s->retransmit && entry->frame->flow.tcp && (again || can_keep(s));
	/* In the end as fragments: perhaps the path carries no large packets any more (mtu.h). */
	bool small = s->fragments && entry->tries >= LP_SENDER_LARGE && len > LP_DATAGRAM_MIN;
	if (entry == s->second) {
		*ret_type = LP_OVERLAY_SECOND;
		return LP_OVERLAY_FRAGMENT_HEADER + len - first <= max;
	}
	if (numbered && !small && LP_OVERLAY_NUMBERED_HEADER + len <= max)
		*ret_type = LP_OVERLAY_NUMBERED;
	else if (!again && LP_OVERLAY_HEADER + len <= max)
		*ret_type = LP_OVERLAY_WHOLE;
	else if (s->fragments && LP_OVERLAY_FRAGMENT_HEADER + first <= max)
		*ret_type = LP_OVERLAY_FIRST;
	else
		return false;
	return true;
}

static void describe(const struct lp_sender *s, struct lp_datagram *ret_datagram)
{
	const struct lp_entry *entry = s->peeked;
	const struct lp_frame *frame = entry->frame;
	struct lp_overlay overlay = {
		.type = s->peeked_type,
		.peer = frame->peer,
		.room = frame->room,
		.frame_id = entry->tries > 0 || entry == s->second ? entry->number : s->number,
		.frame_len = frame->len,
	};
	size_t first = lp_overlay_fragment_len(LP_OVERLAY_FIRST, frame->len);
	ret_datagram->header_len = lp_overlay_encode(&overlay, ret_datagram->header);
	ret_datagram->bytes = frame->bytes;
	ret_datagram->len = frame->len;
	if (s->peeked_type == LP_OVERLAY_FIRST) {
		ret_datagram->len = first;
	} else if (s->peeked_type == LP_OVERLAY_SECOND) {
		ret_datagram->bytes += first;
		ret_datagram->len -= first;
	}
	ret_datagram->tag =
		s->peeked_type == LP_OVERLAY_NUMBERED ? lp_entry_tag(s->pool, entry) : 0;
	ret_datagram->last = s->count == 1 && s->peeked_type != LP_OVERLAY_FIRST;
}

/* QUIC does not tell what became of each DATAGRAM, and a peer need not acknowledge any. */
void lp_sender_expire(struct lp_sender *s, lp_time now)
{
	struct lp_entry *oldest;
	while ((oldest = s->flight.first) && now >= oldest->at + FORGET) {
		leave_flight(s, oldest);
		lp_entry_free(s->pool, oldest);
	}
}

/* The source is the sender's first member. */
static struct lp_sender *sender_of(struct lp_datagram_source *source)
{
	return (struct lp_sender *)source;
}

static bool peek(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
{
	struct lp_sender *s = sender_of(source);
	if (max > s->budget)
		max = s->budget; /* a path can carry more than the peer takes */
	lp_sender_expire(s, now);
	bool limited = !lp_bucket_has(&s->limit, s->bulk_least, now) && bulk;
	while ((s->peeked = choose(s, bulk && !limited, now))) {
		if (fit(s, s->peeked, max, &s->peeked_type)) {
			describe(s, ret_datagram);
			return true;
		}
		s->drops[LP_DROP_TOO_BIG]++;
		drop(s, s->peeked);
	}
	s->held = s->held || (limited && s->count > 0); /* what is left is bulk */
	return false;
}

static void pop(struct lp_datagram_source *source)
{
	struct lp_sender *s = sender_of(source);
	struct lp_entry *entry = s->peeked;
	s->peeked = NULL;
	if (entry == s->second) {
		drop(s, entry);
		return;
	}
	if (entry->tries > 0) {
		unlose(s, entry);
		s->retransmitted++;
	} else {
		s->flows[entry->flow].deficit -= entry->frame->len;
		lp_bucket_spend(&s->limit, (uint64_t)entry->frame->len * entry->frame->copies,
			s->limit.at); /* peek has brought it up to date */
		unqueue(s, entry);
		if (s->peeked_type != LP_OVERLAY_WHOLE)
			entry->number = s->number++;
	}
	if (s->peeked_type == LP_OVERLAY_NUMBERED) {
		entry->tries++;
		entry->in_flight = true;
		s->flight_count++;
		append(&s->flight, entry);
	} else if (s->peeked_type == LP_OVERLAY_FIRST) {
		s->second = entry;
		s->count++;
	} else {
		lp_entry_free(s->pool, entry);
	}
}

/* Tags are used again some day: the entry must be ours, and in flight. */
static struct lp_entry *in_flight(const struct lp_sender *s, uint64_t tag)
{
	struct lp_entry *entry = lp_entry_find(s->pool, tag);
	return entry && entry->sender == s && entry->in_flight ? entry : NULL;
}

static void acked(struct lp_datagram_source *source, uint64_t tag)
{
	struct lp_sender *s = sender_of(source);
	struct lp_entry *entry = in_flight(s, tag);
	if (!entry)
		return;
	leave_flight(s, entry);
	lp_entry_free(s->pool, entry);
}

static void lost(struct lp_datagram_source *source, uint64_t tag, lp_time now)
{
	struct lp_sender *s = sender_of(source);
	struct lp_entry *entry = in_flight(s, tag);
	if (!entry)
		return;
	leave_flight(s, entry);
	if (entry->tries >= LP_SENDER_TRIES || now > entry->at + LP_SENDER_RETRANSMIT_MAX ||
		s->count >= LP_SENDER_FRAMES) {
		lp_entry_free(s->pool, entry);
		return;
	}
	lp_entry_renew(entry);
	append(&s->lost, entry);
	s->lost_bytes += entry->frame->len;
	s->count++;
	lp_datagram_source_wake(&s->source);
}

static void path(struct lp_datagram_source *source, size_t max)
{
	struct lp_sender *s = sender_of(source);
	s->path_max = max;
	if (s->path_changed)
		s->path_changed(s->owner, max);
}

static const struct lp_datagram_source_ops ops = {peek, pop, acked, lost, path};

void lp_sender_init(struct lp_sender *s, struct lp_pool *pool, uint64_t *drops)
{
	*s = (struct lp_sender){
		.source = {.ops = &ops},
		.pool = pool,
		.drops = drops,
		.budget = LP_DATAGRAM_MAX,
		.path_max = LP_DATAGRAM_MAX,
	};
}

void lp_sender_open(struct lp_sender *s, size_t budget, uint64_t capabilities)
{
	s->budget = budget;
	s->fragments = capabilities & LP_CAP_FRAGMENTS;
	s->retransmit = capabilities & LP_CAP_RETRANSMIT;
}

void lp_sender_limit(struct lp_sender *s, uint64_t rate, uint64_t burst, lp_time now)
{
	lp_bucket_change(&s->limit, rate - rate / 100 * LP_SENDER_SPARE_PERCENT, burst, now);
	burst = lp_bucket_burst(&s->limit);
	uint64_t least = burst / 100 * LP_SENDER_SPARSE_PERCENT + LP_ETH_FRAME_MAX;
	s->bulk_least = least < burst ? least : burst;
}

lp_time lp_sender_ready_at(const struct lp_sender *s)
{
	return s->held ? lp_bucket_ready_at(&s->limit, s->bulk_least) : LP_NEVER;
}

void lp_sender_release(struct lp_sender *s)
{
	s->held = false;
	lp_datagram_source_wake(&s->source);
}

size_t lp_sender_max(const struct lp_sender *s)
{
	return s->path_max < s->budget ? s->path_max : s->budget;
}

static void clear(struct lp_sender *s, struct lp_entries *list)
{
	struct lp_entry *entry;
	while ((entry = list->first)) {
		take_out(list, entry);
		lp_entry_free(s->pool, entry);
	}
}

void lp_sender_clear(struct lp_sender *s)
{
	for (size_t i = 0; i < LP_SENDER_FLOWS; i++)
		clear(s, &s->flows[i].entries);
	clear(s, &s->lost);
	clear(s, &s->flight);
	if (s->second)
		lp_entry_free(s->pool, s->second);
	*s = (struct lp_sender){
		.source = s->source,
		.pool = s->pool,
		.drops = s->drops,
		.path_changed = s->path_changed,
		.owner = s->owner,
		.budget = s->budget,
		.path_max = s->path_max,
		.fragments = s->fragments,
		.retransmit = s->retransmit,
		.retransmitted = s->retransmitted,
		.limit = s->limit,
		.bulk_least = s->bulk_least,
	};
}
