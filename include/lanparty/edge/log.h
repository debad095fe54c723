/* log.h - writes one line per event to stderr, as key=value pairs or as JSON. When stderr is the
 * systemd journal, each line starts with the journal's priority prefix. When it is a terminal, errors and
 * warnings are sentences, unless the format is JSON.
 *
 * Never pass a secret to it. An event is one word (peer_joined) that is followed by key=value
 * pairs. */
#ifndef LANPARTY_LOG_H
#define LANPARTY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum lp_log_level {
	LP_LOG_ERROR,   /* the program cannot do its task */
	LP_LOG_WARNING, /* the program continues, but an operator should look */
	LP_LOG_INFO,    /* default: what an operator wants to know */
	LP_LOG_DEBUG,
	LP_LOG_FRAME, /* one line per frame (row F7) */
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
#pragma GCC diagnostic ignored "-Wformat-zero-length" /* events can have no pairs */

/* Reads "error", "warning", "info", "debug" or "frame". Returns false for any other text. */
bool lp_log_level_parse(const char *text, enum lp_log_level *ret_level);
/* Sets level and format of the whole process. Call it before the process starts threads. */
void lp_log_set(enum lp_log_level level, enum lp_log_format format);
/* Changes the level while the program runs; from any thread. */
void lp_log_change(enum lp_log_level level);
enum lp_log_format lp_log_get_format(void);
/* The name that sentences begin with; borrowed. */
void lp_log_name(const char *program);
/* True when errors and warnings are sentences now. */
bool lp_log_speaks(void);
/* Passes each log line, without its newline, to taker as well. taker runs on the thread that logs.
 * NULL removes it. Call it before the process starts threads. */
void lp_log_to(void (*taker)(void *context, const char *line, size_t len), void *context);
bool lp_log_on(enum lp_log_level level);

/* Logs one event with its pairs. The format holds the keys and printf conversions for the values:
 *   lp_log(LP_LOG_INFO, "peer_joined", "room=%u peer=%u name=%s", room, peer, name);
 * Pairs are separated by one space, and each has one conversion: %s, an integer conversion, %f
 * (flags and precision are allowed) or %i for a boolean (yes or no in text, true or false in JSON).
 * Values are quoted and escaped as the log's format requires, so a value can hold any bytes. A pair
 * that does not fit into the line is left out. An empty format means no pairs. */
void lp_log(enum lp_log_level level, const char *event, const char *format, ...) LP_LOG_FORMAT;

/* Writes one event to a stream, for example to stdout for programs that read it: JSON when the
 * log's format is JSON, else "event key=value ...". The line has no level and no time. The stream
 * is flushed. False: this or an earlier write to the stream failed. */
bool lp_event(FILE *out, const char *event, const char *format, ...) LP_LOG_FORMAT;

#endif
