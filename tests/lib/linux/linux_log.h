/* linux_log.h - what the code under test has logged. */
#ifndef LANPARTY_TEST_LINUX_LOG_H
#define LANPARTY_TEST_LINUX_LOG_H

#define LOGGED_MAX 8192 /* bytes; a test that logs more fails */

/* All lines since catch_log, or since the test has emptied it. */
extern char logged[LOGGED_MAX];

void catch_log(void);
void release_log(void);
/* How often the text is in it. */
unsigned times_logged(const char *text);

#endif
