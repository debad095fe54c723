#include "lanparty/edge/linux/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void lp_state_path(const char *name, const char *kind, char *path, size_t cap)
{
	const char *given = getenv("STATE_DIRECTORY"); /* systemd's list of folders */
	int len = given ? (int)strcspn(given, ":") : 0;
	if (len == 0)
		mkdir(LP_STATE_DIR, 0755);
	snprintf(path, cap, "%.*s/%s.%s", len ? len : (int)sizeof(LP_STATE_DIR) - 1,
		len ? given : LP_STATE_DIR, name, kind);
}
