#include "windows/resolve.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The thread's and the loop's: the one that is last frees it. */
struct lp_resolve {
	struct lp_io io;
	SRWLOCK lock;
	bool forgotten, finished; /* under the lock */
	HANDLE loop;
	void (*answered)(void *context, const struct lp_addresses *found);
	void *context;
	struct lp_addresses found;
	char port[6];
	char host[];
};

static void on_answer(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct lp_resolve *r = (struct lp_resolve *)io;
	(void)error;
	(void)bytes;
	if (!r->forgotten)
		r->answered(r->context, &r->found);
	free(r);
}

static unsigned __stdcall run(void *argument)
{
	struct lp_resolve *r = argument;
	lp_lookup(r->host, r->port, &r->found);
	AcquireSRWLockExclusive(&r->lock);
	bool posted = !r->forgotten && lp_loop_post(r->loop, &r->io, 0);
	bool last = r->forgotten;
	r->finished = posted;
	ReleaseSRWLockExclusive(&r->lock);
	if (last)
		free(r);
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
	ReleaseSRWLockExclusive(&r->lock);
}
