#include "handover.h"

void handover_give(struct handover *h, struct stream *stream)
{
	if (atomic_fetch_add(&h->count, 1) >= HANDOVER_MAX) {
		atomic_fetch_sub(&h->count, 1);
		stream_free(stream);
		return;
	}
	stream->next = atomic_load(&h->newest);
	while (!atomic_compare_exchange_weak(&h->newest, &stream->next, stream))
		;
}

struct stream *handover_take(struct handover *h)
{
	struct stream *first = atomic_exchange(&h->newest, NULL);
	size_t count = 0;
	for (const struct stream *s = first; s; s = s->next)
		count++;
	atomic_fetch_sub(&h->count, count);
	return first;
}

void handover_clear(struct handover *h)
{
	struct stream *next;
	for (struct stream *s = handover_take(h); s; s = next) {
		next = s->next;
		stream_free(s);
	}
}
