/* lan_server.h - which LAN is behind the interface, while no address of this computer says so: the one
 * in which the same DHCP server answers (row K5).
 *
 * A switch between the gateway and the LAN hides that the LAN was exchanged: the gateway's cable stays
 * in. So it asks the DHCP server that it knows for a sign of life, by ARP, and asks for any server when
 * that one is silent. It asks under a MAC that is nobody's, and takes no lease. A server that is silent,
 * and no other one in its place, is not another LAN. A server that answers DHCP but not ARP is asked less and
 * less. */
#ifndef LANPARTY_GATEWAY_LAN_SERVER_H
#define LANPARTY_GATEWAY_LAN_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"
#include "lanparty/tunnel/port.h"

#define LP_LAN_SERVER_ASK  (2 * LP_SECOND) /* between two questions to a server that answers */
#define LP_LAN_SERVER_WAIT LP_SECOND       /* for its answer */
#define LP_LAN_SERVER_PATIENT                                                                      \
	(60 * LP_SECOND) /* between two questions to nobody in particular, at most */
#define LP_LAN_SERVER_CALM (60 * LP_SECOND) /* between two reports of another LAN, at least */

struct lp_lan_server {
	struct lp_mac asker;  /* zero: it has not asked yet */
	struct lp_mac server; /* zero: none is known */
	uint32_t ipv4;        /* of the server; host byte order */
	lp_time heard, next;  /* it answered; it can be asked again */
	lp_time anybody;      /* nobody in particular can be asked again */
	lp_time pause;        /* after the last such question */
	uint32_t xid;         /* of that question; 0: its answer is not waited for */
	struct lp_mac told;   /* the server of the LAN that the caller knows of; zero: of none */
	uint32_t told_ipv4;
	lp_time news; /* another LAN can be reported again */
};

/* Forgets the server: the LAN can be another one, and somebody knows that already. */
void lp_lan_server_forget(struct lp_lan_server *s);
/* Call it once per second: asks through the port. */
void lp_lan_server_on_time(struct lp_lan_server *s, struct lp_port *port, lp_time now);
/* A frame of the LAN. True: the server is another one than before, so the LAN can be. Two servers of one LAN
 * that answer by turns are reported every LP_LAN_SERVER_CALM at most. */
bool lp_lan_server_take(struct lp_lan_server *s, const uint8_t *frame, size_t len, lp_time now);

#endif
