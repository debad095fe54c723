/* step.h - what setup tells a host: one line per step on standard output. */
#ifndef LANPARTY_HOST_STEP_H
#define LANPARTY_HOST_STEP_H

/* Prints "name  sentence"; with the log format JSON {"event":"name","text":"sentence"}. */
__attribute__((format(printf, 2, 3))) void lp_step(const char *name, const char *format, ...);

#endif
