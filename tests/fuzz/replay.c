/* Runs a fuzz target over files and folders of inputs, as an ordinary test. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1 << 20)

static bool replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);
	bool good = file && bytes;

	if (good) {
		size_t len = fread(bytes, 1, INPUT_MAX, file);
		good = !ferror(file);
		/* an exact allocation, so that a sanitizer reports an overread */
		uint8_t *exact = realloc(bytes, len ? len : 1);
		if (exact)
			bytes = exact;
		if (good)
			LLVMFuzzerTestOneInput(bytes, len);
	}
	if (file)
		fclose(file);
	free(bytes);
	return good;
}

/* Returns the number of inputs; a path that is not a folder is one input. */
static size_t replay(const char *path)
{
	DIR *folder = opendir(path);
	size_t count = 0;

	if (!folder)
		return replay_file(path);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char name[4096];
		int len = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(name))
			count += replay_file(name);
	}
	closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%zu inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
