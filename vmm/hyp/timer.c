// SPDX-License-Identifier: BSD-2-Clause
/*
 * Timers of the guest (Arm ARM D11). The virtual timer is the guest's own while it runs; its
 * physical interrupt is kept active in the physical GIC while the virtual one is pending or active,
 * so that it does not fire again, and is deactivated by the guest's EOI through the list register
 * (HW bit). The physical timer is emulated with EL2's own timer (CNTHP), which the looks of spin.c
 * share. While the vCPU is not in the CPU, the driver watches both deadlines. Conditions are
 * unsigned.
 */
#include "hyp.h"

#define NEVER	  UINT64_MAX

#define CNTP_TVAL SYSREG(3, 3, 14, 2, 0)
#define CNTP_CTL  SYSREG(3, 3, 14, 2, 1)

static bool armed(uint64_t ctl)
{
	return (ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE;
}

static bool physical_condition(const struct hyp_vcpu *vcpu)
{
	return read_sysreg(cntpct_el0) >= vcpu->cntp_cval;
}

/* EL2's timer is a host's own that runs at EL2: it goes on, and comes first if it is first. */
static uint64_t host_deadline(const struct hyp_cpu *cpu)
{
	return ARCH_HOST_AT_EL2 && armed(cpu->timer_ctl) ? cpu->timer_cval : NEVER;
}

/* Before a guest's registers are in the CPU: whatever happens then, it is given back. */
void timer_take_host(struct hyp_cpu *cpu)
{
	cpu->timer_ctl = read_sysreg(cnthp_ctl_el2);
	cpu->timer_cval = read_sysreg(cnthp_cval_el2);
}

void timer_give_back(const struct hyp_cpu *cpu)
{
	if (ARCH_HOST_AT_EL2)
		write_sysreg(cnthp_cval_el2, cpu->timer_cval);
	write_sysreg(cnthp_ctl_el2, ARCH_HOST_AT_EL2 ? cpu->timer_ctl : 0);
}

/* EL2's timer, for what comes first: the guest's physical timer, the next look at what it does, the
 * host's. */
static void el2_timer_set(const struct hyp_vcpu *vcpu, uint64_t deadline)
{
	uint64_t host = host_deadline(vcpu_cpu(vcpu));

	if (host < deadline)
		deadline = host;
	if (vcpu->spin_ticks && vcpu->next_look < deadline)
		deadline = vcpu->next_look;
	if (deadline == NEVER) {
		write_sysreg(cnthp_ctl_el2, 0);
		return;
	}
	write_sysreg(cnthp_cval_el2, deadline);
	write_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);
}

/* The level of the physical timer's interrupt, and EL2's timer for when it will rise. */
static void physical_update(struct hyp_vcpu *vcpu)
{
	bool on = armed(vcpu->cntp_ctl);
	bool line = on && physical_condition(vcpu);

	vcpu->physical_deadline = on && !line ? vcpu->cntp_cval : NEVER;
	el2_timer_set(vcpu, vcpu->physical_deadline);
	vgic_set_line(vcpu, VM_PPI_PTIMER, line);
}

/* Level of the virtual timer's output, from the CPU's registers. */
bool timer_virtual_line(void)
{
	return (read_sysreg(cntv_ctl_el0) & (CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) ==
	       (CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
}

void timer_enter(struct hyp_vcpu *vcpu)
{
	uint64_t offset = vcpu_vm(vcpu)->cntvoff;
	bool line = false;

	write_sysreg(cntvoff_el2, offset);
	write_sysreg(cntv_cval_el0, vcpu->cntv_cval);
	write_sysreg(cntv_ctl_el0, vcpu->cntv_ctl);
	arch_isb(); /* refresh_virtual_timer() reads it back */
	if (armed(vcpu->cntv_ctl))
		line = read_sysreg(cntpct_el0) - offset >= vcpu->cntv_cval;
	if (line || (vcpu->bank.line & (1u << VM_PPI_VTIMER)))
		vgic_set_line(vcpu, VM_PPI_VTIMER, line);
	vcpu->physical_deadline = NEVER;
	if (vcpu->spin_ticks)
		spin_enter(vcpu);
	if ((vcpu->cntp_ctl & CNT_CTL_ENABLE) || (vcpu->bank.line & (1u << VM_PPI_PTIMER)))
		physical_update(vcpu);
	else if (vcpu->spin_ticks)
		el2_timer_set(vcpu, NEVER);
}

void timer_leave(struct hyp_vcpu *vcpu)
{
	vcpu->cntv_ctl = read_sysreg(cntv_ctl_el0) & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
	vcpu->cntv_cval = read_sysreg(cntv_cval_el0);
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntvoff_el2, 0);
	if (ARCH_HOST_AT_EL2 || (vcpu->cntp_ctl & CNT_CTL_ENABLE) || vcpu->spin_ticks)
		timer_give_back(vcpu_cpu(vcpu));
	if (vcpu->vtimer_active) {
		arch_isb(); /* the line is down before it is deactivated */
		mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ICACTIVER0, 1u << hyp_config.vtimer_ppi);
		arch_mmio_done();
		vcpu->vtimer_active = 0;
	}
}

/* The virtual timer's physical interrupt came while the guest ran. */
void timer_virtual_fired(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_TIMER_VIRTUAL);
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ISACTIVER0, 1u << hyp_config.vtimer_ppi);
	arch_mmio_done(); /* the guest's EOI must not overtake it */
	vcpu->vtimer_active = 1;
	vgic_set_line(vcpu, VM_PPI_VTIMER, true);
}

/*
 * Waits in the CPU until a physical interrupt is pending, or for that many ticks, which EL2's timer
 * counts: it has the physical timer's interrupt if that comes earlier. False: the time is over. In
 * both cases EL2's timer is again what physical_update() has made of it; there are no looks where
 * the driver lets a guest wait (spin_ticks is 0).
 */
bool timer_wait(const struct hyp_vcpu *vcpu, uint32_t ticks)
{
	uint64_t deadline = read_sysreg(cntpct_el0) + ticks;
	bool earlier = deadline < vcpu->physical_deadline;

	if (earlier) {
		el2_timer_set(vcpu, deadline);
		arch_isb();
	}
	arch_wfi();
	if (earlier) {
		el2_timer_set(vcpu, vcpu->physical_deadline);
		arch_isb();
	}
	return read_sysreg(cntpct_el0) < deadline;
}

uint64_t timer_el2_fired(struct hyp_vcpu *vcpu)
{
	bool spins;

	if (read_sysreg(cntpct_el0) >= host_deadline(vcpu_cpu(vcpu)))
		return HYP_EXIT_IRQ;
	spins = vcpu->spin_ticks && spin_look(vcpu);
	if (armed(vcpu->cntp_ctl) && physical_condition(vcpu))
		vcpu_count(vcpu, VMM_STAT_TIMER_PHYSICAL);
	physical_update(vcpu);
	return spins ? HYP_EXIT_WFE : 0;
}

/* CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0 (D13.8.16 to D13.8.18) */
uint64_t timer_read(struct hyp_vcpu *vcpu, uint32_t encoding)
{
	if (encoding == CNTP_TVAL)
		return (uint32_t)(vcpu->cntp_cval - read_sysreg(cntpct_el0));
	if (encoding != CNTP_CTL)
		return vcpu->cntp_cval;
	return vcpu->cntp_ctl |
	       ((vcpu->cntp_ctl & CNT_CTL_ENABLE) && physical_condition(vcpu) ? CNT_CTL_ISTATUS
									      : 0);
}

void timer_write(struct hyp_vcpu *vcpu, uint32_t encoding, uint64_t value)
{
	if (encoding == CNTP_CTL)
		vcpu->cntp_ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
	else if (encoding == CNTP_TVAL)
		vcpu->cntp_cval = read_sysreg(cntpct_el0) + (uint64_t)(int64_t)(int32_t)value;
	else
		vcpu->cntp_cval = value;
	physical_update(vcpu);
}
