/* service.h - has systemd run a program now and after each boot. */
#ifndef LANPARTY_HOST_SERVICE_H
#define LANPARTY_HOST_SERVICE_H

#include <stdbool.h>

#include "lanparty/edge/exit.h"

/* What a program was set up with. */
struct lp_service {
	const char *name, *config; /* of the program, its configuration file */
	bool own;     /* these files are those that the service reads, whatever was given */
	bool changed; /* so that it must read them again */
	bool runs;    /* result of lp_service_start: systemd has started it */
};

/* Starts the service, and enables it. Returns when the program has said that it is ready. Says what it did; or,
 * where systemd does not run or the service reads other files, how to start the program. LP_EXIT_OS is logged;
 * what systemctl said is on standard error. */
enum lp_exit lp_service_start(struct lp_service *service);

/* Waits for so many seconds at most until the program has told systemd this status (STATUS= of sd_notify(3)).
 * False: it has not. */
bool lp_service_says(const char *name, const char *status, unsigned seconds);

#endif
