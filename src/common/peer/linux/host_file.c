#include "lanparty/peer/linux/host_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/state.h"
#include "lanparty/edge/log.h"

/* Its slot; or the first free one; or one that does not change, when all are taken. False, with errno. */
static bool find(struct lp_host_file *f)
{
	struct lp_host_memory record;
	ssize_t len = sizeof(record), n;
	for (f->slot = 0; f->slot < LP_HOST_FILE_ROOMS; f->slot++) {
		off_t at = (off_t)(f->slot * sizeof(record));
		n = pread(f->fd, &record, sizeof(record), at);
		if (n != len)
			return n >= 0;
		if (memcmp(record.tag, f->record.tag, sizeof(record.tag)) == 0) {
			f->record = record;
			return true;
		}
	}
	f->slot = f->record.tag[0] % LP_HOST_FILE_ROOMS;
	return true;
}

bool lp_host_file_open(struct lp_host_file *f, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT])
{
	char path[PATH_MAX];
	memset(&f->record, 0, sizeof(f->record));
	if (!lp_host_memory_tag(room_key, f->record.tag)) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return false;
	}
	f->fd = lp_state_open(name, "hosts", path, sizeof(path));
	if (f->fd < 0 || !find(f)) {
		lp_log(LP_LOG_WARNING, "host_not_kept", "file=%s error=%s hint=%s", path,
			errno == EWOULDBLOCK ? "another program uses it" : strerror(errno),
			"the next run does not know the room's host key, unless the invite has it");
		lp_host_file_close(f); /* or the key of another room would be overwritten */
	}
	memcpy(ret_host, f->record.print, LP_HOST_PRINT);
	return true;
}

void lp_host_file_keep(struct lp_host_file *f, const uint8_t host[LP_HOST_PRINT])
{
	off_t at = (off_t)(f->slot * sizeof(f->record));
	if (f->fd < 0 || memcmp(f->record.print, host, LP_HOST_PRINT) == 0)
		return;
	memcpy(f->record.print, host, LP_HOST_PRINT);
	if (pwrite(f->fd, &f->record, sizeof(f->record), at) != sizeof(f->record))
		lp_log(LP_LOG_WARNING, "host_not_kept", "error=%s", strerror(errno));
}

void lp_host_file_close(struct lp_host_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
