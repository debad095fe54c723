/* attach.h - a connection and the source and sink of its DATAGRAMs. */
#ifndef LANPARTY_QUIC_ATTACH_H
#define LANPARTY_QUIC_ATTACH_H

struct lp_quic_conn;

/* Lets go of source and sink. */
void lp_conn_detach(struct lp_quic_conn *conn);

#endif
