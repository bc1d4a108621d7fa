// SPDX-License-Identifier: BSD-2-Clause
/*
 * A guest that does what the input says, see any_guest.h.
 */
#include "any_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "virtio_driver.h"

#define SLOT	   0u
#define QUEUE_SIZE 16u

/* Where operations write: the parts of the first queues, and what descriptors point at. */
#define WINDOW	   (64u << 10)

static void make_disk(void)
{
	int fd = memfd_create("disk", 0);

	if (fd < 0 || ftruncate(fd, 1 << 20) < 0 || dup2(fd, FUZZ_DISK_FD) < 0)
		abort();
	close(fd);
}

struct device *fuzz_create(const struct device_ops *ops, const char *const *options)
{
	struct device *device;
	char err[512];

	fake_vm_start();
	make_disk();
	for (; *options; options++)
		if (config_set_pair(*options))
			abort();
	if (ops->create(SLOT, &device, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
	return device;
}

struct input {
	const uint8_t *data;
	size_t size;
};

static uint64_t take(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	if (bytes > input->size)
		bytes = input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

static void access_register(struct input *input, bool write)
{
	unsigned size = 1u << (take(input, 1) & 3);
	uint64_t offset = take(input, 2) % VIRTIO_MMIO_SIZE;
	uint64_t value = write ? take(input, size) : 0;

	mmio_access(VIRTIO_MMIO_BASE(SLOT) + offset, write, size, &value);
}

/* A descriptor whose parts are near what makes sense. */
static void write_descriptor(struct input *input)
{
	unsigned queue = (unsigned)take(input, 1) % 8;
	unsigned index = (unsigned)take(input, 1) % QUEUE_SIZE;
	uint32_t where = (uint32_t)take(input, 2);
	uint32_t len = (uint32_t)take(input, 2);
	uint16_t flags = (uint16_t)take(input, 1);
	uint16_t next = (uint16_t)take(input, 1);

	driver_put(queue, index, flags & 0x80 ? where : DRIVER_BUFFER_IPA + where, len, flags & 7,
		   next & 31);
}

static void write_memory(struct input *input)
{
	uint32_t where = (uint32_t)take(input, 3);
	size_t count = take(input, 1) & 31;
	uint64_t base = where & 0x800000 ? DRIVER_BUFFER_IPA : FAKE_RAM;
	uint8_t *at = fake_ram(base + where % (8 * WINDOW));

	while (count-- > 0)
		*at++ = (uint8_t)take(input, 1);
}

static void offer_and_kick(struct input *input)
{
	unsigned queue = (unsigned)take(input, 1) % 8;

	driver_offer(queue, (unsigned)take(input, 1) & 31);
	driver_kick(SLOT, queue);
	mevent_poll(0);
}

static void step(struct input *input)
{
	switch (take(input, 1) % 6) {
	case 0:
		access_register(input, true);
		break;
	case 1:
		access_register(input, false);
		break;
	case 2:
		write_descriptor(input);
		break;
	case 3:
		write_memory(input);
		break;
	case 4:
		offer_and_kick(input);
		break;
	default:
		mevent_poll(0);
		break;
	}
}

void fuzz_guest(struct device *device, unsigned queues, const uint8_t *data, size_t size)
{
	struct input input = { data, size };

	memset(fake_ram(FAKE_RAM), 0, 8 * WINDOW);
	memset(fake_ram(DRIVER_BUFFER_IPA), 0, 8 * WINDOW);
	driver_start(SLOT, driver_offered(SLOT), queues);
	while (input.size > 0)
		step(&input);
	fake_settle();
	device->ops->reset(device);
}
