#include "lanparty/base/meter.h"

static uint64_t rate(uint64_t before, uint64_t total, lp_time passed)
{
	uint64_t more = total < before ? total : total - before;
	return (uint64_t)((double)more * (double)LP_SECOND / (double)passed + 0.5);
}

void lp_meter_take(struct lp_meter *m, uint64_t in, uint64_t out, lp_time now)
{
	if (m->at && now < m->at + LP_METER_LEAST)
		return;
	if (m->at) {
		m->in_rate = rate(m->in, in, now - m->at);
		m->out_rate = rate(m->out, out, now - m->at);
	}
	m->at = now;
	m->in = in;
	m->out = out;
}
