#include "lanparty/host/service.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lanparty/edge/log.h"
#include "lanparty/host/step.h"

#define SYSTEMD    "/run/systemd/system" /* sd_booted(3) */
#define HINT       128
#define STATUS_MAX 256
#define LOOKS      4 /* per second */

/* Its standard output goes to the descriptor out. */
static bool run(const char *const words[], int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = -1;
	fflush(stdout);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	bool good = posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)(void *)words,
			    environ) == 0;
	posix_spawn_file_actions_destroy(&actions);
	return good && waitpid(pid, &status, 0) == pid && status == 0;
}

/* On standard error, because our standard output carries results. */
static bool systemctl(const char *verb, const char *name)
{
	const char *const words[] = {"systemctl", "--quiet", verb, name, NULL};
	return run(words, STDERR_FILENO);
}

static bool says(const char *name, const char *status)
{
	const char *const words[] = {
		"systemctl", "show", "--property=StatusText", "--value", name, NULL};
	char text[STATUS_MAX] = "";
	int pipe[2];
	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	ssize_t len = run(words, pipe[1]) ? read(pipe[0], text, sizeof(text) - 1) : 0;
	close(pipe[0]);
	close(pipe[1]);
	text[len > 0 ? strcspn(text, "\n") : 0] = '\0';
	return strcmp(text, status) == 0;
}

bool lp_service_says(const char *name, const char *status, unsigned seconds)
{
	for (unsigned i = 0; i < seconds * LOOKS; i++) {
		if (says(name, status))
			return true;
		usleep(1000000 / LOOKS);
	}
	return false;
}

/* Started before it is enabled: what fails then is done again by the next run, which finds nothing changed. */
static bool start(const struct lp_service *s)
{
	return systemctl(s->changed ? "restart" : "start", s->name) && systemctl("enable", s->name);
}

enum lp_exit lp_service_start(struct lp_service *service)
{
	struct lp_service *s = service;
	if (!s->own || access(SYSTEMD, F_OK) != 0) {
		lp_step("service", "%s, start the program yourself: %s --config %s",
			s->own ? "systemd does not run here"
			       : "the service of systemd reads other files",
			s->name, s->config);
		return LP_EXIT_OK;
	}
	s->runs = start(s);
	if (s->runs) {
		lp_step("service", "%s is enabled and runs", s->name);
		return LP_EXIT_OK;
	}
	char hint[HINT];
	snprintf(hint, sizeof(hint), "its log says why: journalctl -u %s; then run setup again",
		s->name);
	lp_log(LP_LOG_ERROR, "service_failed", "service=%s hint=%s", s->name, hint);
	return LP_EXIT_OS;
}
