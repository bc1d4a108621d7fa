// SPDX-License-Identifier: BSD-2-Clause
/*
 * What FreeBSD/arm64 asks of a machine beyond what Linux does: seen on FreeBSD 15 kernels as they
 * boot.
 */
#include "property.h"

#define SPI		  100
#define OTHER_SPI	  101
#define IDLE		  0xff	     /* ICC_RPR_EL1 with nothing active (IHI 0069, 12.2.19) */
#define TRNG_VERSION	  0x84000050 /* Arm DEN 0098 */
#define TRNG_1_0	  0x10000
#define UNKNOWN_FUNCTION  0x8400ffff
#define PL011_PERIPHID2	  (PL011 + 0xfe8)
#define VIRTIO(slot)	  (UINT64_C(0x0a000000) + 0x200 * (uint64_t)(slot))
#define VIRTIO_MAGIC	  UINT32_C(0x74726976)
#define VIRTIO_VERSION	  0x004
#define VIRTIO_DEVICE	  0x008
#define VIRTIO_SELECT	  0x024 /* which half of the driver's features */
#define VIRTIO_FEATURES	  0x020
#define VIRTIO_QUEUE	  0x030
#define VIRTIO_SIZE	  0x038
#define VIRTIO_READY	  0x044
#define VIRTIO_NOTIFY	  0x050
#define VIRTIO_STATUS	  0x070
#define VIRTIO_DESC	  0x080
#define VIRTIO_AVAIL	  0x090
#define VIRTIO_USED	  0x0a0
#define VIRTIO_GENERATION 0x0fc
#define VIRTIO_CONFIG	  0x100
#define VIRTIO_SLOTS	  32
#define VIRTIO_NET	  1
#define TRANSMIT	  1
#define ACKNOWLEDGE	  1
#define DRIVER		  2
#define DRIVER_OK	  4
#define VERSION_1	  1 /* in the upper half */
#define QUEUE_SIZE	  4
#define FRAME_SIZE	  (12 + 60) /* virtio-net's header, and the least that Ethernet has */

static unsigned int handled;

/* Interrupt threads of edge-triggered SPIs end the interrupt before and after their work. */
static void end_at_once(uint32_t intid)
{
	handled++;
	if (intid >= 32)
		gic_end(intid);
}

PROPERTY(second_end_of_an_edge_spi_is_harmless)
{
	gic_setup(SPI, 0x80);
	gic_setup(OTHER_SPI, 0xa0);
	for (unsigned int i = 0; i < 200; i++) {
		gic_pend(SPI);
		CHECK_EQUAL(gic_acknowledge_wait(), SPI);
		gic_end(SPI);
		gic_end(SPI);
		CHECK(!gic_active(SPI));
		CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
	}
	gic_pend(OTHER_SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), OTHER_SPI);
	gic_end(OTHER_SPI);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(second_end_in_a_handler_is_harmless)
{
	gic_setup(SPI, 0x80);
	handled = 0;
	irq_set_handler(0, end_at_once);
	irq_unmask();
	for (unsigned int i = 1; i <= 200; i++) {
		gic_pend(SPI);
		if (!WAIT(__atomic_load_n(&handled, __ATOMIC_ACQUIRE) == i, PATIENCE_MS))
			break;
	}
	irq_mask();
	irq_set_handler(0, NULL);
	CHECK_EQUAL(handled, 200);
	CHECK(!gic_active(SPI));
}

PROPERTY(end_with_nothing_active_is_harmless)
{
	gic_setup(SPI, 0x80);
	for (unsigned int i = 0; i < 100; i++)
		gic_end(SPI);
	gic_pend(SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	gic_end(SPI);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
}

PROPERTY(routing_registers_take_64_bits)
{
	unsigned int count = gic_intids();

	for (unsigned int intid = 32; intid < count; intid++)
		write64(GICD_IROUTER(intid), 0);
	for (unsigned int intid = 32; intid < count; intid++)
		CHECK_EQUAL(read64(GICD_IROUTER(intid)), 0);
}

/* Register n of those that ID_AA64DFR0_EL1 counts. */
#define ZERO_BREAKPOINT(n)                        \
	case n:                                   \
		write_sysreg(dbgbcr##n##_el1, 0); \
		write_sysreg(dbgbvr##n##_el1, 0); \
		break
#define ZERO_WATCHPOINT(n)                        \
	case n:                                   \
		write_sysreg(dbgwcr##n##_el1, 0); \
		write_sysreg(dbgwvr##n##_el1, 0); \
		break
#define ALL_16(M) \
	M(0);     \
	M(1);     \
	M(2);     \
	M(3);     \
	M(4);     \
	M(5);     \
	M(6);     \
	M(7);     \
	M(8);     \
	M(9);     \
	M(10);    \
	M(11);    \
	M(12);    \
	M(13);    \
	M(14);    \
	M(15)

static void zero_breakpoint(unsigned int n)
{
	switch (n) {
		ALL_16(ZERO_BREAKPOINT);
	}
}

static void zero_watchpoint(unsigned int n)
{
	switch (n) {
		ALL_16(ZERO_WATCHPOINT);
	}
}

PROPERTY(debug_registers_that_are_counted_can_be_zeroed)
{
	uint64_t features = read_sysreg(id_aa64dfr0_el1);
	unsigned int breakpoints = ((features >> 12) & 0xf) + 1;
	unsigned int watchpoints = ((features >> 20) & 0xf) + 1;
	struct fault fault;

	fault_expect();
	write_sysreg(oslar_el1, 0);
	for (unsigned int i = 0; i < breakpoints; i++)
		zero_breakpoint(i);
	for (unsigned int i = 0; i < watchpoints; i++)
		zero_watchpoint(i);
	isb();
	fault = fault_end();
	CHECK(!fault.taken);
	CHECK_EQUAL(read_sysreg(dbgbcr0_el1), 0);
	CHECK_EQUAL(read_sysreg(dbgwcr0_el1), 0);
}

PROPERTY(monitor_debug_can_be_switched_on)
{
	struct fault fault;
	uint64_t before = 0, on = 0;

	fault_expect();
	write_sysreg(oslar_el1, 0);
	isb();
	before = read_sysreg(mdscr_el1);
	write_sysreg(mdscr_el1, before | 1 << 13 | 1 << 15); /* KDE, MDE */
	isb();
	on = read_sysreg(mdscr_el1);
	write_sysreg(mdscr_el1, before);
	isb();
	fault = fault_end();
	CHECK(!fault.taken);
	CHECK_EQUAL(on & (1 << 13 | 1 << 15), 1 << 13 | 1 << 15);
	CHECK_EQUAL(read_sysreg(mdscr_el1), before);
}

/* s3_0_c0_c1_0 to s3_0_c0_c7_7: AArch32 and AArch64 identification; the reserved ones read as zero.
 */
#define READ_8(crm)                            \
	(void)read_sysreg(s3_0_c0_c##crm##_0); \
	(void)read_sysreg(s3_0_c0_c##crm##_1); \
	(void)read_sysreg(s3_0_c0_c##crm##_2); \
	(void)read_sysreg(s3_0_c0_c##crm##_3); \
	(void)read_sysreg(s3_0_c0_c##crm##_4); \
	(void)read_sysreg(s3_0_c0_c##crm##_5); \
	(void)read_sysreg(s3_0_c0_c##crm##_6); \
	(void)read_sysreg(s3_0_c0_c##crm##_7)

PROPERTY(identification_registers_can_all_be_read)
{
	struct fault fault;

	fault_expect();
	READ_8(1);
	READ_8(2);
	READ_8(3);
	READ_8(4);
	READ_8(5);
	READ_8(6);
	READ_8(7);
	(void)read_sysreg(midr_el1);
	(void)read_sysreg(mpidr_el1);
	(void)read_sysreg(revidr_el1);
	(void)read_sysreg(aidr_el1);
	(void)read_sysreg(ctr_el0);
	(void)read_sysreg(dczid_el0);
	(void)read_sysreg(clidr_el1);
	fault = fault_end();
	CHECK(!fault.taken);
}

PROPERTY(every_cache_that_clidr_names_has_a_size)
{
	uint64_t levels = read_sysreg(clidr_el1);

	for (unsigned int level = 0; level < 7 && (levels >> (3 * level) & 7); level++) {
		write_sysreg(csselr_el1, level << 1);
		isb();
		CHECK_EQUAL(read_sysreg(csselr_el1), level << 1);
		CHECK(read_sysreg(ccsidr_el1) != 0);
	}
	write_sysreg(csselr_el1, 0);
}

PROPERTY(auxiliary_registers_can_be_read_and_written)
{
	struct fault fault;

	fault_expect();
	write_sysreg(actlr_el1, read_sysreg(actlr_el1));
	write_sysreg(afsr0_el1, read_sysreg(afsr0_el1));
	write_sysreg(afsr1_el1, read_sysreg(afsr1_el1));
	write_sysreg(amair_el1, read_sysreg(amair_el1));
	write_sysreg(contextidr_el1, 0);
	isb();
	fault = fault_end();
	CHECK(!fault.taken);
}

PROPERTY(counter_access_of_el0_can_be_set)
{
	uint64_t before = read_sysreg(cntkctl_el1);

	write_sysreg(cntkctl_el1, 2); /* EL0VCTEN */
	isb();
	CHECK_EQUAL(read_sysreg(cntkctl_el1) & 3, 2);
	write_sysreg(cntkctl_el1, before);
	isb();
}

PROPERTY(firmware_answers_what_is_asked)
{
	int64_t trng = hvc(TRNG_VERSION, 0, 0, 0);

	CHECK(hvc(PSCI_VERSION, 0, 0, 0) >= 0x10000);
	CHECK((int32_t)trng == PSCI_NOT_SUPPORTED || trng >= TRNG_1_0);
	CHECK_EQUAL((int32_t)hvc(UNKNOWN_FUNCTION, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

PROPERTY(firmware_has_the_calling_convention_1_1)
{
	SKIP_ON_QEMU("no SMCCC_VERSION");
	CHECK((int32_t)hvc(PSCI_FEATURES, SMCCC_VERSION, 0, 0) >= 0);
	CHECK(hvc(SMCCC_VERSION, 0, 0, 0) >= 0x10001);
	CHECK((int32_t)hvc(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0) >= 0);
}

PROPERTY(gic_says_that_it_is_version_3)
{
	CHECK_EQUAL(read32(GICD_PIDR2) >> 4 & 0xf, 3);
	CHECK_EQUAL(read32(GICR_PIDR2(0)) >> 4 & 0xf, 3);
	CHECK((read_sysreg(icc_sre_el1) & 1) != 0);
}

PROPERTY(uart_has_the_identification_of_a_pl011)
{
	CHECK_EQUAL(read32(PL011_PERIPHID0) & 0xff, 0x11);
	CHECK_EQUAL(read32(PL011_PERIPHID2) & 0xf, 4);
}

/* Slots without a device need not be there: FreeBSD looks at those that the device tree names. */
static bool slot_answers(unsigned int slot)
{
	struct fault fault = FAULT_OF(read32(VIRTIO(slot)));

	return !fault.taken;
}

PROPERTY(every_virtio_slot_that_is_there_has_a_version)
{
	for (unsigned int slot = 0; slot < VIRTIO_SLOTS; slot++) {
		uint32_t version;

		if (!slot_answers(slot))
			continue;
		version = read32(VIRTIO(slot) + VIRTIO_VERSION);
		CHECK_EQUAL(read32(VIRTIO(slot)), VIRTIO_MAGIC);
		CHECK(version == 1 || version == 2);
	}
}

static bool is_network(unsigned int slot)
{
	return slot_answers(slot) && read32(VIRTIO(slot) + VIRTIO_DEVICE) == VIRTIO_NET;
}

/* VIRTIO_SLOTS: there is none. */
static unsigned int network_slot(void)
{
	unsigned int slot = 0;

	while (slot < VIRTIO_SLOTS && !is_network(slot))
		slot++;
	return slot;
}

PROPERTY(virtio_configuration_is_the_same_by_8_and_16_bits)
{
	unsigned int slot = network_slot();
	uint64_t config;

	if (slot == VIRTIO_SLOTS)
		SKIP("there is no virtio-net");
	config = VIRTIO(slot) + VIRTIO_CONFIG;
	/* the MAC address: locally administered, or of a maker; never a group's */
	CHECK_EQUAL(read8(config) & 1, 0);
	for (unsigned int i = 0; i < 6; i += 2)
		CHECK_EQUAL(read16(config + i), read8(config + i) | read8(config + i + 1) << 8);
	CHECK_EQUAL(read32(config), read16(config) | (uint32_t)read16(config + 2) << 16);
	CHECK_EQUAL(read32(VIRTIO(slot) + VIRTIO_GENERATION),
		    read32(VIRTIO(slot) + VIRTIO_GENERATION));
}

/* Of virtio 1.2, 2.7 */
static struct {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
} descriptors[QUEUE_SIZE] __attribute__((aligned(16)));
static struct {
	uint16_t flags, index, ring[QUEUE_SIZE], event;
} available;
static struct {
	uint16_t flags, index;
	struct {
		uint32_t id, length;
	} ring[QUEUE_SIZE];
	uint16_t event;
} used;
static uint8_t frame[FRAME_SIZE];

static void set_address(uint64_t reg, const volatile void *address)
{
	write32(reg, (uint32_t)(uint64_t)address);
	write32(reg + 4, (uint32_t)((uint64_t)address >> 32));
}

/* Up to the queue of frames to be sent, as FreeBSD's virtio-mmio does it: without FEATURES_OK. */
static void set_up(uint64_t device)
{
	available.index = used.index = 0;
	write32(device + VIRTIO_STATUS, 0);
	write32(device + VIRTIO_STATUS, ACKNOWLEDGE);
	write32(device + VIRTIO_STATUS, ACKNOWLEDGE | DRIVER);
	write32(device + VIRTIO_SELECT, 1);
	write32(device + VIRTIO_FEATURES, VERSION_1);
	write32(device + VIRTIO_SELECT, 0);
	write32(device + VIRTIO_FEATURES, 0);
	write32(device + VIRTIO_QUEUE, TRANSMIT);
	write32(device + VIRTIO_SIZE, QUEUE_SIZE);
	set_address(device + VIRTIO_DESC, descriptors);
	set_address(device + VIRTIO_AVAIL, &available);
	set_address(device + VIRTIO_USED, &used);
	write32(device + VIRTIO_READY, 1);
}

/* Whether a frame that is offered is taken. */
static bool sends(uint64_t device)
{
	descriptors[0].address = (uint64_t)frame;
	descriptors[0].length = FRAME_SIZE;
	available.ring[0] = 0;
	__atomic_store_n(&available.index, 1, __ATOMIC_RELEASE);
	dsb();
	write32(device + VIRTIO_NOTIFY, TRANSMIT);
	return WAIT(__atomic_load_n(&used.index, __ATOMIC_ACQUIRE) == 1, PATIENCE_MS);
}

PROPERTY(virtio_serves_a_driver_without_features_ok)
{
	unsigned int slot = network_slot();
	uint64_t device = VIRTIO(slot);

	if (slot == VIRTIO_SLOTS)
		SKIP("there is no virtio-net");
	set_up(device);
	write32(device + VIRTIO_STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
	CHECK_EQUAL(read32(device + VIRTIO_STATUS), ACKNOWLEDGE | DRIVER | DRIVER_OK);
	CHECK(sends(device));
	write32(device + VIRTIO_STATUS, 0);
}

/* The driver of virtio-console waits for its first message before it says DRIVER_OK. */
PROPERTY(virtio_serves_a_driver_that_notifies_before_driver_ok)
{
	unsigned int slot = network_slot();
	uint64_t device = VIRTIO(slot);

	if (slot == VIRTIO_SLOTS)
		SKIP("there is no virtio-net");
	set_up(device);
	CHECK(sends(device));
	write32(device + VIRTIO_STATUS, 0);
}
