/* no_rights.so, for LD_PRELOAD: simulates a kernel that refuses to drop capabilities, or with
 * NO_RIGHTS=unknown even to report them. */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int capget(cap_user_header_t header, cap_user_data_t data);
int capset(cap_user_header_t header, const cap_user_data_t data);

int capget(cap_user_header_t header, cap_user_data_t data)
{
	if (getenv("NO_RIGHTS")) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_capget, header, data);
}

int capset(cap_user_header_t header, const cap_user_data_t data)
{
	(void)header;
	(void)data;
	errno = EPERM;
	return -1;
}
