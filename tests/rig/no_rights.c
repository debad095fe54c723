/* no_rights.so, for LD_PRELOAD: a kernel that does not let a process drop its capabilities, or with
 * NO_RIGHTS=unknown not even say which it has. */
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
