#include "lanparty/host/step.h"

#include <stdarg.h>
#include <stdio.h>

#include "lanparty/edge/log.h"

#define SENTENCE 2048

void lp_step(const char *name, const char *format, ...)
{
	char text[SENTENCE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (lp_log_get_format() == LP_LOG_JSON)
		lp_event(stdout, name, "text=%s", text);
	else
		printf("%-14s %s\n", name, text);
}
