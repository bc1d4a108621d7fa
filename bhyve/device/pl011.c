// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL011 UART (Arm PrimeCell UART PL011 technical reference manual, DDI 0183, r1p5), without modem
 * lines and DMA. Characters take no time: the baud rate is kept and ignored.
 *
 * What the guest sends is gathered for OUTPUT_DELAY before it is written, as guests send it byte by
 * byte and a system call for each would cost more than all the rest. The transmit FIFO fills for
 * the guest only when what gathers is not taken by the console.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bhyve/backend/console.h"
#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"

/* Registers, 3.2. */
#define UARTDR		 0x000
#define UARTRSR		 0x004
#define UARTFR		 0x018
#define UARTILPR	 0x020
#define UARTIBRD	 0x024
#define UARTFBRD	 0x028
#define UARTLCR_H	 0x02c
#define UARTCR		 0x030
#define UARTIFLS	 0x034
#define UARTIMSC	 0x038
#define UARTRIS		 0x03c
#define UARTMIS		 0x040
#define UARTICR		 0x044
#define UARTDMACR	 0x048
#define PERIPH_ID0	 0xfe0

#define FR_CTS		 0x001u
#define FR_DSR		 0x002u
#define FR_DCD		 0x004u
#define FR_RXFE		 0x010u
#define FR_TXFF		 0x020u
#define FR_RXFF		 0x040u
#define FR_TXFE		 0x080u
#define FR_BUSY		 0x008u

#define LCR_H_FEN	 0x10u
#define LCR_H_MASK	 0xffu

#define CR_LBE		 0x0080u
#define CR_RESET	 0x0300u /* TXE, RXE */
#define CR_MASK		 0xffffu

#define INT_RX		 0x010u
#define INT_TX		 0x020u
#define INT_RT		 0x040u
#define INT_MASK	 0x7ffu

#define IFLS_RESET	 0x12u
#define IFLS_MASK	 0x3fu
#define IFLS_RX(v)	 ((v) >> 3 & 7)
#define IFLS_TX(v)	 ((v) & 7)
#define IBRD_MASK	 0xffffu
#define FBRD_MASK	 0x3fu
#define ILPR_MASK	 0xffu

#define FIFO_DEPTH	 32u

/* Bytes of output that gather at most, and for how long, in nanoseconds. */
#define OUTPUT_ROOM	 4096u
#define OUTPUT_DELAY	 2000000L

/* How long the rest of the output is waited for when bhyve ends, in milliseconds. */
#define LAST_OUTPUT_WAIT 1000

struct fifo {
	uint8_t data[FIFO_DEPTH];
	unsigned first;
	unsigned count;
};

struct pl011 {
	struct device device;
	pthread_mutex_t lock;
	struct console *console;
	bool wants_read;
	bool wants_write;
	bool line;
	bool blocked; /* the console took only a part of the output */
	struct fifo receive;
	unsigned output_first;
	unsigned output_count;
	int output_timer; /* timerfd: output has gathered long enough */
	uint32_t ilpr;
	uint32_t ibrd;
	uint32_t fbrd;
	uint32_t lcr_h;
	uint32_t cr;
	uint32_t ifls;
	uint32_t imsc;
	uint32_t ris;
	uint8_t output[OUTPUT_ROOM];
};

/* UARTPeriphID0-3, UARTPCellID0-3: part 0x011, designer 0x41 (Arm), revision 3 (r1p5). */
static const uint8_t identification[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static void fifo_put(struct fifo *fifo, uint8_t byte)
{
	fifo->data[(fifo->first + fifo->count++) % FIFO_DEPTH] = byte;
}

static uint8_t fifo_get(struct fifo *fifo)
{
	uint8_t byte = fifo->data[fifo->first];

	fifo->first = (fifo->first + 1) % FIFO_DEPTH;
	fifo->count--;
	return byte;
}

/* Without FIFOs there is one holding register (2.4.3). */
static unsigned depth(const struct pl011 *uart)
{
	return uart->lcr_h & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* 3.3.9: 1/8, 1/4, 1/2, 3/4, 7/8 of a FIFO. */
static const uint8_t trigger_levels[] = { 4, 8, 16, 24, 28, 28, 28, 28 };

/* How many characters raise the receive interrupt. */
static unsigned receive_trigger(const struct pl011 *uart)
{
	return uart->lcr_h & LCR_H_FEN ? trigger_levels[IFLS_RX(uart->ifls)] : 1;
}

/*
 * Whether the transmit interrupt is raised: the FIFO, which is what is left of the room for output,
 * holds no more than the trigger level. Drivers then fill the rest without a look at UARTFR.
 */
static bool transmit_ready(const struct pl011 *uart)
{
	unsigned level = uart->lcr_h & LCR_H_FEN ? trigger_levels[IFLS_TX(uart->ifls)] : 0;

	return uart->output_count <= OUTPUT_ROOM - FIFO_DEPTH + level;
}

static void update_line(struct pl011 *uart)
{
	bool level = (uart->ris & uart->imsc) != 0;

	if (level == uart->line)
		return;
	uart->line = level;
	guest_irq(PL011_INTID, level);
}

/* Tells the console what this side can take; it is asked only when that changes. */
static void update_wants(struct pl011 *uart)
{
	bool read = uart->receive.count < depth(uart);
	bool write = uart->blocked;

	if (read == uart->wants_read && write == uart->wants_write)
		return;
	uart->wants_read = read;
	uart->wants_write = write;
	console_want(uart->console, read, write);
}

/* A character arrived. Time does not pass, so that the receive timeout (2.8) comes at once. */
static void receive(struct pl011 *uart, uint8_t byte)
{
	fifo_put(&uart->receive, byte);
	if (uart->receive.count >= receive_trigger(uart))
		uart->ris |= INT_RX;
	if (uart->lcr_h & LCR_H_FEN)
		uart->ris |= INT_RT;
}

/* Hands on what has gathered; the transmit interrupt says that there is room again. */
static void write_output(struct pl011 *uart)
{
	bool waited = uart->blocked || !transmit_ready(uart);

	uart->blocked = false;
	while (uart->output_count > 0 && !uart->blocked) {
		unsigned run = OUTPUT_ROOM - uart->output_first;
		unsigned done;

		if (run > uart->output_count)
			run = uart->output_count;
		done = (unsigned)console_write(uart->console, uart->output + uart->output_first,
					       run);
		uart->output_first = (uart->output_first + done) % OUTPUT_ROOM;
		uart->output_count -= done;
		uart->blocked = done < run;
	}
	if (waited && transmit_ready(uart))
		uart->ris |= INT_TX;
}

static void start_output_timer(const struct pl011 *uart)
{
	const struct itimerspec delay = { .it_value.tv_nsec = OUTPUT_DELAY };

	timerfd_settime(uart->output_timer, 0, &delay, NULL);
}

static void send(struct pl011 *uart, uint8_t byte)
{
	if (uart->output_count == 0)
		start_output_timer(uart);
	if (uart->output_count < OUTPUT_ROOM)
		uart->output[(uart->output_first + uart->output_count++) % OUTPUT_ROOM] = byte;
	if (!transmit_ready(uart) && !uart->blocked)
		write_output(uart);
	uart->ris = transmit_ready(uart) ? uart->ris | INT_TX : uart->ris & ~INT_TX;
}

static void write_data(struct pl011 *uart, uint8_t byte)
{
	if (!(uart->cr & CR_LBE)) {
		send(uart, byte);
		return;
	}
	if (uart->receive.count < depth(uart))
		receive(uart, byte);
	uart->ris |= INT_TX;
}

static uint32_t read_data(struct pl011 *uart)
{
	uint8_t byte = 0;

	if (uart->receive.count > 0)
		byte = fifo_get(&uart->receive);
	if (uart->receive.count < receive_trigger(uart))
		uart->ris &= ~INT_RX;
	if (uart->receive.count == 0)
		uart->ris &= ~INT_RT;
	return byte;
}

static uint32_t flags(const struct pl011 *uart)
{
	uint32_t value = FR_CTS | FR_DSR | FR_DCD;

	if (uart->receive.count == 0)
		value |= FR_RXFE;
	if (uart->receive.count >= depth(uart))
		value |= FR_RXFF;
	value |= uart->output_count <= OUTPUT_ROOM - FIFO_DEPTH ? FR_TXFE : FR_BUSY;
	if (uart->output_count == OUTPUT_ROOM)
		value |= FR_TXFF;
	return value;
}

/* Switching the FIFOs on or off empties them. What is to be sent is not lost. */
static void write_line_control(struct pl011 *uart, uint32_t value)
{
	if ((uart->lcr_h ^ value) & LCR_H_FEN) {
		uart->receive.count = 0;
		uart->ris &= ~(INT_RX | INT_RT);
	}
	uart->lcr_h = value & LCR_H_MASK;
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
	switch (offset) {
	case UARTDR:
		return read_data(uart);
	case UARTFR:
		return flags(uart);
	case UARTILPR:
		return uart->ilpr;
	case UARTIBRD:
		return uart->ibrd;
	case UARTFBRD:
		return uart->fbrd;
	case UARTLCR_H:
		return uart->lcr_h;
	case UARTCR:
		return uart->cr;
	case UARTIFLS:
		return uart->ifls;
	case UARTIMSC:
		return uart->imsc;
	case UARTRIS:
		return uart->ris;
	case UARTMIS:
		return uart->ris & uart->imsc;
	default: /* UARTRSR: no errors happen; UARTDMACR: there is no DMA */
		if (offset >= PERIPH_ID0 && offset < PL011_SIZE)
			return identification[(offset - PERIPH_ID0) / 4];
		return 0;
	}
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case UARTDR:
		write_data(uart, (uint8_t)value);
		break;
	case UARTILPR:
		uart->ilpr = value & ILPR_MASK;
		break;
	case UARTIBRD:
		uart->ibrd = value & IBRD_MASK;
		break;
	case UARTFBRD:
		uart->fbrd = value & FBRD_MASK;
		break;
	case UARTLCR_H:
		write_line_control(uart, value);
		break;
	case UARTCR:
		uart->cr = value & CR_MASK;
		break;
	case UARTIFLS:
		uart->ifls = value & IFLS_MASK;
		break;
	case UARTIMSC:
		uart->imsc = value & INT_MASK;
		break;
	case UARTICR:
		uart->ris &= ~value;
		break;
	default: /* the rest is read-only or not there */
		break;
	}
}

static int uart_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct pl011 *uart = opaque;
	uint32_t bits;

	pthread_mutex_lock(&uart->lock);
	bits = offset % 4 ? 0 : read_register(uart, offset);
	update_line(uart);
	update_wants(uart);
	pthread_mutex_unlock(&uart->lock);
	*value = size < 4 ? bits & ((1u << (size * 8)) - 1) : bits;
	return 0;
}

static int uart_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pl011 *uart = opaque;

	(void)size;
	if (offset % 4)
		return 0;
	pthread_mutex_lock(&uart->lock);
	write_register(uart, offset, (uint32_t)value);
	update_line(uart);
	update_wants(uart);
	pthread_mutex_unlock(&uart->lock);
	return 0;
}

static const struct mmio_ops uart_mmio = { .read = uart_read, .write = uart_write };

static void read_console(struct pl011 *uart)
{
	uint8_t bytes[FIFO_DEPTH];
	size_t got = console_read(uart->console, bytes, depth(uart) - uart->receive.count);

	for (size_t i = 0; i < got; i++)
		receive(uart, bytes[i]);
}

/* The I/O loop: the console has input or takes output. */
static void console_event(unsigned events, void *arg)
{
	struct pl011 *uart = arg;

	pthread_mutex_lock(&uart->lock);
	if ((events & CONSOLE_READABLE) && uart->receive.count < depth(uart))
		read_console(uart);
	/* A client that left takes nothing more: console_write() drops it. */
	if (events & (CONSOLE_WRITABLE | CONSOLE_CHANGED))
		write_output(uart);
	update_line(uart);
	update_wants(uart);
	pthread_mutex_unlock(&uart->lock);
}

/* The I/O loop: output has gathered. */
static void output_due(int fd, unsigned revents, void *arg)
{
	struct pl011 *uart = arg;
	uint64_t expirations;

	(void)revents;
	if (read(fd, &expirations, sizeof(expirations)) < 0)
		return;
	pthread_mutex_lock(&uart->lock);
	if (!uart->blocked)
		write_output(uart);
	update_line(uart);
	update_wants(uart);
	pthread_mutex_unlock(&uart->lock);
}

/* 3.2: values at reset. */
static void reset_registers(struct pl011 *uart)
{
	uart->receive.count = 0;
	uart->ilpr = 0;
	uart->ibrd = 0;
	uart->fbrd = 0;
	uart->lcr_h = 0;
	uart->cr = CR_RESET;
	uart->ifls = IFLS_RESET;
	uart->imsc = 0;
	uart->ris = 0;
}

static void uart_reset(struct device *device)
{
	struct pl011 *uart = (struct pl011 *)device;

	pthread_mutex_lock(&uart->lock);
	write_output(uart);
	reset_registers(uart);
	update_line(uart);
	update_wants(uart);
	pthread_mutex_unlock(&uart->lock);
}

/* The last words of the guest are worth a moment, not more. */
static void write_last_output(struct pl011 *uart)
{
	do
		write_output(uart);
	while (uart->blocked && console_wait_writable(uart->console, LAST_OUTPUT_WAIT));
}

static void uart_destroy(struct device *device)
{
	struct pl011 *uart = (struct pl011 *)device;

	if (uart->console)
		write_last_output(uart);
	if (uart->output_timer >= 0) {
		mevent_del_fd(uart->output_timer);
		close(uart->output_timer);
	}
	console_close(uart->console);
	pthread_mutex_destroy(&uart->lock);
	free(uart);
}

static const struct device_ops pl011_ops = {
	.name = "pl011",
	.summary = "serial port",
	.reset = uart_reset,
	.destroy = uart_destroy,
};

/* `console` is where the characters go; without it nowhere. */
static int uart_open(struct pl011 *uart, char *err, size_t errlen)
{
	const char *where = config_get("console");
	char reason[256];
	int error;

	error = console_open(where ? where : "null", console_event, uart, &uart->console, reason,
			     sizeof(reason));
	if (error) {
		snprintf(err, errlen, "console: %s", reason);
		return error;
	}
	uart->output_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	error = uart->output_timer < 0 ? -errno : 0;
	if (!error)
		error = mevent_add_fd(uart->output_timer, POLLIN, output_due, uart);
	if (!error)
		error = mmio_register("pl011", PL011_BASE, PL011_SIZE, &uart_mmio, uart);
	if (error)
		snprintf(err, errlen, "pl011: cannot be attached: %s", strerror(-error));
	return error;
}

int pl011_create(struct device **out, char *err, size_t errlen)
{
	struct pl011 *uart = calloc(1, sizeof(*uart));
	int error;

	if (!uart) {
		snprintf(err, errlen, "pl011: no memory");
		return -ENOMEM;
	}
	uart->device.ops = &pl011_ops;
	uart->output_timer = -1;
	pthread_mutex_init(&uart->lock, NULL);
	reset_registers(uart);
	error = uart_open(uart, err, errlen);
	if (error) {
		uart_destroy(&uart->device);
		return error;
	}
	uart_reset(&uart->device);
	*out = &uart->device;
	return 0;
}
