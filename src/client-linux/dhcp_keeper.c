#include "dhcp_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dhcp_clients.h"
#include "dhcp_dir.h"
#include "dhcp_news.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"

#define NAME        "lanparty-dhcp-keeper"
#define COMMAND     'a' /* run the first client; the others follow */
#define RELEASE     '!'
#define STOP        '.'
#define END_STEP    10 /* ms */
#define END_CLIENT  50 /* steps until a client that was killed is given up */
#define END_RELEASE 90 /* steps for giving a lease back */
#define END_KEEPER  100

/* ---- the program's side */

_Noreturn static void become_keeper(int commands, const char *directory, const char *interface)
{
	/* It gets nothing of our environment, which can hold the room's code. */
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	char name[PATH_MAX], tap[64];
	char *arguments[] = {name, tap, NULL};
	snprintf(name, sizeof(name), "%s/" NAME, directory);
	snprintf(tap, sizeof(tap), "%s", interface);
	setsid(); /* Ctrl-C and a closed terminal signal the parent alone */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(commands, STDIN_FILENO) < 0)
		_exit(LP_EXIT_OS);
	/* stdout is for events alone, and the lines of DHCP clients are not our log */
	dup2(lp_log_on(LP_LOG_DEBUG) ? STDERR_FILENO : null, STDOUT_FILENO);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execve("/proc/self/exe", arguments, environment);
	_exit(LP_EXIT_OS);
}

bool dhcp_keeper_open(struct dhcp_keeper *keeper, const char *directory, const char *interface)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	keeper->pid = fork();
	if (keeper->pid == 0)
		become_keeper(fds[0], directory, interface);
	close(fds[0]);
	keeper->commands = fds[1];
	return keeper->pid > 0;
}

static bool command(const struct dhcp_keeper *keeper, char byte)
{
	return keeper->pid > 0 && write(keeper->commands, &byte, 1) == 1;
}

bool dhcp_keeper_run(const struct dhcp_keeper *keeper, size_t client)
{
	return command(keeper, (char)(COMMAND + (int)client));
}

bool dhcp_keeper_stop(const struct dhcp_keeper *keeper)
{
	return command(keeper, STOP);
}

bool dhcp_keeper_release(const struct dhcp_keeper *keeper)
{
	return command(keeper, RELEASE);
}

bool dhcp_keeper_has_ended(struct dhcp_keeper *keeper)
{
	if (keeper->pid <= 0 || waitpid(keeper->pid, NULL, WNOHANG) != keeper->pid)
		return false;
	keeper->pid = -1;
	return true;
}

/* Waits for a child, but not forever. */
static bool ends(pid_t pid, int steps, int *ret_status)
{
	for (int i = 0; i < steps; i++) {
		if (waitpid(pid, ret_status, WNOHANG) != 0)
			return true;
		poll(NULL, 0, END_STEP);
	}
	return false;
}

void dhcp_keeper_close(struct dhcp_keeper *keeper)
{
	if (keeper->commands >= 0)
		close(keeper->commands);
	if (keeper->pid > 0 && !ends(keeper->pid, END_KEEPER, NULL))
		kill(keeper->pid, SIGKILL);
	*keeper = (struct dhcp_keeper){-1, -1};
}

/* ---- the keeper's side */

struct kept {
	const char *directory, *interface;
	pid_t client; /* -1: none */
	size_t index; /* in dhcp_clients */
	unsigned run;
	bool released; /* its end is no news */
};

/* Replaces %s and %i by directory and interface. */
static void expand(const struct kept *k, const char *const *words, char **ret_arguments)
{
	static char texts[DHCP_ARGUMENTS][DHCP_DIR + 32];
	for (size_t i = 0; i < DHCP_ARGUMENTS && words[i]; i++) {
		const char *from = words[i];
		if (strcmp(from, "%i") == 0)
			snprintf(texts[i], sizeof(texts[i]), "%s", k->interface);
		else if (strncmp(from, "%s", 2) == 0)
			snprintf(texts[i], sizeof(texts[i]), "%s%s", k->directory, from + 2);
		else
			snprintf(texts[i], sizeof(texts[i]), "%s", from);
		ret_arguments[i] = texts[i];
	}
}

_Noreturn static void become_client(const struct kept *k, const char *const *words)
{
	extern char **environ;
	char *arguments[DHCP_ARGUMENTS + 1] = {0};
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setpgid(0, 0);
	close(STDIN_FILENO); /* commands are the keeper's */
	if (open("/dev/null", O_RDONLY) != STDIN_FILENO)
		_exit(LP_EXIT_OS);
	expand(k, words, arguments);
	execve(dhcp_clients[k->index].path, arguments, environ);
	_exit(LP_EXIT_OS);
}

/* dhcpcd is several processes, of several users. */
static void kill_client(struct kept *k)
{
	if (k->client <= 0)
		return;
	kill(-k->client, SIGKILL);
	ends(k->client, END_CLIENT, NULL);
	k->client = -1;
}

static void start_client(struct kept *k, const char *const *words)
{
	k->client = fork();
	if (k->client == 0)
		become_client(k, words);
	if (k->client > 0)
		setpgid(k->client, k->client); /* the child can be late */
}

static void run_client(struct kept *k, size_t index)
{
	char leases[PATH_MAX];
	kill_client(k);
	k->index = index;
	/* With an old lease dhclient would ask the server of another LAN for it. */
	snprintf(leases, sizeof(leases), "%s/" DHCP_LEASES, k->directory);
	unlink(leases);
	k->run++;
	k->released = false;
	start_client(k, dhcp_clients[index].arguments);
}

static void release(struct kept *k)
{
	const char *const *words = dhcp_clients[k->index].release;
	if (k->client <= 0 || k->released)
		return;
	k->released = true;
	if (!words[0]) {
		kill(k->client, SIGTERM);
		return;
	}
	kill_client(k);
	start_client(k, words);
}

static void reap(struct kept *k)
{
	int status;
	if (k->client <= 0 || waitpid(k->client, &status, WNOHANG) != k->client)
		return;
	struct dhcp_news news = {.kind = DHCP_NEWS_ENDED,
		.run = k->run,
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
	kill(-k->client, SIGKILL); /* what it has left */
	k->client = -1;
	if (!k->released)
		dhcp_news_send(k->directory, &news);
}

static void obey(struct kept *k, char byte)
{
	if (byte == RELEASE) {
		release(k);
	} else if (byte == STOP) {
		kill_client(k);
	} else if (byte >= COMMAND && byte < COMMAND + DHCP_CLIENTS) {
		run_client(k, (size_t)(byte - COMMAND));
	}
}

/* Ctrl-C does not reach the keeper, but a service manager ends all processes of a service: the lease is given
 * back as when the client ends. False: it has been told to end. */
static bool take_signals(struct kept *k, int signals)
{
	int number;
	while ((number = lp_signals_next(signals))) {
		if (number == SIGCHLD) {
			reap(k);
			continue;
		}
		obey(k, RELEASE);
		if (k->client > 0)
			ends(k->client, END_RELEASE, NULL);
		return false;
	}
	return true;
}

bool dhcp_is_keeper(int argc, char **argv)
{
	const char *slash = argc == 2 ? strrchr(argv[0], '/') : NULL;
	return slash && strcmp(slash + 1, NAME) == 0;
}

void dhcp_keep(char **argv)
{
	struct kept k = {.directory = argv[0], .interface = argv[1], .client = -1};
	int signals = lp_signals_open((const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, 0});
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	char byte;
	*strrchr(argv[0], '/') = 0;
	while (signals >= 0 && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
		if (!take_signals(&k, signals))
			break;
		if (fds[0].revents == 0)
			continue;
		if (read(STDIN_FILENO, &byte, 1) != 1)
			break;
		obey(&k, byte);
	}
	kill_client(&k);
	dhcp_dir_remove(k.directory);
}
