#include "watchdog.h"

bool watchdog_ask(struct watchdog *w, size_t count)
{
	bool all = true;
	unsigned asked = atomic_load(&w->asked);
	for (size_t i = 1; i < count; i++)
		all = all && atomic_load(&w->answered[i]) == asked;
	atomic_store(&w->asked, asked + 1);
	return all;
}

void watchdog_answer(struct watchdog *w, size_t worker)
{
	atomic_store(&w->answered[worker], atomic_load(&w->asked));
}
