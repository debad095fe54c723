#include "lanparty/edge/linux/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void lp_state_path(const char *name, const char *kind, char *path, size_t cap)
{
	const char *given = getenv("STATE_DIRECTORY"); /* systemd's list of folders */
	int len = given ? (int)strcspn(given, ":") : 0;
	if (len == 0)
		mkdir(LP_STATE_DIR, 0755);
	snprintf(path, cap, "%.*s/%s.%s", len ? len : (int)sizeof(LP_STATE_DIR) - 1,
		len ? given : LP_STATE_DIR, name, kind);
}

int lp_state_open(const char *name, const char *kind, char *path, size_t cap)
{
	struct stat st;
	lp_state_path(name, kind, path, cap);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}
