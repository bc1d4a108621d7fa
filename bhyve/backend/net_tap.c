// SPDX-License-Identifier: BSD-2-Clause
/*
 * TAP: the guest's interface is joined to one of the host's (tap(4), Linux: tun/tap).
 *
 * An interface that was there is used; one that is made goes when its descriptor is closed. Either
 * is set up; nothing of that is undone for one that was there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
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
#include "bhyve/report.h"

#define TAP_PREFIX "tap:"
#define TAP_NEW	   "tap:new"

struct tap {
	struct net net;
	int fd;
};

/* A full queue or an interface that is down drops frames. */
static int tap_send(struct net *net, const struct iovec *iov, size_t count)
{
	return writev(((struct tap *)net)->fd, iov, (int)count) < 0 ? -errno : 0;
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

/* ---- opening ---- */

/* A socket for the ioctls of interfaces, or negative errno. */
static int open_interfaces(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static struct ifreq request_of(const char *name)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, name, strlen(name));
	return request;
}

/* The bridge that the interface is in is /sys/class/net/NAME/master. */
static bool is_in_bridge(const char *name, const char *bridge)
{
	char path[64], target[256];
	const char *base;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/net/%s/master", name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	base = strrchr(target, '/');
	return base && strcmp(base + 1, bridge) == 0;
}

static int join_bridge(int interfaces, const char *name, const char *bridge, char *err,
		       size_t errlen)
{
	struct ifreq request = request_of(bridge);
	int error;

	if (is_in_bridge(name, bridge))
		return 0;
	request.ifr_ifindex = (int)if_nametoindex(name);
	if (ioctl(interfaces, SIOCBRADDIF, &request) == 0)
		return 0;
	error = -errno;
	if (error == -ENODEV)
		snprintf(err, errlen,
			 "%s: there is no such bridge; make it with ip link add %s type bridge",
			 bridge, bridge);
	else if (error == -EOPNOTSUPP)
		snprintf(err, errlen, "%s: is not a bridge; name one", bridge);
	else if (error == -EBUSY)
		snprintf(err, errlen,
			 "%s: is in another bridge; take it out with ip link set %s "
			 "nomaster",
			 name, name);
	else if (error == -EPERM)
		snprintf(err, errlen,
			 "%s: no permission to join %s; be root, or do it before with "
			 "ip link set %s master %s",
			 bridge, name, name, bridge);
	else
		snprintf(err, errlen, "%s: %s cannot join it: %s", bridge, name, strerror(-error));
	return error;
}

/* Without the right to it the interface stays as it is, which may be as the user has set it up. */
static void bring_up(int interfaces, const char *name, unsigned mtu)
{
	struct ifreq request = request_of(name);

	if (mtu && ioctl(interfaces, SIOCGIFMTU, &request) == 0 && request.ifr_mtu != (int)mtu) {
		request.ifr_mtu = (int)mtu;
		if (ioctl(interfaces, SIOCSIFMTU, &request) < 0)
			report("%s: its MTU cannot be set: %s; do it with ip link set %s mtu %u",
			       name, strerror(errno), name, mtu);
	}
	request = request_of(name);
	if (ioctl(interfaces, SIOCGIFFLAGS, &request) < 0 || (request.ifr_flags & IFF_UP))
		return;
	request.ifr_flags |= IFF_UP;
	if (ioctl(interfaces, SIOCSIFFLAGS, &request) < 0)
		report("%s: is down: %s; set it up with ip link set %s up", name, strerror(errno),
		       name);
}

static int set_up(const char *name, const struct net_options *options, char *err, size_t errlen)
{
	int interfaces = open_interfaces(), error = 0;

	if (interfaces < 0) {
		snprintf(err, errlen, "%s: %s", name, strerror(-interfaces));
		return interfaces;
	}
	if (options->bridge)
		error = join_bridge(interfaces, name, options->bridge, err, errlen);
	if (!error)
		bring_up(interfaces, name, options->mtu);
	close(interfaces);
	return error;
}

/* name: as the kernel has it; "": it chooses one, which is put there. */
static int take_interface(struct tap *tap, char name[IFNAMSIZ])
{
	struct ifreq request = request_of(name[0] ? name : "tap%d");

	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return errno == ENODEV || errno == ENXIO ? -ENOENT : -errno;
	if (ioctl(tap->fd, TUNSETIFF, &request) < 0)
		return -errno;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	/* Who had the interface before may have left offloads on: frames would come with checksums
	 * that are to be finished, and longer than the guest takes. */
	if (ioctl(tap->fd, TUNSETOFFLOAD, 0UL) < 0)
		return -errno;
	return mevent_add_fd(tap->fd, 0, tap_ready, tap);
}

static void explain(const char *name, int error, char *err, size_t errlen)
{
	switch (error) {
	case -ENODEV:
		snprintf(err, errlen,
			 "%s: there is no such interface; make it with ip tuntap add %s mode tap, "
			 "or have it made with tap:new:%s",
			 name, name, name);
		break;
	case -EEXIST:
		snprintf(err, errlen,
			 "%s: there is such an interface; use tap:%s, or tap:new alone", name,
			 name);
		break;
	case -EBUSY:
		snprintf(err, errlen, "%s: is in use by another process; name another one", name);
		break;
	case -EINVAL:
		snprintf(err, errlen,
			 "%s: is not a TAP interface (with one queue); name another one", name);
		break;
	case -EPERM:
	case -EACCES:
		snprintf(err, errlen,
			 "%s: no permission; make it with ip tuntap add %s mode tap user $USER",
			 name, name);
		break;
	case -ENOENT:
		snprintf(err, errlen, "%s: /dev/net/tun is missing; load it with modprobe tun",
			 name);
		break;
	default:
		snprintf(err, errlen, "%s: cannot be opened as a TAP interface: %s", name,
			 strerror(-error));
	}
}

/* "tapN", "tap:NAME", "tap:new" or "tap:new:NAME"; a name is empty where the kernel is to choose.
 */
static int parse_backend(const char *backend, bool *new, char name[IFNAMSIZ])
{
	const char *rest = backend;

	*new = strcmp(backend, TAP_NEW) == 0 ||
	       strncmp(backend, TAP_NEW ":", strlen(TAP_NEW ":")) == 0;
	if (*new)
		rest += strlen(TAP_NEW) + (backend[strlen(TAP_NEW)] == ':');
	else if (strncmp(backend, TAP_PREFIX, strlen(TAP_PREFIX)) == 0)
		rest += strlen(TAP_PREFIX);
	if (strlen(rest) >= IFNAMSIZ || (!*rest && strcmp(backend, TAP_NEW) != 0))
		return -EINVAL;
	/* the kernel would take it as the pattern of a name, or as a path of /sys */
	if (strpbrk(rest, "%/"))
		return -EINVAL;
	memset(name, 0, IFNAMSIZ);
	snprintf(name, IFNAMSIZ, "%s", rest);
	return 0;
}

static int open_tap(struct tap *tap, bool new, char name[IFNAMSIZ],
		    const struct net_options *options, char *err, size_t errlen)
{
	bool exists = name[0] && if_nametoindex(name) != 0;
	int error = exists == new ? (exists ? -EEXIST : -ENODEV) : 0;

	if (new && !name[0])
		error = 0;
	if (!error)
		error = take_interface(tap, name);
	if (error) {
		explain(name[0] ? name : "tap0", error, err, errlen);
		return error;
	}
	error = set_up(name, options, err, errlen);
	if (!error && new)
		report("the network interface is %s", name);
	return error;
}

int net_tap_open(const struct net_options *options, struct net **out, char *err, size_t errlen)
{
	char name[IFNAMSIZ];
	struct tap *tap;
	bool new;
	int error = parse_backend(options->backend, &new, name);

	if (error) {
		snprintf(err, errlen,
			 "%s: an interface's name has 1 to %d characters, no '/' or '%%'",
			 options->backend, IFNAMSIZ - 1);
		return error;
	}
	tap = calloc(1, sizeof(*tap));
	if (!tap) {
		snprintf(err, errlen, "%s: %s", options->backend, strerror(ENOMEM));
		return -ENOMEM;
	}
	tap->fd = -1;
	tap->net.ops = &tap_ops;
	error = open_tap(tap, new, name, options, err, errlen);
	if (error)
		tap_close(&tap->net);
	else
		*out = &tap->net;
	return error;
}
