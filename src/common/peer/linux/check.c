#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/linux/peer.h"

/* A frame port without frames: a check joins no room. */
static size_t read_none(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

static void down(struct lp_port *port)
{
	(void)port;
}

static void members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

static const struct lp_port_ops no_frames = {.read = read_none, .down = down, .members = members};

int lp_peer_check(const struct lp_peer_options *options)
{
	struct lp_fd_port port = {.port.ops = &no_frames, .fd = eventfd(0, EFD_CLOEXEC)};
	struct lp_peer_config config = {
		.options = options,
		.role = LP_ROLE_CLIENT,
		.checks = true,
		.port = &port.port,
		.fd = -1,
	};
	if (port.fd < 0) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of open files");
		return LP_EXIT_OS;
	}
	int code = lp_rights_enter(LP_RIGHTS_NONE, LP_SANDBOX_MEMBER) ? lp_peer_run(&config)
								      : LP_EXIT_OS;
	close(port.fd);
	return code;
}
