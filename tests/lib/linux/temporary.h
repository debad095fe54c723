/* temporary.h - files and folders below TMPDIR, or below /tmp without it. */
#ifndef LANPARTY_TEST_TEMPORARY_H
#define LANPARTY_TEST_TEMPORARY_H

#include <stdbool.h>

#define TEMPORARY_PATH 200

/* Makes an empty folder, which the test removes. False: the system refused it, or its path is too long. */
bool temporary_folder(char ret_path[TEMPORARY_PATH]);

/* Makes an empty file, which the test removes. Returns its descriptor, or -1 as above. */
int temporary_file(char ret_path[TEMPORARY_PATH]);

#endif
