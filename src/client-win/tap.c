#include "tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "wide.h"

#define READ_CAP       2048 /* longer than any frame that the adapter's MTU allows */
#define PATH_MAX_UNITS 256
#define CLOSE_TIMEOUT  (2 * LP_SECOND)
#define RETRY_INTERVAL (250 * LP_MILLISECOND)
#define REFUSALS_MAX   40 /* ten seconds of refusals: the adapter does not only sleep */

struct tap_read {
	struct lp_io io; /* first member */
	struct tap *tap;
	DWORD error, len;
	uint8_t bytes[READ_CAP];
};

struct tap_write {
	struct lp_io io; /* first member */
	struct tap *tap;
	struct tap_write *next; /* in the list of free writes */
	uint8_t bytes[LP_ETH_FRAME_MAX];
};

struct tap {
	struct lp_port port; /* first member */
	HANDLE handle, loop;
	bool is_adapter, up, broken;
	bool in_rest;     /* the next read returns the rest of a message that was too long */
	size_t under_way; /* pending operations */
	size_t refusals;  /* rounds in which the adapter refused reads */
	lp_time retry_at;
	struct tap_read *idle[TAP_READS], *ended[TAP_READS]; /* ended: in order of completion */
	size_t idle_count, ended_count;
	struct tap_write *free_writes;
	struct tap_read reads[TAP_READS];
	struct tap_write writes[TAP_WRITES];
};

static struct tap *tap_of(const struct lp_port *port)
{
	return (struct tap *)(uintptr_t)port;
}

static void fail(const char *what, DWORD error)
{
	lp_log(LP_LOG_ERROR, "tap_failed", "at=%s error=%lu", what, error);
}

static void break_down(struct tap *t, DWORD error)
{
	if (!t->broken)
		fail("read", error);
	t->broken = true;
}

/* The adapter is asleep or just waking up. */
static void refused(struct tap *t)
{
	t->refusals++;
	t->retry_at = lp_clock() + RETRY_INTERVAL;
}

static void read_done(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct tap_read *r = (struct tap_read *)io;
	struct tap *t = r->tap;
	t->under_way--;
	r->error = error;
	r->len = bytes;
	t->ended[t->ended_count++] = r;
}

static bool start_read(struct tap_read *r)
{
	struct tap *t = r->tap;
	r->io.overlapped = (OVERLAPPED){0};
	DWORD error = 0;
	if (!ReadFile(t->handle, r->bytes, sizeof(r->bytes), NULL, &r->io.overlapped))
		error = GetLastError();
	/* A message longer than the buffer also completes through the loop. */
	if (error == 0 || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA) {
		t->under_way++;
		return true;
	}
	if (error == ERROR_OPERATION_ABORTED && t->refusals < REFUSALS_MAX)
		refused(t);
	else
		break_down(t, error);
	return false;
}

static void start_reads(struct tap *t)
{
	if (!t->up || t->broken || (t->refusals > 0 && lp_clock() < t->retry_at))
		return;
	while (t->idle_count > 0 && start_read(t->idle[t->idle_count - 1])) {
		t->idle_count--;
		t->refusals = 0;
	}
}

/* True if this read returned a whole frame. */
static bool is_frame(struct tap *t, const struct tap_read *r)
{
	if (r->error == ERROR_MORE_DATA) {
		t->in_rest = !t->is_adapter; /* an adapter discards the rest itself */
		return false;
	}
	if (r->error == ERROR_OPERATION_ABORTED) {
		refused(t);
		return false;
	}
	if (r->error != 0) {
		break_down(t, r->error);
		return false;
	}
	bool rest = t->in_rest;
	t->in_rest = false;
	return !rest && r->len >= LP_ETH_HEADER && r->len <= LP_ETH_FRAME_MAX;
}

static size_t tap_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct tap *t = tap_of(port);
	size_t count = 0;
	for (size_t i = 0; i < t->ended_count; i++) {
		struct tap_read *r = t->ended[i];
		if (is_frame(t, r)) {
			sink(context, r->bytes, r->len);
			count++;
		}
		t->idle[t->idle_count++] = r;
	}
	t->ended_count = 0;
	start_reads(t);
	return count;
}

static void free_write(struct tap_write *w)
{
	w->next = w->tap->free_writes;
	w->tap->free_writes = w;
}

static void write_done(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct tap_write *w = (struct tap_write *)io;
	(void)error; /* the reads detect that the other side is gone */
	(void)bytes;
	w->tap->under_way--;
	free_write(w);
}

static bool tap_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct tap *t = tap_of(port);
	struct tap_write *w = t->free_writes;
	if (!w || len < LP_ETH_HEADER || len > LP_ETH_FRAME_MAX)
		return false;
	t->free_writes = w->next;
	memcpy(w->bytes, frame, len);
	w->io.overlapped = (OVERLAPPED){0};
	if (!WriteFile(t->handle, w->bytes, (DWORD)len, NULL, &w->io.overlapped) &&
		GetLastError() != ERROR_IO_PENDING) {
		free_write(w);
		return false;
	}
	t->under_way++;
	return true;
}

/* The driver accepts reads only while its medium is on. */
static bool tap_up(struct lp_port *port, size_t mtu)
{
	struct tap *t = tap_of(port);
	(void)mtu;
	if (t->is_adapter && !adapter_set_media(t->handle, true)) {
		fail("media", GetLastError());
		return false;
	}
	t->up = true;
	start_reads(t);
	return true;
}

void tap_media_off(struct lp_port *port)
{
	struct tap *t = tap_of(port);
	if (t->is_adapter && t->up)
		adapter_set_media(t->handle, false);
	t->up = false;
}

static void tap_down(struct lp_port *port)
{
	(void)port;
}

static void tap_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

static void tap_close(struct lp_port *port)
{
	struct tap *t = tap_of(port);
	lp_time deadline = lp_clock() + CLOSE_TIMEOUT;
	CancelIoEx(t->handle, NULL);
	while (t->under_way > 0 && lp_clock() < deadline)
		lp_loop_wait(t->loop, deadline);
	CloseHandle(t->handle);
	if (t->under_way > 0)
		fail("close",
			/* Windows can still write there, so the memory is not freed */
			ERROR_TIMEOUT);
	else
		free(t);
}

static const struct lp_port_ops ops = {
	.read = tap_read,
	.write = tap_write,
	.up = tap_up,
	.down = tap_down,
	.members = tap_members,
	.close = tap_close,
};

struct lp_port *tap_open(HANDLE handle, bool is_adapter, HANDLE loop)
{
	struct tap *t = calloc(1, sizeof(*t));
	if (!t || !lp_loop_add(loop, handle)) {
		fail("open", t ? GetLastError() : ERROR_OUTOFMEMORY);
		CloseHandle(handle);
		free(t);
		return NULL;
	}
	t->port.ops = &ops;
	t->handle = handle;
	t->loop = loop;
	t->is_adapter = is_adapter;
	for (size_t i = 0; i < TAP_READS; i++) {
		t->reads[i].io.done = read_done;
		t->reads[i].tap = t;
		t->idle[t->idle_count++] = &t->reads[i];
	}
	for (size_t i = 0; i < TAP_WRITES; i++) {
		t->writes[i].io.done = write_done;
		t->writes[i].tap = t;
		free_write(&t->writes[i]);
	}
	return &t->port;
}

HANDLE tap_open_pipe(const char *path)
{
	wchar_t wide[PATH_MAX_UNITS];
	DWORD mode = PIPE_READMODE_MESSAGE;
	/* The server end of the pipe must not be able to impersonate us. */
	HANDLE handle = CreateFileW(wide_from(wide, PATH_MAX_UNITS, path),
		GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
	if (handle == INVALID_HANDLE_VALUE || SetNamedPipeHandleState(handle, &mode, NULL, NULL))
		return handle;
	DWORD error = GetLastError();
	CloseHandle(handle);
	SetLastError(error);
	return INVALID_HANDLE_VALUE;
}

bool tap_is_broken(const struct lp_port *port)
{
	return tap_of(port)->broken;
}
