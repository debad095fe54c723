#include "dhcp_plan.h"

#include <assert.h>

static void add(struct dhcp_plan *plan, enum dhcp_step step)
{
	assert(plan->step_count < sizeof(plan->steps) / sizeof(plan->steps[0]));
	plan->steps[plan->step_count++] = step;
}

void dhcp_plan_init(struct dhcp_plan *plan, size_t count)
{
	*plan = (struct dhcp_plan){.count = count, .deadline = LP_NEVER, .rest = DHCP_REST_MIN};
}

enum dhcp_step dhcp_plan_next(struct dhcp_plan *plan)
{
	if (plan->step_count == 0)
		return DHCP_STEP_NONE;
	enum dhcp_step step = plan->steps[0];
	plan->step_count--;
	for (size_t i = 0; i < plan->step_count; i++)
		plan->steps[i] = plan->steps[i + 1];
	return step;
}

static void run(struct dhcp_plan *plan, lp_time now)
{
	plan->state = DHCP_STARTING;
	plan->since = now;
	plan->deadline = now + DHCP_SIGN_WAIT;
	add(plan, DHCP_STEP_RUN);
}

static void search(struct dhcp_plan *plan, lp_time now)
{
	plan->searched = now;
	run(plan, now);
}

static void rest(struct dhcp_plan *plan, lp_time until)
{
	plan->state = DHCP_RESTING;
	plan->deadline = until;
}

/* Each client's failure is told once; when all have failed, the round begins again, silently. */
static void fail(struct dhcp_plan *plan, lp_time now)
{
	bool told = plan->failed >= plan->count;
	plan->failed++;
	plan->at = (plan->at + 1) % plan->count;
	if (!told)
		add(plan, DHCP_STEP_FAILED);
	if (plan->failed % plan->count != 0) {
		run(plan, now);
		return;
	}
	if (!told)
		add(plan, DHCP_STEP_ALL);
	rest(plan, now + DHCP_ALL_WAIT);
}

void dhcp_plan_join(struct dhcp_plan *plan, lp_time now)
{
	if (plan->state == DHCP_IDLE || plan->state == DHCP_RETURNING)
		search(plan, now);
}

void dhcp_plan_rest(struct dhcp_plan *plan)
{
	if (plan->state == DHCP_IDLE || plan->state == DHCP_OVER)
		return;
	plan->state = DHCP_IDLE;
	plan->deadline = LP_NEVER;
	plan->nobody_told = false;
	plan->step_count = 0;
	add(plan, DHCP_STEP_STOP);
}

void dhcp_plan_renew(struct dhcp_plan *plan, lp_time now)
{
	bool searches = plan->state == DHCP_STARTING || plan->state == DHCP_SEARCHING;
	if (plan->state == DHCP_IDLE || plan->state == DHCP_OVER || plan->state == DHCP_RETURNING ||
		(searches && now - plan->since < DHCP_YOUNG))
		return;
	plan->nobody_told = false;
	search(plan, now);
}

void dhcp_plan_alive(struct dhcp_plan *plan)
{
	if (plan->state != DHCP_STARTING)
		return;
	lp_time usual = plan->searched + DHCP_ANSWER_WAIT, least = plan->since + DHCP_ANSWER_LEAST;
	plan->state = DHCP_SEARCHING;
	plan->deadline = usual > least ? usual : least;
}

bool dhcp_plan_address(struct dhcp_plan *plan)
{
	bool idle = plan->state == DHCP_IDLE || plan->state == DHCP_RETURNING;
	plan->leased = plan->leased || !idle;
	if (plan->state != DHCP_STARTING && plan->state != DHCP_SEARCHING)
		return !idle;
	plan->state = DHCP_BOUND;
	plan->deadline = LP_NEVER;
	plan->failed = 0;
	plan->nobody_told = false;
	return true;
}

bool dhcp_plan_lost(struct dhcp_plan *plan, lp_time now)
{
	dhcp_plan_alive(plan);
	if (plan->state != DHCP_OVER && plan->state != DHCP_BOUND)
		return false;
	plan->leased = false;
	if (plan->state == DHCP_OVER)
		return true;
	plan->state = DHCP_SEARCHING;
	plan->deadline = now + DHCP_ANSWER_WAIT;
	return true;
}

static void lose(struct dhcp_plan *plan)
{
	bool leased = plan->leased;
	plan->leased = false;
	dhcp_plan_rest(plan);
	if (leased)
		add(plan, DHCP_STEP_LOST);
}

void dhcp_plan_give_up(struct dhcp_plan *plan, lp_time until)
{
	if (plan->state == DHCP_RETURNING)
		return;
	if (plan->state != DHCP_BOUND) {
		lose(plan);
		return;
	}
	plan->state = DHCP_RETURNING;
	plan->deadline = until;
	plan->step_count = 0;
	add(plan, DHCP_STEP_RETURN);
}

void dhcp_plan_ended(struct dhcp_plan *plan, lp_time now)
{
	if (plan->state == DHCP_STARTING || plan->state == DHCP_SEARCHING) {
		fail(plan, now);
	} else if (plan->state == DHCP_BOUND) {
		bool steady = now - plan->since >= DHCP_STEADY;
		lp_time next = 2 * plan->rest < DHCP_REST_MAX ? 2 * plan->rest : DHCP_REST_MAX;
		add(plan, DHCP_STEP_AGAIN);
		rest(plan, now + (steady ? DHCP_REST_MIN : plan->rest));
		plan->rest = steady ? DHCP_REST_MIN : next;
	}
}

void dhcp_plan_stop(struct dhcp_plan *plan)
{
	if (plan->state == DHCP_RETURNING)
		lose(plan);
	else
		plan->step_count = 0;
	plan->state = DHCP_OVER;
	plan->deadline = LP_NEVER;
}

void dhcp_plan_on_time(struct dhcp_plan *plan, lp_time now)
{
	if (now < plan->deadline)
		return;
	plan->deadline = LP_NEVER;
	if (plan->state == DHCP_RESTING) {
		search(plan, now);
	} else if (plan->state == DHCP_STARTING) {
		fail(plan, now);
	} else if (plan->state == DHCP_RETURNING) {
		lose(plan);
	} else if (plan->state == DHCP_SEARCHING && !plan->nobody_told) {
		plan->nobody_told = true;
		add(plan, DHCP_STEP_NOBODY);
	}
}
