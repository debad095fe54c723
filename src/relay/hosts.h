/* hosts.h - keeps the host keys of rooms (host_book.h) in a file, for all workers (row N4).
 *
 * A thread of its own writes the file, so that no worker waits for a disk: at once, but at most once per
 * second. The file is replaced as a whole. */
#ifndef LANPARTY_RELAY_HOSTS_H
#define LANPARTY_RELAY_HOSTS_H

#include <stdbool.h>

#include "lanparty/edge/exit.h"
#include "lanparty/room/hosted.h"

struct hosts;

/* Reads the file hosts of the folder; makes the folder, which then belongs to the user that root becomes. A
 * folder that cannot be used is logged: then host keys are kept until the relay ends. NULL, logged: the file
 * is wrong, because to replace it would give rooms away; or memory is missing. */
struct hosts *hosts_open(const char *folder, enum lp_exit *ret_exit);
/* Starts the thread, once rights are dropped. False, logged. */
bool hosts_start(struct hosts *h);
/* What hubs ask; from any thread. */
struct lp_host_book hosts_book(struct hosts *h);
/* Writes what is not written yet, and ends the thread. */
void hosts_close(struct hosts *h);

#endif
