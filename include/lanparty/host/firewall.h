/* firewall.h - finds the firewall of this computer that keeps players from a UDP port. Changes nothing. */
#ifndef LANPARTY_HOST_FIREWALL_H
#define LANPARTY_HOST_FIREWALL_H

#include <stddef.h>
#include <stdint.h>

/* Writes a sentence for the host: which firewall is active, and the command that lets the port in. Reading
 * the rules of nf_tables needs CAP_NET_ADMIN. */
void lp_firewall_advice(uint16_t port, char *text, size_t cap);

#endif
