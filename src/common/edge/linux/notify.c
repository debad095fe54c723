#include "lanparty/edge/linux/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int manager = -1;
static unsigned interval;

/* A path, or with @ an abstract name (unix(7)). 0: it is neither. */
static socklen_t address_of(const char *name, struct sockaddr_un *ret_address)
{
	size_t len = name ? strlen(name) : 0;
	if (len < 2 || len >= sizeof(ret_address->sun_path) || (*name != '/' && *name != '@'))
		return 0;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, name, len);
	if (*name == '@')
		ret_address->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* $WATCHDOG_USEC counts for the process $WATCHDOG_PID alone, where that is set. */
static unsigned read_interval(void)
{
	const char *limit = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!limit || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	unsigned long long half = strtoull(limit, NULL, 10) / 2000000;
	if (half > 3600)
		return 3600;
	return half > 0 ? (unsigned)half : 1;
}

void lp_notify_open(void)
{
	struct sockaddr_un address;
	socklen_t len = address_of(getenv("NOTIFY_SOCKET"), &address);
	if (len == 0)
		return;
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (manager < 0)
		return;
	if (connect(manager, (const struct sockaddr *)&address, len) == 0) {
		interval = read_interval();
		return;
	}
	close(manager);
	manager = -1;
}

void lp_notify(const char *lines)
{
	if (manager >= 0)
		(void)!write(manager, lines, strlen(lines));
}

unsigned lp_notify_interval(void)
{
	return interval;
}
