#include "workers.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/log.h"
#include "lanparty/quic/crypto.h"
#include "handover.h"
#include "listening.h"
#include "summary.h"
#include "watchdog.h"

/* Minimum per worker, when the number of workers is chosen automatically. */
#define ROOMS_OF_WORKER 64
#define FRAMES_LEAST    1024  /* queued frames: a full room must not suffer from other workers */
#define DAY             86400 /* seconds */
#define WORKER_FILES    6     /* descriptors of a worker besides its sockets */
#define OTHER_FILES     64    /* descriptors of the program */
#define MAX_CONNECTIONS 16384 /* about 50 KiB each */
#define MAX_HALF_OPEN   1024
#define RETRY_FROM      64
#define MAX_STREAMS     4096 /* TCP connections, when there are as many descriptors */
#define MAX_OPENING     512  /* those of them without a payload yet */
/* Handshakes of one source, for each join that it can have: some fail, and some are steered elsewhere. */
#define HANDSHAKES_PER_JOIN 4

struct worker {
	struct workers *all;
	struct server *server;
	struct listening listening;
	struct handover given; /* by the others */
	int wake;              /* the eventfd that wakes it */
	int signals;           /* of the first worker; else -1 */
	pthread_t thread;
	bool running; /* in its own thread */
	/* Set by the first worker. */
	_Atomic(struct lp_identity *) identity;   /* to be picked up */
	_Atomic(struct lp_room_list *) permitted; /* likewise */
	atomic_bool stop;
	_Atomic(struct ask *) asked; /* set by the thread that asks */
};

struct workers {
	struct workers_config config;
	size_t count;
	struct worker *list;
	bool on_terminal; /* was started there, to end with it */
	lp_time daily_at; /* when certificates are looked at again */
	lp_time alarm_at; /* when the alarm that is set comes */
	struct watchdog watchdog;
	size_t max_streams;
	struct lp_siphash_key key; /* of sources: random */
	pthread_mutex_t asking;    /* held by the thread that asks */
	int answered;              /* the eventfd of that thread */
	atomic_bool ended;         /* no worker runs any more */
};

static size_t choose_count(const struct workers_config *config)
{
	size_t count = config->count;
	if (!count) {
		size_t most = config->hub.rooms.max_rooms / ROOMS_OF_WORKER;
		count = lp_core_count();
		count = count < most ? count : most;
		count = count < WORKERS_MAX ? count : WORKERS_MAX;
	}
	if (count > 1 && !lp_udp_can_group()) {
		lp_log(LP_LOG_WARNING, "one_worker", "wanted=%zu reason=%s", count,
			"the kernel does not divide packets among sockets as workers need it");
		count = 1;
	}
	return count > 1 ? count : 1;
}

/* Streams get what the others leave. */
static void allow_descriptors(struct workers *w)
{
	size_t needed = w->count * (2 * w->config.listen_count + WORKER_FILES) + OTHER_FILES;
	if (!lp_allow_descriptors(needed))
		lp_log(LP_LOG_WARNING, "few_descriptors", "needed=%zu hint=%s", needed,
			LP_HINT_DESCRIPTORS);
	lp_allow_descriptors(needed + MAX_STREAMS);
	size_t limit = lp_descriptor_limit(), spare = limit > needed ? limit - needed : 0;
	w->max_streams = spare < MAX_STREAMS ? spare : MAX_STREAMS;
}

static bool open_sockets(struct workers *w, enum lp_exit *ret_exit)
{
	struct listening *all[WORKERS_MAX];
	allow_descriptors(w);
	for (size_t k = 0; k < w->count; k++)
		all[k] = &w->list[k].listening;
	for (size_t i = 0; i < w->config.listen_count; i++)
		if (!listening_open_udp(all, w->count, &w->config.listen[i], ret_exit))
			return false;
	if (!w->config.no_tcp && w->max_streams == 0)
		listening_lacks_descriptors();
	else if (!w->config.no_tcp)
		listening_open_tcp(all, w->count, w->config.listen);
	return true;
}

static size_t share(size_t limit, size_t count)
{
	return (limit + count - 1) / count;
}

static void tell(struct worker *to)
{
	eventfd_write(to->wake, 1);
}

static void stop_others(struct workers *w)
{
	for (size_t i = 1; i < w->count; i++) {
		atomic_store(&w->list[i].stop, true);
		tell(&w->list[i]);
	}
}

/* All workers get the new certificate or none, so all copies are made before the first is handed
 * out. */
static bool hand_out(struct workers *w, struct lp_identity *identity)
{
	struct lp_identity *copies[WORKERS_MAX];
	size_t made = 1;
	while (made < w->count && (copies[made] = lp_identity_copy(identity)))
		made++;
	if (made < w->count) {
		lp_log(LP_LOG_ERROR, "reload_failed", "reason=%s", "out of memory");
		while (made > 1)
			lp_identity_free(copies[--made]);
		lp_identity_free(identity);
		return false;
	}
	server_set_identity(w->list[0].server, identity);
	for (size_t i = 1; i < w->count; i++) {
		/* An older identity that the worker has not picked up yet is discarded. */
		lp_identity_free(atomic_exchange(&w->list[i].identity, copies[i]));
		tell(&w->list[i]);
	}
	return true;
}

/* A worker that cannot have a copy keeps what it had. */
static bool permit_all(struct workers *w, struct lp_room_list *list)
{
	bool good = true;
	for (size_t i = 1; i < w->count; i++) {
		struct lp_room_list *copy = lp_room_list_copy(list);
		if (!copy) {
			lp_log(LP_LOG_ERROR, "reload_failed", "reason=%s", "out of memory");
			good = false;
			continue;
		}
		lp_room_list_free(atomic_exchange(&w->list[i].permitted, copy));
		tell(&w->list[i]);
	}
	server_permit(w->list[0].server, list);
	return good;
}

/* Tells the service manager that the relay runs, when each worker has answered since the last time. */
static void ask_all(struct workers *w)
{
	if (watchdog_ask(&w->watchdog, w->count))
		lp_notify("WATCHDOG=1");
	for (size_t i = 1; i < w->count; i++)
		tell(&w->list[i]);
}

static void set_alarm(struct workers *w)
{
	unsigned interval = lp_notify_interval();
	unsigned seconds = interval ? interval : DAY;
	w->alarm_at = lp_clock() + seconds * LP_SECOND;
	alarm(seconds);
}

/* An alarm that comes before its time is a person's. */
static void on_alarm(struct workers *w)
{
	lp_time now = lp_clock();
	if (now >= w->daily_at || now + LP_SECOND / 2 < w->alarm_at) {
		w->config.daily(w->config.context);
		w->daily_at = now + DAY * LP_SECOND;
	}
	if (lp_notify_interval())
		ask_all(w);
	set_alarm(w);
}

/* SIGHUP means two things: the terminal was closed, or somebody wants the certificate read again. */
static bool ends(const struct workers *w, int number)
{
	return number != SIGHUP || (w->on_terminal && !lp_has_terminal());
}

/* False: something stays as it was, since it cannot be read; that was logged. */
static bool reload(struct workers *w)
{
	struct lp_identity *identity = NULL;
	struct lp_room_list *list = NULL;
	bool good = w->config.reload(w->config.context, &identity);
	if (identity)
		good = hand_out(w, identity) && good;
	good = w->config.rooms(w->config.context, &list) && good;
	if (list)
		good = permit_all(w, list) && good;
	return good;
}

static void answer(struct worker *worker, struct ask *ask)
{
	if (ask->kind == ASK_SNAPSHOT)
		ask->snapshot = server_snapshot(worker->server);
	else if (ask->kind == ASK_ACT)
		ask->acted = server_act(worker->server, ask->room, &ask->act);
	else if (ask->kind == ASK_TRACE)
		server_trace(worker->server, ask->on);
	else if (ask->kind == ASK_RELOAD)
		ask->good = reload(worker->all);
	atomic_store(&ask->done, true);
	eventfd_write(worker->all->answered, 1);
}

/* Row W2. Runs on the thread of the worker that accepted the stream. */
static void give_stream(void *context, struct stream *stream)
{
	struct worker *to = &((struct worker *)context)->all->list[stream->worker];
	handover_give(&to->given, stream);
	tell(to);
}

/* Runs on the worker's thread. */
static void take_ask(struct worker *worker)
{
	eventfd_t times;
	eventfd_read(worker->wake, &times);
	struct stream *given = handover_take(&worker->given);
	if (given)
		server_adopt(worker->server, given);
	struct ask *ask = atomic_exchange(&worker->asked, NULL);
	if (ask)
		answer(worker, ask);
}

/* Runs on the first worker's thread. */
static void on_signals(void *context, struct server *server)
{
	struct worker *first = context;
	struct workers *w = first->all;
	int number;
	take_ask(first);
	while ((number = lp_signals_next(first->signals))) {
		if (number == SIGALRM) {
			on_alarm(w);
			continue;
		}
		if (number == SIGCHLD) {
			w->config.child(w->config.context);
			continue;
		}
		if (ends(w, number)) {
			lp_notify("STOPPING=1");
			stop_others(w);
			server_stop(server);
			continue;
		}
		reload(w);
	}
}

/* Runs on another worker's thread. */
static void on_told(void *context, struct server *server)
{
	struct worker *worker = context;
	take_ask(worker);
	struct lp_identity *identity = atomic_exchange(&worker->identity, NULL);
	struct lp_room_list *list = atomic_exchange(&worker->permitted, NULL);
	if (list)
		server_permit(server, list);
	watchdog_answer(&worker->all->watchdog, (size_t)(worker - worker->all->list));
	if (identity)
		server_set_identity(server, identity);
	if (atomic_load(&worker->stop))
		server_stop(server);
}

size_t workers_count(const struct workers *w)
{
	return w->count;
}

size_t workers_of_room(const struct workers *w, uint32_t room)
{
	return (room + w->count - 1) % w->count;
}

/* An ask that the worker has not taken is taken back: it is the caller's memory. */
static bool wait_for(struct workers *w, struct worker *worker, const struct ask *ask)
{
	eventfd_t times;
	lp_time end = lp_clock() + WORKERS_PATIENCE * LP_MILLISECOND;
	struct pollfd answered = {.fd = w->answered, .events = POLLIN};
	while (!atomic_load(&ask->done)) {
		poll(&answered, 1, 100);
		eventfd_read(w->answered, &times);
		bool over = lp_clock() >= end || atomic_load(&w->ended);
		if (over && atomic_exchange(&worker->asked, NULL))
			return false;
	}
	return true;
}

bool workers_ask(struct workers *w, size_t index, struct ask *ask)
{
	struct worker *worker = &w->list[index];
	pthread_mutex_lock(&w->asking);
	atomic_store(&worker->asked, ask);
	tell(worker);
	bool good = wait_for(w, worker, ask);
	pthread_mutex_unlock(&w->asking);
	return good;
}

static bool permit_first(
	struct server *server, const struct lp_room_list *list, enum lp_exit *ret_exit)
{
	struct lp_room_list *copy = list ? lp_room_list_copy(list) : NULL;
	*ret_exit = LP_EXIT_INTERNAL;
	if (list && !copy) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return false;
	}
	if (copy)
		server_permit(server, copy);
	return true;
}

/* Its limits of handshakes are those of QUIC's: a member over TCP has one of each. */
static struct streams_config streams_config_of(const struct worker *worker, size_t index)
{
	const struct workers *w = worker->all;
	const struct lp_limits *limits = &w->config.hub.rooms.limits;
	return (struct streams_config){.listeners = worker->listening.listeners,
		.listener_count = worker->listening.listener_count,
		.max = share(w->max_streams, w->count),
		.max_opening = share(MAX_OPENING, w->count),
		.rate = HANDSHAKES_PER_JOIN * limits->join_rate,
		.burst = HANDSHAKES_PER_JOIN * limits->join_burst,
		.idle = w->config.hub.idle_timeout_ms * LP_MILLISECOND,
		.workers = (unsigned)w->count,
		.worker = (unsigned)index,
		.key = w->key};
}

/* Takes ownership of the identity. */
static bool open_server(struct workers *w, size_t index, struct lp_identity *identity,
	const uint8_t *secret, enum lp_exit *ret_exit)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, 0};
	struct worker *worker = &w->list[index];
	size_t n = w->count;
	const struct lp_limits *limits = &w->config.hub.rooms.limits;
	const struct listening *l = &worker->listening;
	struct server_config config = {.sockets = l->sockets,
		.socket_count = l->socket_count,
		.streams = streams_config_of(worker, index),
		.give = give_stream,
		.hub = w->config.hub,
		.log_addresses = w->config.log_addresses,
		.quic = {.max_connections = share(MAX_CONNECTIONS, n),
			.max_half_open = share(MAX_HALF_OPEN, n),
			.retry_from = share(RETRY_FROM, n),
			.handshake_rate = HANDSHAKES_PER_JOIN * limits->join_rate,
			.handshake_burst = HANDSHAKES_PER_JOIN * limits->join_burst,
			.idle_timeout = w->config.hub.idle_timeout_ms * LP_MILLISECOND,
			.keep_alive = w->config.hub.keep_alive_ms * LP_MILLISECOND,
			.workers = (unsigned)n,
			.worker = (unsigned)index},
		.woken = index ? on_told : on_signals,
		.context = worker};
	memcpy(config.quic.secret, secret, LP_QUIC_SECRET_SIZE);
	config.hub.frames = share(config.hub.frames, n);
	if (config.hub.frames < FRAMES_LEAST)
		config.hub.frames = FRAMES_LEAST;
	config.hub.rooms.max_rooms = share(config.hub.rooms.max_rooms, n);
	config.hub.rooms.first_id = (uint32_t)index + 1;
	config.hub.rooms.id_step = (uint32_t)n;
	config.hub.steer = lp_room_steer;
	config.hub.workers = (unsigned)n;
	config.hub.worker = (unsigned)index;
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->signals = index ? -1 : lp_signals_open(wanted);
	config.wake = worker->wake;
	config.signals = worker->signals;
	worker->server = server_open(&config, identity, ret_exit);
	lp_zero(config.quic.secret, sizeof(config.quic.secret));
	return worker->server && permit_first(worker->server, w->config.permitted, ret_exit);
}

/* Each worker has its own identity, and all share the secret, so that Retry tokens and stateless
 * resets of one are valid at every other. */
static bool open_servers(struct workers *w, struct lp_identity *identity, enum lp_exit *ret_exit)
{
	uint8_t secret[LP_QUIC_SECRET_SIZE];
	bool good = lp_identity_secret(identity, "lanparty/1 relay", secret);
	*ret_exit = LP_EXIT_INTERNAL;
	if (!good)
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s",
			"the TLS library cannot derive keys from this key");
	for (size_t i = 1; good && i < w->count; i++) {
		struct lp_identity *copy = lp_identity_copy(identity);
		if (!copy)
			lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		good = copy && open_server(w, i, copy, secret, ret_exit);
	}
	if (good)
		good = open_server(w, 0, identity, secret, ret_exit);
	else
		lp_identity_free(identity);
	lp_zero(secret, sizeof(secret));
	return good;
}

struct workers *workers_open(
	const struct workers_config *config, struct lp_identity *identity, enum lp_exit *ret_exit)
{
	struct workers *w = calloc(1, sizeof(*w));
	*ret_exit = LP_EXIT_INTERNAL;
	if (w) {
		w->config = *config;
		w->count = choose_count(config);
		w->list = calloc(w->count, sizeof(*w->list));
	}
	if (!w || !w->list) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		free(w);
		lp_identity_free(identity);
		return NULL;
	}
	w->on_terminal = lp_has_terminal() && !lp_signal_is_ignored(SIGHUP);
	for (size_t i = 0; i < w->count; i++) {
		w->list[i].all = w;
		w->list[i].wake = w->list[i].signals = -1;
	}
	w->answered = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&w->asking, NULL);
	lp_random(&w->key, sizeof(w->key)); /* the TLS library says when there is no randomness */
	if (!open_sockets(w, ret_exit))
		lp_identity_free(identity);
	else if (open_servers(w, identity, ret_exit))
		return w;
	workers_close(w);
	return NULL;
}

static void *run_worker(void *argument)
{
	struct worker *worker = argument;
	server_run(worker->server);
	return NULL;
}

/* The signals are blocked already, and new threads inherit that, so the first worker receives them
 * all. */
static bool start_others(struct workers *w)
{
	for (size_t i = 1; i < w->count; i++) {
		struct worker *worker = &w->list[i];
		int error = pthread_create(&worker->thread, NULL, run_worker, worker);
		if (error) {
			lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s", strerror(error),
				"the system starts no more threads: lower --workers, or raise the "
				"limit (ulimit -u)");
			return false;
		}
		worker->running = true;
	}
	return true;
}

/* Of all workers, which have stopped. */
static void log_summary(const struct workers *w)
{
	struct server_counters sum = {0}, one;
	for (size_t i = 0; i < w->count; i++) {
		server_get_counters(w->list[i].server, &one);
		summary_add(&sum, &one);
	}
	summary_log(&sum, w->count);
}

static void join_others(struct workers *w)
{
	for (size_t i = 1; i < w->count; i++)
		if (w->list[i].running)
			pthread_join(w->list[i].thread, NULL);
}

enum lp_exit workers_run(struct workers *w)
{
	if (!start_others(w)) {
		stop_others(w);
		join_others(w);
		return LP_EXIT_OS;
	}
	if (!listening_say(&w->list[0]
			    .listening)) { /* a program that waits for this line would wait forever */
		stop_others(w);
		join_others(w);
		return LP_EXIT_IO;
	}
	lp_log(LP_LOG_INFO, "workers", "count=%zu", w->count);
	w->daily_at = lp_clock() + DAY * LP_SECOND;
	lp_notify("READY=1");
	set_alarm(w);
	server_run(w->list[0].server);
	join_others(w);
	atomic_store(&w->ended, true);
	log_summary(w);
	return LP_EXIT_OK;
}

void workers_close(struct workers *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		handover_clear(&w->list[i].given);
	for (size_t i = 0; i < w->count; i++) {
		struct worker *worker = &w->list[i];
		server_close(worker->server);
		lp_identity_free(atomic_load(&worker->identity));
		lp_room_list_free(atomic_load(&worker->permitted));
		if (worker->wake >= 0)
			close(worker->wake);
		if (worker->signals >= 0)
			close(worker->signals);
		listening_close(&worker->listening);
	}
	if (w->answered >= 0)
		close(w->answered);
	pthread_mutex_destroy(&w->asking);
	free(w->list);
	free(w);
}
