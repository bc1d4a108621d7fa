// SPDX-License-Identifier: BSD-2-Clause
/* Attacks on the interrupt controller and the timers. */
#include "hostile.h"

#define WINDOW_ROUNDS 64
#define STORM_LIMIT   64

/* ICC_* as the guest may write them, and read them (IHI 0069, 12.2). */
#define INTERFACE_REGISTERS(REGISTER) \
	REGISTER(s3_0_c4_c6_0)        \
	REGISTER(s3_0_c12_c8_4)       \
	REGISTER(s3_0_c12_c9_0)       \
	REGISTER(s3_0_c12_c12_4)      \
	REGISTER(s3_0_c12_c12_5)      \
	REGISTER(s3_0_c12_c12_6)      \
	REGISTER(s3_0_c12_c12_7)
#define COMMAND_REGISTERS(REGISTER) \
	REGISTER(s3_0_c12_c8_1)     \
	REGISTER(s3_0_c12_c12_1)    \
	REGISTER(s3_0_c12_c11_1)    \
	REGISTER(s3_0_c12_c11_5)    \
	REGISTER(s3_0_c12_c11_6)    \
	REGISTER(s3_0_c12_c11_7)
#define REPLY_REGISTERS(REGISTER) \
	REGISTER(s3_0_c12_c8_0)   \
	REGISTER(s3_0_c12_c12_0)  \
	REGISTER(s3_0_c12_c8_2)   \
	REGISTER(s3_0_c12_c12_2)  \
	REGISTER(s3_0_c12_c11_3)

#define WRITE_ONE(name)                    \
	case __COUNTER__ - WRITES:         \
		write_sysreg(name, value); \
		break;
#define READ_ONE(name)             \
	case __COUNTER__ - READS:  \
		read_sysreg(name); \
		break;

static void interface_write(uint64_t value)
{
	enum { WRITES = __COUNTER__ + 1 };

	switch (below(13)) {
		INTERFACE_REGISTERS(WRITE_ONE)
		COMMAND_REGISTERS(WRITE_ONE)
	}
}

static void interface_read(void)
{
	enum { READS = __COUNTER__ + 1 };

	switch (below(12)) {
		INTERFACE_REGISTERS(READ_ONE)
		REPLY_REGISTERS(READ_ONE)
	}
}

/* ICC_BPR0_EL1, ICC_BPR1_EL1 */
static void binary_points_write(void)
{
	write_sysreg(s3_0_c12_c8_3, bearable_binary_point(any_value()));
	write_sysreg(s3_0_c12_c12_3, bearable_binary_point(any_value()));
}

/* Few INTIDs are real: the value that names one does so mostly. */
static uint64_t any_intid(void)
{
	return once_in(4) ? any_value() : below(300);
}

static unsigned int storm[MAX_CPUS];

/* An interrupt that comes again and again keeps this CPU from what it was about: it is cut off. */
static void handle(uint32_t intid)
{
	(void)intid;
	if (++storm[cpu_self()] > STORM_LIMIT) {
		write_sysreg(icc_igrpen1_el1, 0);
		write_sysreg(icc_igrpen0_el1, 0);
		isb();
	}
}

static void handle_fiq(void)
{
	write_sysreg(s3_0_c12_c8_1, read_sysreg(s3_0_c12_c8_0));
	isb();
	handle(0);
}

/* A while with interrupts let in. */
static void take_interrupts(void)
{
	storm[cpu_self()] = 0;
	irq_set_handler(cpu_self(), handle);
	asm volatile("msr daifclr, #3" ::: "memory");
	for (unsigned int i = 0; i < WINDOW_ROUNDS; i++)
		asm volatile("yield" ::: "memory");
	asm volatile("msr daifset, #3" ::: "memory");
	irq_log(cpu_self())->count = 0;
}

static uint64_t any_gic_register(void)
{
	uint64_t frame = once_in(2) ? GICD : GICR(below(cpu_count())) + (once_in(4) ? 0 : 0x10000);

	return frame + below(once_in(4) ? 0x10000 : 0x1000);
}

static void gic_round(void)
{
	uint64_t address = any_gic_register();

	fiq_set_handler(handle_fiq);
	switch (below(10)) {
	case 0:
		FAULT_OF(interface_write(once_in(2) ? any_intid() : any_value()));
		break;
	case 1:
		FAULT_OF(interface_read());
		break;
	case 2:
		access_in_any_form(address, any_value());
		break;
	case 3:
		if (once_in(8))
			take_interrupts();
		break;
	case 4:
		write_sysreg(icc_igrpen1_el1, 1);
		write_sysreg(icc_pmr_el1, 0xff);
		write32(GICD_CTLR, 0x13);
		break;
	case 5:
		binary_points_write();
		break;
	default:
		FAULT_OF(write32(address & ~UINT64_C(3), (uint32_t)any_value()));
	}
}

static void gic_loop(void *unused)
{
	(void)unused;
	ATTACK(gic_round);
	write_sysreg(icc_igrpen1_el1, 0);
}

PROPERTY(every_gic_register_takes_anything)
{
	if (!attack_begin("attack=gic"))
		SKIP("another attack was asked for");
	if (attack_on_plain_qemu())
		SKIP("QEMU: "
		     "ends with an assertion of its interrupt controller (icc_gprio_mask)");
	CHECK(attack_on_all_cpus(gic_loop));
	gic_reset_distributor();
	gic_reset_cpu();
	attack_end();
}

static void sgi_round(void)
{
	write_sysreg(icc_sgi1r_el1, below(16) << 24 | (once_in(2) ? SGI_OTHERS : below(0x10000)));
	if (once_in(256))
		take_interrupts();
}

static void sgi_loop(void *unused)
{
	(void)unused;
	write32(GICR_SGI(cpu_self()) + ISENABLER, 0xffff);
	ATTACK(sgi_round);
}

PROPERTY(sgis_flood_all_cpus)
{
	if (!attack_begin("attack=sgis"))
		SKIP("another attack was asked for");
	CHECK(attack_on_all_cpus(sgi_loop));
	attack_end();
}

/* ---- timers ---- */

static uint64_t any_compare_value(void)
{
	switch (below(4)) {
	case 0:
		return counter() + below(4096) - 2048;
	case 1:
		return bearable_compare_value(any_value());
	default:
		return counter() + below(1 << 20);
	}
}

static void timers_round(void)
{
	uint64_t control = below(once_in(4) ? 8 : 2);

	switch (below(8)) {
	case 0:
		write_sysreg(cntv_ctl_el0, once_in(4) ? any_value() : control);
		break;
	case 1:
		write_sysreg(cntp_ctl_el0, once_in(4) ? any_value() : control);
		break;
	case 2:
		write_sysreg(cntv_cval_el0, any_compare_value());
		break;
	case 3:
		write_sysreg(cntp_cval_el0, once_in(4) ? any_value() : any_compare_value());
		break;
	case 4:
		write_sysreg(cntv_tval_el0, below(1 << 16));
		break;
	case 5:
		write_sysreg(cntp_tval_el0, any_value());
		break;
	case 6:
		read_sysreg(cntp_tval_el0);
		read_sysreg(cntv_tval_el0);
		write_sysreg(cntkctl_el1, any_value());
		break;
	default:
		if (once_in(16))
			take_interrupts();
	}
}

static void timers_loop(void *unused)
{
	(void)unused;
	gic_enable(27);
	gic_enable(30);
	ATTACK(timers_round);
}

PROPERTY(timers_are_reprogrammed_in_a_loop)
{
	if (!attack_begin("attack=timers"))
		SKIP("another attack was asked for");
	CHECK(attack_on_all_cpus(timers_loop));
	attack_end();
}

/* WFI with a timer that is about to fire, has fired, or fires with the next instruction. */
static void wfi_round(void)
{
	write_sysreg(icc_igrpen1_el1, 1); /* without it the timer would not end the WFI */
	write_sysreg(cntv_tval_el0, below(once_in(8) ? 100000 : 64));
	write_sysreg(cntv_ctl_el0, 1);
	if (once_in(4))
		write_sysreg(icc_sgi1r_el1, SGI_OTHERS | UINT64_C(1) << 24);
	wfi();
	write_sysreg(cntv_ctl_el0, 0);
	if (once_in(4))
		take_interrupts();
}

static void wfi_loop(void *unused)
{
	(void)unused;
	gic_enable(27);
	gic_enable(1);
	ATTACK(wfi_round);
}

PROPERTY(wfi_storms)
{
	if (!attack_begin("attack=wfi"))
		SKIP("another attack was asked for");
	CHECK(attack_on_all_cpus(wfi_loop));
	attack_end();
}
