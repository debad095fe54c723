#include "netfix_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "netfix_windows.h"
#include "lanparty/edge/windows/loop.h"

#define NOTES_KEY   L"SOFTWARE\\lanparty\\changes"
#define PATIENCE_MS 10000 /* COM calls can hang */
#define SETTLE_MS   300   /* changes arrive in groups */
#define HURRY_MS    1000
#define IDLE_MS     5000
#define HURRY       (60 * LP_SECOND) /* after a change Windows keeps working for a while */

/* Held by the thread and by its creator. The last one frees it, because the thread can hang in
 * Windows longer than its creator waits. */
struct netfix {
	struct netfix_system system;
	struct netfix_work work;
	unsigned patience_ms;
	HANDLE thread, stop, ready, changed;
	LONG references;
	SRWLOCK tell_lock;
	struct netfix_listener to; /* tell: NULL when the creator no longer wants reports */
	bool looked;
	struct netfix_view view;
	volatile LONG64 room; /* wanted: address << 8 | length */
};

static void release(struct netfix *n)
{
	if (InterlockedDecrement(&n->references) > 0)
		return;
	HANDLE handles[] = {n->thread, n->stop, n->ready, n->changed};
	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		if (handles[i])
			CloseHandle(handles[i]);
	}
	free(n);
}

static void tell(void *context, const struct netfix_report *report)
{
	struct netfix *n = context;
	if (report->kind == NETFIX_WARNING)
		lp_log(LP_LOG_WARNING, "network_warning", "text=%s", report->text);
	AcquireSRWLockExclusive(&n->tell_lock);
	if (n->to.tell)
		n->to.tell(n->to.context, report);
	ReleaseSRWLockExclusive(&n->tell_lock);
}

/* Reports changes of the adapter's address, of other networks and of the route to the relay. */
static void look(struct netfix *n)
{
	struct netfix_view view;
	struct netfix_report report = {.kind = NETFIX_ADDRESS};
	const struct netfix_system *s = &n->system;
	if (!s->look(s->context, n->work.guid, &view))
		return;
	if (view.own.address != n->view.own.address || view.own.length != n->view.own.length ||
		view.leased != n->view.leased) {
		report.leased = view.leased;
		netfix_prefix_format(view.own, report.text);
		tell(n, &report);
	}
	if (n->looked && view.fingerprint != n->view.fingerprint) {
		report = (struct netfix_report){.kind = NETFIX_NETWORK};
		tell(n, &report);
	}
	if (netfix_overlap(&view, report.text))
		netfix_work_warn(&n->work, report.text);
	n->view = view;
	n->looked = true;
}

/* Sleeps until there is work. False: stop. */
static bool wait(struct netfix *n, DWORD ms, bool *ret_changed)
{
	HANDLE events[] = {n->stop, n->changed};
	DWORD result = WaitForMultipleObjects(2, events, FALSE, ms);
	*ret_changed = result == WAIT_OBJECT_0 + 1;
	if (*ret_changed)
		result = WaitForSingleObject(n->stop, SETTLE_MS);
	return result != WAIT_OBJECT_0;
}

static bool set_room(struct netfix *n)
{
	uint64_t room = (uint64_t)InterlockedCompareExchange64(&n->room, 0, 0);
	return netfix_work_room(
		&n->work, (struct netfix_prefix){(uint32_t)(room >> 8), (unsigned)(room & 0xff)});
}

void netfix_set_room(struct netfix *n, uint32_t ipv4, unsigned prefix)
{
	if (!n)
		return;
	InterlockedExchange64(&n->room, (LONG64)((uint64_t)ipv4 << 8 | (ipv4 ? prefix : 0)));
	SetEvent(n->changed);
}

static DWORD WINAPI run(void *context)
{
	struct netfix *n = context;
	const struct netfix_system *s = &n->system;
	lp_time hurry_until = lp_clock() + HURRY;
	bool changed = false, going;
	s->watch(s->context, n->changed);
	do {
		lp_time now = lp_clock();
		if (changed)
			hurry_until = now + HURRY;
		bool quiet = netfix_work_apply(&n->work, now) && now >= hurry_until;
		quiet &= set_room(n);
		SetEvent(n->ready);
		look(n);
		going = wait(n, quiet ? IDLE_MS : HURRY_MS, &changed);
	} while (going);
	netfix_work_end(&n->work);
	s->close(s->context);
	release(n);
	return 0;
}

static DWORD WINAPI run_recover(void *context)
{
	struct netfix *n = context;
	netfix_put_back_all(&n->system);
	n->system.close(n->system.context);
	release(n);
	return 0;
}

/* Takes ownership of the system. NULL: failed; the system is closed. */
static struct netfix *begin(const struct netfix_system *system, const char *guid, unsigned mtu,
	struct netfix_listener to, LPTHREAD_START_ROUTINE thread)
{
	struct netfix *n = calloc(1, sizeof(*n));
	if (n) {
		n->system = *system;
		n->references = 2;
		n->to = to;
		InitializeSRWLock(&n->tell_lock);
		netfix_work_init(
			&n->work, &n->system, guid, mtu, (struct netfix_listener){tell, n});
		n->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
		n->ready = CreateEventW(NULL, TRUE, FALSE, NULL);
		n->changed = CreateEventW(NULL, FALSE, FALSE, NULL);
		if (n->stop && n->ready && n->changed)
			n->thread = CreateThread(NULL, 0, thread, n, 0, NULL);
		if (n->thread)
			return n;
		n->references = 1;
		release(n);
	}
	lp_log(LP_LOG_ERROR, "no_thread", "error=%lu", (unsigned long)GetLastError());
	system->close(system->context);
	return NULL;
}

/* Waits for the thread until patience runs out, then releases it. */
static void end(struct netfix *n, DWORD patience_ms)
{
	if (WaitForSingleObject(n->thread, patience_ms) != WAIT_OBJECT_0)
		lp_log(LP_LOG_WARNING, "windows_hangs", "after_ms=%lu", (unsigned long)patience_ms);
	AcquireSRWLockExclusive(&n->tell_lock);
	n->to.tell = NULL;
	ReleaseSRWLockExclusive(&n->tell_lock);
	release(n);
}

static void warn_no_guard(struct netfix *n, struct netfix_listener to)
{
	struct netfix_report report = {.kind = NETFIX_WARNING};
	snprintf(report.text, sizeof(report.text), "%s", netfix_no_guard);
	if (n)
		tell(n, &report); /* the thread can report at the same time */
	else
		to.tell(to.context, &report);
}

struct netfix *netfix_start_with(const struct netfix_system *system, const char *guid, unsigned mtu,
	unsigned patience_ms, struct netfix_listener to)
{
	struct netfix *n = begin(system, guid, mtu, to, run);
	if (n)
		n->patience_ms = patience_ms;
	if (n && WaitForSingleObject(n->ready, patience_ms) == WAIT_OBJECT_0)
		return n;
	if (n)
		lp_log(LP_LOG_WARNING, "windows_is_slow", "after_ms=%u", patience_ms);
	warn_no_guard(n, to);
	return n;
}

struct netfix *netfix_start(const struct adapter *adapter, unsigned mtu, struct netfix_listener to)
{
	struct netfix_system system;
	if (!netfix_windows_open(HKEY_LOCAL_MACHINE, NOTES_KEY, &system)) {
		warn_no_guard(NULL, to);
		return NULL;
	}
	return netfix_start_with(&system, adapter->guid, mtu, PATIENCE_MS, to);
}

void netfix_stop(struct netfix *n)
{
	if (!n)
		return;
	SetEvent(n->stop);
	end(n, n->patience_ms);
}

static bool has_notes(void)
{
	struct netfix_system system;
	struct netfix_note note;
	if (!netfix_windows_open(HKEY_LOCAL_MACHINE, NOTES_KEY, &system))
		return false;
	bool any = system.notes(system.context, &note, 1) > 0;
	system.close(system.context);
	return any;
}

bool netfix_recover(void)
{
	struct netfix_system system;
	if (!has_notes()) /* the usual case */
		return true;
	if (!netfix_windows_open(HKEY_LOCAL_MACHINE, NOTES_KEY, &system))
		return false;
	struct netfix *n = begin(&system, "", 0, (struct netfix_listener){0}, run_recover);
	if (n)
		end(n, PATIENCE_MS);
	return !has_notes();
}
