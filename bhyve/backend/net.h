/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a network device's frames go: user-mode networking (libslirp) or a TAP interface.
 *
 * All functions are called by the I/O loop's thread, or while it does not run. Frames are Ethernet
 * frames without preamble and check sequence.
 */
#ifndef BHYVE_BACKEND_NET_H
#define BHYVE_BACKEND_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Bytes of the largest frame: a header with VLAN tag, and the largest payload. */
#define NET_FRAME_MAX (65535u + 18u)
#define NET_MTU_MIN   68u
#define NET_MTU_MAX   65521u

struct net;

/* There may be frames: called on the I/O loop's thread, not from within net_send(). */
typedef void net_fn(void *arg);

/* As many frames for the guest were lost. */
typedef void net_drop_fn(void *arg, unsigned count);

struct net_options {
	const char *backend;  /* "slirp", "tapN", "tap:NAME", "tap:new" or "tap:new:NAME" */
	const char *hostfwd;  /* NULL, or forwardings as net_open() explains */
	const char *bridge;   /* NULL, or the bridge that the TAP interface joins */
	uint8_t mac[6];	      /* of the guest's interface */
	unsigned mtu;	      /* bytes, 0: the back end's default */
	net_drop_fn *dropped; /* NULL, or to be told; called as the callback is */
};

/* What a kind of back end does; each begins its own structure with a struct net. */
struct net_ops {
	int (*send)(struct net *net, const struct iovec *iov, size_t count);
	ssize_t (*receive)(struct net *net, void *buf, size_t len);
	void (*want)(struct net *net, bool frames);
	void (*close)(struct net *net);
};

struct net {
	const struct net_ops *ops;
	net_fn *callback;
	net_drop_fn *dropped;
	void *arg;
};

/*
 * 0, or a negative errno with one line in err that begins with the back end. hostfwd is, with
 * slirp, "PROTOCOL:[HOSTADDRESS]:PORT-[GUESTADDRESS]:PORT" with tcp or udp, several joined by ';':
 * connections to the host's port (of every address, unless one is given) reach the guest's. An
 * address of IPv6 stands in brackets.
 */
int net_open(const struct net_options *options, net_fn *callback, void *arg, struct net **out,
	     char *err, size_t errlen);

/* Whether a back end that was opened makes connections of this process (slirp). */
bool net_makes_connections(void);

/* NULL is allowed. */
void net_close(struct net *net);

/* Sends a frame. A negative errno: it is lost, as frames may be. */
int net_send(struct net *net, const struct iovec *iov, size_t count);

/* The next frame, cut to len; its bytes, or 0: there is none. */
ssize_t net_receive(struct net *net, void *buf, size_t len);

/* Whether the callback is wanted; not at first. Frames that come meanwhile wait, or are dropped. */
void net_want(struct net *net, bool frames);

/* The kinds, as net_open(). */
int net_slirp_open(const struct net_options *options, struct net **out, char *err, size_t errlen);
int net_tap_open(const struct net_options *options, struct net **out, char *err, size_t errlen);

#endif
