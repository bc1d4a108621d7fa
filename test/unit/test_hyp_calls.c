// SPDX-License-Identifier: BSD-2-Clause
/*
 * The driver's calls of EL2 (vmm/hyp/main.c, vmm/include/hyp_abi.h).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define VTTBR	 (UINT64_C(7) << 48 | 0x48000000)
#define HOST_TCR UINT64_C(0x34b5503510)
#define PAGE	 VMM_PAGE_SIZE
#define WRITE	 (1 << 8)

uint64_t hyp_host_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
void hyp_cpu_init(void);
struct call_frame;
uint64_t hyp_fault(struct hyp_cpu *cpu, struct call_frame *frame);

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	fake.current = HOST_CPU;
	fake.cpu[HOST_CPU].tcr_el1 = HOST_TCR;
	return 0;
}

static int check(void **state)
{
	(void)state;
	assert_int_equal(fake.cpu[HOST_CPU].tcr_el1, HOST_TCR);
	assert_int_equal(fake.cpu[HOST_CPU].vttbr_el2, 0);
	guest_check();
	return 0;
}

static void version_says_who_is_there(void **state)
{
	(void)state;
	assert_int_equal(hyp_host_call(HYP_CALL_VERSION, 0, 0, 0, 0), (uint32_t)HYP_MAGIC);
}

static void an_unknown_call_is_refused(void **state)
{
	(void)state;
	assert_int_equal(hyp_host_call(HYP_CALL_BASE + 99, 0, 0, 0, 0), (uint64_t)-1);
	assert_int_equal(hyp_host_call(5, 0, 0, 0, 0), (uint64_t)-1);
}

static void a_few_pages_are_invalidated_one_by_one(void **state)
{
	(void)state;
	assert_int_equal(hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0x40000000, 64 * PAGE, 0), 0);
	assert_int_equal(fake.tlbi.what, FAKE_TLBI_PAGES);
	assert_int_equal(fake.tlbi.ipa, 0x40000000);
	assert_int_equal(fake.tlbi.end, 0x40000000 + 64 * PAGE);
	assert_int_equal(fake.tlbi.vttbr, VTTBR);
}

static void many_pages_or_all_are_invalidated_at_once(void **state)
{
	(void)state;
	assert_int_equal(hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0x40000000, 65 * PAGE, 0), 0);
	assert_int_equal(fake.tlbi.what, FAKE_TLBI_GUEST);
	assert_int_equal(fake.tlbi.vttbr, VTTBR);
	fake.tlbi.what = FAKE_TLBI_NONE;
	assert_int_equal(hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0, 0, 0), 0);
	assert_int_equal(fake.tlbi.what, FAKE_TLBI_GUEST);
}

/* Cortex-A53 erratum 1530924. */
static void the_host_does_not_walk_under_the_guests_vmid(void **state)
{
	(void)state;
	hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0, PAGE, 0);
	assert_int_equal(fake.tlbi.tcr, HOST_TCR | TCR_EPD0 | TCR_EPD1);
	hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0, 0, 0);
	assert_int_equal(fake.tlbi.tcr, HOST_TCR | TCR_EPD0 | TCR_EPD1);
}

/* Of a host at EL2 the MMU of EL1&0 is as a guest left it, and walks are off only while it is on;
 * TGE is clear only while they are (Cortex-A76 erratum 1165522, A55 1530923). */
static void nobody_walks_under_the_guests_vmid_of_a_host_at_el2(void **state)
{
	const uint64_t off = TCR_EPD0 | TCR_EPD1;
	struct fake_cpu *cpu = &fake.cpu[HOST_CPU];
	uint64_t tcr = 0, sctlr = 0, vttbr = 0, hcr = HCR_TGE;
	unsigned int clear = 0;

	(void)state;
	fake.host_at_el2 = true;
	cpu->hcr_el2 = HCR_TGE | HCR_E2H;
	cpu->sctlr_el1 = 0x30d00800;
	fake.event_count = 0;
	hyp_host_call(HYP_CALL_TLBI_IPA, VTTBR, 0, 0, 0);
	assert_int_equal(fake.tlbi.tcr, HOST_TCR | off);
	assert_int_equal(fake.tlbi.sctlr, 0x30d00800 | SCTLR_M);
	assert_int_equal(fake.tlbi.hcr, HCR_E2H);
	for (unsigned int i = 0; i < fake.event_count; i++) {
		const struct fake_event *event = &fake.events[i];

		if (!strcmp(event->what, "tcr_el1"))
			tcr = event->value;
		else if (!strcmp(event->what, "sctlr_el1"))
			sctlr = event->value;
		else if (!strcmp(event->what, "vttbr_el2"))
			vttbr = event->value;
		else if (!strcmp(event->what, "hcr_el2"))
			hcr = event->value;
		clear += !(hcr & HCR_TGE);
		if (vttbr == VTTBR || !(hcr & HCR_TGE))
			assert_true((sctlr & SCTLR_M) && (tcr & off) == off);
	}
	assert_in_range(clear, 1, fake.event_count);
	assert_int_equal(cpu->hcr_el2, HCR_TGE | HCR_E2H);
	assert_int_equal(cpu->tcr_el1, HOST_TCR);
	assert_int_equal(cpu->sctlr_el1, 0x30d00800);
	assert_int_equal(cpu->vttbr_el2, 0);
}

static void other_translations_are_invalidated(void **state)
{
	(void)state;
	assert_int_equal(hyp_host_call(HYP_CALL_TLBI_ALL, 0, 0, 0, 0), 0);
	assert_int_equal(fake.tlbi.what, FAKE_TLBI_ALL);
	assert_int_equal(hyp_host_call(HYP_CALL_TLBI_EL2, 0, 0, 0, 0), 0);
	assert_int_equal(fake.tlbi.what, FAKE_TLBI_EL2);
}

static void a_line_is_driven_and_says_whom_to_wake(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	assert_true(guest_wfi(1));
	assert_int_equal(hyp_host_call(HYP_CALL_IRQ, (uintptr_t)&guest.vm, 40, 1, 0), 1u << 1);
	guest.vcpu[1].state = HYP_STATE_OUTSIDE;
	vcpu_enter(1);
	assert_int_equal(guest_acknowledge(1), 40);
	fake.current = HOST_CPU;
	assert_int_equal(hyp_host_call(HYP_CALL_IRQ, (uintptr_t)&guest.vm, 40, 0, 0), 0);
	guest_end(1, 40);
	assert_false(guest_signalled(1));
}

static void a_kick_reaches_a_running_vcpu(void **state)
{
	(void)state;
	guest.vcpu[1].request = 1;
	assert_int_equal(hyp_host_call(HYP_CALL_KICK, (uintptr_t)&guest.vcpu[1], 0, 0, 0), 0);
	guest_settle();
	assert_int_equal(guest.left_with[1], HYP_EXIT_REQUEST);
}

static void vgic_registers_are_read_and_written(void **state)
{
	uint64_t vcpu = (uintptr_t)&guest.vcpu[0];

	(void)state;
	vcpu_leave(0);
	hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(ISENABLE(64)), 4 | WRITE, 0x55);
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(ISENABLE(64)), 4, 0xffff),
			 0x55);
	hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(IROUTER(64)), 8 | WRITE, 1);
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(IROUTER(64)), 8, 0), 1);
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(0xffc), 8, 0xffff), 0);
}

/* The value is the guest's to choose. */
static void a_written_value_is_no_answer(void **state)
{
	uint64_t vcpu = (uintptr_t)&guest.vcpu[0];

	(void)state;
	vcpu_leave(0);
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(0xffc), 8 | WRITE,
				       HYP_CALL_FAILED),
			 0);
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(IROUTER(64)), 8 | WRITE,
				       HYP_CALL_FAILED),
			 0);
}

static void a_register_write_says_whom_to_wake(void **state)
{
	(void)state;
	spi_route(40, 1);
	guest_raise(40);
	assert_true(guest_wfi(1));
	vcpu_leave(0);
	fake.current = HOST_CPU;
	hyp_host_call(HYP_CALL_VGIC_MMIO, (uintptr_t)&guest.vcpu[0], GICD(ISENABLE(40)), 4 | WRITE,
		      BIT(40));
	assert_int_equal(guest.vcpu[0].exit.wake, 1u << 1);
}

/* A vCPU may be looked at while it runs elsewhere. */
static void state_of_a_running_vcpu_is_read_from_another_cpu(void **state)
{
	uint64_t vcpu = (uintptr_t)&guest.vcpu[0];

	(void)state;
	spi_set_edge(40);
	spi_enable(40, 0x80);
	guest_pulse(40);
	fake.current = HOST_CPU;
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(ISPEND(40)), 4, 0), BIT(40));
	assert_int_equal(guest_acknowledge(0), 40);
	fake.current = HOST_CPU;
	assert_int_equal(hyp_host_call(HYP_CALL_VGIC_MMIO, vcpu, GICD(ISACTIVE(40)), 4, 0),
			 BIT(40));
}

static uint64_t leave_at_once(struct hyp_vcpu *vcpu)
{
	(void)vcpu;
	return HYP_EXIT_IRQ;
}

static void run_returns_why(void **state)
{
	(void)state;
	vcpu_leave(0);
	fake.guest = leave_at_once;
	assert_int_equal(hyp_host_call(HYP_CALL_RUN, (uintptr_t)&guest.vcpu[0], 0, 0, 0),
			 HYP_EXIT_IRQ);
}

static void a_cpu_that_comes_up_has_clean_list_registers(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[HOST_CPU];

	(void)state;
	cpu->ich_vtr_el2 = 0x90b80000 | 3;
	cpu->lr[0] = cpu->lr[3] = ICH_LR_PENDING | 40;
	cpu->ich_hcr_el2 = ICH_HCR_EN;
	cpu->vmpidr_el2 = 0x80000003;
	hyp_cpu_init();
	assert_int_equal(cpu->hyp.lr_count, 4);
	assert_int_equal(cpu->lr[0] | cpu->lr[3], 0);
	assert_int_equal(cpu->ich_hcr_el2, 0);
	assert_int_equal(cpu->hyp.mpidr_el1, 0x80000003);
}

/* A fault at EL2 in a call of the host: what host_call in entry.S keeps, x0 and x1 at 96. */
static uint64_t call_frame[HYP_CALL_FRAME / 8];

static uint64_t fault_again(void)
{
	return hyp_fault(&fake.cpu[fake.current].hyp, (struct call_frame *)call_frame);
}

static uint64_t fault_in(uint64_t function, const void *argument)
{
	memset(call_frame, 0, sizeof(call_frame));
	call_frame[12] = function;
	call_frame[13] = (uintptr_t)argument;
	return fault_again();
}

static void a_fault_in_a_call_leaves_no_lock(void **state)
{
	(void)state;
	arch_lock(&guest.vm.vgic_lock);
	arch_lock(&guest.vcpu[1].vgic_lock);
	assert_true(fault_in(HYP_CALL_IRQ, &guest.vm) == HYP_CALL_FAILED);
	assert_int_equal(guest.vm.vgic_lock | guest.vcpu[1].vgic_lock, 0);
	arch_lock(&guest.vcpu[0].vgic_lock);
	assert_true(fault_in(HYP_CALL_KICK, &guest.vcpu[1]) == HYP_CALL_FAILED);
	assert_int_equal(guest.vcpu[0].vgic_lock, 0);
	assert_true(fault_in(HYP_CALL_TLBI_IPA, NULL) == HYP_CALL_FAILED);
}

/* What makes no sense in the VM faults once: the fault in the first one's handling leaves it alone.
 */
static void a_fault_in_the_handling_of_a_fault_looks_at_no_vm(void **state)
{
	(void)state;
	assert_true(fault_in(HYP_CALL_IRQ, &guest.vm) == HYP_CALL_FAILED);
	arch_lock(&guest.vm.vgic_lock);
	assert_true(fault_again() == HYP_CALL_FAILED);
	assert_int_not_equal(guest.vm.vgic_lock, 0);
	arch_unlock(&guest.vm.vgic_lock);
}

/* Between the worlds: part of the guest's registers are in the CPU, the guest was not entered. */
static void a_fault_in_the_world_switch_gives_the_host_its_registers(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[HOST_CPU];

	(void)state;
	cpu->hyp.vcpu = (uintptr_t)&guest.vcpu[1];
	guest.vcpu[1].cpu = (uintptr_t)&cpu->hyp;
	cpu->hyp.frame = 0;
	cpu->hyp.switched = 1;
	cpu->hyp.sys[HYP_TCR_EL1] = HOST_TCR;
	cpu->hyp.sys[HYP_VBAR_EL1] = 0x1000;
	cpu->tcr_el1 = 5;
	cpu->vbar_el1 = 6;
	cpu->vttbr_el2 = VTTBR;
	cpu->cntv_ctl_el0 = cpu->cnthp_ctl_el2 = CNT_CTL_ENABLE;
	cpu->cntvoff_el2 = 7;
	cpu->ich_hcr_el2 = ICH_HCR_EN;
	cpu->icc_sre_el2 = 7;
	cpu->tpidr_el2 = 8;
	cpu->mdcr_el2 = MDCR_TPM;
	cpu->hyp.mdcr_el2 = 6;
	cpu->hyp.debug_loaded = 1;
	cpu->hyp.debug[0][0] = 0xaaaa;
	arch_lock(&guest.vm.vgic_lock);
	assert_int_equal(fault_in(HYP_CALL_RUN, &guest.vcpu[1]), HYP_EXIT_CRASH);
	assert_int_equal(cpu->vbar_el1, 0x1000);
	assert_int_equal((cpu->cntv_ctl_el0 | cpu->cnthp_ctl_el2) & CNT_CTL_ENABLE, 0);
	assert_int_equal(cpu->cntvoff_el2 | cpu->ich_hcr_el2 | cpu->tpidr_el2, 0);
	assert_int_equal(cpu->icc_sre_el2, 7 | ICC_SRE_EL2_ENABLE);
	assert_int_equal(cpu->mdcr_el2, 6);
	assert_int_equal(cpu->dbgbvr0_el1, 0xaaaa);
	assert_int_equal(cpu->hyp.vcpu | cpu->hyp.switched, 0);
	assert_int_equal(guest.vm.vgic_lock, 0);
	assert_int_equal(guest.vcpu[1].state, HYP_STATE_OUTSIDE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(version_says_who_is_there),
		TEST(an_unknown_call_is_refused),
		TEST(a_few_pages_are_invalidated_one_by_one),
		TEST(many_pages_or_all_are_invalidated_at_once),
		TEST(the_host_does_not_walk_under_the_guests_vmid),
		TEST(nobody_walks_under_the_guests_vmid_of_a_host_at_el2),
		TEST(other_translations_are_invalidated),
		TEST(a_line_is_driven_and_says_whom_to_wake),
		TEST(a_kick_reaches_a_running_vcpu),
		TEST(vgic_registers_are_read_and_written),
		TEST(a_written_value_is_no_answer),
		TEST(a_register_write_says_whom_to_wake),
		TEST(state_of_a_running_vcpu_is_read_from_another_cpu),
		TEST(run_returns_why),
		TEST(a_fault_in_a_call_leaves_no_lock),
		TEST(a_fault_in_the_handling_of_a_fault_looks_at_no_vm),
		TEST(a_fault_in_the_world_switch_gives_the_host_its_registers),
		TEST(a_cpu_that_comes_up_has_clean_list_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
