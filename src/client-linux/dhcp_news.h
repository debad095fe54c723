/* dhcp_news.h - what the DHCP client's script and its keeper tell the client: lines of text, one per
 * datagram, through a socket in the private directory. */
#ifndef LANPARTY_CLIENT_DHCP_NEWS_H
#define LANPARTY_CLIENT_DHCP_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_NEWS_MAX 64 /* bytes of a line, with its end */

enum dhcp_news_kind {
	DHCP_NEWS_ALIVE,   /* the script was called, and there is no more to say */
	DHCP_NEWS_ADDRESS, /* a lease was obtained or renewed: ipv4 and prefix */
	DHCP_NEWS_LOST,    /* the lease has ended */
	DHCP_NEWS_ENDED,   /* the DHCP client has ended: run and status */
};

struct dhcp_news {
	enum dhcp_news_kind kind;
	uint32_t ipv4; /* host byte order */
	unsigned prefix;
	unsigned run; /* number of the keeper's start, from 1 */
	int status;   /* exit status; -1: a signal has ended it */
};

/* Opens the socket that receives news in the directory; -1 with errno when it fails. */
int dhcp_news_open(const char *directory);
/* Reads one line. False: there is none. Lines that make no sense are skipped. */
bool dhcp_news_read(int fd, struct dhcp_news *ret_news);

/* Sends a line to the socket of the directory, from another process. False, with errno: it did not
 * arrive. */
bool dhcp_news_send(const char *directory, const struct dhcp_news *news);
/* True when nobody receives news of the directory any more: there is a socket, and its program has ended. */
bool dhcp_news_is_deaf(const char *directory);

/* True when the DHCP client has started this process as its script: the news are sent, and the process must
 * end. */
bool dhcp_is_event(int argc, char **argv);

#endif
