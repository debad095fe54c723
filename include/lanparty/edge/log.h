/* log.h - one line an event on stderr: key=value, or JSON; with the journal's priorities when stderr
 * is the journal.
 *
 * Never give it a secret. An event is a word (peer_joined), then pairs of key and value. */
#ifndef LANPARTY_LOG_H
#define LANPARTY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum lp_log_level {
	LP_LOG_ERROR,   /* the program cannot do what it was asked to */
	LP_LOG_WARNING, /* it goes on, somebody should look */
	LP_LOG_INFO,    /* what the person who runs it wants to know: the default */
	LP_LOG_DEBUG,
	LP_LOG_FRAME, /* one line a frame (row F7) */
};

enum lp_log_format {
	LP_LOG_TEXT,
	LP_LOG_JSON,
};

#ifdef __clang__
#define LP_LOG_FORMAT __attribute__((format(printf, 3, 4)))
#else
#define LP_LOG_FORMAT __attribute__((format(gnu_printf, 3, 4)))
#endif
#pragma GCC diagnostic ignored "-Wformat-zero-length" /* an event without pairs is no mistake */

/* "error", "warning", "info", "debug", "frame". */
bool lp_log_level_parse(const char *text, enum lp_log_level *ret_level);
/* The settings of the process; before it starts threads. */
void lp_log_set(enum lp_log_level level, enum lp_log_format format);
enum lp_log_format lp_log_get_format(void);
/* Each line, without its end, goes to taker as well, from whatever thread logs; NULL: no more. Before
 * there are threads. */
void lp_log_to(void (*taker)(void *context, const char *line, size_t len), void *context);
bool lp_log_on(enum lp_log_level level);

/* Pairs follow: a key, then what its conversion takes, in printf's words:
 *   lp_log(LP_LOG_INFO, "peer_joined", "room=%u peer=%u name=%s", room, peer, name);
 * Keys and '=' stand in the format, one space between pairs, one conversion a pair: %s, integers,
 * %f with flags and precision, and %i for a truth (yes and no, in JSON true and false). Values are
 * quoted and escaped as the format of the log asks, so a value may hold anything; one that makes
 * the line too long is left out. An empty format has no pairs. */
void lp_log(enum lp_log_level level, const char *event, const char *format, ...) LP_LOG_FORMAT;

/* The same to a stream (stdout for events that machines read): JSON in the JSON format, else text
 * "event key=value ...". No level, no time. Flushed.
 * False when out did not take it, or did not take something before. */
bool lp_event(FILE *out, const char *event, const char *format, ...) LP_LOG_FORMAT;

#endif
