// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-console: up to 16 serial ports (virtio 1.2, 5.3), over bhyve/backend/console.h.
 *
 * Port P has a receive and a transmit queue: 0 and 1 for port 0, 2P + 2 and 2P + 3 for the others;
 * queues 2 and 3 carry the control messages by which ports are announced, opened and closed.
 */
#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/console.h"
#include "bhyve/device/iov.h"
#include "bhyve/device/option.h"
#include "bhyve/device/virtio.h"

#define PORTS_MAX	 16u
#define NAME_MAX_BYTES	 64u
#define CONTROL_RECEIVE	 2u
#define CONTROL_TRANSMIT 3u

/* Control messages that wait for buffers: all that a driver causes by making the ports ready. */
#define MESSAGES_MAX	 (PORTS_MAX * 8)

struct virtio_console;

struct port {
	struct virtio_console *owner;
	unsigned number;
	struct console *console; /* NULL: there is no such port */
	bool is_console;	 /* the guest may use it as its console (hvcN) */
	bool guest_open;
	size_t sent;  /* bytes of the chain being transmitted that have been written */
	bool blocked; /* the console takes no more for now; at a chain's first byte, too */
	char name[NAME_MAX_BYTES];
};

struct message {
	struct virtio_console_control control;
	bool with_name;
};

struct virtio_console {
	struct virtio_device virtio;
	struct virtio_console_config config;
	struct port ports[PORTS_MAX];
	struct message messages[MESSAGES_MAX];
	unsigned first_message;
	unsigned message_count;
};

static struct virtio_console *console_of(struct virtio_device *virtio)
{
	return (struct virtio_console *)virtio;
}

static unsigned receive_queue(const struct port *port)
{
	return port->number ? 2 * port->number + 2 : 0;
}

static unsigned transmit_queue(const struct port *port)
{
	return receive_queue(port) + 1;
}

static bool multiport(const struct virtio_console *vc)
{
	return virtio_has_feature(&vc->virtio, VIRTIO_CONSOLE_F_MULTIPORT);
}

/* Without MULTIPORT there is port 0, and it is open. */
static bool port_usable(const struct port *port)
{
	if (!port->console || !virtio_running(&port->owner->virtio))
		return false;
	return multiport(port->owner) ? port->guest_open : port->number == 0;
}

/* ---- control messages (5.3.6.2) ---- */

static void queue_message(struct virtio_console *vc, unsigned id, unsigned event, unsigned value,
			  bool with_name)
{
	struct message *message;

	if (vc->message_count == MESSAGES_MAX)
		return; /* the driver asks and gives no buffers: it has itself to blame */
	message = &vc->messages[(vc->first_message + vc->message_count++) % MESSAGES_MAX];
	message->control.id = id;
	message->control.event = (uint16_t)event;
	message->control.value = (uint16_t)value;
	message->with_name = with_name;
}

static size_t write_message(const struct virtio_console *vc, const struct message *message,
			    const struct virtqueue_chain *chain)
{
	const struct iovec *iov = chain->iov + chain->readable;
	size_t done =
		iov_write(iov, chain->writable, 0, &message->control, sizeof(message->control));

	if (message->with_name) {
		const char *name = vc->ports[message->control.id].name;

		done += iov_write(iov, chain->writable, done, name, strlen(name));
	}
	return done;
}

static void send_messages(struct virtio_console *vc)
{
	struct virtio_device *virtio = &vc->virtio;

	while (vc->message_count > 0 && virtio_pop(virtio, CONTROL_RECEIVE, &virtio->chain)) {
		const struct message *message = &vc->messages[vc->first_message];
		size_t length = write_message(vc, message, &virtio->chain);

		virtqueue_push(&virtio->queues[CONTROL_RECEIVE], virtio->chain.head,
			       (uint32_t)length);
		vc->first_message = (vc->first_message + 1) % MESSAGES_MAX;
		vc->message_count--;
	}
	virtqueue_enable_notify(&virtio->queues[CONTROL_RECEIVE]);
	virtio_interrupt(virtio, CONTROL_RECEIVE);
}

static void announce_ports(struct virtio_console *vc)
{
	for (unsigned i = 0; i < PORTS_MAX; i++)
		if (vc->ports[i].console)
			queue_message(vc, i, VIRTIO_CONSOLE_PORT_ADD, 1, false);
}

static void describe_port(struct virtio_console *vc, const struct port *port)
{
	if (port->is_console)
		queue_message(vc, port->number, VIRTIO_CONSOLE_CONSOLE_PORT, 1, false);
	if (port->name[0])
		queue_message(vc, port->number, VIRTIO_CONSOLE_PORT_NAME, 1, true);
	if (console_connected(port->console))
		queue_message(vc, port->number, VIRTIO_CONSOLE_PORT_OPEN, 1, false);
}

static void take_control(struct virtio_console *vc, const struct virtio_console_control *control)
{
	struct port *port = control->id < PORTS_MAX ? &vc->ports[control->id] : NULL;

	if (control->event == VIRTIO_CONSOLE_DEVICE_READY) {
		if (control->value == 1)
			announce_ports(vc);
		return;
	}
	if (!port || !port->console)
		return;
	if (control->event == VIRTIO_CONSOLE_PORT_READY && control->value == 1)
		describe_port(vc, port);
	else if (control->event == VIRTIO_CONSOLE_PORT_OPEN)
		port->guest_open = control->value == 1;
}

static int serve_control(struct virtio_device *virtio, struct virtqueue *queue,
			 struct virtqueue_chain *chain)
{
	struct virtio_console_control control;

	if (chain->readable_bytes < sizeof(control))
		return -EPROTO;
	iov_read(chain->iov, chain->readable, 0, &control, sizeof(control));
	take_control(console_of(virtio), &control);
	virtqueue_push(queue, chain->head, 0);
	return 0;
}

/* ---- data ---- */

/* Reads into one chain; the number of bytes. */
static size_t fill_chain(struct port *port, const struct virtqueue_chain *chain)
{
	size_t done = 0;

	for (unsigned i = 0; i < chain->writable; i++) {
		const struct iovec *iov = &chain->iov[chain->readable + i];
		size_t got = console_read(port->console, iov->iov_base, iov->iov_len);

		done += got;
		if (got < iov->iov_len)
			break;
	}
	return done;
}

/* Input goes into the buffers that the guest gave; without any it stays where it is. Whether there
 * are more buffers. */
static bool receive_available(struct port *port)
{
	struct virtio_device *virtio = &port->owner->virtio;
	struct virtqueue *queue = &virtio->queues[receive_queue(port)];

	for (unsigned turns = queue->size; turns > 0; turns--) {
		size_t got;

		if (!virtio_pop(virtio, receive_queue(port), &virtio->chain))
			return virtqueue_enable_notify(queue);
		got = fill_chain(port, &virtio->chain);

		if (got == 0) {
			virtqueue_unpop(queue);
			return true;
		}
		virtqueue_push(queue, virtio->chain.head, (uint32_t)got);
	}
	return true;
}

static int transmit_chain(struct port *port, struct virtqueue *queue,
			  const struct virtqueue_chain *chain)
{
	struct iovec iov[VIRTQUEUE_SIZE_MAX];
	ssize_t count = iov_slice(iov, VIRTQUEUE_SIZE_MAX, chain->iov, chain->readable, port->sent,
				  chain->readable_bytes);

	for (ssize_t i = 0; i < count; i++) {
		size_t done = console_write(port->console, iov[i].iov_base, iov[i].iov_len);

		port->sent += done;
		if (done < iov[i].iov_len) {
			port->blocked = true;
			return -EAGAIN;
		}
	}
	port->sent = 0;
	virtqueue_push(queue, chain->head, 0);
	return 0;
}

static struct port *port_of_queue(struct virtio_console *vc, const struct virtqueue *queue)
{
	size_t index = (size_t)(queue - vc->virtio.queues);

	return &vc->ports[index < 2 ? 0 : (index - 2) / 2];
}

static int serve_transmit(struct virtio_device *virtio, struct virtqueue *queue,
			  struct virtqueue_chain *chain)
{
	return transmit_chain(port_of_queue(console_of(virtio), queue), queue, chain);
}

/* Moves what can be moved, and waits for what cannot. */
static void serve_port(struct port *port)
{
	struct virtio_device *virtio = &port->owner->virtio;
	bool may_receive = false;

	if (!port->console)
		return;
	port->blocked = false;
	if (virtio_running(virtio))
		virtio_serve(virtio, transmit_queue(port), serve_transmit);
	if (port_usable(port)) {
		may_receive = receive_available(port);
		virtio_interrupt(virtio, receive_queue(port));
	}
	console_want(port->console, may_receive, port->blocked);
}

static void console_notify(struct virtio_device *virtio)
{
	struct virtio_console *vc = console_of(virtio);

	if (multiport(vc)) {
		virtio_serve(virtio, CONTROL_TRANSMIT, serve_control);
		send_messages(vc);
	}
	for (unsigned i = 0; i < (multiport(vc) ? PORTS_MAX : 1); i++)
		serve_port(&vc->ports[i]);
}

/* The I/O loop: a console has input, takes output, or somebody came or left. */
static void port_event(unsigned events, void *arg)
{
	struct port *port = arg;
	struct virtio_console *vc = port->owner;

	virtio_lock(&vc->virtio);
	if ((events & CONSOLE_CHANGED) && virtio_running(&vc->virtio) && multiport(vc)) {
		queue_message(vc, port->number, VIRTIO_CONSOLE_PORT_OPEN,
			      console_connected(port->console) ? 1 : 0, false);
		send_messages(vc);
	}
	serve_port(port);
	virtio_unlock(&vc->virtio);
}

static void console_virtio_reset(struct virtio_device *virtio)
{
	struct virtio_console *vc = console_of(virtio);

	vc->message_count = 0;
	for (unsigned i = 0; i < PORTS_MAX; i++) {
		vc->ports[i].guest_open = false;
		vc->ports[i].sent = 0;
		vc->ports[i].blocked = false;
		if (vc->ports[i].console)
			console_want(vc->ports[i].console, false, false);
	}
}

/* 5.3.4: a character written to emerg_wr goes out at once, also before the driver is there. */
static void console_config_write(struct virtio_device *virtio, uint64_t offset, unsigned size,
				 uint64_t value)
{
	struct virtio_console *vc = console_of(virtio);
	uint8_t byte = (uint8_t)value;

	(void)size;
	if (offset == offsetof(struct virtio_console_config, emerg_wr) && vc->ports[0].console)
		console_write(vc->ports[0].console, &byte, 1);
}

static const struct virtio_ops console_virtio_ops = {
	.id = VIRTIO_ID_CONSOLE,
	.notify = console_notify,
	.reset = console_virtio_reset,
	.config_write = console_config_write,
};

/* ---- options ---- */

static const char *port_option(unsigned slot, unsigned number, const char *what)
{
	char key[64];

	snprintf(key, sizeof(key), "port.%u.%s", number, what);
	return option_get(slot, key);
}

/* What the options of a port come to: "port.N.backend", or a socket's path by one of the names
 * that other versions know. NULL: there is no such port. */
static const char *port_backend(unsigned slot, unsigned number, char *buf, size_t len)
{
	const char *backend = port_option(slot, number, "backend");
	const char *path = port_option(slot, number, "path");
	char key[32];

	if (backend)
		return backend;
	snprintf(key, sizeof(key), "port%u", number);
	if (!path)
		path = option_get(slot, key);
	if (!path && number == 0)
		path = option_get(slot, "sock");
	if (!path)
		return NULL;
	snprintf(buf, len, "unix:%s", path);
	return buf;
}

static int name_port(struct port *port, unsigned slot, char *err, size_t errlen)
{
	const char *name = port_option(slot, port->number, "name");
	char key[32];

	snprintf(key, sizeof(key), "port%u", port->number);
	if (!name && option_get(slot, key))
		name = key;
	if (name && strlen(name) >= sizeof(port->name))
		return option_error(err, errlen, slot,
				    "port.%u.name: is longer than %zu characters; shorten it",
				    port->number, sizeof(port->name) - 1);
	if (name)
		memcpy(port->name, name, strlen(name) + 1);
	/* A port without a name is a console: programs find theirs by name. */
	port->is_console = !name;
	return 0;
}

static int open_port(struct virtio_console *vc, unsigned slot, unsigned number, char *err,
		     size_t errlen)
{
	struct port *port = &vc->ports[number];
	char reason[256];
	char buf[256];
	const char *backend = port_backend(slot, number, buf, sizeof(buf));
	char key[32];
	int error;

	port->owner = vc;
	port->number = number;
	if (!backend)
		return 0;
	error = name_port(port, slot, err, errlen);
	snprintf(key, sizeof(key), "port.%u.console", number);
	if (!error && option_get(slot, key))
		error = option_bool(slot, key, &port->is_console, err, errlen);
	if (error)
		return error;
	error = console_open(backend, port_event, port, &port->console, reason, sizeof(reason));
	if (error)
		option_error(err, errlen, slot, "port %u: %s", number, reason);
	return error;
}

static int open_ports(struct virtio_console *vc, unsigned slot, char *err, size_t errlen)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PORTS_MAX; i++) {
		int error = open_port(vc, slot, i, err, errlen);

		if (error)
			return error;
		if (vc->ports[i].console)
			count = i + 1;
	}
	if (count == 0)
		return option_error(
			err, errlen, slot,
			"virtio-console: no port; name one: -s %u,virtio-console,stdio, "
			"or port.0.backend=unix:PATH",
			slot);
	vc->config.max_nr_ports = count;
	return 0;
}

static void console_destroy(struct device *device)
{
	struct virtio_console *vc = (struct virtio_console *)device;

	virtio_mmio_detach(&vc->virtio);
	for (unsigned i = 0; i < PORTS_MAX; i++)
		console_close(vc->ports[i].console);
	free(vc);
}

static void console_reset(struct device *device)
{
	virtio_reset((struct virtio_device *)device);
}

static int console_create(unsigned slot, struct device **out, char *err, size_t errlen)
{
	struct virtio_console *vc = calloc(1, sizeof(*vc));
	int error;

	if (!vc)
		return option_error(err, errlen, slot, "virtio-console: no memory");
	error = open_ports(vc, slot, err, errlen);
	if (!error) {
		vc->virtio.ops = &console_virtio_ops;
		vc->virtio.features = 1ULL << VIRTIO_CONSOLE_F_MULTIPORT |
				      1ULL << VIRTIO_CONSOLE_F_EMERG_WRITE;
		vc->virtio.config = &vc->config;
		vc->virtio.config_size = sizeof(vc->config);
		/* Queues 2 and 3 are there with one port, too. */
		vc->virtio.queue_count = 2 * vc->config.max_nr_ports + 2;
		error = virtio_mmio_attach(&vc->virtio, &virtio_console_device, slot, err, errlen);
	}
	if (error)
		console_destroy(&vc->virtio.device);
	else
		*out = &vc->virtio.device;
	return error;
}

static const struct device_key console_keys[] = {
	{ "port.#.backend", "stdio, pty, socket:PATH, unix:PATH, null or the path of a terminal" },
	{ "port.#.path", "PATH, short for backend=unix:PATH" },
	{ "port.#.name",
	  "name in the guest (/dev/virtio-ports/NAME); without one it is a console" },
	{ "port.#.console", "whether the guest may use it as a console" },
	{ "port#", "PATH: port of this number and name, on a Unix socket" },
	{ "sock", "PATH: port 0 on a Unix socket" },
	{ NULL, NULL },
};

const struct device_ops virtio_console_device = {
	.name = "virtio-console",
	.summary = "serial ports",
	.first_key = "port.0.backend",
	.keys = console_keys,
	.create = console_create,
	.reset = console_reset,
	.destroy = console_destroy,
};
