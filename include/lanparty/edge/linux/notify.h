/* notify.h - tells the service manager how the program is (sd_notify(3)).
 *
 * Without a service manager ($NOTIFY_SOCKET is not set) nothing happens. */
#ifndef LANPARTY_EDGE_LINUX_NOTIFY_H
#define LANPARTY_EDGE_LINUX_NOTIFY_H

/* Connects to $NOTIFY_SOCKET. Call it once, before rights are given up. */
void lp_notify_open(void);
/* Sends lines of NAME=VALUE, such as "READY=1". Never blocks; what cannot be sent is lost. Any thread can
 * call it. */
void lp_notify(const char *lines);
/* How often the service manager wants "WATCHDOG=1": seconds, half of its limit, at least 1: a
 * limit must be 2 s or more. 0: it wants none. */
unsigned lp_notify_interval(void);

#endif
