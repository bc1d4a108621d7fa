// SPDX-License-Identifier: BSD-2-Clause
/* Attacks on devices: their registers, holes between them, and virtqueues that lie anywhere. */
#include "hostile.h"

#define PL031		 UINT64_C(0x09010000)
#define FW_CFG		 UINT64_C(0x09020000)
#define PL061		 UINT64_C(0x09030000)
#define EVENTS		 UINT64_C(0x09080000) /* ACPI's generic event device */
#define VIRTIO		 UINT64_C(0x0a000000)
#define VIRTIO_SLOTS	 32
#define VIRTIO_SLOT_SIZE 0x200

/* Registers of virtio-mmio (virtio 1.2, 4.2.2) */
#define MAGIC_VALUE	 0x000
#define DEVICE_ID	 0x008
#define DRIVER_FEATURES	 0x020
#define FEATURES_SEL	 0x024
#define QUEUE_SEL	 0x030
#define QUEUE_NUM	 0x038
#define QUEUE_READY	 0x044
#define QUEUE_NOTIFY	 0x050
#define INTERRUPT_ACK	 0x064
#define STATUS		 0x070
#define QUEUE_DESC	 0x080
#define QUEUE_DRIVER	 0x090
#define QUEUE_DEVICE	 0x0a0
#define CONFIG		 0x100
#define VERSION_1	 1 /* bit 32 */
#define INDIRECT_EVENT	 UINT32_C(0x30000000)
#define ACKNOWLEDGED	 3
#define FEATURES_OK	 8
#define DRIVER_OK	 4

/* A register of some device, mostly a real one. */
static uint64_t any_register(void)
{
	switch (below(9)) {
	case 0:
		return PL011 + below(0x50);
	case 1:
		return PL011 + below(0x1000);
	case 2:
		return PL031 + below(0x20);
	case 3:
		return PL031 + below(0x1000);
	case 4:
		return PL061 + below(once_in(2) ? 0x424 : 0x1000);
	case 5:
		return (once_in(2) ? FW_CFG : EVENTS) + below(0x20);
	default:
		return VIRTIO + VIRTIO_SLOT_SIZE * below(once_in(4) ? VIRTIO_SLOTS : 5) +
		       below(once_in(8) ? VIRTIO_SLOT_SIZE : CONFIG + 0x40);
	}
}

static void any_access(uint64_t address)
{
	uint64_t value = any_value();

	if (once_in(4)) {
		access_in_any_form(address, value);
		return;
	}
	if (once_in(2))
		address &= ~UINT64_C(3);
	FAULT_OF(once_in(3) ? (void)read32(address) : write32(address, (uint32_t)value));
}

static void devices_round(void)
{
	any_access(any_register());
}

ATTACK_PROPERTY(every_device_register_takes_anything, "devices", devices_round)

static void hole_loads(void *argument)
{
	(void)argument;
	asm volatile("ldr x1, [x0]; str x1, [x0, #4]; ldp x1, x2, [x0, #8]");
}

static void holes_round(void)
{
	uint64_t address = not_here(somewhere(), 64) &
			   ((UINT64_C(1) << (once_in(8) ? 64 : 39)) - 1);

	if (once_in(4)) {
		/* instructions from RAM are noise that may do anything: from elsewhere only */
		if (!in_ram(address))
			FAULT_OF(call_address(address));
	} else if (once_in(8)) {
		el0_call(hole_loads, (void *)(address & ((UINT64_C(1) << 35) - 1)));
	} else {
		access_in_any_form(address, any_value());
	}
}

ATTACK_PROPERTY(holes_are_jumped_into_and_written_to, "holes", holes_round)

/* ---- virtqueues ---- */

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

static void put64(uint64_t at, uint64_t value)
{
	write32(at, (uint32_t)value);
	write32(at + 4, (uint32_t)(value >> 32));
}

/* Where a part of a queue lies: mostly where it can work. */
static uint64_t any_ring(void)
{
	uint64_t at = once_in(3) ? somewhere() : arena() + below(arena_size());

	return once_in(8) ? at : at & ~UINT64_C(0xfff);
}

static uint32_t any_length(void)
{
	switch (below(4)) {
	case 0:
		return (uint32_t)any_value();
	case 1:
		return (uint32_t)below(64);
	default:
		return 16u << below(10);
	}
}

/* Buffers of any kind; chains that end, loop, and lie in their own ring. */
static void write_descriptors(uint64_t table, uint64_t used, unsigned int size)
{
	volatile struct descriptor *descriptor = (volatile struct descriptor *)table;

	for (unsigned int i = 0; i < size && i < 256; i++) {
		uint64_t address = once_in(8) ? table : once_in(8) ? used : somewhere();

		if (once_in(2))
			address = arena() + below(arena_size());
		descriptor[i].address = address;
		descriptor[i].length = any_length();
		descriptor[i].flags = (uint16_t)(once_in(8) ? any() : below(4));
		descriptor[i].next = (uint16_t)(once_in(16) ? any() : below(size));
	}
	/* a request of virtio-blk that does something: header, data, status */
	descriptor[0].length = 16;
	descriptor[0].address = arena();
	descriptor[0].flags = 1;
	descriptor[0].next = 1;
	write32(arena(), (uint32_t)below(14));
	put64(arena() + 8, below(4096));
}

static bool in_arena(uint64_t address, uint64_t size)
{
	return address >= arena() && size <= arena_size() &&
	       address - arena() <= arena_size() - size;
}

static void setup_queue(uint64_t device, unsigned int queue)
{
	unsigned int size = once_in(8) ? (unsigned int)any_value() : 1u << below(9);
	uint64_t table = any_ring(), driver = any_ring(), used = once_in(8) ? table : any_ring();

	write32(device + QUEUE_SEL, queue);
	write32(device + QUEUE_NUM, size);
	put64(device + QUEUE_DESC, table);
	put64(device + QUEUE_DRIVER, driver);
	put64(device + QUEUE_DEVICE, used);
	if (in_arena(table, 4096))
		write_descriptors(table & ~UINT64_C(15), used, size & 0xfff ? size & 0xfff : 1);
	if (in_arena(driver, 4096)) {
		volatile uint16_t *ring = (volatile uint16_t *)(driver & ~UINT64_C(1));

		for (unsigned int i = 0; i < 64; i++)
			ring[2 + i] = (uint16_t)(once_in(2)   ? 0
						 : once_in(8) ? any()
							      : below(size | 1));
		ring[0] = (uint16_t)below(3);
		ring[1] = (uint16_t)(once_in(8) ? any() : below(size | 1) + 1);
	}
	write32(device + QUEUE_READY, once_in(16) ? (uint32_t)any() : 1);
}

static void drive(uint64_t device)
{
	write32(device + STATUS, 0);
	write32(device + STATUS, ACKNOWLEDGED);
	write32(device + FEATURES_SEL, 0);
	write32(device + DRIVER_FEATURES, once_in(2) ? INDIRECT_EVENT & (uint32_t)any() : 0);
	write32(device + FEATURES_SEL, 1);
	write32(device + DRIVER_FEATURES, VERSION_1);
	write32(device + STATUS, ACKNOWLEDGED | FEATURES_OK);
	for (unsigned int queue = 0; queue < 6; queue++)
		setup_queue(device, queue);
	write32(device + STATUS, ACKNOWLEDGED | FEATURES_OK | DRIVER_OK);
	for (unsigned int i = 0; i < 16; i++) {
		write32(device + QUEUE_NOTIFY, (uint32_t)below(6));
		if (once_in(4))
			write32(device + (below(VIRTIO_SLOT_SIZE) & ~UINT64_C(3)),
				(uint32_t)any_value());
		if (once_in(8))
			setup_queue(device, (unsigned int)below(6)); /* while it is in use */
	}
	write32(device + INTERRUPT_ACK, (uint32_t)any());
}

/* Slots without a device are placeholders. */
static void queues_round(void)
{
	FAULT_OF(drive(VIRTIO + VIRTIO_SLOT_SIZE * below(once_in(16) ? VIRTIO_SLOTS : 5)));
}

ATTACK_PROPERTY(virtqueues_lie_anywhere, "queues", queues_round)
