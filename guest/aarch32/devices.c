// SPDX-License-Identifier: BSD-2-Clause
/* Device accesses from A32 and T32, GIC and timers through CP15, PSCI. */
#include "a32.h"

#define PRIORITIES    (GICR_SGI + 0x400)
#define UART_IBRD     0x09000024u /* 16 bits, read and write */
#define UART_ID	      0x09000fe0u
#define NOT_SUPPORTED 0xffffffffu
#define INVALID	      0xfffffffeu
#define ALREADY_ON    0xfffffffcu
#define ENABLE	      1u

#define ACCESS(name)  uint32_t name(uint32_t address, uint32_t value)
ACCESS(load_arm);
ACCESS(load_byte_arm);
ACCESS(load_half_arm);
ACCESS(load_signed_byte_arm);
ACCESS(load_signed_half_arm);
ACCESS(store_arm);
ACCESS(store_byte_arm);
ACCESS(load_thumb);
ACCESS(load_wide_thumb);
ACCESS(load_byte_thumb);
ACCESS(load_signed_byte_thumb);
ACCESS(store_thumb);
ACCESS(store_wide_thumb);
ACCESS(store_in_it_block);
ACCESS(wfi_arm);
ACCESS(wfi_thumb);
uint64_t load_post_arm(uint32_t address);
uint64_t load_pair_arm(uint32_t address);
uint64_t load_multiple_arm(uint32_t address);

/* The GIC is finished at EL2, the UART in user space. */
PROPERTY(loads_of_every_size_come_from_a_device)
{
	write32(PRIORITIES, 0xc0a08060);
	CHECK_EQUAL(load_arm(PRIORITIES, 0), 0xc0a08060);
	CHECK_EQUAL(load_thumb(PRIORITIES, 0), 0xc0a08060);
	CHECK_EQUAL(load_wide_thumb(PRIORITIES, 0), 0xc0a08060);
	CHECK_EQUAL(load_byte_arm(PRIORITIES + 2, 0), 0xa0);
	CHECK_EQUAL(load_byte_thumb(PRIORITIES + 1, 0), 0x80);
	CHECK_EQUAL(load_signed_byte_arm(PRIORITIES + 3, 0), 0xffffffc0);
	CHECK_EQUAL(load_signed_byte_arm(PRIORITIES, 0), 0x60);
	CHECK_EQUAL(load_signed_byte_thumb(PRIORITIES + 1, 0), 0xffffff80);
	write32(PRIORITIES, 0xa0a0a0a0);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(stores_of_every_size_reach_a_device)
{
	store_arm(PRIORITIES, 0x10203040);
	CHECK_EQUAL(read32(PRIORITIES), 0x10203040);
	store_thumb(PRIORITIES, 0x50607080);
	CHECK_EQUAL(read32(PRIORITIES), 0x50607080);
	store_wide_thumb(PRIORITIES, 0x20202020);
	CHECK_EQUAL(read32(PRIORITIES), 0x20202020);
	store_byte_arm(PRIORITIES + 1, 0x90);
	CHECK_EQUAL(read32(PRIORITIES), 0x20209020);
	write32(PRIORITIES, 0xa0a0a0a0);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(user_space_answers_a32_and_t32)
{
	store_thumb(UART_IBRD, 0x8001);
	CHECK_EQUAL(load_arm(UART_IBRD, 0), 0x8001);
	CHECK_EQUAL(load_thumb(UART_IBRD, 0), 0x8001);
	CHECK_EQUAL(load_half_arm(UART_IBRD, 0), 0x8001);
	CHECK_EQUAL(load_signed_half_arm(UART_IBRD, 0), 0xffff8001);
	store_arm(UART_IBRD, 0x1234);
	CHECK_EQUAL(load_wide_thumb(UART_IBRD, 0), 0x1234);
	CHECK_EQUAL(load_byte_thumb(UART_ID, 0), 0x11);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(store_in_an_it_block_is_done_once)
{
	store_arm(UART_IBRD, 0);
	CHECK_EQUAL(store_in_it_block(UART_IBRD, 0x4321), 0x4321);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(sgi_by_mcrr_arrives)
{
	mcrr(p15, 0, c12, 3ull << 24 | 1); /* SGI 3 to this CPU */
	CHECK(irq_arrives(3));
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(virtual_timer_interrupts_through_cp15)
{
	uint64_t now = mrrc(p15, 1, c14);

	mcrr(p15, 3, c14, now + 1000);
	mcr(p15, 0, c14, c3, 1, ENABLE);
	CHECK(irq_arrives(PPI_VTIMER));
	CHECK(mrrc(p15, 1, c14) >= now + 1000);
}

PROPERTY(physical_timer_interrupts_through_cp15)
{
	uint64_t now = mrrc(p15, 0, c14);

	mcrr(p15, 2, c14, now + 1000);
	CHECK(mrrc(p15, 2, c14) == now + 1000);
	mcr(p15, 0, c14, c2, 1, ENABLE);
	CHECK(irq_arrives(PPI_PTIMER));
	CHECK(mrrc(p15, 0, c14) >= now + 1000);
	mcr(p15, 0, c14, c2, 0, 2000); /* CNTP_TVAL */
	CHECK(mrrc(p15, 2, c14) > now + 2000);
	mcr(p15, 0, c14, c2, 0, -100);
	CHECK((int32_t)mrc(p15, 0, c14, c2, 0) <= -100);
	mcr(p15, 0, c14, c2, 1, ENABLE);
	CHECK_EQUAL(mrc(p15, 0, c14, c2, 1), 5); /* ISTATUS */
	mcr(p15, 0, c14, c2, 1, 0);
	CHECK_EQUAL(fault.count, 0);
}

/* WFI has 4 bytes in A32 and 2 in T32: none and no more is stepped over. */
PROPERTY(wfi_goes_on_with_the_next_instruction)
{
	mcrr(p15, 3, c14, mrrc(p15, 1, c14) + 100000);
	mcr(p15, 0, c14, c3, 1, ENABLE);
	CHECK_EQUAL(wfi_thumb(0, 0), 2);
	CHECK_EQUAL(wfi_arm(0, 0), 2);
	CHECK(irq_arrives(PPI_VTIMER));
}

PROPERTY(psci_results_have_32_bits)
{
	CHECK(hvc(PSCI_VERSION, 0, 0, 0) >= 0x10000);
	CHECK_EQUAL(hvc(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0);
	CHECK_EQUAL(hvc(PSCI_CPU_ON, 0x99, (uint32_t)secondary_arm, 0), INVALID);
	CHECK_EQUAL(hvc(PSCI_CPU_ON, 0, (uint32_t)secondary_arm, 0), ALREADY_ON);
	SKIP_ON_QEMU("does not tell the calling conventions apart");
	CHECK_EQUAL(hvc(PSCI_CPU_ON | PSCI_64BIT, 0, (uint32_t)secondary_arm, 0), NOT_SUPPORTED);
	CHECK_EQUAL(hvc(PSCI_FEATURES, PSCI_CPU_ON | PSCI_64BIT, 0, 0), NOT_SUPPORTED);
}

/* Waits until the CPU was there, and is off again. */
static bool started(unsigned int cpu)
{
	uint64_t end = mrrc(p15, 1, c14) + 10ull * mrc(p15, 0, c14, c0, 0);

	while (!starts[cpu].started || hvc(PSCI_AFFINITY_INFO, cpu, 0, 0) != 1)
		if (mrrc(p15, 1, c14) > end)
			return false;
	return true;
}

static void starts_cpu(uint32_t entry, uint32_t context, uint32_t thumb)
{
	starts[1].started = 0;
	CHECK_EQUAL(hvc(PSCI_CPU_ON, 1, entry, context), 0);
	CHECK(started(1));
	CHECK_EQUAL(starts[1].context, context);
	CHECK_EQUAL(starts[1].cpsr & (CPSR_MODE | CPSR_I | CPSR_F | CPSR_T),
		    MODE_SVC | CPSR_I | CPSR_F | thumb);
}

PROPERTY_CPUS(cpu_on_starts_in_a32, 2)
{
	starts_cpu((uint32_t)secondary_arm, 0x89abcdef, 0);
}

PROPERTY_CPUS(cpu_on_starts_in_t32_when_bit_0_is_set, 2)
{
	starts_cpu((uint32_t)secondary_thumb | 1, 0x12345678, CPSR_T);
}
