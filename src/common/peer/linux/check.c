#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/linux/peer.h"
#include "lanparty/quic/crypto.h"

/* A frame port without frames. */
static size_t read_none(struct lp_port *port, lp_port_sink *sink, void *context)
{
	(void)port;
	(void)sink;
	(void)context;
	return 0;
}

static bool drop(struct lp_port *port, const uint8_t *frame, size_t len)
{
	(void)port;
	(void)frame;
	(void)len;
	return true;
}

static bool up(struct lp_port *port, size_t mtu)
{
	(void)port;
	(void)mtu;
	return true;
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

static const struct lp_port_ops no_frames = {
	.read = read_none, .write = drop, .up = up, .down = down, .members = members};

static int run(const struct lp_peer_config *given)
{
	struct lp_peer_config config = *given;
	struct lp_fd_port port = {.port.ops = &no_frames, .fd = eventfd(0, EFD_CLOEXEC)};
	struct lp_resume_file kept_nowhere = {.fd = -1};
	config.role = LP_ROLE_CLIENT;
	config.port = &port.port;
	config.resume = &kept_nowhere;
	config.fd = -1;
	if (port.fd < 0) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of open files");
		return LP_EXIT_OS;
	}
	int code = lp_rights_enter(LP_RIGHTS_NONE, LP_SANDBOX_MEMBER) ? lp_peer_run(&config)
								      : LP_EXIT_OS;
	close(port.fd);
	return code;
}

int lp_peer_check(const struct lp_peer_options *options)
{
	struct lp_peer_config config = {.options = options, .checks = true};
	return run(&config);
}

int lp_peer_act(const struct lp_peer_options *options, const char *word, char *argument)
{
	struct lp_once once = {.word = word, .argument = argument, .code = LP_EXIT_OS};
	struct lp_peer_config config = {.options = options, .once = &once};
	if (!lp_random(config.mac.b, sizeof(config.mac.b))) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s",
			"the system has no random numbers");
		return LP_EXIT_OS;
	}
	if (options->log_level == LP_LOG_INFO) /* which user it becomes is of no interest */
		lp_log_set(LP_LOG_WARNING, options->log_format);
	config.mac.b[0] = (config.mac.b[0] & 0xfc) | 2; /* a station's, and nobody's by birth */
	return run(&config);
}
