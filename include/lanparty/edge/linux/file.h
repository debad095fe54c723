/* file.h - writes a file whole, or leaves what was there.
 *
 * The bytes go into a new file beside the target, which then takes the target's name. A failed write
 * never removes, shortens or changes the target. A target that is no regular file (a device, a FIFO)
 * and one that a standard stream of this program has open (/dev/stdout) are written to directly. */
#ifndef LANPARTY_EDGE_LINUX_FILE_H
#define LANPARTY_EDGE_LINUX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* They return false with errno. mode is that of a new file; the umask applies. */

/* Replaces what is there. A regular file keeps its mode, and a symbolic link to one stays: the file
 * that it names is replaced. */
bool lp_file_replace(const char *path, mode_t mode, const void *bytes, size_t len);

/* The same in a folder that somebody else can write to: ELOOP for a symbolic link, EEXIST for
 * anything else that is no regular file. */
bool lp_file_replace_here(const char *path, mode_t mode, const void *bytes, size_t len);

/* EEXIST when there is a regular file, a folder or a symbolic link to either or to nothing.
 * *ret_made: it made a file, which the caller can remove again. */
bool lp_file_create(const char *path, mode_t mode, const void *bytes, size_t len, bool *ret_made);

#endif
