/* status.h - the error codes of the core and their texts. */
#ifndef LANPARTY_BASE_STATUS_H
#define LANPARTY_BASE_STATUS_H

/* X(NAME, text): LP_NAME is the code, text describes it to a person. LP_OK is 0. */
#define LP_STATUS_LIST(X)                                                                          \
	X(OK, "success")                                                                           \
	X(MORE, "the message is not complete yet")                                                 \
	X(MALFORMED, "the bytes do not follow the protocol")                                       \
	X(TOO_LONG, "longer than the protocol allows")                                             \
	X(UNSUPPORTED, "a type or version that this program does not know")                        \
	X(INVALID, "a value out of its range")                                                     \
	X(MISTYPED, "a room code with a typing error")                                             \
	X(NO_MEMORY, "out of memory")                                                              \
	X(FULL, "a limit is reached")                                                              \
	X(CLOSED, "the connection is closed")                                                      \
	X(IO, "the operating system refused")                                                      \
	X(CRYPTO, "the TLS library refused")                                                       \
	X(NO_STORE, "this system has no certificate authorities")

enum lp_status {
#define LP_STATUS_ENUM(name, text) LP_##name,
	LP_STATUS_LIST(LP_STATUS_ENUM)
#undef LP_STATUS_ENUM
};

/* Returns a static text, never NULL. */
const char *lp_status_text(enum lp_status status);

#endif
