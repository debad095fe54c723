#include "lanparty/edge/linux/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES_MAX 100 /* attempts to find an unused name */

bool lp_file_read(int fd, char *text, size_t cap, size_t *ret_len)
{
	char more;
	size_t len = 0;
	for (;;) {
		bool full = len == cap;
		ssize_t n = read(fd, full ? &more : text + len, full ? 1 : cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && full)
			errno = EFBIG;
		if (n < 0 || (n > 0 && full))
			return false;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = write(fd, (const char *)bytes + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Closes fd in any case. errno is that of the first failure. */
static bool close_after(int fd, bool good)
{
	int error = errno;
	bool closed = close(fd) == 0;
	if (!good)
		errno = error;
	return good && closed;
}

/* Returns a duplicate of the standard stream that has this file open, so that its position
 * continues; else -1. */
static int stream_of(const struct stat *st)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat own;
		if (fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	return -1;
}

/* True if path must be written to directly. Then *ret_fd is its descriptor, or -1 with errno. */
static bool open_direct(const char *path, int *ret_fd)
{
	struct stat st;
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
		return false;
	*ret_fd = stream_of(&st);
	if (*ret_fd >= 0)
		return true;
	if (S_ISREG(st.st_mode))
		return false;
	*ret_fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return true;
}

/* Opens a new file in the folder of path for writing; its name is in temporary. */
static int open_beside(const char *path, mode_t mode, char temporary[PATH_MAX])
{
	for (int i = 0; i < NAMES_MAX; i++) {
		int n = snprintf(temporary, PATH_MAX, "%s.%ld-%d", path, (long)getpid(), i);
		if (n < 0 || n >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Gives the new file the mode and owner of the old one. Best effort: only root can change
 * owners. */
static void take_after(int fd, const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return;
	(void)!fchown(fd, st.st_uid, st.st_gid);
	(void)!fchmod(fd, st.st_mode & 07777);
}

/* What others cannot read when it is new, they must not read because they could read the old file. */
static bool is_secret(mode_t mode)
{
	return (mode & (S_IRWXG | S_IRWXO)) == 0;
}

static bool give_name(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path) == 0;
	/* A call without a function in older versions of musl. */
	if (syscall(SYS_renameat2, AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	/* The file system does not support the flag. */
	return errno == EINVAL && link(temporary, path) == 0 && unlink(temporary) == 0;
}

static bool write_beside(const char *path, mode_t mode, const void *bytes, size_t len, bool replace)
{
	char temporary[PATH_MAX];
	int fd = open_beside(path, mode, temporary);
	if (fd < 0)
		return false;
	if (replace && !is_secret(mode))
		take_after(fd, path);
	bool good = close_after(fd, write_all(fd, bytes, len) && fsync(fd) == 0) &&
		    give_name(temporary, path, replace);
	if (!good) {
		int error = errno;
		unlink(temporary);
		errno = error;
	}
	return good;
}

bool lp_file_replace(const char *path, mode_t mode, const void *bytes, size_t len)
{
	char target[PATH_MAX];
	int fd;
	if (open_direct(path, &fd))
		return fd >= 0 && close_after(fd, write_all(fd, bytes, len));
	return write_beside(realpath(path, target) ? target : path, mode, bytes, len, true);
}

bool lp_file_replace_here(const char *path, mode_t mode, const void *bytes, size_t len)
{
	struct stat st;
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : EEXIST;
		return false;
	}
	return write_beside(path, mode, bytes, len, true);
}

bool lp_file_make_folders(const char *path)
{
	char *folder = strdup(path);
	bool good = folder != NULL;
	for (char *p = folder && *folder ? folder + 1 : NULL; good && p && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		good = mkdir(folder, 0755) == 0 || errno == EEXIST;
		*p = '/';
	}
	int error = errno;
	free(folder);
	errno = error;
	return good;
}

bool lp_file_create(const char *path, mode_t mode, const void *bytes, size_t len, bool *ret_made)
{
	struct stat st;
	int fd;
	*ret_made = false;
	if (open_direct(path, &fd))
		return fd >= 0 && close_after(fd, write_all(fd, bytes, len));
	if (lstat(path, &st) == 0) {
		errno = EEXIST;
		return false;
	}
	*ret_made = write_beside(path, mode, bytes, len, false);
	return *ret_made;
}
