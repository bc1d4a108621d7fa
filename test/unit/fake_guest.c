// SPDX-License-Identifier: BSD-2-Clause
/*
 * A guest on fake CPUs: see fake_guest.h.
 */
#include "fake_guest.h"

#include <string.h>

#define RESET_WAKER		6
#define SGI_BITS		0xffff
#define NO_OWNER		0xff
#define LR_STATE		(ICH_LR_PENDING | ICH_LR_ACTIVE)
#define RANK_VM			1
#define RANK_VCPU		2
#define MAX_INTERRUPTS_IN_A_ROW 1000
#define NO_INTERRUPT		1023

struct fake_guest guest;

uint64_t guest_sync(struct hyp_vcpu *vcpu);
uint64_t guest_irq(struct hyp_vcpu *vcpu);
static void others_take_interrupts(void);

static void create_vcpu(unsigned int n)
{
	struct hyp_vcpu *vcpu = &guest.vcpu[n];

	guest.vm.vcpu[n] = (uintptr_t)vcpu;
	vcpu->vm = (uintptr_t)&guest.vm;
	vcpu->self = (uintptr_t)vcpu;
	vcpu->index = n;
	vcpu->bank.edge = SGI_BITS;
	vcpu->gicr_waker = RESET_WAKER;
	vcpu->pstate = PSR_MODE_EL1H;
	vcpu->hcr = HCR_GUEST;
	guest.cpu[n] = n % FAKE_CPUS;
	fake_declare_lock(&vcpu->vgic_lock, RANK_VCPU);
}

void guest_create(unsigned int vcpus)
{
	fake_reset();
	memset(&guest, 0, sizeof(guest));
	memset(guest.vm.owner, NO_OWNER, sizeof(guest.vm.owner));
	guest.vm.vcpu_count = vcpus;
	fake_declare_lock(&guest.vm.vgic_lock, RANK_VM);
	for (unsigned int i = 0; i < vcpus; i++)
		create_vcpu(i);
	fake.while_waiting = others_take_interrupts;
	fake.current = HOST_CPU;
}

static void set_up_distributor(void)
{
	for (unsigned int intid = 32; intid <= HYP_SPI_LAST; intid += 32)
		guest_write32(0, GICD(IGROUP(intid)), 0xffffffff);
	for (unsigned int intid = 32; intid <= HYP_SPI_LAST; intid += 4)
		guest_write32(0, GICD(IPRIORITY(intid)), DEFAULT_PRIORITY * 0x01010101u);
	guest_write32(0, GICD(CTLR), 0x12);
}

static void set_up_redistributor(unsigned int vcpu)
{
	guest_write32(vcpu, GICR(vcpu, RD_WAKER), 0);
	guest_write32(vcpu, GICR_SGI(vcpu, IGROUP(0)), 0xffffffff);
	for (unsigned int intid = 0; intid < 32; intid += 4)
		guest_write32(vcpu, GICR_SGI(vcpu, IPRIORITY(intid)),
			      DEFAULT_PRIORITY * 0x01010101u);
	guest_write32(vcpu, GICR_SGI(vcpu, ISENABLE(0)), 0xffffffff);
	guest_set_priority_mask(vcpu, PRIORITY_MASK_OPEN);
}

void guest_boot(unsigned int vcpus)
{
	guest_create(vcpus);
	if (vcpus > HOST_CPU)
		arch_fake_fail("guest_boot: more vCPUs than CPUs");
	for (unsigned int i = 0; i < vcpus; i++)
		vcpu_enter(i);
	set_up_distributor();
	for (unsigned int i = 0; i < vcpus; i++)
		set_up_redistributor(i);
}

/* Running */

static unsigned int go_to(unsigned int cpu)
{
	unsigned int before = fake.current;

	fake.current = cpu;
	return before;
}

bool vcpu_runs(unsigned int vcpu)
{
	return guest.vcpu[vcpu].state == HYP_STATE_GUEST;
}

/* As hyp_run() does around guest_enter(), for what concerns timers and interrupts. */
static void switch_in(unsigned int n)
{
	struct hyp_vcpu *vcpu = &guest.vcpu[n];
	struct fake_cpu *cpu = &fake.cpu[guest.cpu[n]];

	if (cpu->hyp.vcpu)
		arch_fake_fail("enters a vCPU on a CPU that runs another");
	vcpu->exit.wake = 0;
	vcpu->cpu = (uintptr_t)&cpu->hyp;
	cpu->hyp.vcpu = (uintptr_t)vcpu;
	cpu->elr_el2 = vcpu->pc;
	cpu->spsr_el2 = vcpu->pstate;
	vcpu->state = HYP_STATE_GUEST;
	if (ARCH_HOST_AT_EL2)
		timer_take_host(&cpu->hyp);
	timer_enter(vcpu);
	pmu_enter(vcpu);
	vgic_enter(vcpu);
}

/* The driver wakes who sleeps: it runs again. */
static void wake(uint32_t mask)
{
	guest.woken |= mask;
	for (; mask; mask &= mask - 1) {
		struct hyp_vcpu *vcpu = &guest.vcpu[__builtin_ctz(mask)];

		if (vcpu->state == HYP_STATE_BLOCKED)
			vcpu->state = HYP_STATE_OUTSIDE;
		else
			guest.host_kicks |= 1u << vcpu->index;
	}
}

/* The driver wakes whom EL2 of other CPUs has put on a CPU's list. */
static void wake_listed(struct fake_cpu *cpu)
{
	uint64_t next = cpu->hyp.wake_list;

	cpu->hyp.wake_list = 0;
	while (next) {
		struct hyp_vcpu *vcpu = (struct hyp_vcpu *)(uintptr_t)next;

		next = vcpu->wake_next;
		vcpu->wake_queued = 0;
		wake(1u << vcpu->index);
	}
}

/* Where no guest runs, the kick SGI is the driver's. */
static void hosts_take_interrupts(void)
{
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		struct fake_cpu *cpu = &fake.cpu[i];
		uint32_t kick = 1u << hyp_config.kick_sgi;

		if (cpu->hyp.vcpu || !(cpu->gicr_pending & kick))
			continue;
		cpu->gicr_pending &= ~kick;
		guest.host_interrupts++;
		wake_listed(cpu);
	}
}

static void switch_out(unsigned int n)
{
	struct hyp_vcpu *vcpu = &guest.vcpu[n];
	struct fake_cpu *cpu = &fake.cpu[guest.cpu[n]];

	timer_leave(vcpu);
	pmu_leave(vcpu, &cpu->hyp);
	vgic_leave(vcpu);
	vcpu->pc = cpu->elr_el2;
	vcpu->pstate = cpu->spsr_el2;
	cpu->hyp.vcpu = 0;
	wake(vcpu->exit.wake);
	wake_listed(cpu);
}

void vcpu_enter(unsigned int vcpu)
{
	unsigned int before = go_to(guest.cpu[vcpu]);

	guest.left_with[vcpu] = 0;
	switch_in(vcpu);
	go_to(before);
	guest_settle();
}

void vcpu_leave(unsigned int vcpu)
{
	unsigned int before = go_to(guest.cpu[vcpu]);

	switch_out(vcpu);
	go_to(before);
}

static uint64_t leave_if(unsigned int vcpu, uint64_t reason)
{
	if (reason == 0)
		return 0;
	guest.left_with[vcpu] = reason;
	switch_out(vcpu);
	if (reason == HYP_EXIT_WAKE)
		switch_in(vcpu);
	return reason;
}

static bool take_interrupt(unsigned int vcpu)
{
	unsigned int intid = fake_physical_interrupt(guest.cpu[vcpu]);
	unsigned int before = go_to(guest.cpu[vcpu]);

	if (intid != NO_INTERRUPT) {
		fake.cpu[fake.current].icc_hppir1_el1 = intid;
		guest.interrupts++;
		leave_if(vcpu, guest_irq(&guest.vcpu[vcpu]));
	}
	go_to(before);
	return intid != NO_INTERRUPT;
}

static bool take_interrupts(unsigned int not_on_cpu)
{
	bool any = false;

	for (unsigned int i = 0; i < guest.vm.vcpu_count; i++)
		if (vcpu_runs(i) && guest.cpu[i] != not_on_cpu)
			any |= take_interrupt(i);
	return any;
}

static void others_take_interrupts(void)
{
	take_interrupts(fake.current);
}

void guest_settle(void)
{
	unsigned int rounds = 0;

	while (take_interrupts(FAKE_CPUS))
		if (++rounds > MAX_INTERRUPTS_IN_A_ROW)
			arch_fake_fail("a physical interrupt never goes away: the guest makes no "
				       "progress");
	hosts_take_interrupts();
}

void guest_pass_time(uint64_t ticks)
{
	fake.counter += ticks;
	guest_settle();
}

/* Traps */

uint64_t guest_trap(unsigned int vcpu, uint64_t esr)
{
	unsigned int before;
	uint64_t reason;

	if (!vcpu_runs(vcpu))
		arch_fake_fail("guest_trap: the vCPU does not run");
	guest_settle();
	before = go_to(guest.cpu[vcpu]);
	fake.cpu[fake.current].esr_el2 = esr;
	reason = leave_if(vcpu, guest_sync(&guest.vcpu[vcpu]));
	go_to(before);
	guest_settle();
	return reason;
}

static void access_trap(unsigned int vcpu, uint64_t address, unsigned int size, bool write)
{
	struct fake_cpu *cpu = &fake.cpu[guest.cpu[vcpu]];
	uint64_t esr = (uint64_t)EC_DABT_LOWER << ESR_EC_SHIFT | ESR_IL | ISS_DABT_ISV |
		       (uint64_t)__builtin_ctz(size) << 22 | UINT64_C(1) << 16 | FSC_TRANSLATION |
		       3;

	cpu->far_el2 = address;
	cpu->hpfar_el2 = address >> 12 << 4;
	guest_trap(vcpu, esr | (size == 8 ? ISS_DABT_SF : 0) | (write ? ISS_DABT_WNR : 0));
}

uint64_t guest_read(unsigned int vcpu, uint64_t address, unsigned int size)
{
	uint64_t value;

	if (vcpu_runs(vcpu)) {
		access_trap(vcpu, address, size, false);
		return guest.vcpu[vcpu].x[1];
	}
	wake(vgic_mmio_read(&guest.vcpu[vcpu], address, size, &value));
	return value;
}

void guest_write(unsigned int vcpu, uint64_t address, unsigned int size, uint64_t value)
{
	if (vcpu_runs(vcpu)) {
		guest.vcpu[vcpu].x[1] = value;
		access_trap(vcpu, address, size, true);
	} else {
		wake(vgic_mmio_write(&guest.vcpu[vcpu], address, size, value));
		guest_settle();
	}
}

#define SYSREG_X2 (2 << 5)

uint64_t guest_msr(unsigned int vcpu, uint32_t encoding, uint64_t value)
{
	guest.vcpu[vcpu].x[2] = value;
	return guest_trap(vcpu,
			  (uint64_t)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | encoding | SYSREG_X2);
}

uint64_t guest_mrs(unsigned int vcpu, uint32_t encoding, uint64_t *value)
{
	uint64_t reason = guest_trap(vcpu, (uint64_t)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | encoding |
						   SYSREG_X2 | ISS_SYSREG_READ);

	*value = guest.vcpu[vcpu].x[2];
	return reason;
}

bool guest_wfi(unsigned int n)
{
	struct hyp_vcpu *vcpu = &guest.vcpu[n];

	if (guest_trap(n, (uint64_t)EC_WFX << ESR_EC_SHIFT | ESR_IL) != HYP_EXIT_WFI)
		return false;
	vcpu->state = HYP_STATE_BLOCKED;
	if (!vcpu->wake)
		return true;
	vcpu->state = HYP_STATE_OUTSIDE;
	vcpu_enter(n);
	return false;
}

void guest_send_sgi(unsigned int vcpu, uint64_t sgi1r)
{
	guest_msr(vcpu, SYSREG(3, 0, 12, 11, 5), sgi1r);
}

/* The CPU interface */

static struct fake_cpu *cpu_of(unsigned int vcpu)
{
	if (!vcpu_runs(vcpu))
		arch_fake_fail("the CPU interface of a vCPU that does not run");
	guest_settle();
	return &fake.cpu[guest.cpu[vcpu]];
}

unsigned int guest_acknowledge(unsigned int vcpu)
{
	unsigned int intid = cpu_interface_acknowledge(cpu_of(vcpu), true);

	guest_settle();
	return intid;
}

void guest_end(unsigned int vcpu, unsigned int intid)
{
	cpu_interface_end(cpu_of(vcpu), intid, true);
	guest_settle();
}

void guest_deactivate(unsigned int vcpu, unsigned int intid)
{
	struct fake_cpu *cpu = cpu_of(vcpu);

	if (cpu->ich_hcr_el2 & (ICH_HCR_TDIR | ICH_HCR_TC))
		guest_msr(vcpu, SYSREG(3, 0, 12, 11, 1), intid);
	else
		cpu_interface_deactivate(cpu, intid);
	guest_settle();
}

bool guest_signalled(unsigned int vcpu)
{
	return cpu_interface_signals(cpu_of(vcpu), true);
}

void guest_set_priority_mask(unsigned int vcpu, unsigned int mask)
{
	uint64_t *vmcr = &cpu_of(vcpu)->ich_vmcr_el2;

	*vmcr &= ~(UINT64_C(0xff) << ICH_VMCR_VPMR_SHIFT);
	*vmcr |= (uint64_t)mask << ICH_VMCR_VPMR_SHIFT | ICH_VMCR_VENG1;
}

unsigned int guest_handle(unsigned int vcpu)
{
	unsigned int intid = guest_acknowledge(vcpu);

	if (intid != GIC_SPURIOUS)
		guest_end(vcpu, intid);
	return intid;
}

/* Inputs */

void guest_line(unsigned int intid, bool level, unsigned int vcpu)
{
	unsigned int before = go_to(HOST_CPU);

	wake(vgic_inject(&guest.vm, intid, level, vcpu));
	go_to(before);
	guest_settle();
}

void guest_pulse(unsigned int intid)
{
	guest_raise(intid);
	guest_lower(intid);
}

void spi_enable(unsigned int intid, unsigned int priority)
{
	guest_write(0, GICD(IPRIORITY(intid)), 1, priority);
	guest_write32(0, GICD(ISENABLE(intid)), BIT(intid));
}

void spi_set_edge(unsigned int intid)
{
	uint32_t config = guest_read32(0, GICD(ICFG(intid)));

	guest_write32(0, GICD(ICFG(intid)), config | 2u << 2 * (intid % 16));
}

void spi_route(unsigned int intid, uint64_t route)
{
	guest_write(0, GICD(IROUTER(intid)), 8, route);
}

/* Invariants */

static void check_vcpu(unsigned int n, uint32_t *in_flight)
{
	struct hyp_vcpu *vcpu = &guest.vcpu[n];

	for (unsigned int i = 0; i < FAKE_LR_COUNT; i++) {
		unsigned int intid = vcpu->lr_intid[i];
		uint32_t *word = intid < 32 ? &in_flight[HYP_SPI_BANKS + n]
					    : &in_flight[intid / 32 - 1];

		if (!(vcpu->lr_used & 1u << i)) {
			if (vcpu_runs(n) && (fake.cpu[guest.cpu[n]].lr[i] & LR_STATE))
				arch_fake_fail(
					"a list register that is not in use holds an interrupt");
			continue;
		}
		if (!vcpu_runs(n))
			arch_fake_fail("a vCPU that does not run has list registers");
		if (*word & BIT(intid))
			arch_fake_fail("an interrupt is in two list registers");
		*word |= BIT(intid);
	}
	if (vcpu->bank.inflight != in_flight[HYP_SPI_BANKS + n])
		arch_fake_fail("in-flight bits of a vCPU are not what its list registers hold");
}

void guest_check(void)
{
	uint32_t in_flight[HYP_SPI_BANKS + HYP_MAX_VCPUS] = { 0 };

	if (fake_locks_held())
		arch_fake_fail("a lock is held outside of EL2");
	for (unsigned int i = 0; i < guest.vm.vcpu_count; i++)
		check_vcpu(i, in_flight);
	for (unsigned int i = 0; i < HYP_SPI_BANKS; i++)
		if (guest.vm.bank[i].inflight != in_flight[i])
			arch_fake_fail("in-flight bits of SPIs are not what list registers hold");
}
