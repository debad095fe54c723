#include "streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/limiter.h"
#include "lanparty/base/tally.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/tcp.h"
#include "lanparty/edge/log.h"

/* In one wake-up, because UDP packets and timers wait meanwhile. A step of a TLS handshake takes about 1 ms. */
#define READY_MAX  8
#define ACCEPT_MAX 8
#define READ_BYTES 16384
#define SLOT_BITS  16 /* of a stream's number; the others make it unique */

struct streams {
	struct streams_config config;
	struct lp_identity *identity;
	struct lp_waiter waiter;
	struct stream **slots; /* config.max */
	uint64_t serial;
	size_t next_slot;
	struct stream **by_fd;
	size_t fd_cap;
	struct lp_node phases[STREAM_PHASES];
	struct lp_node due;
	struct lp_tally all, opening;
	struct lp_limiter limiter;
	lp_time now;
	lp_time paused_until; /* 0: accepting */
	bool said_paused, released;
	struct streams_counters counters;
	uint8_t buffer[READ_BYTES];
};

static bool open_parts(struct streams *s)
{
	const struct streams_config *c = &s->config;
	lp_waiter_open(&s->waiter);
	s->slots = calloc(c->max, sizeof(struct stream *));
	if (!s->slots || s->waiter.set < 0 || !lp_tally_init(&s->all, c->max) ||
		!lp_tally_init(&s->opening, c->max_opening) ||
		!lp_limiter_init(&s->limiter, c->rate, c->burst, LP_SECOND))
		return false;
	for (size_t i = 0; i < c->listener_count; i++)
		if (!lp_waiter_add(&s->waiter, c->listeners[i]))
			return false;
	return true;
}

struct streams *streams_open(const struct streams_config *config, struct lp_identity *identity)
{
	struct streams *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->config = *config;
	s->identity = identity;
	for (size_t i = 0; i < STREAM_PHASES; i++)
		lp_list_init(&s->phases[i]);
	lp_list_init(&s->due);
	if (open_parts(s))
		return s;
	streams_close(s);
	return NULL;
}

void streams_set_identity(struct streams *s, struct lp_identity *identity)
{
	s->identity = identity;
}

/* ---- one stream's place among the others */

/* Its phase begins now. */
static void enter(struct streams *s, struct stream *stream, enum stream_phase phase)
{
	if (stream->phase == STREAM_OPENING && phase != STREAM_OPENING)
		lp_tally_remove(&s->opening, &stream->source);
	lp_list_remove(&stream->all);
	stream->phase = phase;
	stream->since = s->now;
	lp_list_append(&s->phases[phase], &stream->all);
}

static bool has_fd(struct streams *s, int fd)
{
	size_t needed = (size_t)fd + 1;
	if (needed <= s->fd_cap)
		return true;
	size_t cap = 2 * needed;
	struct stream **grown = realloc(s->by_fd, cap * sizeof(struct stream *));
	if (!grown)
		return false;
	memset(grown + s->fd_cap, 0, (cap - s->fd_cap) * sizeof(struct stream *));
	s->by_fd = grown;
	s->fd_cap = cap;
	return true;
}

/* There is a free one: the caller has counted. */
static size_t free_slot(struct streams *s)
{
	while (s->slots[s->next_slot])
		s->next_slot = (s->next_slot + 1) % s->config.max;
	return s->next_slot;
}

/* False: the system refused. */
static bool join(struct streams *s, struct stream *stream)
{
	if (!has_fd(s, stream->fd) || !lp_waiter_add(&s->waiter, stream->fd))
		return false;
	size_t slot = free_slot(s);
	s->slots[slot] = stream;
	s->by_fd[stream->fd] = stream;
	stream->number = ++s->serial << SLOT_BITS | slot;
	stream->path = (struct lp_path){lp_address_of_stream(stream->number), stream->ends.remote};
	lp_tally_add(&s->all, &stream->source);
	lp_tally_add(&s->opening, &stream->source);
	stream->phase = STREAM_OPENING;
	enter(s, stream, STREAM_OPENING);
	return true;
}

static void leave(struct streams *s, struct stream *stream)
{
	if (stream->phase == STREAM_OPENING)
		lp_tally_remove(&s->opening, &stream->source);
	lp_tally_remove(&s->all, &stream->source);
	s->slots[stream->number & ((1 << SLOT_BITS) - 1)] = NULL;
	s->by_fd[stream->fd] = NULL;
	lp_list_remove(&stream->all);
	lp_list_remove(&stream->due);
	lp_waiter_remove(&s->waiter, stream->fd);
	s->released = s->released || stream->blocked;
	stream->watched = stream->blocked = false;
}

static void end(struct streams *s, struct stream *stream)
{
	leave(s, stream);
	stream_free(stream);
}

static struct stream *find(const struct streams *s, const struct lp_path *path)
{
	uint64_t number;
	if (!lp_address_is_stream(&path->local, &number))
		return NULL;
	size_t slot = number & ((1 << SLOT_BITS) - 1);
	struct stream *stream = slot < s->config.max ? s->slots[slot] : NULL;
	return stream && stream->number == number ? stream : NULL;
}

/* ---- reading and writing */

static void watch(struct streams *s, struct stream *stream)
{
	if (stream->watched == stream->blocked)
		return;
	stream->watched = stream->blocked;
	s->released = s->released || !stream->blocked;
	lp_waiter_watch(&s->waiter, stream->fd, stream->blocked);
}

/* Writes what is pending, and follows what the carrier has come to. */
static void settle(struct streams *s, struct stream *stream)
{
	lp_list_remove(&stream->due);
	enum lp_carrier_state state = lp_carrier_state(stream->carrier);
	if (state == LP_CARRIER_CLOSING && stream->phase != STREAM_LEAVING)
		enter(s, stream, STREAM_LEAVING);
	if (state == LP_CARRIER_FAILED || stream_write(stream) == STREAM_IS_OVER)
		end(s, stream);
	else
		watch(s, stream);
}

struct reading {
	struct streams *streams;
	struct stream *stream;
};

/* Its first payload says whose it is, once and for all: what it says later moves it nowhere. */
static void assign(struct streams *s, struct stream *stream, const uint8_t *payload, size_t len)
{
	stream->worker = stream_worker_of(payload, len, s->config.workers);
	stream->elsewhere = stream->worker != s->config.worker;
	stream->assigned = true;
}

/* Junk does not prolong its life. */
static void carry(struct streams *s, struct stream *stream, const uint8_t *payload, size_t len)
{
	if (s->config.sink(s->config.context, &stream->path, payload, len))
		enter(s, stream, STREAM_CARRYING);
}

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct reading *r = context;
	struct streams *s = r->streams;
	struct stream *stream = r->stream;
	if (!stream->assigned)
		assign(s, stream, payload, len);
	if (stream->elsewhere)
		stream_hold(stream, payload, len);
	else
		carry(s, stream, payload, len);
}

static void give(struct streams *s, struct stream *stream)
{
	leave(s, stream);
	s->counters.given++;
	s->config.give(s->config.context, stream);
}

static void read_one(struct streams *s, struct stream *stream)
{
	struct reading reading = {s, stream};
	const struct stream_buffer buffer = {s->buffer, sizeof(s->buffer)};
	if (stream_read(stream, &buffer, on_payload, &reading) == STREAM_IS_OVER)
		end(s, stream);
	else if (stream->elsewhere)
		give(s, stream);
	else
		settle(s, stream);
}

/* ---- accepting */

static bool is_listener(const struct streams *s, int fd)
{
	for (size_t i = 0; i < s->config.listener_count; i++)
		if (s->config.listeners[i] == fd)
			return true;
	return false;
}

/* False: the system refuses that one waits for them. */
static bool listen_again(struct streams *s)
{
	for (size_t i = 0; i < s->config.listener_count; i++)
		if (!lp_waiter_add(&s->waiter, s->config.listeners[i]))
			return false;
	return true;
}

static void stop_accepting(struct streams *s)
{
	for (size_t i = 0; i < s->config.listener_count; i++)
		lp_waiter_remove(&s->waiter, s->config.listeners[i]);
	s->paused_until = s->now + STREAMS_PAUSE;
}

/* Without a pause, the loop would spin: the connection that waits stays. */
static void pause_accepting(struct streams *s, int error)
{
	if (!s->said_paused)
		lp_log(LP_LOG_WARNING, "tcp_paused", "error=%s hint=%s", strerror(error),
			error == EMFILE || error == ENFILE
				? LP_HINT_DESCRIPTORS
				: "the system is short of memory for connections: members over TCP "
				  "wait");
	s->said_paused = true;
	stop_accepting(s);
}

/* One without a connection gives way when all places of such are taken: an honest member needs its place for a
 * moment alone. */
static bool has_room(struct streams *s, const struct lp_source *source)
{
	struct lp_tally *opening = &s->opening;
	if (!lp_tally_has_share(&s->all, source))
		return false;
	if (opening->all == opening->max && lp_tally_most(opening, source) < LP_TALLY_SHARE) {
		struct lp_node *oldest = lp_list_first(&s->phases[STREAM_OPENING]);
		s->counters.evicted++;
		end(s, LP_ELEMENT(oldest, struct stream, all));
	}
	return lp_tally_has_share(opening, source);
}

static void take(struct streams *s, int fd, const struct lp_path *ends)
{
	struct lp_source source;
	lp_source_of(ends, &s->config.key, &source);
	if (!lp_limiter_take(&s->limiter, &source, s->now) || !has_room(s, &source)) {
		s->counters.refused++;
		close(fd);
		return;
	}
	struct stream *stream = stream_new(fd, ends, s->identity);
	if (!stream)
		return;
	stream->source = source;
	s->counters.accepted++;
	if (!join(s, stream))
		stream_free(stream);
}

static void accept_some(struct streams *s, int listener)
{
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct lp_path ends;
		int fd = lp_tcp_accept(listener, &ends);
		if (fd >= 0)
			take(s, fd, &ends);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(s, errno);
		if (fd < 0)
			return;
	}
}

/* ---- the loop */

int streams_fd(const struct streams *s)
{
	return lp_waiter_fd(&s->waiter);
}

void streams_on_ready(struct streams *s, lp_time now)
{
	int ready[READY_MAX];
	s->now = now;
	size_t count = lp_waiter_poll(&s->waiter, ready, READY_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t fd = (size_t)ready[i];
		struct stream *stream = fd < s->fd_cap ? s->by_fd[fd] : NULL;
		/* One that was ready can have given way to a newer one since. */
		if (stream)
			read_one(s, stream);
		else if (is_listener(s, ready[i]))
			accept_some(s, ready[i]);
	}
}

/* Those of a phase end when it has lasted too long. */
static lp_time limit_of(const struct streams *s, enum stream_phase phase)
{
	static const lp_time limits[STREAM_PHASES] = {
		[STREAM_OPENING] = STREAMS_OPENING, [STREAM_LEAVING] = STREAMS_LEAVING};
	return phase == STREAM_CARRYING ? s->config.idle : limits[phase];
}

static struct stream *first_of(const struct streams *s, enum stream_phase phase)
{
	struct lp_node *node = lp_list_first(&s->phases[phase]);
	return node ? LP_ELEMENT(node, struct stream, all) : NULL;
}

static void expire(struct streams *s, struct stream *stream)
{
	if (stream->phase == STREAM_OPENING)
		s->counters.timed_out++;
	if (stream->phase != STREAM_CARRYING) {
		end(s, stream);
		return;
	}
	lp_carrier_close(stream->carrier);
	enter(s, stream, STREAM_LEAVING);
	settle(s, stream);
}

void streams_on_time(struct streams *s, lp_time now)
{
	struct stream *stream;
	s->now = now;
	for (int p = 0; p < STREAM_PHASES; p++) {
		enum stream_phase phase = (enum stream_phase)p;
		while ((stream = first_of(s, phase)) && now - stream->since >= limit_of(s, phase))
			expire(s, stream);
	}
	if (!s->paused_until || now < s->paused_until)
		return;
	stop_accepting(s); /* some can be watched already */
	if (listen_again(s))
		s->paused_until = 0;
}

lp_time streams_deadline(const struct streams *s)
{
	lp_time first = s->paused_until ? s->paused_until : LP_NEVER;
	if (s->released)
		return 0;
	for (int p = 0; p < STREAM_PHASES; p++) {
		enum stream_phase phase = (enum stream_phase)p;
		const struct stream *stream = first_of(s, phase);
		if (stream)
			first = lp_sooner(first, stream->since + limit_of(s, phase));
	}
	return first;
}

/* ---- streams of other workers */

static void deliver_held(struct streams *s, struct stream *stream)
{
	struct stream_held *held = stream->held;
	stream->held = NULL;
	for (size_t i = 0; held && i < held->count; i++)
		carry(s, stream, held->bytes[i], held->lens[i]);
	free(held);
}

void streams_adopt(struct streams *s, struct stream *stream, lp_time now)
{
	s->now = now;
	stream->elsewhere = false;
	lp_source_of(&stream->ends, &s->config.key, &stream->source);
	if (!has_room(s, &stream->source) || !join(s, stream)) {
		s->counters.refused++;
		stream_free(stream);
		return;
	}
	deliver_held(s, stream);
	settle(s, stream);
}

/* ---- payloads that leave */

bool streams_takes(struct streams *s, const struct lp_path *path)
{
	struct stream *stream = find(s, path);
	if (!stream)
		return true;
	bool takes = stream_takes(stream);
	watch(s, stream);
	return takes;
}

void streams_put(struct streams *s, const struct lp_path *path, const uint8_t *payload, size_t len)
{
	struct stream *stream = find(s, path);
	bool put = stream && lp_carrier_put(stream->carrier, payload, len);
	s->counters.lost += !put;
	if (!stream)
		return;
	if (!put || !lp_carrier_takes(stream->carrier))
		settle(s, stream);
	else if (!lp_list_has(&stream->due))
		lp_list_append(&s->due, &stream->due);
}

void streams_flush(struct streams *s)
{
	struct lp_node *node;
	while ((node = lp_list_first(&s->due)))
		settle(s, LP_ELEMENT(node, struct stream, due));
}

bool streams_any(const struct streams *s)
{
	return s->all.all > 0;
}

bool streams_released(struct streams *s)
{
	bool released = s->released;
	s->released = false;
	return released;
}

void streams_get_counters(const struct streams *s, struct streams_counters *ret_counters)
{
	*ret_counters = s->counters;
}

void streams_close(struct streams *s)
{
	struct stream *stream;
	if (!s)
		return;
	for (int p = 0; p < STREAM_PHASES; p++)
		while ((stream = first_of(s, (enum stream_phase)p)))
			end(s, stream);
	lp_waiter_close(&s->waiter);
	lp_tally_clear(&s->all);
	lp_tally_clear(&s->opening);
	lp_limiter_clear(&s->limiter);
	free(s->slots);
	free(s->by_fd);
	free(s);
}
