/* wipe.h - memory that held a secret is zeroed before it is freed or used for something else. */
#ifndef LANPARTY_BASE_WIPE_H
#define LANPARTY_BASE_WIPE_H

#include <stddef.h>

/* Zeroes len bytes. The compiler keeps it even if nothing reads them afterwards. */
void lp_zero(void *bytes, size_t len);
/* Zeroes len bytes and frees them. NULL: nothing happens. */
void lp_zero_free(void *bytes, size_t len);

#endif
