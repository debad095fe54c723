#include "lanparty/edge/windows/resolve.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Held by the thread and by the caller. The last one frees it. */
struct lp_resolve {
	struct lp_io io;
	LONG holders;
	SRWLOCK lock;
	bool forgotten,
		/* under the lock: the caller cancelled; the result was posted to the loop */
		posted;
	HANDLE loop;
	void (*answered)(void *context, const struct lp_addresses *found);
	void *context;
	struct lp_addresses found;
	char port[6];
	char host[];
};

static void release(struct lp_resolve *r)
{
	if (InterlockedDecrement(&r->holders) == 0)
		free(r);
}

static void on_answer(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct lp_resolve *r = (struct lp_resolve *)io;
	(void)error;
	(void)bytes;
	if (!r->forgotten) /* only ever set on this thread */
		r->answered(r->context, &r->found);
	release(r);
}

static unsigned __stdcall run(void *argument)
{
	struct lp_resolve *r = argument;
	lp_lookup(r->host, r->port, &r->found);
	AcquireSRWLockExclusive(&r->lock); /* the loop stays open while a caller waits */
	r->posted = !r->forgotten && lp_loop_post(r->loop, &r->io, 0);
	ReleaseSRWLockExclusive(&r->lock);
	release(r);
	return 0;
}

struct lp_resolve *lp_resolve(HANDLE loop, const char *host, uint16_t port,
	void (*answered)(void *context, const struct lp_addresses *found), void *context)
{
	size_t size = strlen(host) + 1;
	struct lp_resolve *r = calloc(1, sizeof(*r) + size);
	if (!r)
		return NULL;
	r->io.done = on_answer;
	r->holders = 2;
	InitializeSRWLock(&r->lock);
	r->loop = loop;
	r->answered = answered;
	r->context = context;
	snprintf(r->port, sizeof(r->port), "%u", port);
	memcpy(r->host, host, size);
	HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, run, r, 0, NULL);
	if (!thread) {
		free(r);
		return NULL;
	}
	CloseHandle(thread);
	return r;
}

void lp_resolve_forget(struct lp_resolve *r)
{
	AcquireSRWLockExclusive(&r->lock);
	r->forgotten = true;
	bool posted = r->posted;
	ReleaseSRWLockExclusive(&r->lock);
	if (!posted)
		release(r);
}
