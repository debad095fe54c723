#include "dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lanparty/edge/log.h"
#include "tap.h"

/* Files of the private directory. The DHCP client starts the script, which is a link to this program and
 * sends its news through the socket. */
#define SOCKET_NAME "news"
#define SCRIPT_NAME "lanparty-dhcp-event"
#define CONFIG_NAME "dhclient.conf"
#define DHCPCD_NAME "dhcpcd.conf"
#define DIR_MAX     64
#define NEWS_MAX    64
#define ARGUMENTS   20
#define PREFIX_MIN  8 /* a shorter one would cover much of the internet */

struct dhcp {
	struct lp_port *tap;
	char dir[DIR_MAX];
	int news; /* a socket that receives what the script sends */
	int start; /* a pipe to the waiting child: a byte starts the DHCP client, closing ends the child */
	pid_t child;
	bool started, released, has_address;
};

struct client {
	const char *path;
	const char *arguments[ARGUMENTS]; /* %s is the directory, %i the interface */
};

static const struct client clients[] = {
	{"/usr/sbin/udhcpc", {"udhcpc", "-f", "-R", "-t", "4", "-T", "2", "-A", "3", "-o", "-O",
				     "subnet", "-i", "%i", "-s", "%s/lanparty-dhcp-event"}},
	{"/sbin/udhcpc", {"udhcpc", "-f", "-R", "-t", "4", "-T", "2", "-A", "3", "-o", "-O",
				 "subnet", "-i", "%i", "-s", "%s/lanparty-dhcp-event"}},
	{"/usr/sbin/dhclient",
		{"dhclient", "-4", "-d", "-cf", "%s/dhclient.conf", "-sf", "%s/lanparty-dhcp-event",
			"-lf", "%s/leases", "-pf", "%s/pid", "%i"}},
	{"/sbin/dhclient",
		{"dhclient", "-4", "-d", "-cf", "%s/dhclient.conf", "-sf", "%s/lanparty-dhcp-event",
			"-lf", "%s/leases", "-pf", "%s/pid", "%i"}},
	{"/usr/sbin/dhcpcd", {"dhcpcd", "-4", "-B", "-f", "%s/dhcpcd.conf", "--script",
				     "%s/lanparty-dhcp-event", "%i"}},
	{"/usr/bin/busybox",
		{"busybox", "udhcpc", "-f", "-R", "-t", "4", "-T", "2", "-A", "3", "-o", "-O",
			"subnet", "-i", "%i", "-s", "%s/lanparty-dhcp-event"}},
};

/* dhclient gets the options that it asks for, and no others. */
static const char dhclient_config[] = "request subnet-mask, broadcast-address;\n"
				      "timeout 15;\nretry 3;\ninitial-interval 2;\n";

/* On the command line, --release would end a dhcpcd that runs already. */
static const char dhcpcd_config[] = "nogateway\nnoipv4ll\nrelease\n";

static void path_in(const struct dhcp *d, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", d->dir, name);
}

static bool make_directory(struct dhcp *d)
{
	const char *parents[] = {getenv("RUNTIME_DIRECTORY"), "/run", "/tmp"};
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!parents[i])
			continue;
		int len = snprintf(d->dir, sizeof(d->dir), "%s/lanparty-XXXXXX", parents[i]);
		if (len > 0 && (size_t)len < sizeof(d->dir) && mkdtemp(d->dir))
			return true;
	}
	d->dir[0] = 0;
	return false;
}

static bool write_config(const struct dhcp *d, const char *name, const char *text)
{
	char path[PATH_MAX];
	path_in(d, name, path);
	FILE *file = fopen(path, "we");
	if (!file)
		return false;
	bool good = fputs(text, file) >= 0;
	return fclose(file) == 0 && good;
}

static bool fill_directory(struct dhcp *d)
{
	char path[PATH_MAX], self[PATH_MAX];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return false;
	self[len] = 0;
	path_in(d, SCRIPT_NAME, path);
	if (symlink(self, path) != 0)
		return false;
	if (!write_config(d, CONFIG_NAME, dhclient_config) ||
		!write_config(d, DHCPCD_NAME, dhcpcd_config))
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", d->dir, SOCKET_NAME);
	d->news = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return d->news >= 0 &&
	       bind(d->news, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0;
}

/* Replaces %s and %i by directory and interface. */
static void expand(const struct dhcp *d, const struct client *client, char *arguments[ARGUMENTS])
{
	static char texts[ARGUMENTS][DIR_MAX + 32];
	for (size_t i = 0; i < ARGUMENTS && client->arguments[i]; i++) {
		const char *from = client->arguments[i];
		if (strcmp(from, "%i") == 0)
			snprintf(texts[i], sizeof(texts[i]), "%s", tap_name(d->tap));
		else if (strncmp(from, "%s", 2) == 0)
			snprintf(texts[i], sizeof(texts[i]), "%s%s", d->dir, from + 2);
		else
			snprintf(texts[i], sizeof(texts[i]), "%s", from);
		arguments[i] = texts[i];
	}
}

/* In the child: waits for dhcp_start, then becomes the DHCP client. */
_Noreturn static void wait_and_run(struct dhcp *d, const struct client *client, int start)
{
	/* It gets nothing of our environment, which can hold the room's code. */
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	char *arguments[ARGUMENTS + 1] = {0};
	char go;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setpgid(0, 0); /* Ctrl-C signals the parent alone */
	expand(d, client, arguments);
	if (read(start, &go, 1) == 1) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			_exit(LP_EXIT_OS);
		dup2(null, STDIN_FILENO);
		dup2(lp_log_on(LP_LOG_DEBUG) ? STDERR_FILENO : null, STDOUT_FILENO);
		dup2(STDOUT_FILENO,
			STDERR_FILENO); /* stdout is for events alone, and its lines are not our log */
		execve(client->path, arguments, environment);
	}
	_exit(LP_EXIT_OS);
}

static bool fork_child(struct dhcp *d, const struct client *client)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	d->child = fork();
	if (d->child == 0) {
		close(fds[1]);
		wait_and_run(d, client, fds[0]);
	}
	close(fds[0]);
	d->start = fds[1];
	return d->child > 0;
}

struct dhcp *dhcp_open(struct lp_port *tap, enum lp_exit *ret_exit)
{
	const struct client *client = clients,
			    *end = clients + sizeof(clients) / sizeof(clients[0]);
	while (client < end && access(client->path, X_OK) != 0)
		client++;
	if (client == end) {
		*ret_exit = LP_EXIT_NO_INPUT;
		lp_log(LP_LOG_ERROR, "dhcp_failed", "reason=%s",
			"--dhcp needs udhcpc, dhclient or dhcpcd: install one, or set an address "
			"by hand");
		return NULL;
	}
	struct dhcp *d = calloc(1, sizeof(*d));
	*ret_exit = LP_EXIT_OS;
	if (!d)
		return NULL;
	d->tap = tap;
	d->news = d->start = -1;
	if (make_directory(d) && fill_directory(d) && fork_child(d, client))
		return d;
	lp_log(LP_LOG_ERROR, "dhcp_failed", "reason=%s error=%s",
		"the DHCP client cannot be prepared", strerror(errno));
	dhcp_close(d);
	return NULL;
}

void dhcp_start(struct dhcp *d)
{
	if (!d->started && write(d->start, "g", 1) == 1)
		d->started = true;
}

int dhcp_fd(const struct dhcp *d)
{
	return d->news;
}

static void take_news(struct dhcp *d, const char *news)
{
	char ip[INET_ADDRSTRLEN];
	unsigned prefix;
	struct in_addr address;
	if (d->released)
		return; /* the release is sent from this address */
	if (sscanf(news, "%15s %2u", ip, &prefix) != 2 || inet_pton(AF_INET, ip, &address) != 1 ||
		prefix < PREFIX_MIN || prefix > 32) {
		tap_set_address(d->tap, 0, 0);
		if (d->has_address)
			lp_event(stdout, "address_gone", "");
		d->has_address = false;
		return;
	}
	d->has_address = tap_set_address(d->tap, ntohl(address.s_addr), prefix);
	if (d->has_address)
		lp_event(stdout, "address", "ip=%s prefix=%u", ip, prefix);
}

void dhcp_read(struct dhcp *d)
{
	char news[NEWS_MAX];
	ssize_t len;
	while ((len = recv(d->news, news, sizeof(news) - 1, 0)) >= 0) {
		news[len] = 0;
		take_news(d, news);
	}
}

void dhcp_child(struct dhcp *d)
{
	int status;
	if (d->child <= 0 || waitpid(d->child, &status, WNOHANG) != d->child)
		return;
	d->child = -1;
	if (d->released)
		return;
	lp_log(LP_LOG_WARNING, "dhcp_ended", "code=%d hint=%s",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		"the DHCP client ended: the interface keeps its address");
}

bool dhcp_release(struct dhcp *d)
{
	d->released = d->started && d->child > 0 && kill(d->child, SIGTERM) == 0;
	return d->released;
}

void dhcp_close(struct dhcp *d)
{
	static const char *const names[] = {
		SOCKET_NAME, SCRIPT_NAME, CONFIG_NAME, DHCPCD_NAME, "leases", "pid"};
	char path[PATH_MAX];
	if (!d)
		return;
	if (d->start >= 0)
		close(d->start);
	if (d->child > 0) {
		kill(d->child, SIGKILL); /* dhcp_release has asked it to end */
		waitpid(d->child, NULL, 0);
	}
	if (d->news >= 0)
		close(d->news);
	for (size_t i = 0; d->dir[0] && i < sizeof(names) / sizeof(names[0]); i++) {
		path_in(d, names[i], path);
		unlink(path);
	}
	if (d->dir[0])
		rmdir(d->dir);
	free(d);
}

static unsigned prefix_of(const char *mask)
{
	struct in_addr in;
	if (!mask || inet_pton(AF_INET, mask, &in) != 1)
		return 24; /* the server did not say: the usual prefix of a LAN */
	return (unsigned)__builtin_popcount(in.s_addr);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* udhcpc tells what happened in its first argument, dhclient and dhcpcd in $reason. */
static bool make_news(int argc, char **argv, char news[NEWS_MAX])
{
	static const char *const gained[] = {
		"bound", "renew", "BOUND", "RENEW", "REBIND", "REBOOT", NULL};
	static const char *const lost[] = {
		"deconfig", "EXPIRE", "FAIL", "RELEASE", "STOP", "STOPPED", "NAK", NULL};
	const char *reason = getenv("reason");
	bool udhcpc = !reason && argc > 1;
	if (udhcpc)
		reason = argv[1];
	const char *ip = getenv(udhcpc ? "ip" : "new_ip_address");
	const char *mask = getenv(udhcpc ? "subnet" : "new_subnet_mask");
	if (is_one_of(reason, gained) && ip)
		snprintf(news, NEWS_MAX, "%.15s %u", ip, prefix_of(mask));
	else if (is_one_of(reason, lost))
		snprintf(news, NEWS_MAX, "-");
	else
		return false;
	return true;
}

bool dhcp_is_event(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	if (!slash || strcmp(slash + 1, SCRIPT_NAME) != 0)
		return false;
	char news[NEWS_MAX];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%.*s/%s",
		(int)(slash - argv[0]), argv[0], SOCKET_NAME);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && len > 0 && (size_t)len < sizeof(address.sun_path) &&
		make_news(argc, argv, news) &&
		sendto(fd, news, strlen(news), 0, (const struct sockaddr *)(const void *)&address,
			sizeof(address)) < 0)
		perror(SCRIPT_NAME);
	if (fd >= 0)
		close(fd);
	return true;
}
