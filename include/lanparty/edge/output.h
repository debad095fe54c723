/* output.h - standard output carries a program's results: a code, a pin, the bound address, events.
 * A failed write to it is an error of the program. */
#ifndef LANPARTY_EDGE_OUTPUT_H
#define LANPARTY_EDGE_OUTPUT_H

#include <stdbool.h>

/* Call it first in main. It replaces a closed standard stream by one that refuses everything,
 * because otherwise the next opened file or socket would get its number and receive the results. A
 * reader that disappears causes a write error instead of a signal. */
void lp_output_open(void);

/* Flushes standard output. False: not everything was written. The first failure is logged. */
bool lp_output_good(void);

/* Call it last in main. Returns code, or LP_EXIT_IO when code is LP_EXIT_OK and the output
 * failed. */
int lp_output_end(int code);

#endif
