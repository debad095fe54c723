#include "admin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "admin_site.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"

#define BACKLOG 16
#define SPARE   8           /* connections that are ending */
#define IDLE    10u         /* seconds without a byte */
#define REQUEST (16u << 10) /* bytes of a request's head, and of an answer's */
#define HINT    "the relay runs without its status page: change --admin and restart it"

struct visitor {
	int fd; /* -1: none */
	lp_time since;
};

struct admin {
	struct admin_place place;
	struct admin_site site;
	struct MHD_Daemon *daemon;
	struct visitor visitors[ADMIN_VISITORS];
	int set;     /* the daemon's epoll set */
	int end;     /* eventfd: the thread ends */
	bool closed; /* a connection, since this was false */
	pthread_t thread;
	bool running;
};

/* ---- the place */

bool admin_parse(const char *text, void *ret_place)
{
	struct admin_place place = {.given = true};
	struct lp_listen listen;
	if (*text == '/' && strlen(text) < sizeof(place.path))
		memcpy(place.path, text, strlen(text));
	else if (strchr(text, ':') && lp_listen_parse(text, &listen))
		place.address = listen.address;
	else
		return false;
	*(struct admin_place *)ret_place = place;
	return true;
}

static const char *name_of(const struct admin_place *place, char text[LP_ADDRESS_TEXT])
{
	return place->path[0] ? place->path : lp_address_format(&place->address, text);
}

static bool is_of_this_computer(const struct lp_address *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

/* -1, with errno. */
static int listen_at(const struct lp_address *address)
{
	int yes = 1;
	int fd = socket(address->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, &address->sa, address->len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* ---- visitors */

static struct visitor *find(struct admin *a, int fd)
{
	for (size_t i = 0; i < ADMIN_VISITORS; i++)
		if (a->visitors[i].fd == fd)
			return &a->visitors[i];
	return NULL;
}

static struct visitor *oldest(struct admin *a)
{
	struct visitor *found = &a->visitors[0];
	for (size_t i = 1; i < ADMIN_VISITORS; i++)
		if (a->visitors[i].since < found->since)
			found = &a->visitors[i];
	return found;
}

/* The daemon notices that, and closes the connection. */
static void send_away(struct visitor *v)
{
	shutdown(v->fd, SHUT_RDWR);
	v->fd = -1;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **user,
	enum MHD_ConnectionNotificationCode code)
{
	struct admin *a = context;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct visitor *v = find(a, code == MHD_CONNECTION_NOTIFY_STARTED ? -1 : fd);
	(void)user;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		a->closed = true;
		if (v)
			v->fd = -1;
		return;
	}
	if (!v) {
		v = oldest(a);
		send_away(v);
	}
	*v = (struct visitor){fd, lp_clock()};
}

/* Returns when the next one has been there for too long. */
static lp_time send_late_ones_away(struct admin *a)
{
	lp_time now = lp_clock(), next = LP_NEVER;
	for (size_t i = 0; i < ADMIN_VISITORS; i++) {
		struct visitor *v = &a->visitors[i];
		lp_time end = v->since + ADMIN_SECONDS * LP_SECOND;
		if (v->fd < 0)
			continue;
		if (end <= now)
			send_away(v);
		else if (end < next)
			next = end;
	}
	return next;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size,
	void **request)
{
	struct admin *a = context;
	(void)version, (void)data, (void)data_size, (void)request;
	return admin_site_answer(&a->site, connection, url, method);
}

/* ---- the thread */

static int wait_for(struct admin *a, lp_time next)
{
	MHD_UNSIGNED_LONG_LONG ms;
	struct pollfd fds[] = {{.fd = a->set, .events = POLLIN}, {.fd = a->end, .events = POLLIN}};
	lp_time now = lp_clock(), wait = LP_NEVER;
	if (next != LP_NEVER)
		wait = next > now ? next - now : 0;
	if (MHD_get_timeout(a->daemon, &ms) == MHD_YES && ms * LP_MILLISECOND < wait)
		wait = ms * LP_MILLISECOND;
	int limit = wait == LP_NEVER ? -1 : (int)(wait / LP_MILLISECOND) + (wait > 0);
	return poll(fds, 2, limit) < 0 && errno != EINTR ? -1 : fds[1].revents;
}

/* A daemon that has had too many connections takes new ones only from its next run on. */
static void serve(struct admin *a)
{
	do {
		a->closed = false;
		MHD_run(a->daemon);
	} while (a->closed);
}

static void give_up(struct admin *a, int error)
{
	lp_log(LP_LOG_WARNING, "admin_failed", "error=%s hint=%s", strerror(error), HINT);
	MHD_stop_daemon(a->daemon); /* so that nobody waits for an answer */
	a->daemon = NULL;
}

static void *run(void *argument)
{
	struct admin *a = argument;
	int event;
	while ((event = wait_for(a, send_late_ones_away(a))) == 0)
		serve(a);
	if (event < 0)
		give_up(a, errno);
	return NULL;
}

/* ---- beginning and end */

static struct MHD_Daemon *start_daemon(struct admin *a, int listener)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
		on_request, a, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(ADMIN_VISITORS + SPARE), MHD_OPTION_CONNECTION_TIMEOUT, IDLE,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, a, MHD_OPTION_END);
}

static bool prepare(struct admin *a)
{
	const struct admin_place *place = &a->place;
	int listener =
		place->path[0] ? lp_local_listen(place->path, 0660) : listen_at(&place->address);
	if (listener < 0)
		return false;
	errno = ENOMEM;
	a->daemon = a->end >= 0 && admin_site_init(&a->site) ? start_daemon(a, listener) : NULL;
	if (!a->daemon) {
		close(listener);
		return false;
	}
	a->set = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return true;
}

static void say_where(const struct admin_place *place)
{
	char text[LP_ADDRESS_TEXT];
	bool open = !place->path[0] && !is_of_this_computer(&place->address);
	lp_log(LP_LOG_INFO, "admin", "at=%s", name_of(place, text));
	if (open)
		lp_log(LP_LOG_WARNING, "admin_is_open", "at=%s hint=%s", text,
			"whoever reaches this address sees rooms, names and addresses, without a "
			"login: use 127.0.0.1 and an SSH tunnel, or let a firewall choose who "
			"reaches it");
}

struct admin *admin_open(const struct admin_place *place)
{
	char text[LP_ADDRESS_TEXT];
	struct admin *a = place->given ? calloc(1, sizeof(*a)) : NULL;
	if (!place->given)
		return NULL;
	if (a) {
		a->place = *place;
		a->end = eventfd(0, EFD_CLOEXEC);
		for (size_t i = 0; i < ADMIN_VISITORS; i++)
			a->visitors[i].fd = -1;
	}
	if (a && prepare(a)) {
		say_where(place);
		return a;
	}
	lp_log(LP_LOG_WARNING, "admin_failed", "at=%s error=%s hint=%s", name_of(place, text),
		strerror(errno), HINT);
	admin_close(a);
	return NULL;
}

void admin_start(struct admin *a, struct workers *workers, bool shows_addresses)
{
	if (!a)
		return;
	a->site.workers = workers;
	a->site.shows_addresses = shows_addresses;
	int error = pthread_create(&a->thread, NULL, run, a);
	a->running = error == 0;
	if (!a->running)
		give_up(a, error);
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	if (a->running) {
		eventfd_write(a->end, 1);
		pthread_join(a->thread, NULL);
	}
	if (a->daemon)
		MHD_stop_daemon(a->daemon);
	if (a->daemon && a->place.path[0])
		unlink(a->place.path);
	admin_site_clear(&a->site);
	if (a->end >= 0)
		close(a->end);
	free(a);
}
