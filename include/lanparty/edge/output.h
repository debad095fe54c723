/* output.h - standard output carries a program's results: a code, a pin, the address bound, events.
 * A result that standard output did not take is an error. */
#ifndef LANPARTY_EDGE_OUTPUT_H
#define LANPARTY_EDGE_OUTPUT_H

#include <stdbool.h>

/* First of all in main. A closed standard stream becomes one that refuses everything: otherwise the
 * next file or socket that is opened would get its number, and the results with it. A reader that
 * goes away is an error of the write, not a signal that ends the program. */
void lp_output_open(void);

/* Flushes standard output. False when it did not take everything that was written so far; the first
 * time this is logged. */
bool lp_output_good(void);

/* Last of all in main. code, or LP_EXIT_IO when code is LP_EXIT_OK and the output was not good. */
int lp_output_end(int code);

#endif
