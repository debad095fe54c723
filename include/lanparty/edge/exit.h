/* exit.h - the exit codes of all programs. Each number stands for one kind of failure that a person
 * or a service manager handles in its own way. The manual pages repeat this table.
 *
 * The numbers are those of sysexits.h where it has a fitting one. */
#ifndef LANPARTY_EDGE_EXIT_H
#define LANPARTY_EDGE_EXIT_H

/* X(NAME, number, text) defines LP_EXIT_NAME. */
#define LP_EXIT_LIST(X)                                                                            \
	X(OK, 0, "ended as it was asked to")                                                       \
	X(USAGE, 64, "wrong options")                                                              \
	X(NO_INPUT, 66,                                                                            \
		"a named file is missing or not usable; or --address dhcp without a DHCP client")  \
	X(NO_HOST, 68, "the relay's host name is not known")                                       \
	X(UNAVAILABLE, 69,                                                                         \
		"the UDP port is taken; check and setup: the relay does not answer; status: no "   \
		"such program runs")                                                               \
	X(INTERNAL, 70, "out of memory, or a mistake in the program")                              \
	X(OS, 71, "the operating system refused something")                                        \
	X(NO_INTERFACE, 72,                                                                        \
		"no such network interface, not a usable one, or deleted or taken out of its "     \
		"bridge")                                                                          \
	X(CANNOT_CREATE, 73, "a file could not be written")                                        \
	X(IO, 74, "reading or writing failed")                                                     \
	X(REFUSED, 75, "the relay refused the join, or the host's command; its reason was shown")  \
	X(PROTOCOL, 76, "the relay speaks another protocol or version")                            \
	X(NO_PERMISSION, 77, "not enough rights")                                                  \
	X(CONFIG, 78, "an error in the configuration file, or it cannot be read")                  \
	X(WRONG_PIN, 79,                                                                           \
		"the relay's certificate is not the expected one, or the room's host key is not")

enum lp_exit {
#define LP_EXIT_ENUM(name, number, text) LP_EXIT_##name = number,
	LP_EXIT_LIST(LP_EXIT_ENUM)
#undef LP_EXIT_ENUM
};

#endif
