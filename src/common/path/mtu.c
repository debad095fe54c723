#include "lanparty/path/mtu.h"

void lp_mtu_on_acked(struct lp_mtu *m, bool large)
{
	if (!large) {
		m->small_pass = true;
		return;
	}
	m->lost = 0;
	if (!m->until)
		m->patience = 0;
}

bool lp_mtu_on_lost(struct lp_mtu *m, bool large, lp_time now)
{
	if (!large || m->until)
		return false;
	if (m->lost++ == 0) {
		m->since = now;
		m->small_pass = false;
	}
	if (m->lost < LP_MTU_LOST || !m->small_pass || now < m->since + LP_MTU_SUSPICION)
		return false;
	m->patience = m->patience ? 2 * m->patience : LP_MTU_RETRY;
	if (m->patience > LP_MTU_RETRY_MAX)
		m->patience = LP_MTU_RETRY_MAX;
	m->until = now + m->patience;
	m->lost = 0;
	return true;
}

bool lp_mtu_is_small(struct lp_mtu *m, lp_time now)
{
	if (m->until && now >= m->until)
		m->until = 0;
	return m->until != 0;
}

bool lp_mtu_admits_large(const struct lp_mtu *m, lp_time now)
{
	return m->lost < LP_MTU_SUSPECT || now >= m->next;
}

void lp_mtu_on_large(struct lp_mtu *m, lp_time rtt, lp_time now)
{
	m->next = now + 2 * rtt;
}
