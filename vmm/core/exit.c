// SPDX-License-Identifier: BSD-2-Clause
/* What the driver does with an exit from the guest. */
#include "vcpu.h"
#include "arm64.h"
#include "pvtime.h"

static int exit_hvc(struct vcpu *vcpu)
{
	struct vmm_run *run = vcpu->run;

	run->exit_reason = VMM_EXIT_HVC;
	run->pc = vcpu->hyp->pc - 4;
	memcpy(run->hvc.arg, vcpu->hyp->x, sizeof(run->hvc.arg));
	memset(run->hvc.ret, 0, sizeof(run->hvc.ret));
	vcpu->pending = VCPU_PENDING_HVC;
	vcpu_count(vcpu, VMM_STAT_DONE_USER);
	return VCPU_EXIT;
}

/* Is memory that is not mapped yet the reason (rather than a broken memory, say)? */
static bool is_stage2_fault(uint64_t esr)
{
	unsigned int type = FSC_TYPE(ISS_ABT_FSC(esr));

	return type == FSC_TRANSLATION || type == FSC_ACCESS_FLAG || type == FSC_PERMISSION;
}

/* A table walk for a store is a read; cache maintenance counts as a write, but is none. */
static bool is_write(uint64_t esr)
{
	return ESR_EC(esr) == EC_DABT_LOWER && (esr & ISS_DABT_WNR) &&
	       !(esr & (ISS_DABT_CM | ISS_ABT_S1PTW));
}

/* Does an access reach no memory, though it is to a segment? What is mapped and yet faults is not
 * allowed: mapping it again would not help. */
static bool is_trapped(const struct memory_segment *segment, uint64_t esr)
{
	uint32_t flags = HOST_READ(segment->flags);

	if (flags & VMM_MEM_TRAP)
		return true;
	return (flags & VMM_MEM_READONLY) &&
	       (is_write(esr) || FSC_TYPE(ISS_ABT_FSC(esr)) == FSC_PERMISSION);
}

static int touch_memory(struct vcpu *vcpu)
{
	int error = memory_fault(&vcpu->vm->memory, vcpu->hyp->exit.ipa);

	if (error)
		return error;
	vcpu_count(vcpu, VMM_STAT_PAGE_FAULTS);
	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	return VCPU_AGAIN;
}

/* What faults there in another way is not allowed, and would fault for ever. */
static bool is_first_look_at_pvtime(uint64_t ipa, uint64_t esr)
{
	return pvtime_is(ipa) && !is_write(esr) && FSC_TYPE(ISS_ABT_FSC(esr)) == FSC_TRANSLATION;
}

static int touch_pvtime(struct vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	return pvtime_map(vcpu->vm) ? -ENOMEM : VCPU_AGAIN;
}

static int inject_abort(struct vcpu *vcpu, uint64_t esr)
{
	bool instruction = ESR_EC(esr) == EC_IABT_LOWER;

	vcpu_inject(vcpu, instruction ? HYP_INJECT_INSTRUCTION_ABORT : HYP_INJECT_DATA_ABORT,
		    vcpu->hyp->exit.far);
	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	return VCPU_AGAIN;
}

/* Stage-2 abort: memory that was not touched before, a device, or nothing at all (Arm ARM D8.15).
 */
static int exit_abort(struct vcpu *vcpu)
{
	uint64_t esr = vcpu->hyp->exit.esr;
	const struct memory_segment *segment;

	if (!is_stage2_fault(esr))
		return inject_abort(vcpu, esr);
	segment = memory_find(&vcpu->vm->memory, vcpu->hyp->exit.ipa);
	if (segment && !is_trapped(segment, esr))
		return touch_memory(vcpu);
	if (ESR_EC(esr) == EC_IABT_LOWER || (esr & ISS_ABT_S1PTW))
		return inject_abort(vcpu, esr);
	if (is_first_look_at_pvtime(vcpu->hyp->exit.ipa, esr))
		return touch_pvtime(vcpu);
	if (esr & ISS_DABT_CM) {
		vcpu_skip(vcpu); /* cache maintenance of a device: there is no cache */
		vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
		return VCPU_AGAIN;
	}
	return access_start(vcpu);
}

/*
 * A physical SError, as the kernel itself takes one: what was corrected or may be restarted has
 * been contained and is over; what could not be contained ends the host; all else (and what a CPU
 * without RAS says) ends this VM, which was running when it came.
 */
static int exit_serror(struct vcpu *vcpu)
{
	uint64_t esr = vcpu->hyp->exit.esr;
	bool known = !(esr & ISS_SERROR_IDS) && ISS_ABT_FSC(esr) == ISS_SERROR_DFSC;

	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	if (known && ISS_SERROR_AET(esr) == AET_UNCONTAINABLE)
		host_end_uncontained(esr);
	if (known &&
	    (ISS_SERROR_AET(esr) == AET_CORRECTED || ISS_SERROR_AET(esr) == AET_RESTARTABLE))
		return VCPU_AGAIN;
	host_log(HOST_LOG_ERROR, "%s: vCPU %u: SError, syndrome %#llx: the machine is ended",
		 vcpu->vm->name, vcpu->index, (unsigned long long)esr);
	vm_crash(vcpu->vm);
	return VCPU_AGAIN; /* the loop finds the VM crashed */
}

int vcpu_exit(struct vcpu *vcpu, uint64_t why)
{
	if (why == HYP_EXIT_ABORT)
		return exit_abort(vcpu);
	switch (why) {
	case HYP_EXIT_HVC:
		return exit_hvc(vcpu);
	case HYP_EXIT_WFI:
		vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
		vcpu_block(vcpu);
		return VCPU_AGAIN;
	case HYP_EXIT_IRQ:
		/* The host took it when interrupts were enabled. */
		vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
		return VCPU_AGAIN;
	case HYP_EXIT_WFE:
		vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
		vcpu_yield(vcpu);
		return VCPU_AGAIN;
	case HYP_EXIT_WAKE:
	case HYP_EXIT_REQUEST:
		return VCPU_AGAIN;
	case HYP_EXIT_SERROR:
		return exit_serror(vcpu);
	default:
		vm_crash(vcpu->vm);
		return VCPU_AGAIN; /* the loop finds the VM crashed */
	}
}
