/* win_netfix_world.h - a fake computer whose settings netfix changes. It records the changes, and
 * the program can crash after any step. The fake computer keeps its state across crashes. */
#ifndef LANPARTY_TEST_WIN_NETFIX_WORLD_H
#define LANPARTY_TEST_WIN_NETFIX_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "netfix_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ONE          "{11111111-2222-3333-4444-555555555555}"
#define TWO          "{AAAAAAAA-bbbb-CCCC-DDDD-EEEEEEEEEEEE}"
#define NETWORKS     3
#define STEPS_MAX    400

struct world {
	uint32_t values[2][NETFIX_NOTED]; /* of adapters ONE and TWO, except the category */
	enum netfix_answer there[2];      /* whether Windows knows the adapter */
	int network;                      /* the network of adapter ONE, 1 to NETWORKS; 0: none */
	uint32_t category[NETWORKS + 1];
	bool forgotten[NETWORKS + 1]; /* Windows no longer knows that network */
	struct netfix_note notes[NETFIX_NOTES_MAX];
	size_t note_count;

	enum netfix_answer write_answer[NETFIX_NOTED]; /* the answer to a change */
	bool note_fails, locked_by_other, no_ipv6;
	bool locked;
	int crash_after; /* steps; 0: never */

	int steps, writes;
	struct {
		char kind; /* r, w, n, f */
		enum netfix_item item;
		uint32_t value;
	} journal[STEPS_MAX];
	size_t entries;
	int warnings;
	char warned[ADAPTER_REASON];
	HANDLE event, hang;
	struct netfix_view view;
	int closed, address_reports, network_reports;
	char address[ADAPTER_REASON];
};

void world_tell(void *context, const struct netfix_report *report);

struct netfix_system system_of(struct world *w);

/* The defaults of Windows: automatic metrics, IPv6 router discovery, no rule, no routes, a public
 * network. */
void world_init(struct world *w);

bool same_settings(const struct world *a, const struct world *b);

void begin(struct netfix_work *work, struct netfix_system *system, struct world *w);

/* Asserts the values that a room needs. */
void assert_changed(const struct world *w);

#endif
