#include "dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dhcp_clients.h"
#include "dhcp_keeper.h"
#include "dhcp_news.h"
#include "dhcp_plan.h"
#include "lanparty/edge/log.h"
#include "tap.h"

#define SILENT (-2) /* instead of an exit status: the client has not called its script */

struct dhcp {
	struct lp_port *tap;
	char dir[DHCP_DIR];
	int news; /* a socket that receives what script and keeper send */
	struct dhcp_keeper keeper;
	size_t clients[DHCP_CLIENTS]; /* that are installed; the plan counts in these */
	struct dhcp_plan plan;
	unsigned run;
	int status; /* of the last client that has ended */
	bool released, has_address;
};

/* dhclient gets the options that it asks for, and no others. */
static const char dhclient_config[] = "request subnet-mask, broadcast-address;\n"
				      "timeout 15;\nretry 3;\ninitial-interval 2;\n";

/* The script alone configures the interface: several processes of dhcpcd would leave parts of that behind
 * when they are killed. On the command line, --release would end a dhcpcd that runs already. reboot 0:
 * asks for a lease of this LAN, and not for the last one again. */
static const char dhcpcd_config[] =
	"noconfigure\nnogateway\nnoipv4ll\nrelease\nreboot 0\ntimeout 0\n";

static void path_in(const struct dhcp *d, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", d->dir, name);
}

static bool make_directory(struct dhcp *d)
{
	const char *parents[] = {getenv("RUNTIME_DIRECTORY"), "/run", "/tmp"};
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!parents[i])
			continue;
		int len = snprintf(d->dir, sizeof(d->dir), "%s/lanparty-XXXXXX", parents[i]);
		if (len > 0 && (size_t)len < sizeof(d->dir) && mkdtemp(d->dir))
			return true;
	}
	d->dir[0] = 0;
	return false;
}

static bool write_config(const struct dhcp *d, const char *name, const char *text)
{
	char path[PATH_MAX];
	path_in(d, name, path);
	FILE *file = fopen(path, "we");
	if (!file)
		return false;
	bool good = fputs(text, file) >= 0;
	return fclose(file) == 0 && good;
}

static bool fill_directory(struct dhcp *d)
{
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return false;
	self[len] = 0;
	path_in(d, DHCP_SCRIPT, path);
	if (symlink(self, path) != 0 || !write_config(d, DHCP_DHCLIENT_CONFIG, dhclient_config) ||
		!write_config(d, DHCP_DHCPCD_CONFIG, dhcpcd_config))
		return false;
	d->news = dhcp_news_open(d->dir);
	return d->news >= 0;
}

struct dhcp *dhcp_open(struct lp_port *tap, enum lp_exit *ret_exit)
{
	size_t clients[DHCP_CLIENTS], count = dhcp_clients_installed(clients);
	if (count == 0) {
		*ret_exit = LP_EXIT_NO_INPUT;
		lp_log(LP_LOG_ERROR, "dhcp_failed", "reason=%s",
			"--dhcp needs udhcpc, dhclient or dhcpcd: install one, or set an address "
			"by hand");
		return NULL;
	}
	struct dhcp *d = calloc(1, sizeof(*d));
	*ret_exit = LP_EXIT_OS;
	if (!d)
		return NULL;
	d->tap = tap;
	d->news = -1;
	d->keeper = (struct dhcp_keeper){-1, -1};
	memcpy(d->clients, clients, sizeof(clients));
	dhcp_plan_init(&d->plan, count);
	if (make_directory(d) && fill_directory(d) &&
		dhcp_keeper_open(&d->keeper, d->dir, tap_name(tap)))
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

static void perform(struct dhcp *d, enum dhcp_step step)
{
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
			"no DHCP client of this computer works, so the interface has no address "
			"yet: install udhcpc, or set an address by hand with 'ip address add'");
		break;
	case DHCP_STEP_AGAIN:
		lp_log(LP_LOG_WARNING, "dhcp_ended", "client=%s code=%d hint=%s",
			name_of(d, d->plan.at), d->status,
			"the DHCP client ended and is started again; the interface keeps its "
			"address");
		break;
	case DHCP_STEP_NOBODY:
		lp_log(LP_LOG_WARNING, "dhcp_no_answer", "hint=%s",
			"nobody in the room hands out addresses: is a gateway in the room, and "
			"does its LAN have a router? Still asking; 'ip address add' sets one by "
			"hand");
		break;
	case DHCP_STEP_NONE:
		break;
	}
}

static void perform_all(struct dhcp *d)
{
	enum dhcp_step step;
	while ((step = dhcp_plan_next(&d->plan)) != DHCP_STEP_NONE)
		perform(d, step);
}

void dhcp_start(struct dhcp *d, lp_time now)
{
	dhcp_plan_join(&d->plan, now);
	perform_all(d);
}

void dhcp_renew(struct dhcp *d, lp_time now)
{
	if (d->released)
		return;
	dhcp_plan_renew(&d->plan, now);
	perform_all(d);
}

lp_time dhcp_deadline(const struct dhcp *d)
{
	return d->plan.deadline;
}

void dhcp_on_time(struct dhcp *d, lp_time now)
{
	dhcp_plan_on_time(&d->plan, now);
	perform_all(d);
}

int dhcp_fd(const struct dhcp *d)
{
	return d->news;
}

static void take_address(struct dhcp *d, const struct dhcp_news *news)
{
	char ip[INET_ADDRSTRLEN];
	struct in_addr address = {htonl(news->ipv4)};
	dhcp_plan_address(&d->plan);
	d->has_address = tap_set_address(d->tap, news->ipv4, news->prefix);
	if (d->has_address)
		lp_event(stdout, "address", "ip=%s prefix=%u",
			inet_ntop(AF_INET, &address, ip, sizeof(ip)), news->prefix);
}

static void lose_address(struct dhcp *d)
{
	tap_set_address(d->tap, 0, 0);
	if (d->has_address)
		lp_event(stdout, "address_gone", "");
	d->has_address = false;
}

static void take_news(struct dhcp *d, const struct dhcp_news *news, lp_time now)
{
	switch (news->kind) {
	case DHCP_NEWS_ALIVE:
		dhcp_plan_alive(&d->plan);
		break;
	case DHCP_NEWS_ADDRESS:
		take_address(d, news);
		break;
	case DHCP_NEWS_LOST:
		if (dhcp_plan_lost(&d->plan, now))
			lose_address(d);
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
		perform_all(d);
	}
}

void dhcp_child(struct dhcp *d)
{
	if (dhcp_keeper_has_ended(&d->keeper) && !d->released)
		lp_log(LP_LOG_WARNING, "dhcp_ended", "hint=%s",
			"DHCP has ended: the interface keeps its address; start again to renew it");
}

bool dhcp_release(struct dhcp *d)
{
	d->released = dhcp_keeper_release(&d->keeper);
	return d->released && d->plan.state != DHCP_IDLE;
}

void dhcp_close(struct dhcp *d)
{
	static const char *const names[] = {DHCP_NEWS, DHCP_SCRIPT, DHCP_DHCLIENT_CONFIG,
		DHCP_DHCPCD_CONFIG, DHCP_LEASES, DHCP_PID};
	char path[PATH_MAX];
	if (!d)
		return;
	dhcp_keeper_close(&d->keeper);
	if (d->news >= 0)
		close(d->news);
	for (size_t i = 0; d->dir[0] && i < sizeof(names) / sizeof(names[0]); i++) {
		path_in(d, names[i], path);
		unlink(path);
	}
	if (d->dir[0])
		rmdir(d->dir);
	free(d);
}
