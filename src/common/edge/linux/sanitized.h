/* sanitized.h - whether a sanitizer watches this program. It reads the program's memory from another
 * thread, and makes system calls of its own. */
#ifndef LANPARTY_EDGE_LINUX_SANITIZED_H
#define LANPARTY_EDGE_LINUX_SANITIZED_H

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LP_SANITIZED 1
#else
#define LP_SANITIZED 0
#endif

#endif
