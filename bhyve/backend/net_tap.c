/*
 * TAP: the guest's interface is joined to one of the host's (tap(4), Linux: tun/tap).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bhyve/backend/net.h"
#include "bhyve/mevent.h"

#define TAP_PREFIX "tap:"

struct tap {
	struct net net;
	int fd;
};

static void tap_send(struct net *net, const struct iovec *iov, size_t count)
{
	ssize_t done = writev(((struct tap *)net)->fd, iov, (int)count);

	(void)done; /* a full queue or an interface that is down drops frames */
}

static ssize_t tap_receive(struct net *net, void *buf, size_t len)
{
	ssize_t got = read(((struct tap *)net)->fd, buf, len);

	return got > 0 ? got : 0;
}

static void tap_want(struct net *net, bool frames)
{
	mevent_set_events(((struct tap *)net)->fd, frames ? POLLIN : 0);
}

static void tap_close(struct net *net)
{
	struct tap *tap = (struct tap *)net;

	if (tap->fd >= 0) {
		mevent_del_fd(tap->fd);
		close(tap->fd);
	}
	free(tap);
}

static const struct net_ops tap_ops = {
	.send = tap_send,
	.receive = tap_receive,
	.want = tap_want,
	.close = tap_close,
};

static void tap_ready(int fd, unsigned revents, void *arg)
{
	struct tap *tap = arg;

	(void)fd;
	(void)revents;
	tap->net.callback(tap->net.arg);
}

/* Switches the interface on, as bhyve's users expect. Without the right to it stays as it is. */
static void bring_up(const char *name, unsigned mtu)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (fd < 0)
		return;
	memcpy(request.ifr_name, name, strlen(name));
	if (mtu) {
		request.ifr_mtu = (int)mtu;
		ioctl(fd, SIOCSIFMTU, &request);
	}
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

static int join_interface(struct tap *tap, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(tap->fd, TUNSETIFF, &request) < 0)
		return -errno;
	return mevent_add_fd(tap->fd, 0, tap_ready, tap);
}

static void explain(const char *name, int error, char *err, size_t errlen)
{
	switch (error) {
	case -EBUSY:
		snprintf(err, errlen, "%s: is in use by another process; name another one", name);
		break;
	case -EPERM:
	case -EACCES:
		snprintf(err, errlen,
			 "%s: no permission; make it with ip tuntap add %s mode tap user $USER",
			 name, name);
		break;
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		snprintf(err, errlen, "%s: /dev/net/tun is missing; load it with modprobe tun",
			 name);
		break;
	default:
		snprintf(err, errlen, "%s: cannot be opened as a TAP interface: %s", name,
			 strerror(-error));
	}
}

int net_tap_open(const struct net_options *options, struct net **out, char *err, size_t errlen)
{
	bool prefixed = strncmp(options->backend, TAP_PREFIX, strlen(TAP_PREFIX)) == 0;
	const char *name = options->backend + (prefixed ? strlen(TAP_PREFIX) : 0);
	struct tap *tap;
	int error;

	if (!*name || strlen(name) >= IFNAMSIZ) {
		snprintf(err, errlen, "%s: an interface's name has 1 to %d characters",
			 options->backend, IFNAMSIZ - 1);
		return -EINVAL;
	}
	tap = calloc(1, sizeof(*tap));
	if (!tap) {
		snprintf(err, errlen, "%s: %s", name, strerror(ENOMEM));
		return -ENOMEM;
	}
	tap->net.ops = &tap_ops;
	error = join_interface(tap, name);
	if (error) {
		explain(name, error, err, errlen);
		tap_close(&tap->net);
		return error;
	}
	bring_up(name, options->mtu);
	*out = &tap->net;
	return 0;
}
