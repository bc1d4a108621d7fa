// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world switch as far as it is C (vmm/hyp/run.c): whose registers are in the CPU before, during
 * and after a run, and what makes it end before the guest was entered.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define PC	   0x40080000
#define HOST_HCR   0x80000000
#define HOST_MDCR  0x6
#define HOST_CPTR  0x33ff
#define HOST_MPIDR 0x80000001
#define VTTBR	   (UINT64_C(7) << 48 | 0x48000000)
#define VTCR	   0x80023558

static struct fake_cpu during; /* the CPU when the guest is entered */
static uint64_t reason;

static uint64_t enter(struct hyp_vcpu *vcpu)
{
	during = fake.cpu[fake.current];
	assert_int_equal(vcpu->state, HYP_STATE_GUEST);
	assert_int_equal(fake.cpu[fake.current].hyp.vcpu, (uintptr_t)vcpu);
	return reason;
}

static int boot(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	guest_create(2);
	fake.current = 0;
	fake.guest = enter;
	memset(&during, 0, sizeof(during));
	reason = HYP_EXIT_IRQ;
	guest.vm.vttbr = VTTBR;
	guest.vm.vtcr = VTCR;
	for (unsigned int i = 0; i < 2; i++) {
		guest.vcpu[i].vmpidr = 0x80000000 + i;
		guest.vcpu[i].pc = PC + i;
	}
	cpu->hyp.stub[6] = HOST_HCR;
	cpu->hyp.mpidr_el1 = HOST_MPIDR;
	cpu->hcr_el2 = HOST_HCR;
	cpu->mdcr_el2 = HOST_MDCR;
	cpu->cptr_el2 = HOST_CPTR;
	cpu->cnthctl_el2 = 3;
	cpu->icc_sre_el2 = 0xf;
	cpu->id_aa64pfr0_el1 = 0x22;
	id_init(HYP_CPU_FIRST);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

static void the_guest_runs_with_its_own_registers(void **state)
{
	(void)state;
	guest.vcpu[0].sys[HYP_TTBR0_EL1] = 0x1111;
	guest.vcpu[0].sys[HYP_TCR_EL1] = 0x2222;
	guest.vcpu[0].sys[HYP_ELR_EL1] = 0x3333;
	assert_int_equal(hyp_run(&guest.vcpu[0]), HYP_EXIT_IRQ);
	assert_int_equal(during.ttbr0_el1, 0x1111);
	assert_int_equal(during.tcr_el1, 0x2222);
	assert_int_equal(during.elr_el1, 0x3333);
	assert_int_equal(during.elr_el2, PC);
	assert_int_equal(during.spsr_el2, PSR_MODE_EL1H);
	assert_int_equal(during.vmpidr_el2, 0x80000000);
	assert_int_equal(during.vttbr_el2, VTTBR);
	assert_int_equal(during.vtcr_el2, VTCR);
	assert_int_equal(during.hcr_el2, HCR_GUEST);
}

static void the_guest_is_trapped_where_it_must_be(void **state)
{
	(void)state;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.cptr_el2, CPTR_RES1 | CPTR_TTA | CPTR_TAM | CPTR_TFP);
	assert_int_equal(during.mdcr_el2, HOST_MDCR | /* the counters stay with the host */
						  MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA |
						  MDCR_TDRA | MDCR_TPMS | MDCR_TTRF);
	assert_false(during.cnthctl_el2 & CNTHCTL_EL1PCEN);
	assert_true(during.cnthctl_el2 & CNTHCTL_EL1PCTEN);
	assert_false(during.icc_sre_el2 & ICC_SRE_EL2_ENABLE);
	assert_true(during.ich_hcr_el2 & ICH_HCR_EN);
	assert_int_equal(during.hyp.switched, 1);
	assert_true(during.hcr_el2 & HCR_TLOR); /* LORSA_EL1 and what belongs to it */
}

static void the_guests_timers_are_in_the_cpu_while_it_runs(void **state)
{
	(void)state;
	guest.vm.cntvoff = 100;
	guest.vcpu[0].cntv_ctl = CNT_CTL_ENABLE | CNT_CTL_IMASK;
	guest.vcpu[0].cntv_cval = 0x1234;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.cntvoff_el2, 100);
	assert_int_equal(during.cntv_cval_el0, 0x1234);
	assert_int_equal(during.cntv_ctl_el0 & ~CNT_CTL_ISTATUS, CNT_CTL_ENABLE | CNT_CTL_IMASK);
	assert_int_equal(fake.cpu[0].cntv_ctl_el0 | fake.cpu[0].cntvoff_el2, 0);
}

static void a_guest_in_aarch32_is_entered_in_its_mode(void **state)
{
	(void)state;
	guest.vcpu[0].hcr = HCR_GUEST32;
	guest.vcpu[0].pstate = 0x1d3; /* Supervisor, A, I and F masked */
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.spsr_el2, 0x1d3);
	assert_int_equal(guest.vcpu[0].pstate, 0x1d3);
}

static void the_host_finds_its_registers_again(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->ttbr0_el1 = 0xaaaa;
	cpu->tcr_el1 = 0xbbbb;
	cpu->vbar_el1 = 0xcccc;
	cpu->sp_el0 = 0xdddd;
	cpu->tpidr_el1 = 0xeeee;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(cpu->ttbr0_el1, 0xaaaa);
	assert_int_equal(cpu->tcr_el1, 0xbbbb);
	assert_int_equal(cpu->vbar_el1, 0xcccc);
	assert_int_equal(cpu->sp_el0, 0xdddd);
	assert_int_equal(cpu->tpidr_el1, 0xeeee);
	assert_int_equal(cpu->hcr_el2, HOST_HCR);
	assert_int_equal(cpu->mdcr_el2, HOST_MDCR);
	assert_int_equal(cpu->cptr_el2, HOST_CPTR);
	assert_int_equal(cpu->cnthctl_el2, 3);
	assert_int_equal(cpu->vmpidr_el2, HOST_MPIDR);
	assert_int_equal(cpu->vttbr_el2, 0);
	assert_int_equal(cpu->cntvoff_el2, 0);
	assert_int_equal(cpu->cntv_ctl_el0, 0);
	assert_int_equal(cpu->ich_hcr_el2, 0);
	assert_int_equal(cpu->icc_sre_el2, 0xf);
	assert_int_equal(cpu->tpidr_el2, 0);
	assert_int_equal(cpu->hyp.vcpu, 0);
	assert_int_equal(guest.vcpu[0].state, HYP_STATE_OUTSIDE);
}

static bool is_of_translation(const char *reg)
{
	static const char *const names[] = { "ttbr0_el1",      "ttbr1_el1", "mair_el1",
					     "contextidr_el1", "amair_el1", "vtcr_el2",
					     "vttbr_el2",      "hcr_el2" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], reg) == 0)
			return true;
	return false;
}

/*
 * While registers of two worlds are mixed, nothing may be walked with them (Cortex-A53 erratum
 * 1530924, A72 1319367, A55 1530923): from before the first is written until after the last, both
 * EPD bits are set and the MMU is on, which they need to have an effect, each made sure of by a
 * barrier.
 */
static void nothing_is_walked_with_registers_of_two_worlds(void **state)
{
	const uint64_t off = TCR_EPD0 | TCR_EPD1;
	uint64_t tcr = 0, sctlr = 0, tcr_seen = 0, sctlr_seen = 0;
	unsigned int writes = 0, openings = 0;
	bool mixed = false;

	(void)state;
	fake.cpu[0].sctlr_el1 = 1;
	guest.vcpu[0].sys[HYP_SCTLR_EL1] = 0;
	fake.event_count = 0;
	hyp_run(&guest.vcpu[0]);
	assert_in_range(fake.event_count, 1, FAKE_EVENTS - 1);
	for (unsigned int i = 0; i < fake.event_count; i++) {
		const struct fake_event *event = &fake.events[i];

		if (strcmp(event->what, "isb") == 0) {
			tcr_seen = tcr;
			sctlr_seen = sctlr;
			mixed = false;
		} else if (strcmp(event->what, "sctlr_el1") == 0) {
			sctlr = event->value;
			assert_int_equal(tcr_seen & off, off);
		} else if (strcmp(event->what, "tcr_el1") == 0) {
			tcr = event->value;
			openings += (tcr & off) == 0;
			assert_false(mixed);
		} else if (is_of_translation(event->what)) {
			assert_int_equal(tcr_seen & off, off);
			assert_int_equal(sctlr_seen & 1, 1);
			mixed = true;
			writes++;
		}
	}
	assert_in_range(writes, 2 * 7, FAKE_EVENTS);
	assert_int_equal(openings, 2);
}

/*
 * Of a host at EL2, HCR_EL2.TGE keeps EL1&0 from being walked (Cortex-A76 erratum 1165522): it is
 * clear only when all of the guest's registers are in, made sure of by a barrier, and set again
 * before anything else is changed. What only a guest has at EL1 stays there.
 */
static void tge_is_clear_only_while_all_registers_are_the_guests(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];
	unsigned int clear = 0, set = 0, last = 0;

	(void)state;
	fake.host_at_el2 = true;
	cpu->hyp.stub[6] = HCR_TGE | HCR_E2H;
	guest.vcpu[0].sys[HYP_TTBR0_EL1] = 0x1111;
	guest.vcpu[0].sys[HYP_SCTLR_EL1] = 0x2222;
	cpu->sp_el0 = 0xdddd;
	fake.event_count = 0;
	hyp_run(&guest.vcpu[0]);
	for (unsigned int i = 0; i < fake.event_count; i++) {
		const struct fake_event *event = &fake.events[i];
		bool translation = is_of_translation(event->what) ||
				   !strcmp(event->what, "sctlr_el1") ||
				   !strcmp(event->what, "tcr_el1");

		if (!strcmp(event->what, "hcr_el2") && !(event->value & HCR_TGE)) {
			clear = i;
			assert_string_equal(fake.events[i - 1].what, "isb");
		} else if (!strcmp(event->what, "hcr_el2")) {
			set = i;
			assert_string_equal(fake.events[i + 1].what, "isb");
		} else if (translation && !set) {
			last = i;
		}
	}
	assert_true(last && last < clear && clear < set);
	assert_int_equal(cpu->ttbr0_el1, 0x1111);
	assert_int_equal(cpu->sctlr_el1, 0x2222);
	assert_int_equal(cpu->sp_el0, 0xdddd);
	assert_int_equal(cpu->hcr_el2, HCR_TGE | HCR_E2H);
	assert_int_equal(cpu->vttbr_el2, 0);
}

/* Wherever a guest's run ends, EL2's timer is again what the host had made of it: in a fault before
 * timer_enter(), too, as what the CPU's block has of an earlier run would stop the host's clock. */
static void a_host_at_el2_finds_its_timer_again(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	fake.host_at_el2 = true;
	cpu->cnthp_cval_el2 = 12345;
	cpu->cnthp_ctl_el2 = CNT_CTL_ENABLE;
	guest.vcpu[0].request = 1;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(cpu->cnthp_cval_el2, 12345);
	assert_int_equal(cpu->cnthp_ctl_el2, CNT_CTL_ENABLE);
	cpu->cnthp_cval_el2 = 23456;
	timer_take_host(&cpu->hyp);
	cpu->hyp.switched = 1;
	cpu->cnthp_ctl_el2 = 0;
	run_host_again(&cpu->hyp);
	assert_int_equal(cpu->cnthp_cval_el2, 23456);
	assert_int_equal(cpu->cnthp_ctl_el2, CNT_CTL_ENABLE);
}

/* What the guest changes is there on the next run. */
static uint64_t change(struct hyp_vcpu *vcpu)
{
	struct fake_cpu *cpu = &fake.cpu[fake.current];

	enter(vcpu);
	cpu->sctlr_el1 = 0x12345;
	cpu->par_el1 = 0x6789;
	cpu->elr_el2 += 4;
	cpu->spsr_el2 = PSR_MODE_EL0T | PSR_I;
	cpu->ich_vmcr_el2 = ICH_VMCR_VENG1;
	return HYP_EXIT_WFI;
}

static void the_guests_registers_are_kept_between_runs(void **state)
{
	(void)state;
	fake.guest = change;
	assert_int_equal(hyp_run(&guest.vcpu[0]), HYP_EXIT_WFI);
	assert_int_equal(guest.vcpu[0].pc, PC + 4);
	assert_int_equal(guest.vcpu[0].pstate, PSR_MODE_EL0T | PSR_I);
	fake.guest = enter;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.sctlr_el1, 0x12345);
	assert_int_equal(during.par_el1, 0x6789);
	assert_int_equal(during.elr_el2, PC + 4);
	assert_int_equal(during.spsr_el2, PSR_MODE_EL0T | PSR_I);
	assert_int_equal(during.ich_vmcr_el2, ICH_VMCR_VENG1);
}

static uint64_t entered_with(uint64_t pstate)
{
	guest.vcpu[0].pstate = pstate;
	hyp_run(&guest.vcpu[0]);
	return during.spsr_el2;
}

/* An exception return to EL2, EL3 or a mode of AArch32 that EL1 does not have would not leave EL2
 * (D1.11.4). */
static void only_modes_of_the_guest_are_entered(void **state)
{
	static const uint64_t allowed[] = { PSR_MODE_EL0T, PSR_MODE_EL1T, PSR_MODE_EL1H,
					    PSR_MODE32 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		assert_int_equal(entered_with(allowed[i] | PSR_I), allowed[i] | PSR_I);
	for (uint64_t mode = 0; mode < 32; mode++) {
		uint64_t entered = entered_with(mode) & PSR_MODE_MASK;

		assert_true(entered == mode || entered == PSR_MODE_EL1H);
		assert_true(entered == PSR_MODE_EL0T || entered == PSR_MODE_EL1T ||
			    entered == PSR_MODE_EL1H || entered == PSR_MODE32);
	}
	assert_int_equal(entered_with(UINT64_C(0xffffffff00000000) | PSR_MODE_EL1H), PSR_MODE_EL1H);
}

static void aarch32_at_el0_is_entered_only_where_it_is(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64pfr0_el1 = 0x11;
	id_init(HYP_CPU_FIRST);
	assert_int_equal(entered_with(PSR_MODE32 | PSR_I), PSR_MODE_EL1H | PSR_I);
}

/* Registers that no trap covers: whatever is in them, the guest finds nothing, and the host its own
 * again. */
static void registers_of_hidden_extensions_are_empty_for_the_guest(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->hyp.extensions = HYP_EXTENSION_RAS | HYP_EXTENSION_SME | HYP_EXTENSION_MPAM;
	cpu->s3_4_c12_c1_1 = cpu->s3_4_c5_c2_3 = 0x5a5a; /* VDISR_EL2, VSESR_EL2 of another VM */
	cpu->s3_3_c13_c0_5 = 0x1234;			 /* TPIDR2_EL0 */
	cpu->s3_4_c10_c5_0 = 3;				 /* MPAM2_EL2 */
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.s3_4_c12_c1_1 | during.s3_4_c5_c2_3, 0);
	assert_int_equal(during.s3_3_c13_c0_5, 0);
	assert_int_equal(during.s3_4_c10_c5_0, 3 | MPAM2_TRAPMPAM0EL1 | MPAM2_TRAPMPAM1EL1);
	assert_int_equal(cpu->s3_3_c13_c0_5, 0x1234);
	assert_int_equal(cpu->s3_4_c10_c5_0, 3);
}

/* The place of an event, or the number of events. */
static unsigned int place_of(const char *what)
{
	unsigned int at = 0;

	while (at < fake.event_count && strcmp(fake.events[at].what, what) != 0)
		at++;
	return at;
}

/* D15.3, D6.3: the host's profiling and trace stop, and what they have is written, before its
 * translations are gone. */
static void the_hosts_profiling_and_trace_do_not_see_the_guest(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->hyp.extensions = HYP_EXTENSION_SPE | HYP_EXTENSION_TRF | HYP_EXTENSION_TRBE;
	cpu->s3_0_c9_c10_0 = cpu->s3_0_c9_c11_0 = LIMITR_E; /* PMBLIMITR_EL1, TRBLIMITR_EL1 */
	cpu->s3_0_c9_c9_0 = 2;				    /* PMSCR_EL1 */
	cpu->s3_0_c1_c2_1 = 3;				    /* TRFCR_EL1 */
	fake.event_count = 0;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.s3_0_c9_c9_0 | during.s3_0_c1_c2_1, 0);
	assert_true(place_of("s3_0_c9_c9_0") < place_of("drain profile"));
	assert_true(place_of("s3_0_c1_c2_1") < place_of("drain trace"));
	assert_true(place_of("drain profile") < place_of("ttbr1_el1"));
	assert_true(place_of("drain trace") < place_of("ttbr1_el1"));
	assert_int_equal(cpu->s3_0_c9_c9_0, 2);
	assert_int_equal(cpu->s3_0_c1_c2_1, 3);
}

/* PSTATE.DIT and .TCO (s3_3_c4_c2_5, _7) of a host that runs at the level of the exit. */
static uint64_t change_pstate(struct hyp_vcpu *vcpu)
{
	fake.cpu[0].s3_3_c4_c2_5 = 0;
	fake.cpu[0].s3_3_c4_c2_7 = 1 << 25;
	return enter(vcpu);
}

static void a_host_at_el2_has_its_own_pstate_after_an_exit(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->id_aa64pfr0_el1 = UINT64_C(1) << 48;
	cpu->id_aa64pfr1_el1 = UINT64_C(1) << 8;
	extension_init(&cpu->hyp);
	assert_int_equal(cpu->hyp.extensions, 0);
	fake.host_at_el2 = true;
	extension_init(&cpu->hyp);
	cpu->s3_3_c4_c2_5 = 1 << 24;
	cpu->s3_3_c4_c2_7 = 0;
	fake.guest = change_pstate;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(cpu->s3_3_c4_c2_5, 1 << 24);
	assert_int_equal(cpu->s3_3_c4_c2_7, 0);
}

/* PMSCR_EL12 and TRFCR_EL12 are what holds in a guest then. */
static void a_host_at_el2_does_not_profile_or_trace_guests(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->id_aa64dfr0_el1 = UINT64_C(1) << 32 | UINT64_C(1) << 40;
	cpu->s3_5_c9_c9_0 = cpu->s3_5_c1_c2_1 = 3;
	fake.host_at_el2 = true;
	extension_init(&cpu->hyp);
	assert_int_equal(cpu->s3_5_c9_c9_0 | cpu->s3_5_c1_c2_1, 0);
}

static void a_buffer_of_firmware_is_left_alone(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->id_aa64pfr0_el1 = UINT64_C(1) << 28 | UINT64_C(1) << 40;
	cpu->id_aa64pfr1_el1 = UINT64_C(1) << 24;
	cpu->id_aa64dfr0_el1 = UINT64_C(1) << 32 | UINT64_C(1) << 40 | UINT64_C(1) << 44;
	extension_init(&cpu->hyp);
	assert_int_equal(cpu->hyp.extensions, 63);
	cpu->s3_0_c9_c10_7 = cpu->s3_0_c9_c11_7 = BUFFER_IDR_P;
	extension_init(&cpu->hyp);
	assert_int_equal(cpu->hyp.extensions, 63 & ~(HYP_EXTENSION_SPE | HYP_EXTENSION_TRBE));
}

static void a_request_ends_the_run_before_the_guest(void **state)
{
	(void)state;
	guest.vcpu[0].request = 1;
	assert_int_equal(hyp_run(&guest.vcpu[0]), HYP_EXIT_REQUEST);
	assert_int_equal(during.hyp.vcpu, 0); /* enter() was not called */
	assert_int_equal(guest.vcpu[0].state, HYP_STATE_OUTSIDE);
	assert_int_equal(guest.vcpu[0].pc, PC);
}

static void an_injected_exception_is_taken_on_entry(void **state)
{
	(void)state;
	guest.vcpu[0].sys[HYP_VBAR_EL1] = 0x50000000;
	guest.vcpu[0].inject = HYP_INJECT_DATA_ABORT;
	guest.vcpu[0].inject_far = 0x1234;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.elr_el2, 0x50000200);
	assert_int_equal(during.elr_el1, PC);
	assert_int_equal(during.far_el1, 0x1234);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_ABORT_INJECTED], 1);
}

/* vCPUs of a VM share a VMID: translations of one must not serve the other on the same CPU. */
static void another_vcpu_on_the_same_cpu_finds_no_old_translations(void **state)
{
	(void)state;
	hyp_run(&guest.vcpu[0]);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].forgotten, 0);
	hyp_run(&guest.vcpu[1]);
	assert_int_equal(fake.cpu[0].forgotten, 1);
	hyp_run(&guest.vcpu[1]);
	assert_int_equal(fake.cpu[0].forgotten, 1);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].forgotten, 2);
}

/* A, then the other elsewhere, then A again here: what A left here is A's. */
static void a_vcpu_that_returns_to_a_cpu_keeps_its_translations(void **state)
{
	(void)state;
	hyp_run(&guest.vcpu[0]);
	fake.current = 1;
	hyp_run(&guest.vcpu[1]);
	fake.current = 0;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].forgotten + fake.cpu[1].forgotten, 0);
}

static void a_cpu_with_a_high_number_always_forgets(void **state)
{
	(void)state;
	fake.cpu[0].hyp.number = HYP_TLB_CPUS;
	hyp_run(&guest.vcpu[0]);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].forgotten, 2);
}

static void a_move_to_another_cpu_is_counted(void **state)
{
	(void)state;
	hyp_run(&guest.vcpu[0]);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_MIGRATIONS], 0);
	fake.current = 1;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_MIGRATIONS], 1);
	assert_int_equal(guest.vcpu[0].cpu, (uintptr_t)&fake.cpu[1].hyp);
}

static uint64_t use_floating_point(struct hyp_vcpu *vcpu)
{
	fake.cpu[fake.current].hyp.fp_loaded = 1;
	return enter(vcpu);
}

static void floating_point_is_switched_back_only_if_it_was_used(void **state)
{
	(void)state;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].fp_loads, 0);
	fake.guest = use_floating_point;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[0].fp_loads, 1);
	assert_int_equal(fake.cpu[0].hyp.fp_loaded, 0);
}

#define MDSCR_MDE ARM64_BIT(15)

/* A fault at EL2 in the middle of the vGIC: with both locks and a list register that makes no
 * sense. */
static uint64_t fault(struct hyp_vcpu *vcpu)
{
	enter(vcpu);
	arch_lock(&guest.vm.vgic_lock);
	arch_lock(&guest.vcpu[1].vgic_lock);
	vcpu->lr_used = 0xffff;
	memset(vcpu->lr_intid, 0xff, sizeof(vcpu->lr_intid));
	fake.cpu[fake.current].lr[0] = ~UINT64_C(0);
	return HYP_EXIT_CRASH;
}

static void a_fault_at_el2_leaves_no_lock_and_no_interrupt_behind(void **state)
{
	(void)state;
	fake.guest = fault;
	fake.cpu[0].ttbr1_el1 = 0xaaaa;
	assert_int_equal(hyp_run(&guest.vcpu[0]), HYP_EXIT_CRASH);
	assert_int_equal(fake_locks_held(), 0);
	assert_int_equal(guest.vm.vgic_lock | guest.vcpu[0].vgic_lock | guest.vcpu[1].vgic_lock, 0);
	assert_int_equal(fake.cpu[0].lr[0], 0);
	assert_int_equal(fake.cpu[0].ich_hcr_el2, 0);
	assert_int_equal(guest.vcpu[0].state, HYP_STATE_OUTSIDE);
	assert_int_equal(fake.cpu[0].ttbr1_el1, 0xaaaa);
}

static void a_fault_at_el2_leaves_locks_of_other_cpus_alone(void **state)
{
	(void)state;
	fake.guest = fault;
	guest.vm.vcpu_count = 3;
	guest.vm.vcpu[2] = (uintptr_t)&guest.vcpu[2];
	fake.current = 1;
	arch_lock(&guest.vcpu[2].vgic_lock);
	fake.current = 0;
	hyp_run(&guest.vcpu[0]);
	assert_int_not_equal(guest.vcpu[2].vgic_lock, 0);
	fake.current = 1;
	arch_unlock(&guest.vcpu[2].vgic_lock);
	guest.vm.vcpu_count = 2;
}

static void breakpoints_of_the_guest_are_in_the_cpu_while_it_uses_them(void **state)
{
	struct fake_cpu *cpu = &fake.cpu[0];

	(void)state;
	cpu->id_aa64dfr0_el1 = 5 << 12 | 3 << 20;
	cpu->dbgbvr5_el1 = 0xaaaa;
	cpu->dbgwcr3_el1 = 0xbbbb;
	guest.vcpu[0].debug[0][5] = 0x1000;
	guest.vcpu[0].debug[3][3] = 0x2000;
	guest.vcpu[0].sys[HYP_MDSCR_EL1] = MDSCR_MDE;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.dbgbvr5_el1, 0x1000);
	assert_int_equal(during.dbgwcr3_el1, 0x2000);
	assert_int_equal(cpu->dbgbvr5_el1, 0xaaaa);
	assert_int_equal(cpu->dbgwcr3_el1, 0xbbbb);
	assert_int_equal(guest.vcpu[0].debug[0][5], 0x1000);
}

static void breakpoints_that_the_guest_does_not_use_stay_the_hosts(void **state)
{
	(void)state;
	fake.cpu[0].dbgbvr0_el1 = 0xaaaa;
	guest.vcpu[0].debug[0][0] = 0x1000;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(during.dbgbvr0_el1, 0xaaaa);
	assert_int_equal(fake.cpu[0].dbgbvr0_el1, 0xaaaa);
}

static void wakes_of_an_earlier_run_are_forgotten(void **state)
{
	(void)state;
	guest.vcpu[0].exit.wake = 0x2;
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(guest.vcpu[0].exit.wake, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_guest_runs_with_its_own_registers),
		TEST(the_guest_is_trapped_where_it_must_be),
		TEST(the_guests_timers_are_in_the_cpu_while_it_runs),
		TEST(a_guest_in_aarch32_is_entered_in_its_mode),
		TEST(the_host_finds_its_registers_again),
		TEST(nothing_is_walked_with_registers_of_two_worlds),
		TEST(tge_is_clear_only_while_all_registers_are_the_guests),
		TEST(a_host_at_el2_finds_its_timer_again),
		TEST(the_guests_registers_are_kept_between_runs),
		TEST(only_modes_of_the_guest_are_entered),
		TEST(aarch32_at_el0_is_entered_only_where_it_is),
		TEST(registers_of_hidden_extensions_are_empty_for_the_guest),
		TEST(the_hosts_profiling_and_trace_do_not_see_the_guest),
		TEST(a_host_at_el2_has_its_own_pstate_after_an_exit),
		TEST(a_host_at_el2_does_not_profile_or_trace_guests),
		TEST(a_buffer_of_firmware_is_left_alone),
		TEST(a_request_ends_the_run_before_the_guest),
		TEST(an_injected_exception_is_taken_on_entry),
		TEST(another_vcpu_on_the_same_cpu_finds_no_old_translations),
		TEST(a_vcpu_that_returns_to_a_cpu_keeps_its_translations),
		TEST(a_cpu_with_a_high_number_always_forgets),
		TEST(a_move_to_another_cpu_is_counted),
		TEST(floating_point_is_switched_back_only_if_it_was_used),
		TEST(a_fault_at_el2_leaves_no_lock_and_no_interrupt_behind),
		TEST(a_fault_at_el2_leaves_locks_of_other_cpus_alone),
		TEST(breakpoints_of_the_guest_are_in_the_cpu_while_it_uses_them),
		TEST(breakpoints_that_the_guest_does_not_use_stay_the_hosts),
		TEST(wakes_of_an_earlier_run_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
