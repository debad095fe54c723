#include "dhcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dhcp_clients.h"
#include "dhcp_dir.h"
#include "dhcp_keeper.h"
#include "dhcp_news.h"
#include "dhcp_plan.h"
#include "lanparty/edge/log.h"

#define RELEASE_WAIT  (300 * LP_MILLISECOND) /* time for a DHCP release to cross the room */
#define RELEASE_START (900 * LP_MILLISECOND) /* likewise, from a program that is started for it */
#define SILENT        (-2) /* instead of an exit status: the client has not called its script */

struct dhcp {
	struct dhcp_listener to;
	char dir[DHCP_DIR];
	int news; /* a socket that receives what script and keeper send */
	struct dhcp_keeper keeper;
	size_t clients[DHCP_CLIENTS]; /* that are installed; the plan counts in these */
	struct dhcp_plan plan;
	unsigned run;
	int status; /* of the last client that has ended */
	bool released;
	bool wanted; /* somebody can answer */
	bool gateway;
};

bool dhcp_is_possible(void)
{
	size_t clients[DHCP_CLIENTS];
	return dhcp_clients_installed(clients) > 0;
}

struct dhcp *dhcp_open(const char *interface, struct dhcp_listener to)
{
	struct dhcp *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->to = to;
	d->keeper = (struct dhcp_keeper){-1, -1};
	dhcp_plan_init(&d->plan, dhcp_clients_installed(d->clients));
	d->news = dhcp_dir_make(d->dir);
	if (d->news >= 0 && dhcp_keeper_open(&d->keeper, d->dir, interface))
		return d;
	lp_log(LP_LOG_ERROR, "dhcp_failed", "reason=%s error=%s",
		"the DHCP client cannot be prepared", strerror(errno));
	dhcp_close(d);
	return NULL;
}

static const char *name_of(const struct dhcp *d, size_t at)
{
	return dhcp_clients[d->clients[at % d->plan.count]].path;
}

static void tell_failed(const struct dhcp *d)
{
	const char *client = name_of(d, d->plan.at + d->plan.count - 1);
	if (d->status == SILENT)
		lp_log(LP_LOG_WARNING, "dhcp_client_failed", "client=%s reason=%s", client,
			"it does not call lanparty's script: a rule of AppArmor or SELinux can "
			"forbid that");
	else
		lp_log(LP_LOG_WARNING, "dhcp_client_failed", "client=%s code=%d reason=%s", client,
			d->status, "it ended without an address");
}

static void perform(struct dhcp *d, enum dhcp_step step, lp_time now)
{
	static const char *const nobody[] = {
		"no DHCP server answers, because the room has no gateway: is the host's gateway "
		"running, and did it get the same room code? Until then the relay's address "
		"counts, if it gives one. Still asking",
		"no DHCP server answers: does the gateway's LAN have a router, or another DHCP "
		"server? Does something keep the gateway from it, as its log says? Until then the "
		"relay's address counts, if it gives one. Still asking",
	};
	switch (step) {
	case DHCP_STEP_RUN:
		d->status = SILENT;
		d->run++;
		dhcp_keeper_run(&d->keeper, d->clients[d->plan.at]);
		break;
	case DHCP_STEP_FAILED:
		tell_failed(d);
		break;
	case DHCP_STEP_ALL:
		lp_log(LP_LOG_WARNING, "dhcp_failed", "reason=%s",
			"no DHCP client of this computer works: install udhcpc, or set an address "
			"by hand with 'ip address add'");
		break;
	case DHCP_STEP_AGAIN:
		lp_log(LP_LOG_WARNING, "dhcp_ended", "client=%s code=%d hint=%s",
			name_of(d, d->plan.at), d->status,
			"the DHCP client ended and is started again; the interface keeps its "
			"address");
		break;
	case DHCP_STEP_NOBODY:
		lp_log(LP_LOG_WARNING, "dhcp_no_answer", "hint=%s", nobody[d->gateway]);
		break;
	case DHCP_STEP_STOP:
		dhcp_keeper_stop(&d->keeper);
		break;
	case DHCP_STEP_RETURN:
		dhcp_keeper_release(&d->keeper);
		break;
	case DHCP_STEP_LOST:
		d->to.leased(d->to.context, 0, 0, now);
		break;
	case DHCP_STEP_NONE:
		break;
	}
}

static void perform_all(struct dhcp *d, lp_time now)
{
	enum dhcp_step step;
	if (!d->wanted && !d->plan.leased)
		dhcp_plan_rest(&d->plan);
	while ((step = dhcp_plan_next(&d->plan)) != DHCP_STEP_NONE)
		perform(d, step, now);
}

void dhcp_start(struct dhcp *d, bool gateway, lp_time now)
{
	d->wanted = true;
	d->gateway = gateway;
	dhcp_plan_join(&d->plan, now);
	perform_all(d, now);
}

/* That the client which runs needs to give its lease back. */
static lp_time release_time(const struct dhcp *d)
{
	bool starts_another = dhcp_clients[d->clients[d->plan.at]].release[0] != NULL;
	return starts_another ? RELEASE_START : RELEASE_WAIT;
}

void dhcp_stop(struct dhcp *d, bool keep_lease, lp_time now)
{
	d->wanted = d->gateway = false;
	if (!keep_lease)
		dhcp_plan_give_up(&d->plan, now + release_time(d));
	perform_all(d, now);
}

void dhcp_renew(struct dhcp *d, lp_time now)
{
	if (d->released)
		return;
	dhcp_plan_renew(&d->plan, now);
	perform_all(d, now);
}

lp_time dhcp_deadline(const struct dhcp *d)
{
	return d->plan.deadline;
}

void dhcp_on_time(struct dhcp *d, lp_time now)
{
	dhcp_plan_on_time(&d->plan, now);
	perform_all(d, now);
}

int dhcp_fd(const struct dhcp *d)
{
	return d->news;
}

static void take_news(struct dhcp *d, const struct dhcp_news *news, lp_time now)
{
	switch (news->kind) {
	case DHCP_NEWS_ALIVE:
		dhcp_plan_alive(&d->plan);
		break;
	case DHCP_NEWS_ADDRESS:
		if (dhcp_plan_address(&d->plan)) /* else it has ended meanwhile */
			d->to.leased(d->to.context, news->ipv4, news->prefix, now);
		break;
	case DHCP_NEWS_LOST:
		if (dhcp_plan_lost(&d->plan, now))
			d->to.leased(d->to.context, 0, 0, now);
		break;
	case DHCP_NEWS_ENDED:
		if (news->run != d->run)
			break; /* it was replaced meanwhile */
		d->status = news->status;
		dhcp_plan_ended(&d->plan, now);
		break;
	}
}

void dhcp_read(struct dhcp *d, lp_time now)
{
	struct dhcp_news news;
	while (dhcp_news_read(d->news, &news)) {
		if (d->released)
			continue; /* the release is sent from this address */
		take_news(d, &news, now);
		perform_all(d, now);
	}
}

void dhcp_child(struct dhcp *d, lp_time now)
{
	if (!dhcp_keeper_has_ended(&d->keeper) || d->released)
		return;
	dhcp_plan_stop(&d->plan);
	perform_all(d, now);
	lp_log(LP_LOG_WARNING, "dhcp_ended", "reason=%s hint=%s",
		"the process that runs the DHCP client has ended",
		"nobody renews the interface's address any more: start again, or set one by hand");
}

lp_time dhcp_release(struct dhcp *d)
{
	d->released = dhcp_keeper_release(&d->keeper);
	if (!d->released || d->plan.state == DHCP_IDLE)
		return 0;
	return release_time(d);
}

void dhcp_close(struct dhcp *d)
{
	if (!d)
		return;
	dhcp_keeper_close(&d->keeper);
	if (d->news >= 0)
		close(d->news);
	if (d->dir[0])
		dhcp_dir_remove(d->dir); /* the keeper has done so, if there was one */
	free(d);
}
