#include "floor_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lanparty/edge/linux/loop.h"
#include "udp_socket.h"

#define ROUNDS     4 /* batches per wake-up */
#define WINDOW     256
#define STALL      (200 * LP_MILLISECOND)
#define SPARSE_GAP (LP_SECOND / 4000)

struct load {
	const struct floor *floor;
	struct lp_waiter waiter;
	int fds[FLOOR_MEMBERS]; /* the sender's, then the targets' */
	size_t len, targets;
	uint64_t sent, copies, lost;
};

static int open_socket(const struct floor *f, const char *text, bool bound)
{
	int fd = udp_open_text(text, bound, 0);
	if (f->opened)
		f->opened(fd);
	return fd;
}

_Noreturn void floor_relay(const struct floor *f, const char *at)
{
	struct lp_waiter waiter;
	int ready, fd = open_socket(f, at, true);
	printf("listening\n");
	fflush(stdout);
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, fd))
		exit(1);
	for (;;) {
		lp_wait(&waiter, LP_NEVER, &ready, 1);
		for (int round = 0; round < ROUNDS && f->forward(fd); round++) {
		}
	}
}

/* Waits for copies, and takes them. Returns how many there were. */
static uint64_t take_until(struct load *l, lp_time deadline)
{
	uint64_t got = 0;
	int ready;
	lp_wait(&l->waiter, deadline, &ready, 1);
	for (size_t i = 1; i <= l->targets; i++)
		got += l->floor->take(l->fds[i]);
	l->copies += got;
	return got;
}

static void send_sparsely(struct load *l, uint64_t count)
{
	for (lp_time at = lp_clock(); l->sent < count;) {
		l->sent += l->floor->send(l->fds[0], l->len, 1);
		at += SPARSE_GAP;
		while (lp_clock() < at)
			take_until(l, at);
	}
}

static void send_fast(struct load *l, uint64_t count)
{
	lp_time moved = lp_clock();
	while (l->sent < count) {
		while (l->sent < count &&
			l->sent * l->targets < l->copies + l->lost + WINDOW * l->targets)
			l->sent += l->floor->send(l->fds[0], l->len, count - l->sent);
		if (take_until(l, lp_clock() + STALL))
			moved = lp_clock();
		else if (lp_clock() > moved + STALL)
			l->lost = l->sent * l->targets - l->copies;
	}
}

static bool join(struct load *l, const char *to)
{
	lp_waiter_open(&l->waiter);
	for (size_t i = 0; i <= l->targets; i++) {
		l->fds[i] = open_socket(l->floor, to, false);
		if (send(l->fds[i], "J", 1, 0) != 1 || (i && !lp_waiter_add(&l->waiter, l->fds[i])))
			return false;
	}
	return true;
}

int floor_load(const struct floor *f, const char *to, size_t len, long long wanted, size_t targets)
{
	struct load l = {.floor = f, .len = len, .targets = targets};
	if (targets >= FLOOR_MEMBERS || !join(&l, to))
		return 1;
	printf("ready\n");
	fflush(stdout);
	getchar();
	lp_time start = lp_clock();
	if (wanted < 0)
		send_sparsely(&l, (uint64_t)llabs(wanted));
	else
		send_fast(&l, (uint64_t)wanted);
	for (lp_time moved = lp_clock(); l.copies < l.sent * targets && lp_clock() < moved + STALL;)
		take_until(&l, moved + STALL);
	printf("{\"sent\":%llu,\"arrived\":%llu,\"seconds\":%.3f}\n", (unsigned long long)l.sent,
		(unsigned long long)l.copies, (double)(lp_clock() - start) / 1e9);
	fflush(stdout);
	getchar();
	return 0;
}
