#include "lanparty/peer/linux/resume_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/state.h"
#include "lanparty/edge/log.h"
#include "lanparty/quic/crypto.h"

#define MACHINE_ID "/etc/machine-id" /* machine-id(5) */
#define MACHINE    32                /* bytes of it */

/* Returns the number of bytes. */
static size_t read_machine(char id[MACHINE])
{
	int fd = open(MACHINE_ID, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, id, MACHINE) : 0;
	if (fd >= 0)
		close(fd);
	return len > 0 ? (size_t)len : 0;
}

void lp_resume_member_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[LP_MEMBER_ID])
{
	char id[MACHINE] = {0};
	lp_resume_member(room_key, id, read_machine(id), ret_id);
}

/* Of the room and this computer. A copy of the file has another inode, and another tag. */
static bool make_tag(
	int file, const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_tag[LP_RESUME_TAG])
{
	struct {
		ino_t inode;
		char id[MACHINE];
	} machine = {0};
	struct stat st;
	read_machine(machine.id);
	if (file >= 0 && fstat(file, &st) == 0)
		machine.inode = st.st_ino;
	return lp_resume_tag(room_key, &machine, sizeof(machine), ret_tag);
}

bool lp_resume_file_open(struct lp_resume_file *r, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_token[LP_TOKEN_SIZE])
{
	char path[PATH_MAX];
	struct lp_resume_record record;
	memset(ret_token, 0, LP_TOKEN_SIZE);
	r->fd = lp_state_open(name, "resume", path, sizeof(path));
	if (r->fd < 0)
		lp_log(LP_LOG_WARNING, "membership_not_kept", "file=%s error=%s hint=%s", path,
			errno == EWOULDBLOCK ? "another program uses it" : strerror(errno),
			"if this program is killed, its place in the room is free only after half "
			"a minute");
	if (!make_tag(r->fd, room_key, r->tag)) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s",
			"the TLS library cannot hash the room's key",
			"end other programs, because memory can be short; otherwise install "
			"lanparty anew");
		return false;
	}
	if (r->fd >= 0 && read(r->fd, &record, sizeof(record)) == sizeof(record) &&
		lp_equal_secret(record.tag, r->tag, LP_RESUME_TAG))
		memcpy(ret_token, record.token, LP_TOKEN_SIZE);
	lp_zero(&record, sizeof(record));
	return true;
}

void lp_resume_file_keep(struct lp_resume_file *r, const uint8_t token[LP_TOKEN_SIZE])
{
	struct lp_resume_record record;
	if (r->fd < 0)
		return;
	memcpy(record.tag, r->tag, sizeof(record.tag));
	memcpy(record.token, token, sizeof(record.token));
	if (pwrite(r->fd, &record, sizeof(record), 0) != sizeof(record))
		lp_log(LP_LOG_WARNING, "membership_not_kept", "error=%s", strerror(errno));
	lp_zero(&record, sizeof(record));
}

void lp_resume_file_forget(struct lp_resume_file *r)
{
	if (r->fd >= 0 && ftruncate(r->fd, 0) != 0)
		lp_log(LP_LOG_WARNING, "membership_not_forgotten", "error=%s", strerror(errno));
}

void lp_resume_file_close(struct lp_resume_file *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
