// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kicks: a physical SGI of our own makes a CPU that runs a guest come to EL2 and look for work. It
 * is sent and consumed at EL2; the host never sees one: it is sent only while the target's state is
 * HYP_STATE_GUEST (changed under its vgic_lock), and a vCPU that leaves the guest waits for one
 * that is still on its way.
 *
 * A vCPU that sleeps in the host of another CPU is woken by the same SGI: it is put on a list of
 * that CPU, and when the SGI is the host's (or EL2 finds the list where a guest runs) the driver
 * wakes who is on it. So the vCPU that sends an interrupt need not leave its guest.
 */
#include "hyp.h"

#define DRAIN_LIMIT 1000000

static uint64_t sgi1r_for(uint64_t mpidr, uint32_t sgi)
{
	uint64_t aff0 = mpidr & 0xff; /* upper half: the range selector */

	return ((mpidr >> 32) & 0xff) << 48 | (aff0 >> 4) << 44 | ((mpidr >> 16) & 0xff) << 32 |
	       (uint64_t)sgi << 24 | ((mpidr >> 8) & 0xff) << 16 | UINT64_C(1) << (aff0 & 0xf);
}

/* With vgic_lock of the vCPU held and its state seen to be HYP_STATE_GUEST on another CPU. True:
 * the host must. */
bool kick_locked(struct hyp_vcpu *vcpu)
{
	if (!__atomic_load_n(&vcpu_cpu(vcpu)->takes_kicks, __ATOMIC_RELAXED))
		return true;
	if (vcpu->kicked)
		return false;
	__atomic_store_n(&vcpu->kicked, 1, __ATOMIC_RELAXED);
	vcpu_count(vcpu, VMM_STAT_KICKS);
	arch_send_sgi(sgi1r_for(vcpu_cpu(vcpu)->mpidr, hyp_config.kick_sgi));
	return false;
}

/*
 * With vgic_lock of the vCPU held, which sleeps in the host ("wake" is set). True: the host of the
 * CPU that it ran on last will wake it. False: the caller must. Only while a guest runs here: in a
 * call of the host, that wakes it with less.
 */
bool kick_sleeper(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = vcpu_cpu(vcpu), *here = this_cpu();
	uint64_t first;

	if (here->vcpu == 0 || cpu == here || !__atomic_load_n(&cpu->takes_kicks, __ATOMIC_SEQ_CST))
		return false;
	if (__atomic_exchange_n(&vcpu->wake_queued, 1, __ATOMIC_SEQ_CST))
		return true;
	vcpu_count(vcpu, VMM_STAT_KICKS);
	first = __atomic_load_n(&cpu->wake_list, __ATOMIC_RELAXED);
	do
		vcpu->wake_next = first;
	while (!__atomic_compare_exchange_n(&cpu->wake_list, &first, vcpu->self, true,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (first == 0)
		arch_send_sgi(sgi1r_for(cpu->mpidr, hyp_config.kick_sgi));
	return true;
}

/* HYP_CALL_KICK: the driver has set "request". */
bool kick_vcpu(struct hyp_vcpu *vcpu)
{
	bool host = false;

	arch_lock(&vcpu->vgic_lock);
	arch_mb(); /* pairs with the one in run_prepare() */
	if (__atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) == HYP_STATE_GUEST)
		host = kick_locked(vcpu);
	arch_unlock(&vcpu->vgic_lock);
	return host;
}

static void withdraw_sgi(struct hyp_vcpu *vcpu)
{
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ICPENDR0, 1u << hyp_config.kick_sgi);
	arch_mmio_done();
}

static void allow_next(struct hyp_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->kicked, 0, __ATOMIC_RELAXED);
	arch_mb(); /* whoever sees kicked == 0 sends again; whoever saw 1 has its work seen by us
		      after this */
}

/*
 * The SGI arrived while the guest ran. Returns the next physical interrupt, 1020 and above for
 * none: it is looked for while nobody can send another kick, as those come first and, were they
 * sent without end, would keep the host from its interrupts.
 */
uint32_t kick_received(struct hyp_vcpu *vcpu)
{
	uint32_t next;

	withdraw_sgi(vcpu);
	next = (uint32_t)read_sysreg(icc_hppir1_el1);
	allow_next(vcpu);
	return next;
}

/* The vCPU has left the guest: nobody sends any more; one may be on its way. */
void kick_drain(struct hyp_vcpu *vcpu)
{
	uint32_t bit;

	if (!__atomic_load_n(&vcpu->kicked, __ATOMIC_RELAXED))
		return;
	bit = 1u << hyp_config.kick_sgi;
	for (unsigned int i = 0; i < DRAIN_LIMIT; i++)
		if (mmio_read32(vcpu_cpu(vcpu)->gicr + GICR_ISPENDR0) & bit)
			break;
	withdraw_sgi(vcpu);
	allow_next(vcpu);
}
