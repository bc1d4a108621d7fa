// SPDX-License-Identifier: BSD-2-Clause
/*
 * User-mode networking: libslirp plays router (10.0.2.2), DHCP and name server (10.0.2.3) for the
 * guest (10.0.2.15), and turns its connections into sockets of this process. No rights are needed.
 *
 * Frames for the guest wait in a queue. While it is not empty the sockets are not looked at, so
 * that a slow guest slows its peers down in place of losing frames.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/hostfwd.h"
#include "bhyve/backend/net.h"
#include "bhyve/config.h"
#include "bhyve/device/iov.h"
#include "bhyve/mevent.h"

#define NETWORK	    0x0a000200u /* 10.0.2.0 */
#define NETMASK	    0xffffff00u
#define ROUTER	    0x0a000202u
#define NAMESERVER  0x0a000203u
#define FIRST_HOST  0x0a00020fu /* by DHCP */

#define PREFIX6	    "fec0::" /* of 64 bits */

#define MTU_DEFAULT 1500u

/* Bytes of frames that wait at most; more are dropped. */
#define BACKLOG_MAX (512u * 1024)

#define NSEC_PER_MS 1000000LL

struct frame {
	struct frame *next;
	size_t length;
	uint8_t bytes[];
};

struct slirp {
	struct net net;
	Slirp *stack;
	struct mevent_source source;
	bool wanted;
	bool polled; /* the sockets are in the set that is waited for */
	struct frame *first;
	struct frame **last;
	size_t backlog; /* bytes */
	uint8_t linear[NET_FRAME_MAX];
};

/* ---- what libslirp calls ---- */

static ssize_t send_packet(const void *buf, size_t len, void *opaque)
{
	struct slirp *slirp = opaque;
	struct frame *frame = NULL;

	if (slirp->backlog + len <= BACKLOG_MAX)
		frame = malloc(sizeof(*frame) + len);
	if (!frame) {
		if (slirp->net.dropped)
			slirp->net.dropped(slirp->net.arg, 1);
		return (ssize_t)len;
	}
	frame->next = NULL;
	frame->length = len;
	memcpy(frame->bytes, buf, len);
	*slirp->last = frame;
	slirp->last = &frame->next;
	slirp->backlog += len;
	return (ssize_t)len;
}

static void guest_error(const char *msg, void *opaque)
{
	(void)msg; /* a guest may send what it likes, and not fill the user's screen by it */
	(void)opaque;
}

static int64_t clock_get_ns(void *opaque)
{
	(void)opaque;
	return mevent_now();
}

static void *timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
	(void)opaque;
	return mevent_timer_create(cb, cb_opaque);
}

static void timer_free(void *timer, void *opaque)
{
	(void)opaque;
	mevent_timer_destroy(timer);
}

static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
	(void)opaque;
	if (timer)
		mevent_timer_set(timer, expire_ms > 0 ? expire_ms * NSEC_PER_MS : 1);
}

static void poll_fd(int fd, void *opaque)
{
	(void)fd; /* the sockets are asked for before every wait */
	(void)opaque;
}

static void notify(void *opaque)
{
	(void)opaque; /* only called on the loop's own thread */
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_get_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = poll_fd,
	.unregister_poll_fd = poll_fd,
	.notify = notify,
};

/* ---- the I/O loop ---- */

static const struct {
	int slirp;
	unsigned poll;
} poll_events[] = {
	{ SLIRP_POLL_IN, POLLIN },   { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

static int add_poll(int fd, int events, void *opaque)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < sizeof(poll_events) / sizeof(poll_events[0]); i++)
		if (events & poll_events[i].slirp)
			wanted |= poll_events[i].poll;
	return mevent_pollset_add(opaque, fd, wanted);
}

static int get_revents(int index, void *opaque)
{
	unsigned revents = mevent_pollset_revents(opaque, index);
	int events = 0;

	for (size_t i = 0; i < sizeof(poll_events) / sizeof(poll_events[0]); i++)
		if (revents & poll_events[i].poll)
			events |= poll_events[i].slirp;
	return events;
}

static void prepare(struct mevent_pollset *set, int64_t *deadline, void *arg)
{
	struct slirp *slirp = arg;
	uint32_t timeout = UINT32_MAX;
	int64_t due;

	slirp->polled = !slirp->first;
	if (!slirp->polled)
		return;
	slirp_pollfds_fill(slirp->stack, &timeout, add_poll, set);
	due = timeout == UINT32_MAX ? INT64_MAX : mevent_now() + timeout * NSEC_PER_MS;
	if (due < *deadline)
		*deadline = due;
}

static void dispatch(struct mevent_pollset *set, void *arg)
{
	struct slirp *slirp = arg;

	if (slirp->polled)
		slirp_pollfds_poll(slirp->stack, 0, get_revents, set);
	if (slirp->first && slirp->wanted)
		slirp->net.callback(slirp->net.arg);
}

/* ---- what the device calls ---- */

static int slirp_send(struct net *net, const struct iovec *iov, size_t count)
{
	struct slirp *slirp = (struct slirp *)net;
	size_t length = iov_read(iov, count, 0, slirp->linear, sizeof(slirp->linear));

	slirp_input(slirp->stack, slirp->linear, (int)length);
	return 0;
}

static ssize_t slirp_receive(struct net *net, void *buf, size_t len)
{
	struct slirp *slirp = (struct slirp *)net;
	struct frame *frame = slirp->first;
	size_t length;

	if (!frame)
		return 0;
	length = frame->length < len ? frame->length : len;
	memcpy(buf, frame->bytes, length);
	slirp->first = frame->next;
	if (!slirp->first)
		slirp->last = &slirp->first;
	slirp->backlog -= frame->length;
	free(frame);
	return (ssize_t)length;
}

static void slirp_want(struct net *net, bool frames)
{
	((struct slirp *)net)->wanted = frames;
}

static void slirp_close(struct net *net)
{
	struct slirp *slirp = (struct slirp *)net;

	mevent_del_source(&slirp->source);
	if (slirp->stack)
		slirp_cleanup(slirp->stack);
	while (slirp->first) {
		struct frame *next = slirp->first->next;

		free(slirp->first);
		slirp->first = next;
	}
	free(slirp);
}

static const struct net_ops slirp_ops = {
	.send = slirp_send,
	.receive = slirp_receive,
	.want = slirp_want,
	.close = slirp_close,
};

/* ---- opening ---- */

/* The address of an end of a rule, in *out; its length. */
static socklen_t end_address(const struct hostfwd *rule, const union hostfwd_address *address,
			     uint16_t port, struct sockaddr_storage *out)
{
	*out = (struct sockaddr_storage){ .ss_family = (sa_family_t)rule->family };
	if (rule->family == AF_INET6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

		v6->sin6_addr = address->v6;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	((struct sockaddr_in *)out)->sin_addr = address->v4;
	((struct sockaddr_in *)out)->sin_port = htons(port);
	return sizeof(struct sockaddr_in);
}

/* The address that a guest gives itself without privacy extensions, from the prefix that it is
 * told and its MAC (RFC 4291, appendix A). */
static struct in6_addr guest_address6(const uint8_t mac[6])
{
	struct in6_addr address = { 0 };

	inet_pton(AF_INET6, PREFIX6, &address);
	memcpy(&address.s6_addr[8], mac, 3);
	address.s6_addr[8] ^= 0x02;
	address.s6_addr[11] = 0xff;
	address.s6_addr[12] = 0xfe;
	memcpy(&address.s6_addr[13], mac + 3, 3);
	return address;
}

static int forward(struct slirp *slirp, struct hostfwd *rule, const uint8_t mac[6], char *err,
		   size_t errlen)
{
	struct sockaddr_storage host, guest;
	char address[INET6_ADDRSTRLEN];
	socklen_t length = end_address(rule, &rule->host_address, rule->host_port, &host);
	int flags = rule->udp ? SLIRP_HOSTFWD_UDP : 0;

	if (rule->family == AF_INET6) {
		flags |= SLIRP_HOSTFWD_V6ONLY;
		if (IN6_IS_ADDR_UNSPECIFIED(&rule->guest_address.v6))
			rule->guest_address.v6 = guest_address6(mac);
	}
	end_address(rule, &rule->guest_address, rule->guest_port, &guest);
	if (slirp_add_hostxfwd(slirp->stack, (struct sockaddr *)&host, length,
			       (struct sockaddr *)&guest, length, flags) == 0)
		return 0;
	inet_ntop(rule->family, &rule->host_address, address, sizeof(address));
	snprintf(err, errlen,
		 "slirp: hostfwd: %s port %u of %s cannot be listened at: %s; choose another port",
		 rule->udp ? "udp" : "tcp", rule->host_port, address, strerror(errno));
	return -EADDRINUSE;
}

static int add_forwardings(struct slirp *slirp, const struct net_options *options, char *err,
			   size_t errlen)
{
	const char *rules = options->hostfwd;
	int error = 0;

	while (rules && *rules && !error) {
		struct hostfwd rule;

		error = hostfwd_parse(&rules, &rule, err, errlen);
		if (!error)
			error = forward(slirp, &rule, options->mac, err, errlen);
	}
	return error;
}

static Slirp *make_stack(struct slirp *slirp, unsigned mtu)
{
	SlirpConfig config = {
		.version = 1,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(NETWORK),
		.vnetmask.s_addr = htonl(NETMASK),
		.vhost.s_addr = htonl(ROUTER),
		.vdhcp_start.s_addr = htonl(FIRST_HOST),
		.vnameserver.s_addr = htonl(NAMESERVER),
		.in6_enabled = true,
		.vprefix_len = 64,
		.vhostname = config_get("name"),
		.if_mtu = mtu ? mtu : MTU_DEFAULT,
		.if_mru = mtu ? mtu : MTU_DEFAULT,
	};

	inet_pton(AF_INET6, PREFIX6, &config.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &config.vhost6);
	inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
	return slirp_new(&config, &callbacks, slirp);
}

int net_slirp_open(const struct net_options *options, struct net **out, char *err, size_t errlen)
{
	struct slirp *slirp = calloc(1, sizeof(*slirp));
	int error = -ENOMEM;

	if (!slirp) {
		snprintf(err, errlen, "slirp: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	slirp->net.ops = &slirp_ops;
	slirp->last = &slirp->first;
	slirp->source = (struct mevent_source){
		.prepare = prepare,
		.dispatch = dispatch,
		.arg = slirp,
	};
	slirp->stack = make_stack(slirp, options->mtu);
	if (slirp->stack)
		error = add_forwardings(slirp, options, err, errlen);
	else
		snprintf(err, errlen, "slirp: cannot be started; check the mtu");
	if (error) {
		slirp_close(&slirp->net);
		return error;
	}
	mevent_add_source(&slirp->source);
	*out = &slirp->net;
	return 0;
}
