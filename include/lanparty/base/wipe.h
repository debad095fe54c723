/* wipe.h - zeroes memory that held a secret before it is freed or reused. */
#ifndef LANPARTY_BASE_WIPE_H
#define LANPARTY_BASE_WIPE_H

#include <stddef.h>

/* Zeroes len bytes. The compiler cannot drop it, even if nothing reads the bytes afterwards. */
void lp_zero(void *bytes, size_t len);
/* Zeroes len bytes and frees them. Does nothing for NULL. */
void lp_zero_free(void *bytes, size_t len);

#endif
