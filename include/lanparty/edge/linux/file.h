/* file.h - writes a file completely, or leaves the existing one unchanged; reads a file completely.
 *
 * The bytes go into a new file in the same folder, which is then renamed to the target. A failed
 * write never removes, shortens or changes the target. Two kinds of targets are written to
 * directly: a target that is not a regular file (a device, a FIFO), and one that is open as a
 * standard stream of this program (/dev/stdout). */
#ifndef LANPARTY_EDGE_LINUX_FILE_H
#define LANPARTY_EDGE_LINUX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads all that fd has until its end. False, with errno: EFBIG for more than cap bytes. */
bool lp_file_read(int fd, char *text, size_t cap, size_t *ret_len);

/* The others return false with errno, too. mode is the mode of a new file, before the umask. */

/* Replaces an existing file. A regular file keeps its owner and mode, unless mode gives nothing to group and
 * others: such a file is a secret, and gets this mode whatever it replaces. A symbolic link stays, and the
 * file to which it points is replaced. */
bool lp_file_replace(const char *path, mode_t mode, const void *bytes, size_t len);

/* Like lp_file_replace, for a folder in which other users can write: ELOOP for a symbolic link,
 * EEXIST for anything else that is not a regular file. */
bool lp_file_replace_here(const char *path, mode_t mode, const void *bytes, size_t len);

/* Makes the folders of the path of a file that are missing. */
bool lp_file_make_folders(const char *path);

/* Creates a file. EEXIST when there is a regular file, a folder, or a symbolic link to either or to
 * nothing. *ret_made: a file was created, which the caller can remove again. */
bool lp_file_create(const char *path, mode_t mode, const void *bytes, size_t len, bool *ret_made);

#endif
