/* page.h - the files of the status page, which are part of the program: src/relay/page, by cmake/page.cmake. */
#ifndef LANPARTY_RELAY_PAGE_H
#define LANPARTY_RELAY_PAGE_H

#include <stddef.h>

#define PAGE_FILES 4

struct page_file {
	const char *path; /* in the URL */
	const char *type; /* RFC 9110, section 8.3 */
	const unsigned char *bytes;
	size_t len;
};
extern const struct page_file page_files[PAGE_FILES];

#endif
