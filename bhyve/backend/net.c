// SPDX-License-Identifier: BSD-2-Clause
/*
 * Choosing a network back end, see net.h.
 */
#include "bhyve/backend/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool makes_connections;

bool net_makes_connections(void)
{
	return makes_connections;
}

static int open_kind(const struct net_options *options, struct net **out, char *err, size_t errlen)
{
	bool slirp = strcmp(options->backend, "slirp") == 0;

	if (slirp && options->bridge) {
		snprintf(err, errlen, "slirp: bridge is for TAP interfaces; use tap:new");
		return -EINVAL;
	}
	if (slirp)
		return net_slirp_open(options, out, err, errlen);
	if (strncmp(options->backend, "tap", 3) != 0) {
		snprintf(err, errlen,
			 "%s: not a network back end; use slirp, tapN, tap:NAME or tap:new",
			 options->backend);
		return -EINVAL;
	}
	if (options->hostfwd) {
		snprintf(err, errlen,
			 "%s: hostfwd is for slirp; drop it, a TAP interface is open "
			 "to the host",
			 options->backend);
		return -EINVAL;
	}
	return net_tap_open(options, out, err, errlen);
}

int net_open(const struct net_options *options, net_fn *callback, void *arg, struct net **out,
	     char *err, size_t errlen)
{
	int error = open_kind(options, out, err, errlen);

	if (!error) {
		makes_connections |= strcmp(options->backend, "slirp") == 0;
		(*out)->callback = callback;
		(*out)->dropped = options->dropped;
		(*out)->arg = arg;
	}
	return error;
}

void net_close(struct net *net)
{
	if (net)
		net->ops->close(net);
}

int net_send(struct net *net, const struct iovec *iov, size_t count)
{
	return net->ops->send(net, iov, count);
}

ssize_t net_receive(struct net *net, void *buf, size_t len)
{
	return net->ops->receive(net, buf, len);
}

void net_want(struct net *net, bool frames)
{
	net->ops->want(net, frames);
}
