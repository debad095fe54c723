#include "linux_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"

char logged[LOGGED_MAX];

static void keep_line(void *context, const char *line, size_t len)
{
	size_t used = strlen(logged);
	(void)context;
	assert_true(used + len + 1 < sizeof(logged));
	memcpy(logged + used, line, len);
	memcpy(logged + used + len, "\n", 2);
}

void catch_log(void)
{
	logged[0] = '\0';
	lp_log_to(keep_line, NULL);
}

void release_log(void)
{
	lp_log_to(NULL, NULL);
}

unsigned times_logged(const char *text)
{
	unsigned count = 0;
	for (const char *at = logged; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}
