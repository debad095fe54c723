#include "temporary.h"

#include <stdio.h>
#include <stdlib.h>

static bool name_it(char path[TEMPORARY_PATH])
{
	const char *parent = getenv("TMPDIR");
	int len = snprintf(path, TEMPORARY_PATH, "%s/lanparty-test-XXXXXX",
		parent && *parent ? parent : "/tmp");
	return len > 0 && len < TEMPORARY_PATH;
}

bool temporary_folder(char ret_path[TEMPORARY_PATH])
{
	return name_it(ret_path) && mkdtemp(ret_path) != NULL;
}

int temporary_file(char ret_path[TEMPORARY_PATH])
{
	return name_it(ret_path) ? mkstemp(ret_path) : -1;
}
