// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL061 GPIO (Arm PrimeCell General Purpose Input/Output PL061 technical reference manual, DDI
 * 0190): eight pins, of which one is the power button and the others are connected to nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/device.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"

/* Registers, 3.2. Address bits [9:2] of an access to GPIODATA are a mask of pins. */
#define GPIODATA_LAST 0x3fc
#define GPIODIR	      0x400
#define GPIOIS	      0x404
#define GPIOIBE	      0x408
#define GPIOIEV	      0x40c
#define GPIOIE	      0x410
#define GPIORIS	      0x414
#define GPIOMIS	      0x418
#define GPIOIC	      0x41c
#define GPIOAFSEL     0x420
#define PERIPH_ID0    0xfe0

#define POWER_BUTTON  (1u << GPIO_POWER_BUTTON)

/* How long the button is held after the guest has seen it pressed, which on a busy host takes as
 * long as it takes: longer than drivers wait for the end of bouncing. Nanoseconds. */
#define HOLD	      100000000LL

struct pl061 {
	struct device device;
	pthread_mutex_t lock;
	struct mevent_timer *release;
	uint8_t inputs;
	uint8_t outputs;
	uint8_t dir; /* a pin of 1 is an output */
	uint8_t is;  /* interrupts: by level, not edge; */
	uint8_t ibe; /* by both edges; */
	uint8_t iev; /* by the high level or rising edge; */
	uint8_t ie;  /* enabled */
	uint8_t afsel;
	uint8_t edges; /* seen and not cleared */
	bool line;
	bool unseen; /* the button is pressed, and no read has told the guest */
};

/* GPIOPeriphID0-3, GPIOPCellID0-3: part 0x061, designer 0x41 (Arm). */
static const uint8_t identification[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* The one of this machine, for the power button. */
static struct pl061 *the_device;

static uint8_t pins(const struct pl061 *gpio)
{
	return (uint8_t)((gpio->outputs & gpio->dir) | (gpio->inputs & ~gpio->dir));
}

static uint8_t raw_status(const struct pl061 *gpio)
{
	uint8_t by_level = gpio->is & (uint8_t)~(pins(gpio) ^ gpio->iev);

	return (uint8_t)(by_level | (gpio->edges & ~gpio->is));
}

static void update_line(struct pl061 *gpio)
{
	bool level = (raw_status(gpio) & gpio->ie) != 0;

	if (level == gpio->line)
		return;
	gpio->line = level;
	guest_irq(PL061_INTID, level);
}

/* After a change: notes the edges of the pins that were `before`. */
static void settle(struct pl061 *gpio, uint8_t before)
{
	uint8_t now = pins(gpio), changed = now ^ before;

	gpio->edges |= (uint8_t)(changed & (gpio->ibe | ~(now ^ gpio->iev)) & ~gpio->is);
	update_line(gpio);
}

static void set_button(struct pl061 *gpio, bool pressed)
{
	uint8_t before = pins(gpio);

	gpio->inputs = pressed ? POWER_BUTTON : 0;
	settle(gpio, before);
}

static void release(void *arg)
{
	struct pl061 *gpio = arg;

	pthread_mutex_lock(&gpio->lock);
	set_button(gpio, false);
	pthread_mutex_unlock(&gpio->lock);
}

bool pl061_press_power(void)
{
	struct pl061 *gpio = the_device;
	bool listens;

	if (!gpio)
		return false;
	pthread_mutex_lock(&gpio->lock);
	listens = gpio->ie & POWER_BUTTON;
	if (listens) {
		gpio->unseen = true;
		mevent_timer_set(gpio->release, 0);
		set_button(gpio, true);
	}
	pthread_mutex_unlock(&gpio->lock);
	return listens;
}

/* The register of an offset that is simply read and written, or NULL. */
static uint8_t *plain_register(struct pl061 *gpio, uint64_t offset)
{
	switch (offset) {
	case GPIODIR:
		return &gpio->dir;
	case GPIOIS:
		return &gpio->is;
	case GPIOIBE:
		return &gpio->ibe;
	case GPIOIEV:
		return &gpio->iev;
	case GPIOIE:
		return &gpio->ie;
	case GPIOAFSEL:
		return &gpio->afsel;
	default:
		return NULL;
	}
}

/* The pins of the mask in the address. A button that is seen pressed is let go in a while. */
static uint8_t read_data(struct pl061 *gpio, uint64_t offset)
{
	uint8_t value = (uint8_t)(pins(gpio) & (offset >> 2));

	if (gpio->unseen && (value & POWER_BUTTON)) {
		gpio->unseen = false;
		mevent_timer_set(gpio->release, mevent_now() + HOLD);
	}
	return value;
}

static uint8_t read_register(struct pl061 *gpio, uint64_t offset)
{
	const uint8_t *plain = plain_register(gpio, offset);

	if (plain)
		return *plain;
	if (offset <= GPIODATA_LAST)
		return read_data(gpio, offset);
	if (offset == GPIORIS)
		return raw_status(gpio);
	if (offset == GPIOMIS)
		return raw_status(gpio) & gpio->ie;
	if (offset >= PERIPH_ID0)
		return identification[(offset - PERIPH_ID0) / 4];
	return 0;
}

static void write_register(struct pl061 *gpio, uint64_t offset, uint8_t value)
{
	uint8_t *plain = plain_register(gpio, offset), before = pins(gpio);
	uint8_t mask = (uint8_t)(offset >> 2);

	if (plain)
		*plain = value;
	else if (offset <= GPIODATA_LAST)
		gpio->outputs = (uint8_t)((gpio->outputs & ~mask) | (value & mask));
	else if (offset == GPIOIC)
		gpio->edges &= (uint8_t)~value;
	settle(gpio, before);
}

static int gpio_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct pl061 *gpio = opaque;

	(void)size;
	pthread_mutex_lock(&gpio->lock);
	*value = offset % 4 ? 0 : read_register(gpio, offset);
	pthread_mutex_unlock(&gpio->lock);
	return 0;
}

static int gpio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pl061 *gpio = opaque;

	(void)size;
	if (offset % 4)
		return 0;
	pthread_mutex_lock(&gpio->lock);
	write_register(gpio, offset, (uint8_t)value);
	pthread_mutex_unlock(&gpio->lock);
	return 0;
}

static const struct mmio_ops gpio_mmio = { .read = gpio_read, .write = gpio_write };

static void gpio_reset(struct device *device)
{
	struct pl061 *gpio = (struct pl061 *)device;

	pthread_mutex_lock(&gpio->lock);
	mevent_timer_set(gpio->release, 0);
	gpio->unseen = false;
	gpio->inputs = gpio->outputs = gpio->dir = gpio->afsel = 0;
	gpio->is = gpio->ibe = gpio->iev = gpio->ie = gpio->edges = 0;
	update_line(gpio);
	pthread_mutex_unlock(&gpio->lock);
}

static void gpio_destroy(struct device *device)
{
	struct pl061 *gpio = (struct pl061 *)device;

	if (the_device == gpio)
		the_device = NULL;
	mevent_timer_destroy(gpio->release);
	pthread_mutex_destroy(&gpio->lock);
	free(gpio);
}

static const struct device_ops pl061_ops = {
	.name = "pl061",
	.summary = "pins, one of them the power button",
	.reset = gpio_reset,
	.destroy = gpio_destroy,
};

int pl061_create(struct device **out, char *err, size_t errlen)
{
	struct pl061 *gpio = calloc(1, sizeof(*gpio));
	int error = -ENOMEM;

	if (gpio) {
		gpio->device.ops = &pl061_ops;
		pthread_mutex_init(&gpio->lock, NULL);
		gpio->release = mevent_timer_create(release, gpio);
		if (gpio->release)
			error = mmio_register("pl061", PL061_BASE, PL061_SIZE, &gpio_mmio, gpio);
	}
	if (!error) {
		the_device = gpio;
		*out = &gpio->device;
		return 0;
	}
	snprintf(err, errlen, "pl061: cannot be attached: %s", strerror(-error));
	if (gpio)
		gpio_destroy(&gpio->device);
	return error;
}
