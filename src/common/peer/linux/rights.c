#include "lanparty/peer/linux/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lanparty/edge/log.h"

#define NOBODY 65534 /* the kernel's overflowuid, for systems without the user nobody */

static bool fail(void)
{
	lp_log(LP_LOG_ERROR, "drop_rights_failed", "error=%s", strerror(errno));
	return false;
}

/* Needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP, which a service manager can have withheld. */
static bool become_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	uid_t uid = nobody ? nobody->pw_uid : NOBODY;
	gid_t gid = nobody ? nobody->pw_gid : NOBODY;
	return capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) == 0;
}

bool lp_rights_drop(bool keep_net_admin)
{
	/* The decisions below rest on the capabilities that the process has. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || capng_get_caps_process() != 0)
		return fail();
	bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	bool identity = bounding && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
			capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
	capng_clear(CAPNG_SELECT_ALL);
	if (!keep_net_admin && geteuid() == 0 && identity)
		return become_nobody() || fail();
	if (keep_net_admin &&
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) != 0)
		return fail();
	/* Without CAP_SETPCAP the bounding set stays, which is harmless with no_new_privs. */
	return capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) == 0 || fail();
}
