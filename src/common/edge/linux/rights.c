#include "lanparty/edge/linux/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

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

static bool fail(void)
{
	lp_log(LP_LOG_ERROR, "drop_rights_failed", "error=%s", strerror(errno));
	return false;
}

const char *lp_rights_user(const char *user)
{
	if (user)
		return getpwnam(user) ? user : NULL;
	return getpwnam(OWN_USER) ? OWN_USER : NOBODY;
}

bool lp_rights_is_user(const char *user)
{
	const struct passwd *entry = getpwnam(user);
	return entry && entry->pw_uid == geteuid();
}

static bool has(int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, (unsigned)capability);
}

bool lp_rights_is_root(void)
{
	return geteuid() == 0 && capng_get_caps_process() == 0 && has(CAP_SETUID) &&
	       has(CAP_SETGID) && has(CAP_SETPCAP);
}

/* Drops all capabilities but kept. With a user, becomes it as well, which needs CAP_SETUID, CAP_SETGID and
 * CAP_SETPCAP: a service manager can have withheld these. */
static bool drop(const char *user, int kept)
{
	/* The decisions below rest on the capabilities that the process has. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || capng_get_caps_process() != 0)
		return fail();
	bool bounding = has(CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (kept != LP_RIGHTS_NONE &&
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept) != 0)
		return fail();
	if (user) {
		const struct passwd *entry = getpwnam(user);
		uid_t uid = entry ? entry->pw_uid : OVERFLOW;
		gid_t gid = entry ? entry->pw_gid : OVERFLOW;
		return capng_change_id((int)uid, (int)gid,
			       CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) == 0 ||
		       fail();
	}
	/* Without CAP_SETPCAP the bounding set stays, which is harmless with no_new_privs. */
	return capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) == 0 || fail();
}

bool lp_rights_drop(bool keep_net_admin)
{
	if (keep_net_admin)
		return drop(NULL, CAP_NET_ADMIN);
	return lp_rights_become(lp_rights_user(NULL), LP_RIGHTS_NONE);
}

bool lp_rights_become(const char *user, int kept)
{
	bool good = drop(lp_rights_is_root() ? user : NULL, kept);
	/* The kernel has changed it back if the user is another one now. */
	if (good)
		lp_rights_protect_memory();
	return good;
}
