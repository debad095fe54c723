#include "lanparty/peer/address_plan.h"

void lp_address_plan_init(struct lp_address_plan *plan, bool asks)
{
	*plan = (struct lp_address_plan){.asks = asks, .deadline = LP_NEVER};
}

static lp_time wait_of(const struct lp_address_plan *plan)
{
	if (plan->leased)
		return plan->gateway ? LP_NEVER : LP_ADDRESS_ABSENCE;
	return plan->gateway && plan->asks ? LP_ADDRESS_SILENCE : 0;
}

static void wait(struct lp_address_plan *plan, lp_time now)
{
	plan->taken = plan->taken && plan->ipv4 && !plan->players;
	plan->deadline = LP_NEVER;
	lp_time time = wait_of(plan);
	if (plan->ipv4 && !plan->players && !plan->taken && time != LP_NEVER)
		plan->deadline = now + time;
	lp_address_plan_on_time(plan, now);
}

void lp_address_plan_on_time(struct lp_address_plan *plan, lp_time now)
{
	if (now < plan->deadline)
		return;
	plan->deadline = LP_NEVER;
	plan->taken = true;
}

void lp_address_plan_join(
	struct lp_address_plan *plan, const struct lp_welcome *welcome, lp_time now)
{
	plan->ipv4 = welcome->ipv4;
	plan->prefix = welcome->prefix;
	plan->gateway = welcome->gateway_connected;
	wait(plan, now);
}

void lp_address_plan_gateway(struct lp_address_plan *plan, bool there, lp_time now)
{
	if (plan->gateway == there)
		return; /* the time that it waits goes on */
	plan->gateway = there;
	wait(plan, now);
}

void lp_address_plan_lease(struct lp_address_plan *plan, bool there, lp_time now)
{
	plan->leased = there;
	plan->taken = plan->taken && !(there && plan->gateway);
	wait(plan, now);
}

void lp_address_plan_players(struct lp_address_plan *plan, bool there, lp_time now)
{
	if (plan->players == there)
		return;
	plan->players = there;
	wait(plan, now);
}
