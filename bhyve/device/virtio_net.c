// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-net: a network interface (virtio 1.2, 5.1), over bhyve/backend/net.h.
 *
 * One pair of queues. Checksums and segmentation are left to the guest: every frame is whole.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/net.h"
#include "bhyve/device/iov.h"
#include "bhyve/device/option.h"
#include "bhyve/device/virtio.h"

#define RECEIVE	  0u
#define TRANSMIT  1u

#define MAC_BYTES 6u

struct virtio_net {
	struct virtio_device virtio;
	struct virtio_net_config config;
	struct net *net;
	size_t pending; /* bytes of the frame in `frame` that waits for buffers; 0: none */
	uint8_t frame[NET_FRAME_MAX];
};

static struct virtio_net *net_of(struct virtio_device *virtio)
{
	return (struct virtio_net *)virtio;
}

static const uint8_t net_stats[] = {
	VM_DEVICE_STAT_RECEIVE_PACKETS,
	VM_DEVICE_STAT_RECEIVE_BYTES,
	VM_DEVICE_STAT_RECEIVE_DROPS,
	VM_DEVICE_STAT_TRANSMIT_PACKETS,
	VM_DEVICE_STAT_TRANSMIT_BYTES,
	VM_DEVICE_STAT_TRANSMIT_DROPS,
	STATS_END,
};

/* ---- guest to network (5.1.6.2) ---- */

/* A frame of pieces, or of none that can be sent. */
static void send_frame(struct virtio_net *net, const struct iovec *iov, ssize_t pieces,
		       size_t length)
{
	struct device *device = &net->virtio.device;

	if (pieces <= 0 || length > NET_FRAME_MAX || net_send(net->net, iov, (size_t)pieces)) {
		device_count(device, VM_DEVICE_STAT_TRANSMIT_DROPS, 1);
		return;
	}
	device_count(device, VM_DEVICE_STAT_TRANSMIT_PACKETS, 1);
	device_count(device, VM_DEVICE_STAT_TRANSMIT_BYTES, length);
}

static int serve_transmit(struct virtio_device *virtio, struct virtqueue *queue,
			  struct virtqueue_chain *chain)
{
	size_t header = sizeof(struct virtio_net_hdr_mrg_rxbuf);
	struct iovec iov[VIRTQUEUE_SIZE_MAX];
	ssize_t count;

	if (chain->readable_bytes < header || chain->writable)
		return -EPROTO;
	count = iov_slice(iov, VIRTQUEUE_SIZE_MAX, chain->iov, chain->readable, header,
			  chain->readable_bytes - header);
	send_frame(net_of(virtio), iov, count, chain->readable_bytes - header);
	virtqueue_push(queue, chain->head, 0);
	return 0;
}

/* ---- network to guest (5.1.6.3, 5.1.6.4) ---- */

/* Most chains that one frame is spread over: far more than the buffers of 1526 bytes that drivers
 * give (5.1.6.3.1) need. */
#define MERGE_MAX 64u

/* The chains taken for one frame. */
struct spread {
	uint16_t head[MERGE_MAX];
	uint32_t length[MERGE_MAX];
	unsigned count;
	size_t copied; /* bytes of the frame */
	struct iovec num_buffers[sizeof(uint16_t)];
	size_t num_buffers_pieces;
};

enum placing { PLACED, DROPPED, NO_BUFFERS };

static bool mergeable(const struct virtio_net *net)
{
	return virtio_has_feature(&net->virtio, VIRTIO_NET_F_MRG_RXBUF);
}

/* The header is all zeros but for the number of chains, which is known when all are filled. */
static size_t put_header(struct spread *spread, const struct iovec *iov, size_t count)
{
	struct virtio_net_hdr_mrg_rxbuf header = { 0 };
	ssize_t pieces;

	pieces = iov_slice(spread->num_buffers, sizeof(uint16_t), iov, count,
			   offsetof(struct virtio_net_hdr_mrg_rxbuf, num_buffers),
			   sizeof(uint16_t));
	spread->num_buffers_pieces = pieces > 0 ? (size_t)pieces : 0;
	return iov_write(iov, count, 0, &header, sizeof(header));
}

/* Puts as much of the frame as fits into the chain that was just taken. */
static bool fill_chain(struct virtio_net *net, struct spread *spread)
{
	const struct virtqueue_chain *chain = &net->virtio.chain;
	const struct iovec *iov = chain->iov + chain->readable;
	size_t at = 0;
	size_t part;

	if (chain->readable)
		return false;
	if (spread->count == 0) {
		at = put_header(spread, iov, chain->writable);
		if (at < sizeof(struct virtio_net_hdr_mrg_rxbuf))
			return false;
	}
	part = iov_write(iov, chain->writable, at, net->frame + spread->copied,
			 net->pending - spread->copied);
	spread->copied += part;
	spread->head[spread->count] = chain->head;
	spread->length[spread->count++] = (uint32_t)(at + part);
	return true;
}

/* Takes chains until the frame is in them. */
static enum placing collect_chains(struct virtio_net *net, struct spread *spread)
{
	unsigned most = mergeable(net) ? MERGE_MAX : 1;

	if (most > net->virtio.queues[RECEIVE].size)
		most = net->virtio.queues[RECEIVE].size;
	while (spread->copied < net->pending) {
		if (spread->count == most)
			return DROPPED;
		if (!virtio_pop(&net->virtio, RECEIVE, &net->virtio.chain))
			return NO_BUFFERS;
		if (!fill_chain(net, spread)) {
			virtio_needs_reset(&net->virtio);
			return NO_BUFFERS;
		}
	}
	return PLACED;
}

static enum placing place_frame(struct virtio_net *net)
{
	struct virtqueue *queue = &net->virtio.queues[RECEIVE];
	struct spread spread = { 0 };
	enum placing result = collect_chains(net, &spread);
	uint16_t count = (uint16_t)spread.count;

	if (result != PLACED) {
		while (spread.count-- > 0)
			virtqueue_unpop(queue);
		return result;
	}
	iov_write(spread.num_buffers, spread.num_buffers_pieces, 0, &count, sizeof(count));
	for (unsigned i = 0; i < spread.count; i++)
		virtqueue_note(queue, spread.head[i], spread.length[i]);
	virtqueue_publish(queue);
	return PLACED;
}

static void count_received(struct virtio_net *net, bool placed)
{
	struct device *device = &net->virtio.device;

	if (!placed) {
		device_count(device, VM_DEVICE_STAT_RECEIVE_DROPS, 1);
		return;
	}
	device_count(device, VM_DEVICE_STAT_RECEIVE_PACKETS, 1);
	device_count(device, VM_DEVICE_STAT_RECEIVE_BYTES, net->pending);
}

/* Moves one frame. Whether to go on with the next. */
static bool receive_frame(struct virtio_net *net)
{
	struct virtqueue *queue = &net->virtio.queues[RECEIVE];
	enum placing placing;

	if (!net->pending)
		net->pending = (size_t)net_receive(net->net, net->frame, sizeof(net->frame));
	if (!net->pending) {
		virtqueue_disable_notify(queue);
		net_want(net->net, true);
		return false;
	}
	placing = place_frame(net);
	if (placing != NO_BUFFERS) {
		count_received(net, placing == PLACED);
		net->pending = 0;
		return true;
	}
	/* The frame waits for the driver to give buffers; others wait in the back end. */
	net_want(net->net, false);
	return virtio_running(&net->virtio) && virtqueue_enable_notify(queue);
}

static void receive_frames(struct virtio_net *net)
{
	unsigned turns = VIRTQUEUE_SIZE_MAX;

	if (!virtio_running(&net->virtio) || !net->virtio.queues[RECEIVE].ready) {
		net_want(net->net, false);
		return;
	}
	while (turns > 0 && receive_frame(net))
		turns--;
	if (turns == 0)
		virtio_kick(&net->virtio);
	virtio_interrupt(&net->virtio, RECEIVE);
}

/* Frames that the back end had no room for. */
static void frames_dropped(void *arg, unsigned count)
{
	struct virtio_net *net = arg;

	device_count(&net->virtio.device, VM_DEVICE_STAT_RECEIVE_DROPS, count);
}

static void frames_came(void *arg)
{
	struct virtio_net *net = arg;

	virtio_lock(&net->virtio);
	receive_frames(net);
	virtio_unlock(&net->virtio);
}

static void net_notify(struct virtio_device *virtio)
{
	virtio_serve(virtio, TRANSMIT, serve_transmit);
	receive_frames(net_of(virtio));
}

/* The next driver's first notification asks for frames again. */
static void net_virtio_reset(struct virtio_device *virtio)
{
	struct virtio_net *net = net_of(virtio);

	if (net->pending)
		count_received(net, false);
	net->pending = 0;
}

static const struct virtio_ops net_virtio_ops = {
	.id = VIRTIO_ID_NET,
	.notify = net_notify,
	.reset = net_virtio_reset,
};

/* ---- options ---- */

/* Six bytes of two hexadecimal digits, with ':' in between. */
static bool parse_mac(const char *text, uint8_t mac[MAC_BYTES])
{
	for (unsigned i = 0; i < MAC_BYTES; i++, text += 3) {
		const char digits[] = { text[0], text[0] ? text[1] : '\0', '\0' };

		if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]) ||
		    text[2] != (i + 1 < MAC_BYTES ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

/* mac=XX:XX:XX:XX:XX:XX; else made from the machine's name and the slot: locally administered. */
static int read_mac(uint8_t mac[MAC_BYTES], unsigned slot, char *err, size_t errlen)
{
	static const uint8_t no_address[MAC_BYTES];
	const char *text = option_get(slot, "mac");
	uint64_t hash = option_hash("mac", slot);

	if (!text) {
		memcpy(mac, &hash, MAC_BYTES);
		mac[0] = 0x02;
		return 0;
	}
	if (!parse_mac(text, mac))
		return option_error(err, errlen, slot,
				    "mac=%s: must be six hexadecimal bytes, as 02:00:00:00:00:01",
				    text);
	if (memcmp(mac, no_address, MAC_BYTES) == 0)
		return option_error(err, errlen, slot,
				    "mac=%s: is no address; give one as 02:00:00:00:00:01, or none",
				    text);
	if (mac[0] & 1)
		return option_error(err, errlen, slot,
				    "mac=%s: is a multicast address; its first byte must be even",
				    text);
	return 0;
}

static int read_options(struct virtio_net *net, struct net_options *options, unsigned slot,
			char *err, size_t errlen)
{
	uint64_t mtu = 0;
	int error;

	options->backend = option_get(slot, "backend");
	options->hostfwd = option_get(slot, "hostfwd");
	options->bridge = option_get(slot, "bridge");
	if (!options->backend)
		return option_error(err, errlen, slot,
				    "virtio-net: no back end; name one: -s %u,virtio-net,slirp or "
				    "-s %u,virtio-net,tap0",
				    slot, slot);
	error = read_mac(net->config.mac, slot, err, errlen);
	if (!error)
		error = option_number(slot, "mtu", NET_MTU_MIN, NET_MTU_MAX, &mtu, err, errlen);
	options->mtu = (unsigned)mtu;
	memcpy(options->mac, net->config.mac, MAC_BYTES);
	return error;
}

static int net_setup(struct virtio_net *net, unsigned slot, char *err, size_t errlen)
{
	struct net_options options = { 0 };
	char reason[512];
	int error = read_options(net, &options, slot, err, errlen);

	if (error)
		return error;
	net->config.status = VIRTIO_NET_S_LINK_UP;
	net->config.max_virtqueue_pairs = 1;
	net->config.mtu = (uint16_t)options.mtu;
	net->virtio.features = 1ULL << VIRTIO_NET_F_MAC | 1ULL << VIRTIO_NET_F_STATUS |
			       1ULL << VIRTIO_NET_F_MRG_RXBUF;
	if (options.mtu)
		net->virtio.features |= 1ULL << VIRTIO_NET_F_MTU;
	options.dropped = frames_dropped;
	error = net_open(&options, frames_came, net, &net->net, reason, sizeof(reason));
	if (error)
		option_error(err, errlen, slot, "%s", reason);
	return error;
}

static void net_destroy(struct device *device)
{
	struct virtio_net *net = (struct virtio_net *)device;

	virtio_mmio_detach(&net->virtio);
	net_close(net->net);
	free(net);
}

static void net_reset(struct device *device)
{
	virtio_reset((struct virtio_device *)device);
}

static int net_create(unsigned slot, struct device **out, char *err, size_t errlen)
{
	struct virtio_net *net = calloc(1, sizeof(*net));
	int error;

	if (!net)
		return option_error(err, errlen, slot, "virtio-net: no memory");
	error = net_setup(net, slot, err, errlen);
	if (!error) {
		net->virtio.ops = &net_virtio_ops;
		net->virtio.config = &net->config;
		net->virtio.config_size = sizeof(net->config);
		net->virtio.queue_count = 2;
		error = virtio_mmio_attach(&net->virtio, &virtio_net_device, slot, err, errlen);
	}
	if (error)
		net_destroy(&net->virtio.device);
	else
		*out = &net->virtio.device;
	return error;
}

static const struct device_key net_keys[] = {
	{ "backend", "slirp (user-mode network), tapN, tap:NAME, or tap:new (one is made)" },
	{ "mac", "the interface's address" },
	{ "mtu", "largest payload of a frame, bytes" },
	{ "bridge", "bridge of the host that the TAP interface joins" },
	{ "hostfwd", "tcp:[HOSTADDR]:PORT-[GUESTADDR]:PORT, several joined by ';' (slirp)" },
	{ NULL, NULL },
};

const struct device_ops virtio_net_device = {
	.name = "virtio-net",
	.summary = "network interface",
	.first_key = "backend",
	.keys = net_keys,
	.stats = net_stats,
	.create = net_create,
	.reset = net_reset,
	.destroy = net_destroy,
};
