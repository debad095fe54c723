#include "lanparty/edge/linux/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/log.h"
#include "sanitized.h"

#define OWN_USER "lanparty" /* where a package or the administrator has made it */
#define NOBODY   "nobody"
#define OVERFLOW 65534 /* the kernel's overflowuid, for systems without the user nobody */

void lp_rights_protect_memory(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	if (!LP_SANITIZED)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void lp_rights_limit_memory(size_t bytes)
{
	const struct rlimit limit = {bytes, bytes};
	if (!LP_SANITIZED)
		setrlimit(RLIMIT_DATA, &limit);
}

static const char *chosen; /* NULL: the default */

static bool has(int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, (unsigned)capability);
}

bool lp_rights_is_root(void)
{
	return geteuid() == 0 && capng_get_caps_process() == 0 && has(CAP_SETUID) &&
	       has(CAP_SETGID) && has(CAP_SETPCAP);
}

static const char *default_user(void)
{
	return getpwnam(OWN_USER) ? OWN_USER : NOBODY;
}

static bool is_user(const struct passwd *entry)
{
	return entry && entry->pw_uid == geteuid();
}

const char *lp_rights_choose(const char *user)
{
	static char text[160];
	const struct passwd *entry = user ? getpwnam(user) : NULL;
	chosen = user;
	if (user && !entry)
		snprintf(text, sizeof(text), "--user: there is no user %.50s", user);
	else if (user && entry->pw_uid == 0)
		snprintf(text, sizeof(text),
			"--user: %.50s has the rights of root, which this program must give up: "
			"name another user",
			user);
	else if (user && !lp_rights_is_root() && !is_user(entry))
		snprintf(text, sizeof(text),
			"--user: only root can become %.50s: start it as root, or as that user "
			"without this option",
			user);
	else
		return NULL;
	return text;
}

/* Becoming another user needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP: a service manager can have withheld
 * these. */
static bool become(const char *user)
{
	const struct passwd *entry = getpwnam(user);
	uid_t uid = entry ? entry->pw_uid : OVERFLOW;
	gid_t gid = entry ? entry->pw_gid : OVERFLOW;
	return capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) == 0;
}

static bool drop(const char *user, int kept)
{
	/* The decisions below rest on the capabilities that the process has. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || capng_get_caps_process() != 0)
		return false;
	bool bounding = has(CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (kept != LP_RIGHTS_NONE &&
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept) != 0)
		return false;
	if (user)
		return become(user);
	/* Without CAP_SETPCAP the bounding set stays, which is harmless with no_new_privs. */
	return capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) == 0;
}

static const char *next_user(void)
{
	if (!lp_rights_is_root())
		return NULL;
	return chosen ? chosen : default_user();
}

/* False: it stays who it is. */
static bool find_next(uid_t *ret_uid, gid_t *ret_gid)
{
	const char *user = next_user();
	const struct passwd *entry = user ? getpwnam(user) : NULL;
	*ret_uid = entry ? entry->pw_uid : OVERFLOW;
	*ret_gid = entry ? entry->pw_gid : OVERFLOW;
	return user;
}

/* By its descriptor, because whoever can write in the folder above can put something else at its path. */
static bool give(const char *path, int flags, mode_t type)
{
	uid_t uid;
	gid_t gid;
	struct stat st;
	if (!find_next(&uid, &gid))
		return true;
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
	bool good = fd >= 0 && fstat(fd, &st) == 0;
	int error = errno;
	if (good && (st.st_mode & S_IFMT) != type) {
		good = false;
		error = ENOTSOCK;
	} else if (good) {
		good = fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0;
		error = errno;
	}
	if (fd >= 0)
		close(fd);
	errno = error;
	return good;
}

/* A socket cannot be opened; its place can. */
bool lp_rights_give_socket(const char *path)
{
	return give(path, O_PATH, S_IFSOCK);
}

static bool give_folder(const char *path)
{
	return give(path, O_RDONLY | O_DIRECTORY, S_IFDIR);
}

bool lp_rights_make_folder(const char *path)
{
	char *folder = strdup(path);
	bool good = folder != NULL;
	for (size_t len = good ? strlen(folder) : 0; len > 1 && folder[len - 1] == '/'; len--)
		folder[len - 1] = '\0';
	good = good && lp_file_make_folders(folder);
	if (good && mkdir(folder, 0755) == 0)
		good = give_folder(folder);
	else if (good)
		good = errno == EEXIST;
	int error = errno;
	free(folder);
	errno = error;
	return good;
}

/* The kernel judges by the user and group for files (setfsuid(2)), without the capabilities of root. */
bool lp_rights_can_write(const char *folder)
{
	uid_t uid;
	gid_t gid;
	bool other = find_next(&uid, &gid);
	if (other) {
		setfsgid(gid);
		setfsuid(uid);
	}
	bool good = faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0;
	int error = errno;
	if (other) {
		setfsuid(geteuid());
		setfsgid(getegid());
	}
	errno = error;
	return good;
}

static bool drop_as(const char *user, int kept)
{
	bool good = drop(user, kept);
	/* The kernel has changed it back if the user is another one now. */
	if (good)
		lp_rights_protect_memory();
	else
		lp_log(LP_LOG_ERROR, "drop_rights_failed", "error=%s", strerror(errno));
	return good;
}

bool lp_rights_drop(int kept)
{
	return drop_as(next_user(), kept);
}

bool lp_rights_enter(int kept, enum lp_sandbox_program program)
{
	const char *user = next_user();
	if (!drop_as(user, kept) || !lp_sandbox_enter(program))
		return false;
	if (user)
		lp_log(LP_LOG_INFO, "rights_dropped", "user=%s", user);
	return true;
}
