#include "lanparty/edge/linux/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/text.h"

#define TOO_LONG                                                                                   \
	"the commands that act on this program do not reach it: give RUNTIME_DIRECTORY a shorter " \
	"path"

#define BACKLOG 8

/* False, with errno: the path is too long. It is written as far as it fits. */
static bool find_path(const struct lp_local_name *name, struct sockaddr_un *ret_address)
{
	const char *given = getenv("RUNTIME_DIRECTORY"); /* systemd's list of folders */
	int len = given ? (int)strcspn(given, ":") : 0, need;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len > 0)
		need = snprintf(ret_address->sun_path, LP_LOCAL_PATH, "%.*s/%s.control", len, given,
			name->name);
	else
		need = snprintf(ret_address->sun_path, LP_LOCAL_PATH, "/run/lanparty-%s/%s.control",
			name->program, name->name);
	errno = ENAMETOOLONG;
	return need < LP_LOCAL_PATH;
}

static int new_socket(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/* Another program uses it, perhaps one that does not take its connections. False, with errno: it is left of one
 * that was killed, or there is none. */
static bool is_in_use(const struct sockaddr_un *address)
{
	int fd = new_socket(SOCK_NONBLOCK);
	bool used =
		fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
				   errno == EAGAIN);
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return used;
}

/* False, with errno: it is something else than a socket that was left. */
static bool make_way(const char *path)
{
	struct stat found;
	if (lstat(path, &found) != 0)
		return errno == ENOENT;
	errno = EEXIST;
	return S_ISSOCK(found.st_mode) && unlink(path) == 0;
}

static bool make(int fd, const struct sockaddr_un *address, unsigned mode)
{
	const char *path = address->sun_path;
	char folder[LP_LOCAL_PATH];
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (folder[0] && !lp_rights_make_folder(folder))
		return false;
	if (is_in_use(address)) {
		errno = EADDRINUSE;
		return false;
	}
	if (!make_way(path))
		return false;
	mode_t mask = umask(0777 & ~mode); /* also in the moment before it is given away */
	bool bound = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	umask(mask);
	return bound && lp_rights_give_socket(path) && listen(fd, BACKLOG) == 0;
}

int lp_local_listen(const char *path, unsigned mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	int fd = new_socket(SOCK_NONBLOCK);
	if (fd >= 0 && make(fd, &address, mode))
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

/* A listener whose connections cannot be taken, without descriptors, must not stay ready: its edges count. */
static bool watch(struct lp_local *l, int fd, uint32_t events)
{
	uint32_t edges = fd == l->listener ? EPOLLET : 0;
	struct epoll_event event = {.events = events | edges, .data.fd = fd};
	return epoll_ctl(l->set, EPOLL_CTL_ADD, fd, &event) == 0;
}

void lp_local_open(struct lp_local *l, const struct lp_local_name *name)
{
	struct sockaddr_un address;
	bool fits = find_path(name, &address);
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < LP_LOCAL_CLIENTS; i++)
		l->clients[i].fd = -1;
	l->set = fits ? epoll_create1(EPOLL_CLOEXEC) : -1;
	l->listener = fits ? lp_local_listen(address.sun_path, 0600) : -1;
	if (l->set >= 0 && l->listener >= 0 && watch(l, l->listener, EPOLLIN)) {
		memcpy(l->path, address.sun_path, sizeof(l->path));
		return;
	}
	lp_log(LP_LOG_WARNING, "control_failed", "file=%s error=%s hint=%s", address.sun_path,
		strerror(errno),
		errno == ENAMETOOLONG ? TOO_LONG
				      : "the commands that act on this program do not reach it");
	lp_local_close(l);
}

static void drop(struct lp_local_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->answer);
	c->answer = NULL;
}

/* As much as the reader takes; the rest when it takes more. */
static void send_more(struct lp_local_client *c)
{
	while (c->sent < c->answer_len) {
		ssize_t n = send(c->fd, c->answer + c->sent, c->answer_len - c->sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		c->sent += (size_t)n;
	}
	drop(c);
}

void lp_local_close(struct lp_local *l)
{
	for (size_t i = 0; i < LP_LOCAL_CLIENTS; i++)
		drop(&l->clients[i]);
	if (l->path[0])
		unlink(l->path);
	if (l->listener >= 0)
		close(l->listener);
	if (l->set >= 0)
		close(l->set);
	l->set = l->listener = -1;
	l->path[0] = '\0';
}

int lp_local_fd(const struct lp_local *l)
{
	return l->set;
}

static int oldest(const struct lp_local *l)
{
	int found = 0;
	for (int i = 0; i < LP_LOCAL_CLIENTS; i++) {
		if (l->clients[i].fd < 0)
			return i;
		if (l->clients[i].ticket < l->clients[found].ticket)
			found = i;
	}
	return found;
}

static void take_clients(struct lp_local *l)
{
	int fd;
	struct epoll_event edges[1 + LP_LOCAL_CLIENTS];
	epoll_wait(l->set, edges, 1 + LP_LOCAL_CLIENTS, 0);
	while ((fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		int slot = oldest(l);
		struct lp_local_client *c = &l->clients[slot];
		drop(c);
		*c = (struct lp_local_client){
			.fd = fd, .ticket = l->count++ * LP_LOCAL_CLIENTS + slot};
		if (!watch(l, fd, EPOLLIN))
			drop(c);
	}
}

/* True: its line is complete. */
static bool read_line(struct lp_local_client *c)
{
	ssize_t n = recv(c->fd, c->line + c->len, LP_LOCAL_LINE - c->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		drop(c);
		return false;
	}
	c->len += (size_t)n;
	c->line[c->len] = '\0';
	char *end = strchr(c->line, '\n');
	if (end)
		*end = '\0';
	else if (c->len == LP_LOCAL_LINE)
		drop(c);
	return end != NULL;
}

int64_t lp_local_next(struct lp_local *l, const char **ret_line)
{
	take_clients(l);
	for (int i = 0; i < LP_LOCAL_CLIENTS; i++) {
		struct lp_local_client *c = &l->clients[i];
		if (c->fd >= 0 && c->answer)
			send_more(c);
		if (c->fd < 0 || c->asked || !read_line(c))
			continue;
		/* Nothing more is read: an epoll set would stay ready. */
		epoll_ctl(l->set, EPOLL_CTL_DEL, c->fd, NULL);
		c->asked = true;
		*ret_line = c->line;
		return c->ticket;
	}
	return -1;
}

void lp_local_answer(struct lp_local *l, int64_t who, const char *line)
{
	struct lp_local_client *c = &l->clients[who % LP_LOCAL_CLIENTS];
	size_t len = strlen(line);
	if (c->fd < 0 || c->ticket != who || !c->asked)
		return;
	if (c->answer)
		return; /* it has one */
	c->answer = malloc(len + 1);
	if (!c->answer) {
		drop(c);
		return;
	}
	memcpy(c->answer, line, len);
	c->answer[len] = '\n';
	c->answer_len = len + 1;
	watch(l, c->fd, EPOLLOUT);
	send_more(c);
}

/* ---- the command's side */

static bool send_request(int fd, const char *request)
{
	char text[LP_LOCAL_LINE + 2];
	int len = snprintf(text, sizeof(text), "%s\n", request);
	return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

/* NULL: there is no whole line. */
static char *read_answer(int fd)
{
	struct lp_text answer;
	char piece[16384];
	ssize_t n;
	lp_text_init(&answer, LP_LOCAL_ANSWER);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		lp_text_add(&answer, piece, (size_t)n);
	char *end = answer.len > 0 ? strchr(answer.bytes, '\n') : NULL;
	if (!end || answer.failed) {
		lp_text_clear(&answer);
		return NULL;
	}
	*end = '\0';
	return answer.bytes;
}

/* The limit holds for connect(), too, which waits while the program takes no connections. Returns 0, or
 * errno. */
static int call(int fd, const struct sockaddr_un *address)
{
	const struct timeval limit = {.tv_sec = LP_LOCAL_SECONDS};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
}

static enum lp_exit log_failure(const char *path, int error)
{
	bool denied = error == EACCES || error == EPERM;
	bool silent = error == 0 || error == EAGAIN;
	lp_log(LP_LOG_ERROR, "control_failed", "file=%s error=%s hint=%s", path,
		silent ? "no answer" : strerror(error),
		denied                  ? "give this command as root"
		: silent                ? "try again, or look into the log of the program"
		: error == ENAMETOOLONG ? TOO_LONG
					: "start the program first");
	return denied ? LP_EXIT_NO_PERMISSION : LP_EXIT_UNAVAILABLE;
}

bool lp_local_runs(const struct lp_local_name *name)
{
	struct sockaddr_un address;
	return !find_path(name, &address) || is_in_use(&address) ||
	       (errno != ENOENT && errno != ECONNREFUSED);
}

enum lp_exit lp_local_ask(const struct lp_local_name *name, const char *request, char **ret_answer)
{
	struct sockaddr_un address;
	int fd = find_path(name, &address) ? new_socket(0) : -1;
	int error = fd >= 0 ? call(fd, &address) : errno;
	*ret_answer = error == 0 && send_request(fd, request) ? read_answer(fd) : NULL;
	if (fd >= 0)
		close(fd);
	return *ret_answer ? LP_EXIT_OK : log_failure(address.sun_path, error);
}
