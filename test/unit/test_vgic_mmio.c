// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual GICv3's registers as the guest reads and writes them (IHI 0069: 12.8
 * distributor, 12.9 to 12.11 redistributor, 12.1 access sizes), of a GIC with one security state
 * and affinity routing.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LAST_SPI 287
#define BEYOND	 288

/* As after reset: two vCPUs that run. */
static int reset(void **state)
{
	(void)state;
	guest_create(2);
	vcpu_enter(0);
	vcpu_enter(1);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* GICD_CTLR: with one security state DS and ARE read as one; only the group enables are writable.
 */
static void gicd_ctlr_has_one_security_state_and_affinity_routing(void **state)
{
	(void)state;
	assert_int_equal(guest_read32(0, GICD(CTLR)), 0x50);
	guest_write32(0, GICD(CTLR), 0xffffffff);
	assert_int_equal(guest_read32(0, GICD(CTLR)), 0x53);
	guest_write32(0, GICD(CTLR), 0x2);
	assert_int_equal(guest_read32(0, GICD(CTLR)), 0x52);
	assert_false(guest_read32(0, GICD(CTLR)) & ARM64_BIT(31)); /* RWP */
}

static void gicd_typer_tells_how_many_interrupts_there_are(void **state)
{
	uint32_t typer;

	(void)state;
	typer = guest_read32(0, GICD(TYPER));
	assert_int_equal(typer & 0x1f, (LAST_SPI + 1) / 32 - 1); /* ITLinesNumber */
	assert_int_equal((typer >> 19) & 0x1f, 9);		 /* IDbits - 1 */
	assert_false(typer & ARM64_BIT(10));			 /* SecurityExtn */
	assert_false(typer & ARM64_BIT(16));			 /* MBIS */
	assert_false(typer & ARM64_BIT(17));			 /* LPIS */
	assert_false(typer & ARM64_BIT(25));			 /* No1N: 1 of N is supported */
	guest_write32(0, GICD(TYPER), 0);
	assert_int_equal(guest_read32(0, GICD(TYPER)), typer);
}

static void identification_registers_say_arm_and_gicv3(void **state)
{
	static const uint8_t component[] = { 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	assert_int_equal(guest_read32(0, GICD(IIDR)) & 0xfff, 0x43b);
	assert_int_equal(guest_read32(0, GICR(0, 0x4)) & 0xfff, 0x43b);
	assert_int_equal((guest_read32(0, GICD(PIDR2)) >> 4) & 0xf, 3);
	assert_int_equal((guest_read32(0, GICR(1, PIDR2)) >> 4) & 0xf, 3);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(guest_read32(0, GICD(0xfff0 + 4 * i)), component[i]);
}

static void set_and_clear_enable_read_back_the_same(void **state)
{
	(void)state;
	guest_write32(0, GICD(ISENABLE(64)), 0xf0);
	guest_write32(0, GICD(ISENABLE(64)), 0x0f);
	assert_int_equal(guest_read32(0, GICD(ISENABLE(64))), 0xff);
	assert_int_equal(guest_read32(0, GICD(ICENABLE(64))), 0xff);
	guest_write32(0, GICD(ICENABLE(64)), 0x3c);
	assert_int_equal(guest_read32(0, GICD(ISENABLE(64))), 0xc3);
	assert_int_equal(guest_read32(0, GICD(ICENABLE(64))), 0xc3);
	assert_int_equal(guest_read32(0, GICD(ISENABLE(32))), 0);
	assert_int_equal(guest_read32(0, GICD(ISENABLE(96))), 0);
}

static void set_and_clear_pending_read_back_the_same(void **state)
{
	(void)state;
	spi_set_edge(33);
	guest_write32(0, GICD(ISPEND(32)), 0x6);
	assert_int_equal(guest_read32(0, GICD(ISPEND(32))), 0x6);
	assert_int_equal(guest_read32(0, GICD(ICPEND(32))), 0x6);
	guest_write32(0, GICD(ICPEND(32)), 0x2);
	assert_int_equal(guest_read32(0, GICD(ISPEND(32))), 0x4);
	guest_write32(0, GICD(ISPEND(32)), 0);
	assert_int_equal(guest_read32(0, GICD(ISPEND(32))), 0x4);
}

static void clearing_pending_does_not_touch_an_asserted_level(void **state)
{
	(void)state;
	guest_raise(40);
	guest_write32(0, GICD(ICPEND(40)), BIT(40));
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	guest_lower(40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
}

static void a_level_set_pending_by_software_outlives_its_line(void **state)
{
	(void)state;
	guest_write32(0, GICD(ISPEND(40)), BIT(40));
	guest_raise(40);
	guest_lower(40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	guest_write32(0, GICD(ICPEND(40)), BIT(40));
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
}

static void clearing_pending_drops_an_edge(void **state)
{
	(void)state;
	spi_set_edge(40);
	guest_raise(40);
	guest_write32(0, GICD(ICPEND(40)), BIT(40));
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
}

static void set_and_clear_active_read_back_the_same(void **state)
{
	(void)state;
	guest_write32(0, GICD(ISACTIVE(32)), 0x5);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(32))), 0x5);
	assert_int_equal(guest_read32(0, GICD(ICACTIVE(32))), 0x5);
	guest_write32(0, GICD(ICACTIVE(32)), 0x1);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(32))), 0x4);
}

static void priorities_are_bytes_with_five_bits(void **state)
{
	(void)state;
	guest_write(0, GICD(IPRIORITY(45)), 1, 0xff);
	assert_int_equal(guest_read(0, GICD(IPRIORITY(45)), 1), 0xf8);
	assert_int_equal(guest_read(0, GICD(IPRIORITY(44)), 1), 0);
	assert_int_equal(guest_read32(0, GICD(IPRIORITY(44))), 0xf800);
	guest_write32(0, GICD(IPRIORITY(44)), 0x11223344);
	assert_int_equal(guest_read(0, GICD(IPRIORITY(44)), 1), 0x40);
	assert_int_equal(guest_read(0, GICD(IPRIORITY(47)), 1), 0x10);
	assert_int_equal(guest_read32(0, GICD(IPRIORITY(44))), 0x10203040);
}

static void every_spi_has_its_own_priority(void **state)
{
	(void)state;
	for (unsigned int i = 32; i <= LAST_SPI; i++)
		guest_write(0, GICD(IPRIORITY(i)), 1, (i % 31) << 3);
	for (unsigned int i = 32; i <= LAST_SPI; i++)
		assert_int_equal(guest_read(0, GICD(IPRIORITY(i)), 1), (i % 31) << 3);
}

static void configuration_is_the_upper_of_two_bits(void **state)
{
	(void)state;
	guest_write32(0, GICD(ICFG(48)), 0xffffffff);
	assert_int_equal(guest_read32(0, GICD(ICFG(48))), 0xaaaaaaaa);
	assert_int_equal(guest_read32(0, GICD(ICFG(32))), 0);
	guest_write32(0, GICD(ICFG(48)), 0x00000008);
	assert_int_equal(guest_read32(0, GICD(ICFG(48))), 0x00000008);
}

static void sgis_are_edge_triggered_for_ever(void **state)
{
	(void)state;
	assert_int_equal(guest_read32(0, GICR_SGI(0, ICFG(0))), 0xaaaaaaaa);
	guest_write32(0, GICR_SGI(0, ICFG(0)), 0);
	assert_int_equal(guest_read32(0, GICR_SGI(0, ICFG(0))), 0xaaaaaaaa);
	guest_write32(0, GICR_SGI(0, ICFG(16)), 0x80000000);
	assert_int_equal(guest_read32(0, GICR_SGI(0, ICFG(16))), 0x80000000);
}

static void groups_read_back(void **state)
{
	(void)state;
	guest_write32(0, GICD(IGROUP(96)), 0x12345678);
	assert_int_equal(guest_read32(0, GICD(IGROUP(96))), 0x12345678);
	guest_write32(0, GICR_SGI(1, IGROUP(0)), 0xffff0000);
	assert_int_equal(guest_read32(1, GICR_SGI(1, IGROUP(0))), 0xffff0000);
	assert_int_equal(guest_read32(1, GICR_SGI(0, IGROUP(0))), 0);
}

static void irouter_is_accessed_whole_or_by_halves(void **state)
{
	(void)state;
	guest_write(0, GICD(IROUTER(50)), 8, 1);
	assert_int_equal(guest_read(0, GICD(IROUTER(50)), 8), 1);
	guest_write32(0, GICD(IROUTER(50)), (uint32_t)IROUTER_ANY);
	assert_int_equal(guest_read32(0, GICD(IROUTER(50))) & IROUTER_ANY, IROUTER_ANY);
	guest_write32(0, GICD(IROUTER(50)) + 4, 0);
	assert_int_equal(guest_read(0, GICD(IROUTER(50)), 8) & IROUTER_ANY, IROUTER_ANY);
	guest_write(0, GICD(IROUTER(50)), 8, 0);
	assert_int_equal(guest_read(0, GICD(IROUTER(50)), 8), 0);
	assert_int_equal(guest_read(0, GICD(IROUTER(51)), 8), 0);
	assert_int_equal(guest_read(0, GICD(IROUTER(50)), 2), 0);
}

static void irouter_of_private_interrupts_is_reserved(void **state)
{
	(void)state;
	guest_write(0, GICD(IROUTER(27)), 8, 1);
	assert_int_equal(guest_read(0, GICD(IROUTER(27)), 8), 0);
}

static void irouter_reserved_bits_read_as_zero(void **state)
{
	(void)state;
	guest_write(0, GICD(IROUTER(50)), 8, ~UINT64_C(0));
	assert_int_equal(guest_read(0, GICD(IROUTER(50)), 8) & ~UINT64_C(0xff80ffffff), 0);
}

static void gicr_typer_names_the_vcpu_and_ends_the_region(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t typer = guest_read(0, GICR(i, RD_TYPER), 8);

		assert_int_equal(typer >> 32, i);	    /* Affinity_Value */
		assert_int_equal((typer >> 8) & 0xffff, i); /* Processor_Number */
		assert_int_equal((typer >> 4) & 1, i == 1); /* Last */
		assert_false(typer & 1);		    /* PLPIS */
		assert_int_equal(guest_read32(0, GICR(i, RD_TYPER)), (uint32_t)typer);
		assert_int_equal(guest_read32(0, GICR(i, RD_TYPER) + 4), typer >> 32);
	}
}

static void waker_follows_processor_sleep(void **state)
{
	(void)state;
	assert_int_equal(guest_read32(0, GICR(0, RD_WAKER)), 6);
	guest_write32(0, GICR(0, RD_WAKER), 0);
	assert_int_equal(guest_read32(0, GICR(0, RD_WAKER)), 0);
	assert_int_equal(guest_read32(0, GICR(1, RD_WAKER)), 6);
	guest_write32(0, GICR(0, RD_WAKER), 2);
	assert_int_equal(guest_read32(0, GICR(0, RD_WAKER)), 6);
	guest_write32(0, GICR(0, RD_WAKER), 4); /* ChildrenAsleep is read only */
	assert_int_equal(guest_read32(0, GICR(0, RD_WAKER)), 0);
}

static void redistributors_have_private_state(void **state)
{
	(void)state;
	guest_write32(0, GICR_SGI(0, ISENABLE(0)), 0x1);
	guest_write32(0, GICR_SGI(1, ISENABLE(0)), 0x80000000);
	guest_write(0, GICR_SGI(1, IPRIORITY(31)), 1, 0x40);
	assert_int_equal(guest_read32(1, GICR_SGI(0, ISENABLE(0))), 0x1);
	assert_int_equal(guest_read32(1, GICR_SGI(1, ICENABLE(0))), 0x80000000);
	assert_int_equal(guest_read32(1, GICR_SGI(1, IPRIORITY(28))), 0x40000000);
	assert_int_equal(guest_read32(1, GICR_SGI(0, IPRIORITY(28))), 0);
}

/* With affinity routing the distributor's registers of INTID 0 to 31 are reserved (12.8,
 * GICD_ISENABLER0 and others). */
static void private_interrupts_are_reserved_in_the_distributor(void **state)
{
	static const uint32_t registers[] = { IGROUP(0), ISENABLE(0), ISPEND(0),    ISACTIVE(0),
					      ICFG(0),	 ICFG(16),    IPRIORITY(0), IPRIORITY(28) };

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		guest_write32(0, GICD(registers[i]), 0xffffffff);
		assert_int_equal(guest_read32(0, GICD(registers[i])), 0);
	}
	assert_int_equal(guest_read32(0, GICR_SGI(0, ISENABLE(0))), 0);
	assert_int_equal(guest_read32(0, GICR_SGI(0, IPRIORITY(0))), 0);
}

static void interrupts_beyond_the_last_are_reserved(void **state)
{
	static const uint32_t registers[] = { IGROUP(BEYOND), ISENABLE(BEYOND), ICENABLE(BEYOND),
					      ISPEND(BEYOND), ISACTIVE(BEYOND), IPRIORITY(BEYOND),
					      ICFG(BEYOND),   ISENABLE(1019),	IPRIORITY(1016),
					      ICFG(1008),     IROUTER(BEYOND),	IROUTER(1019) };

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		guest_write32(0, GICD(registers[i]), 0xffffffff);
		assert_int_equal(guest_read32(0, GICD(registers[i])), 0);
	}
}

/* The redistributor's SGI frame has one register of each array. */
static void redistributor_registers_beyond_private_interrupts_are_reserved(void **state)
{
	static const uint32_t registers[] = { IGROUP(32),    ISENABLE(32), ISPEND(32),
					      IPRIORITY(32), ICFG(32),	   0x6000 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		guest_write32(0, GICR_SGI(0, registers[i]), 0xffffffff);
		assert_int_equal(guest_read32(0, GICR_SGI(0, registers[i])), 0);
	}
}

/* Every offset, every size: nothing but what the specification has reads as other than zero, and
 * nothing breaks. */
static void the_whole_register_range_can_be_written_and_read(void **state)
{
	(void)state;
	vcpu_leave(0);
	vcpu_leave(1);
	for (unsigned int size = 1; size <= 8; size *= 2) {
		for (uint64_t offset = 0; offset < VM_GICD_SIZE; offset += size) {
			guest_write(0, GICD(offset), size, ~UINT64_C(0));
			guest_read(0, GICD(offset), size);
		}
		for (uint64_t offset = 0; offset < 2 * VM_GICR_STRIDE; offset += size) {
			guest_write(0, GICR(0, offset), size, ~UINT64_C(0));
			guest_read(0, GICR(0, offset), size);
		}
	}
	assert_int_equal(guest_read32(0, GICD(0x800)), 0);    /* GICD_ITARGETSR */
	assert_int_equal(guest_read32(0, GICD(0xf00)), 0);    /* GICD_SGIR */
	assert_int_equal(guest_read32(0, GICD(0xe00)), 0);    /* GICD_NSACR */
	assert_int_equal(guest_read32(0, GICD(0xd00)), 0);    /* GICD_IGRPMODR */
	assert_int_equal(guest_read32(0, GICD(0x0040)), 0);   /* GICD_SETSPI_NSR */
	assert_int_equal(guest_read(0, GICR(0, 0x70), 8), 0); /* GICR_PROPBASER: no LPIs */
	assert_int_equal(guest_read(0, GICR(0, 0x78), 8), 0); /* GICR_PENDBASER */
	assert_int_equal(guest_read32(0, GICR(0, 0)), 0);     /* GICR_CTLR */
	guest_check();
}

/* 12.1.3: registers other than those of 64 bits are accessed with 32 bits, IPRIORITYR also with
 * bytes. */
static void accesses_of_a_wrong_size_read_zero_and_are_ignored(void **state)
{
	(void)state;
	guest_write32(0, GICD(ISENABLE(32)), 0xffffffff);
	assert_int_equal(guest_read(0, GICD(ISENABLE(32)), 1), 0);
	assert_int_equal(guest_read(0, GICD(ISENABLE(32)), 2), 0);
	assert_int_equal(guest_read(0, GICD(ISENABLE(32)), 8), 0);
	guest_write(0, GICD(ICENABLE(32)), 1, 0xff);
	guest_write(0, GICD(ICENABLE(32)), 8, ~UINT64_C(0));
	assert_int_equal(guest_read32(0, GICD(ISENABLE(32))), 0xffffffff);
	guest_write(0, GICD(CTLR), 8, 3);
	assert_int_equal(guest_read32(0, GICD(CTLR)), 0x50);
	guest_write(0, GICD(IPRIORITY(32)), 2, 0xffff);
	guest_write(0, GICD(IPRIORITY(32)), 8, ~UINT64_C(0));
	assert_int_equal(guest_read32(0, GICD(IPRIORITY(32))), 0);
}

static void unaligned_accesses_read_zero_and_are_ignored(void **state)
{
	(void)state;
	guest_write32(0, GICD(ISENABLE(32)) + 2, 0xffffffff);
	assert_int_equal(guest_read32(0, GICD(ISENABLE(32))), 0);
	assert_int_equal(guest_read32(0, GICD(TYPER) + 1), 0);
}

static void state_in_a_list_register_is_read_through(void **state)
{
	(void)state;
	guest_boot(2);
	spi_set_edge(40);
	spi_enable(40, 0x80);
	guest_pulse(40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	assert_int_equal(guest_acknowledge(0), 40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	guest_end(0, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
}

static void state_in_another_vcpus_list_register_is_read_through(void **state)
{
	(void)state;
	guest_boot(2);
	spi_set_edge(40);
	spi_enable(40, 0x80);
	spi_route(40, 1);
	guest_pulse(40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	assert_int_equal(guest_acknowledge(1), 40);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	guest_end(1, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
	assert_int_equal(guest_read32(0, GICR_SGI(1, ISACTIVE(0))), 0);
	guest_send_sgi(0, 2);
	assert_int_equal(guest_read32(0, GICR_SGI(1, ISPEND(0))), 1);
	assert_int_equal(guest_acknowledge(1), 0);
	assert_int_equal(guest_read32(0, GICR_SGI(1, ISACTIVE(0))), 1);
}

static void clearing_pending_takes_it_out_of_another_vcpus_list_register(void **state)
{
	(void)state;
	guest_boot(2);
	spi_set_edge(40);
	spi_enable(40, 0x80);
	spi_route(40, 1);
	guest_pulse(40);
	assert_true(guest_signalled(1));
	guest_write32(0, GICD(ICPEND(40)), BIT(40));
	assert_false(guest_signalled(1));
}

static void clearing_active_lets_a_level_interrupt_come_again(void **state)
{
	(void)state;
	guest_boot(2);
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_write32(1, GICD(ICACTIVE(40)), BIT(40));
	fake.cpu[0].ich_ap1r0_el2 = 0;
	assert_int_equal(guest_acknowledge(0), 40);
}

static void an_interrupt_set_active_is_not_delivered_until_it_is_cleared(void **state)
{
	(void)state;
	guest_boot(2);
	spi_enable(40, 0x80);
	guest_write32(0, GICD(ISACTIVE(40)), BIT(40));
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_write32(0, GICD(ICACTIVE(40)), BIT(40));
	assert_int_equal(guest_acknowledge(0), 40);
}

/* 4.1.2: software may set the active state; DIR then deactivates it as any other. */
static void an_interrupt_set_active_is_deactivated_by_the_guest(void **state)
{
	(void)state;
	guest_boot(2);
	fake.cpu[1].ich_vmcr_el2 |= VMCR_EOI_MODE;
	spi_enable(40, 0x80);
	spi_route(40, 1);
	guest_write32(0, GICD(ISACTIVE(40)), BIT(40));
	guest_settle();
	cpu_interface_deactivate(&fake.cpu[1], 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
}

static void an_sgi_set_pending_by_register_is_delivered(void **state)
{
	(void)state;
	guest_boot(2);
	guest_write32(0, GICR_SGI(1, ISPEND(0)), 0x8);
	assert_int_equal(guest_acknowledge(1), 3);
}

static void registers_of_a_vcpu_that_does_not_exist_are_not_the_gics(void **state)
{
	(void)state;
	assert_true(vgic_mmio_is(&guest.vm, VM_GICD_BASE));
	assert_true(vgic_mmio_is(&guest.vm, VM_GICD_BASE + VM_GICD_SIZE - 1));
	assert_false(vgic_mmio_is(&guest.vm, VM_GICD_BASE - 1));
	assert_false(vgic_mmio_is(&guest.vm, VM_GICD_BASE + VM_GICD_SIZE));
	assert_true(vgic_mmio_is(&guest.vm, GICR(1, VM_GICR_STRIDE - 1)));
	assert_false(vgic_mmio_is(&guest.vm, GICR(2, 0)));
	assert_false(vgic_mmio_is(&guest.vm, 0));
	assert_false(vgic_mmio_is(&guest.vm, UINT64_MAX));
}

static void the_redistributor_of_a_hole_reads_as_zero(void **state)
{
	(void)state;
	guest.vm.vcpu_count = 3; /* vCPU 2 was not created */
	assert_int_equal(guest_read(0, GICR(2, RD_TYPER), 8), 0);
	guest_write32(0, GICR_SGI(2, ISENABLE(0)), 0xffffffff);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, reset, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gicd_ctlr_has_one_security_state_and_affinity_routing),
		TEST(gicd_typer_tells_how_many_interrupts_there_are),
		TEST(identification_registers_say_arm_and_gicv3),
		TEST(set_and_clear_enable_read_back_the_same),
		TEST(set_and_clear_pending_read_back_the_same),
		TEST(clearing_pending_does_not_touch_an_asserted_level),
		TEST(a_level_set_pending_by_software_outlives_its_line),
		TEST(clearing_pending_drops_an_edge),
		TEST(set_and_clear_active_read_back_the_same),
		TEST(priorities_are_bytes_with_five_bits),
		TEST(every_spi_has_its_own_priority),
		TEST(configuration_is_the_upper_of_two_bits),
		TEST(sgis_are_edge_triggered_for_ever),
		TEST(groups_read_back),
		TEST(irouter_is_accessed_whole_or_by_halves),
		TEST(irouter_of_private_interrupts_is_reserved),
		TEST(irouter_reserved_bits_read_as_zero),
		TEST(gicr_typer_names_the_vcpu_and_ends_the_region),
		TEST(waker_follows_processor_sleep),
		TEST(redistributors_have_private_state),
		TEST(private_interrupts_are_reserved_in_the_distributor),
		TEST(interrupts_beyond_the_last_are_reserved),
		TEST(redistributor_registers_beyond_private_interrupts_are_reserved),
		TEST(the_whole_register_range_can_be_written_and_read),
		TEST(accesses_of_a_wrong_size_read_zero_and_are_ignored),
		TEST(unaligned_accesses_read_zero_and_are_ignored),
		TEST(state_in_a_list_register_is_read_through),
		TEST(state_in_another_vcpus_list_register_is_read_through),
		TEST(clearing_pending_takes_it_out_of_another_vcpus_list_register),
		TEST(clearing_active_lets_a_level_interrupt_come_again),
		TEST(an_interrupt_set_active_is_not_delivered_until_it_is_cleared),
		TEST(an_interrupt_set_active_is_deactivated_by_the_guest),
		TEST(an_sgi_set_pending_by_register_is_delivered),
		TEST(registers_of_a_vcpu_that_does_not_exist_are_not_the_gics),
		TEST(the_redistributor_of_a_hole_reads_as_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
