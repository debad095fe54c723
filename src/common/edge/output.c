#include "lanparty/edge/output.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#endif

#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"

void lp_output_open(void)
{
#ifndef _WIN32
	signal(SIGPIPE, SIG_IGN);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* open returns the lowest free number, which is fd. The mode is the wrong one, so
		 * that reads from standard input and writes to the others fail, as on a closed
		 * stream. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
#endif
}

bool lp_output_good(void)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (!atomic_flag_test_and_set(&told))
		lp_log(LP_LOG_ERROR, "output_failed", "reason=%s hint=%s",
			errno ? strerror(errno) : "an earlier write failed",
			"standard output takes nothing: it is closed, its disk is full, or its "
			"reader has ended");
	return false;
}

int lp_output_end(int code)
{
	bool good = lp_output_good();
	return !good && code == LP_EXIT_OK ? LP_EXIT_IO : code;
}
