#include "lanparty/peer/linux/room_memory.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/state.h"
#include "lanparty/edge/log.h"

_Static_assert(sizeof(struct lp_entry_memory) <= LP_HOST_PRINT, "a record holds it");

static size_t size_of(const struct lp_room_memory *m)
{
	return sizeof(m->record.tag) + m->len;
}

/* Its slot; or the first free one; or one that does not change, when all are taken. False, with errno. */
static bool find(struct lp_room_memory *m)
{
	struct lp_room_memory other = *m;
	ssize_t len = (ssize_t)size_of(m), n;
	for (m->slot = 0; m->slot < LP_HOST_MEMORY_ROOMS; m->slot++) {
		n = pread(m->fd, &other.record, (size_t)len, len * (off_t)m->slot);
		if (n != len)
			return n >= 0;
		if (memcmp(other.record.tag, m->record.tag, sizeof(m->record.tag)) == 0) {
			m->record = other.record;
			return true;
		}
	}
	m->slot = m->record.tag[0] % LP_HOST_MEMORY_ROOMS;
	return true;
}

static void open_file(
	struct lp_room_memory *m, const char *name, const char *kind, const char *hint)
{
	char path[PATH_MAX];
	m->fd = lp_state_open(name, kind, path, sizeof(path));
	if (m->fd >= 0 && find(m))
		return;
	lp_log(LP_LOG_WARNING, "room_not_kept", "file=%s error=%s hint=%s", path,
		errno == EWOULDBLOCK ? "another program uses it" : strerror(errno), hint);
	lp_room_memory_close(m); /* or what is known of another room would be overwritten */
}

static bool is_hashed(bool hashed)
{
	if (!hashed)
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
	return hashed;
}

bool lp_room_memory_hosts(struct lp_room_memory *m, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT])
{
	*m = (struct lp_room_memory){.fd = -1, .len = LP_HOST_PRINT};
	if (!is_hashed(lp_host_memory_tag(room_key, m->record.tag)))
		return false;
	open_file(m, name, "hosts",
		"the next run does not know the room's host key, unless the invite has it");
	memcpy(ret_host, m->record.value, LP_HOST_PRINT);
	return true;
}

bool lp_room_memory_ways(struct lp_room_memory *m, const char *name,
	const struct lp_peer_options *options, struct lp_entry *ret_entry)
{
	struct lp_entry_memory kept;
	*m = (struct lp_room_memory){.fd = -1, .len = sizeof(kept)};
	*ret_entry = (struct lp_entry){0};
	if (!is_hashed(lp_entry_memory_tag(options, m->record.tag)))
		return false;
	open_file(m, name, "ways",
		"the next run tries the relay's addresses that do not answer here, too");
	memcpy(&kept, m->record.value, sizeof(kept));
	lp_entry_memory_get(&kept, ret_entry);
	return true;
}

static void keep(struct lp_room_memory *m, const void *value)
{
	if (m->fd < 0 || memcmp(m->record.value, value, m->len) == 0)
		return;
	memcpy(m->record.value, value, m->len);
	ssize_t len = (ssize_t)size_of(m);
	if (pwrite(m->fd, &m->record, (size_t)len, len * (off_t)m->slot) != len)
		lp_log(LP_LOG_WARNING, "room_not_kept", "error=%s", strerror(errno));
}

void lp_room_memory_keep_host(struct lp_room_memory *m, const uint8_t host[LP_HOST_PRINT])
{
	keep(m, host);
}

void lp_room_memory_keep_way(struct lp_room_memory *m, const struct lp_entry *entry)
{
	struct lp_entry_memory kept;
	lp_entry_memory_put(entry, &kept);
	keep(m, &kept);
}

void lp_room_memory_close(struct lp_room_memory *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
