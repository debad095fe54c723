#include "hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host_book.h"
#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"

#define DAY   86400 /* seconds */
#define PAUSE 1     /* seconds between two times that the file is written */

struct hosts {
	char path[PATH_MAX]; /* "": nothing is written */
	int folder;          /* locked, so that no other relay writes there; -1: none */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t news;
	struct host_book book;
	bool dirty, ending;
	bool failed; /* the last time to write; people have heard of it */
};

static uint32_t today(void)
{
	return (uint32_t)(time(NULL) / DAY);
}

/* ---- the file */

/* A FIFO or a device would never end. */
static bool is_regular(int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	errno = EINVAL;
	return S_ISREG(st.st_mode);
}

/* Returns the text, which the caller frees, and its length; NULL, with errno. A missing file is an empty
 * text. */
static char *read_text(const char *path, size_t *ret_len)
{
	char *text = calloc(1, HOST_BOOK_TEXT + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	*ret_len = 0;
	bool good = text &&
		    (fd < 0 ? errno == ENOENT
			    : is_regular(fd) && lp_file_read(fd, text, HOST_BOOK_TEXT, ret_len));
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (!good)
		free(text);
	errno = error;
	return good ? text : NULL;
}

/* The first line with a NUL, as in a file of zeros that a power failure has left; 0: none. */
static size_t find_zero(const char *text, size_t len)
{
	size_t end = strlen(text), line = 1;
	for (size_t i = 0; i < end; i++)
		line += text[i] == '\n';
	return end < len ? line : 0;
}

static bool load(struct hosts *h)
{
	size_t len;
	char *text = read_text(h->path, &len);
	if (!text) {
		lp_log(LP_LOG_ERROR, "hosts_failed", "file=%s error=%s hint=%s", h->path,
			strerror(errno),
			"put a copy of the file back: without it, each room belongs to the next "
			"host who comes");
		return false;
	}
	size_t line = find_zero(text, len);
	if (line == 0)
		line = host_book_read(&h->book, text, today());
	free(text);
	if (line > 0)
		lp_log(LP_LOG_ERROR, "hosts_failed", "file=%s line=%zu hint=%s", h->path, line,
			"this line is wrong: put a copy of the file back, or delete the line, so "
			"that its room belongs to the next host who comes");
	else
		lp_log(LP_LOG_INFO, "hosts", "rooms=%zu file=%s", h->book.count, h->path);
	return line == 0;
}

/* Said once, until it works again. */
static void tell_result(struct hosts *h, bool good, const char *error)
{
	if (!good && !h->failed)
		lp_log(LP_LOG_ERROR, "hosts_not_written", "file=%s error=%s hint=%s", h->path,
			error,
			"the relay tries again; if it is restarted before that works, it does not "
			"know the newest hosts");
	if (good && h->failed)
		lp_log(LP_LOG_INFO, "hosts_written", "file=%s", h->path);
	h->failed = !good;
}

/* Called with the lock, which is free while the file is written. */
static void write_news(struct hosts *h)
{
	size_t len = 0;
	char *text = host_book_write(&h->book, &len);
	h->dirty = false;
	pthread_mutex_unlock(&h->lock);
	bool good = text && lp_file_replace_here(h->path, 0600, text, len);
	tell_result(h, good, text ? strerror(errno) : "out of memory");
	free(text);
	pthread_mutex_lock(&h->lock);
	h->dirty = h->dirty || !good;
}

static void rest(struct hosts *h)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PAUSE;
	while (!h->ending && pthread_cond_timedwait(&h->news, &h->lock, &until) == 0)
		continue;
}

static void *run(void *argument)
{
	struct hosts *h = argument;
	pthread_mutex_lock(&h->lock);
	while (!h->ending) {
		if (!h->dirty) {
			pthread_cond_wait(&h->news, &h->lock);
			continue;
		}
		write_news(h);
		rest(h);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* ---- what hubs ask */

static bool find(void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], struct lp_hosted *ret)
{
	struct hosts *h = context;
	uint8_t id[HOST_BOOK_ID];
	if (!host_book_id(room_key, id))
		return false;
	pthread_mutex_lock(&h->lock);
	const struct host_entry *entry = host_book_find(&h->book, id);
	*ret = entry ? entry->hosted : (struct lp_hosted){.locked = false};
	pthread_mutex_unlock(&h->lock);
	return true;
}

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	struct hosts *h = context;
	uint8_t id[HOST_BOOK_ID];
	bool changed = false;
	if (!host_book_id(room_key, id))
		return false;
	pthread_mutex_lock(&h->lock);
	bool good = host_book_keep(&h->book, id, hosted, today(), &changed);
	h->dirty = (h->dirty || changed) && h->path[0];
	if (h->dirty)
		pthread_cond_signal(&h->news);
	pthread_mutex_unlock(&h->lock);
	return good;
}

struct lp_host_book hosts_book(struct hosts *h)
{
	return (struct lp_host_book){find, keep, h};
}

/* ---- start and end */

static bool lock_folder(struct hosts *h, const char *folder)
{
	h->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return h->folder >= 0 && flock(h->folder, LOCK_EX | LOCK_NB) == 0;
}

static bool use_folder(struct hosts *h, const char *folder)
{
	int len = snprintf(h->path, sizeof(h->path), "%s/hosts", folder);
	if (len < 0 || (size_t)len >= sizeof(h->path))
		errno = ENAMETOOLONG;
	else if (lp_rights_make_folder(folder) && lp_rights_can_write(folder) &&
		 lock_folder(h, folder))
		return true;
	lp_log(LP_LOG_WARNING, "hosts_not_kept", "folder=%s error=%s hint=%s", folder,
		errno == EWOULDBLOCK ? "another relay uses it" : strerror(errno),
		"after a restart this relay does not know the hosts of its rooms: give this folder "
		"to the user of the relay, or name another one with --state");
	h->path[0] = '\0';
	return false;
}

/* Waits are not longer because the system's clock is set back. */
static void init_news(pthread_cond_t *news)
{
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(news, &steady);
	pthread_condattr_destroy(&steady);
}

struct hosts *hosts_open(const char *folder, enum lp_exit *ret_exit)
{
	struct hosts *h = calloc(1, sizeof(*h));
	*ret_exit = LP_EXIT_INTERNAL;
	if (!h) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return NULL;
	}
	h->folder = -1;
	pthread_mutex_init(&h->lock, NULL);
	init_news(&h->news);
	*ret_exit = LP_EXIT_NO_INPUT;
	if (!use_folder(h, folder) || load(h))
		return h;
	hosts_close(h);
	return NULL;
}

bool hosts_start(struct hosts *h)
{
	int error = h->path[0] ? pthread_create(&h->thread, NULL, run, h) : 0;
	h->running = h->path[0] && !error;
	if (error)
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s", strerror(error),
			"the system starts no more threads: raise the limit (ulimit -u)");
	return !error;
}

void hosts_close(struct hosts *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->news);
	pthread_mutex_unlock(&h->lock);
	if (h->running)
		pthread_join(h->thread, NULL);
	pthread_mutex_lock(&h->lock);
	if (h->running && h->dirty)
		write_news(h);
	pthread_mutex_unlock(&h->lock);
	if (h->folder >= 0)
		close(h->folder);
	host_book_clear(&h->book);
	pthread_cond_destroy(&h->news);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
