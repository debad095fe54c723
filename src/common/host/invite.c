#include "lanparty/host/invite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/host/qr.h"

size_t lp_invite_options_add(
	struct lp_invite_options *values, struct lp_option *table, size_t count)
{
	const struct lp_option options[] = {
		{.name = "qr",
			.kind = LP_OPTION_FLAG,
			.help = "show the invite as a QR code, too; --qr=no: never (default: on a\n"
				"terminal)",
			.value = &values->qr},
		{.name = "png",
			.argument = "FILE",
			.kind = LP_OPTION_TEXT,
			.help = "write that QR code to FILE, which only its owner can read",
			.value = &values->png},
	};
	_Static_assert(sizeof(options) / sizeof(options[0]) == LP_INVITE_OPTIONS, "room for all");
	values->qr = isatty(STDOUT_FILENO);
	memcpy(table + count, options, sizeof(options));
	return count + LP_INVITE_OPTIONS;
}

static enum lp_exit show(const struct lp_invite_options *options, const char *text)
{
	bool json = lp_log_get_format() == LP_LOG_JSON;
	if (json)
		lp_event(stdout, "invite", "text=%s", text);
	else
		puts(text);
	if (options->qr && !json && !lp_qr_print(stdout, text)) {
		lp_log(LP_LOG_ERROR, "qr_failed", "reason=%s", strerror(errno));
		return LP_EXIT_INTERNAL;
	}
	if (options->png && !lp_qr_png(options->png, text)) {
		lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s hint=%s", options->png,
			strerror(errno), "choose a place that can be written");
		return LP_EXIT_CANNOT_CREATE;
	}
	return LP_EXIT_OK;
}

enum lp_exit lp_invite_show(const struct lp_invite_options *options, const struct lp_invite *invite)
{
	char text[LP_INVITE_TEXT];
	enum lp_exit code = LP_EXIT_INTERNAL;
	if (lp_invite_format(invite, text, sizeof(text)))
		code = show(options, text);
	lp_zero(text, sizeof(text));
	return code;
}
