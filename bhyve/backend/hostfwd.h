/*
 * Port forwardings of user-mode networking, as a user writes them.
 */
#ifndef BHYVE_BACKEND_HOSTFWD_H
#define BHYVE_BACKEND_HOSTFWD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostfwd {
	bool udp;
	struct in_addr host_address;  /* INADDR_ANY: all */
	uint16_t host_port;	      /* host byte order, as guest_port; 1 to 65535 */
	struct in_addr guest_address; /* INADDR_ANY: the guest's own by DHCP */
	uint16_t guest_port;
};

/*
 * Reads the first of "tcp:[ADDR]:PORT-[ADDR]:PORT;udp:..." and moves *text behind it and its ';'.
 * 0, or -EINVAL with one line in err.
 */
int hostfwd_parse(const char **text, struct hostfwd *out, char *err, size_t errlen);

#endif
