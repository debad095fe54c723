/* floor_run.h - what floor and floor_gso share: the relay's loop, and the load with its window. */
#ifndef LANPARTY_TESTS_RIG_FLOOR_RUN_H
#define LANPARTY_TESTS_RIG_FLOOR_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOR_MEMBERS 65 /* sockets of a load, and members of a relay */

struct floor {
	/* NULL, or called for each socket that was opened. */
	void (*opened)(int fd);
	/* The relay: forwards a batch of what has arrived. True: more can wait. */
	bool (*forward)(int fd);
	/* The load: sends at most count packets of len bytes. Returns how many were sent. */
	uint64_t (*send)(int fd, size_t len, uint64_t count);
	/* The load: takes all that has arrived. Returns the number of packets. */
	uint64_t (*take)(int fd);
};

/* Runs a relay at "ADDR:PORT". */
_Noreturn void floor_relay(const struct floor *f, const char *at);

/* Sends packets of len bytes to the relay, and counts their copies at that many targets: wanted packets as
 * fast as the window allows, or -wanted packets one by one, with a pause after each. Prints a line when it is
 * ready and another at the end, and waits for a line before and after. Returns an exit status. */
int floor_load(const struct floor *f, const char *to, size_t len, long long wanted, size_t targets);

#endif
