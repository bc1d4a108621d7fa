// SPDX-License-Identifier: BSD-2-Clause
/* Registers and counters of a vCPU: the reset state, and access by VMM_GET_REG, VMM_SET_REG and
 * VMM_GET_STATS. */
#include "vcpu.h"
#include "aarch32.h"
#include "arm64.h"

/* EL1h with D, A, I and F masked (Arm ARM D1.6.2). */
#define RESET_PSTATE	    (PSR_D | PSR_A | PSR_I | PSR_F | PSR_MODE_EL1H)
/* RES1 bits of SCTLR_EL1 in ARMv8.0; MMU and caches off, little endian (Arm ARM D17.2.118). */
#define RESET_SCTLR	    UINT64_C(0x30d00800)
/* Supervisor mode; RES1 bits of SCTLR, no trap of WFI, WFE and the CP15 barriers (G8.2.126). */
#define RESET_CPSR	    (PSR_A | PSR_I | PSR_F | AARCH32_MODE_SVC)
#define RESET_SCTLR_AARCH32 UINT64_C(0x00c50838)
#define RESET_WAKER	    6u /* GICR_WAKER: ProcessorSleep and ChildrenAsleep (IHI 0069, 12.11.42) */
#define SGI_MASK	    0xffffu
#define NO_OWNER	    0xff

static void reset_aarch64(struct hyp_vcpu *hyp, uint64_t entry)
{
	hyp->hcr = HCR_GUEST;
	hyp->pc = entry;
	hyp->pstate = RESET_PSTATE;
	hyp->sys[HYP_SCTLR_EL1] = RESET_SCTLR;
}

static void reset_aarch32(struct hyp_vcpu *hyp, uint64_t entry)
{
	hyp->hcr = HCR_GUEST32;
	hyp->pc = entry & ~UINT64_C(1) & 0xffffffff;
	hyp->pstate = RESET_CPSR | (entry & 1 ? AARCH32_T : 0);
	hyp->sys[HYP_SCTLR_EL1] = RESET_SCTLR_AARCH32;
}

void regs_reset(struct hyp_vcpu *hyp, const struct vmm_vcpu_on *on)
{
	memset(hyp->x, 0, sizeof(hyp->x));
	memset(hyp->sys, 0, sizeof(hyp->sys));
	memset(hyp->debug, 0, sizeof(hyp->debug));
	memset(&hyp->fp, 0, sizeof(hyp->fp));
	memset(&hyp->exit, 0, sizeof(hyp->exit));
	memset(hyp->aarch32, 0, sizeof(hyp->aarch32));
	hyp->x[0] = on->context;
	if (on->flags & VMM_VCPU_AARCH32)
		reset_aarch32(hyp, on->entry);
	else
		reset_aarch64(hyp, on->entry);
	hyp->cntv_ctl = hyp->cntv_cval = 0;
	hyp->cntp_ctl = hyp->cntp_cval = 0;
	hyp->inject = 0;
	hyp->inject_far = 0;
	hyp->oslar = 0;
	memset(&hyp->pmu_state, 0, sizeof(hyp->pmu_state));
	hyp->pmu &= HYP_PMU_OFFERED;
	hyp->wake = 0;
	/* The CPU interface (IHI 0069, 12.4): all groups disabled, nothing active. */
	hyp->vmcr = hyp->ap0r = hyp->ap1r = 0;
}

void vgic_reset_vcpu(struct hyp_vcpu *hyp)
{
	memset(&hyp->bank, 0, sizeof(hyp->bank));
	memset(hyp->lr_intid, 0, sizeof(hyp->lr_intid));
	hyp->bank.edge = SGI_MASK;
	hyp->gicr_ctlr = 0;
	hyp->gicr_waker = RESET_WAKER;
	hyp->lr_used = 0;
	hyp->lr_latch = 0;
	hyp->vtimer_active = 0;
	hyp->irq_work = 0;
	hyp->sync_request = 0;
	hyp->vgic_lock = 0;
}

void vgic_reset_vm(struct hyp_vm *hyp)
{
	hyp->gicd_ctlr = 0;
	hyp->spi_summary = 0;
	hyp->vgic_lock = 0;
	memset(hyp->bank, 0, sizeof(hyp->bank));
	memset(hyp->router, 0, sizeof(hyp->router));
	memset(hyp->owner, NO_OWNER, sizeof(hyp->owner));
}

/* Where an EL1 register is in struct hyp_vcpu.sys, plus 1; 0: elsewhere. */
static const uint8_t sys_index[VMM_REG_COUNT] = {
#define SYS_INDEX(name1, reg1, name2, reg2) \
	[VMM_REG_##name1] = HYP_##name1 + 1, [VMM_REG_##name2] = HYP_##name2 + 1,
	HYP_SYSREGS_LIVE(SYS_INDEX) HYP_SYSREGS_DEAD(SYS_INDEX)
#undef SYS_INDEX
};

/* The same in struct hyp_vcpu.aarch32. */
static const uint8_t aarch32_index[VMM_REG_COUNT] = {
#define AARCH32_INDEX(name, reg) [VMM_REG_##name] = HYP_##name + 1,
	HYP_SYSREGS_AARCH32(AARCH32_INDEX)
#undef AARCH32_INDEX
};

/* The place of a register; null if there is no such register. */
static uint64_t *place(struct vcpu *vcpu, uint32_t reg)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (reg >= VMM_REG_COUNT)
		return NULL;
	if (reg <= VMM_REG_X30)
		return &hyp->x[reg];
	if (sys_index[reg])
		return &hyp->sys[sys_index[reg] - 1];
	if (aarch32_index[reg])
		return &hyp->aarch32[aarch32_index[reg] - 1];
	switch (reg) {
	case VMM_REG_PC:
		return &hyp->pc;
	case VMM_REG_PSTATE:
		return &hyp->pstate;
	case VMM_REG_MPIDR_EL1:
		return &hyp->vmpidr;
	case VMM_REG_CNTV_CTL_EL0:
		return &hyp->cntv_ctl;
	case VMM_REG_CNTV_CVAL_EL0:
		return &hyp->cntv_cval;
	case VMM_REG_CNTP_CTL_EL0:
		return &hyp->cntp_ctl;
	case VMM_REG_CNTP_CVAL_EL0:
		return &hyp->cntp_cval;
	case VMM_REG_CNTVOFF_EL2:
		return &vcpu->vm->hyp->cntvoff;
	case VMM_REG_STOLEN_TIME:
		return &vcpu->vm->pvtime[vcpu->index].stolen_ns;
	}
	return NULL;
}

int vcpu_get_reg(struct vcpu *vcpu, uint32_t reg, uint64_t *value)
{
	const uint64_t *from = place(vcpu, reg);
	int error = 0;

	if (!from)
		return -EINVAL;
	vcpu_hold(vcpu);
	if (vcpu->vm->gone)
		error = -ENODEV;
	else
		*value = *from;
	vcpu_release(vcpu);
	return error;
}

/* Is a thread in VMM_RUN for any vCPU of the VM? */
static bool any_running(const struct vm *vm)
{
	const struct vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm_vcpu(vm, i);
		if (vcpu && HOST_READ_ACQUIRE(vcpu->in_run) == VCPU_RUNNING)
			return true;
	}
	return false;
}

int vcpu_set_reg(struct vcpu *vcpu, uint32_t reg, uint64_t value)
{
	uint64_t *to = place(vcpu, reg);
	int error;

	if (!to)
		return -EINVAL;
	if (reg == VMM_REG_MPIDR_EL1)
		return -EPERM;
	if (reg == VMM_REG_CNTVOFF_EL2 && any_running(vcpu->vm))
		return -EBUSY;
	error = vcpu_hold_stopped(vcpu);
	if (error)
		return error;
	*to = value;
	vcpu_release(vcpu);
	return 0;
}

int vcpu_get_stats(struct vcpu *vcpu, struct vmm_stats *stats)
{
	if (HOST_READ(vcpu->vm->gone))
		return -ENODEV;
	stats->count = VMM_STAT_COUNT;
	memset(stats->value, 0, sizeof(stats->value));
	memcpy(stats->value, vcpu->hyp->stats, VMM_STAT_COUNT * sizeof(uint64_t));
	return 0;
}
