// SPDX-License-Identifier: BSD-2-Clause
/*
 * A vCPU that has nothing to do: it waits in the CPU at EL2 for a while, then its thread sleeps; or
 * it spins for another vCPU (WFE), and gives way to that. See vcpu.h.
 */
#include "vcpu.h"
#include "arm64.h"

#define US_PER_SECOND 1000000
/* The first wait, as a part of the longest */
#define FIRST_WAIT    64

static uint64_t wait_limit; /* in ticks */
uint32_t vcpu_spin_ticks;

static uint64_t ticks(unsigned int us, unsigned int most)
{
	return (us < most ? us : most) * host_counter_frequency() / US_PER_SECOND;
}

void vcpu_set_wait_limit(unsigned int us)
{
	wait_limit = ticks(us, VCPU_WAIT_US_MAX);
}

void vcpu_set_spin_limit(unsigned int us)
{
	vcpu_spin_ticks = (uint32_t)ticks(us, VCPU_SPIN_US_MAX); /* up to 42 GHz */
}

void vcpu_sleep_until(struct vcpu *vcpu, uint64_t deadline)
{
	host_wait_prepare(&vcpu->waiter);
	if (!HOST_READ(vcpu->hyp->wake) && !HOST_READ(vcpu->hyp->request) && !host_signal_pending())
		host_wait_commit(&vcpu->waiter, deadline);
	host_wait_finish(&vcpu->waiter);
}

/* When a timer wants the guest's attention, in ticks of the physical counter (Arm ARM D11.2.4). */
static uint64_t timer_deadline(uint64_t control, uint64_t compare, uint64_t offset)
{
	bool armed = (control & CNT_CTL_ENABLE) && !(control & CNT_CTL_IMASK);
	uint64_t deadline = compare + offset;

	if (!armed || (offset && deadline < compare))
		return HOST_NO_DEADLINE; /* wrapped: centuries from now */
	return deadline;
}

/* A timer that EL2 has seen expired when it found that the guest sleeps has an interrupt that is
 * disabled or masked: it wakes nobody. */
static uint64_t still_ahead(const struct hyp_vcpu *hyp, unsigned int ppi, uint64_t deadline,
			    uint64_t now)
{
	return deadline <= now && (hyp->bank.line & (1u << ppi)) ? HOST_NO_DEADLINE : deadline;
}

/*
 * What came soon would have been worth a longer wait in the CPU; what came late was not worth any.
 * So the wait grows from a 64th of the limit by doubling, and a guest that is idle does without.
 */
static void adapt_wait(struct vcpu *vcpu, uint64_t slept)
{
	uint64_t wait = vcpu->wait_ticks;

	if (slept + wait > wait_limit)
		wait = 0;
	else
		wait = wait ? 2 * wait : wait_limit / FIRST_WAIT;
	vcpu->wait_ticks = (uint32_t)(wait < wait_limit ? wait : wait_limit);
}

void vcpu_block(struct vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	uint64_t virtual = timer_deadline(hyp->cntv_ctl, hyp->cntv_cval, vcpu->vm->hyp->cntvoff);
	uint64_t physical = timer_deadline(hyp->cntp_ctl, hyp->cntp_cval, 0);
	uint64_t now = host_counter(), deadline;

	hyp->waited = 0;
	virtual = still_ahead(hyp, VM_PPI_VTIMER, virtual, now);
	physical = still_ahead(hyp, VM_PPI_PTIMER, physical, now);
	deadline = virtual < physical ? virtual : physical;
	if (hyp->exit.no_block || deadline <= now)
		return;
	HOST_WRITE(hyp->state, HYP_STATE_BLOCKED);
	host_mb();
	vcpu_count(vcpu, VMM_STAT_WFI_SLEEPS);
	vcpu_sleep_until(vcpu, deadline);
	HOST_WRITE(hyp->state, HYP_STATE_OUTSIDE);
	adapt_wait(vcpu, host_counter() - now);
}

/*
 * Is its thread ready to run, and not in the guest? Most often it was preempted: what a thread does
 * in the driver on its own account is short. One that sleeps is ready once something has come for
 * it. The scheduler has the last word: it gives the CPU to no thread that sleeps or runs.
 */
static bool wants_to_run(const struct vcpu *vcpu)
{
	const struct hyp_vcpu *hyp = vcpu->hyp;
	uint32_t state;

	if (HOST_READ(vcpu->in_run) != VCPU_RUNNING || !HOST_READ(vcpu->on))
		return false;
	state = HOST_READ(hyp->state);
	return state == HYP_STATE_OUTSIDE || (state == HYP_STATE_BLOCKED && HOST_READ(hyp->wake));
}

/* What spins waits for one that does not: its turn comes only when the others did not help. */
static bool is_passed_over(struct vcpu *vcpu)
{
	bool passed_over = HOST_READ(vcpu->spinning) && !HOST_READ(vcpu->passed_over);

	HOST_WRITE(vcpu->passed_over, passed_over);
	return passed_over;
}

static bool give_cpu_to(struct vcpu *vcpu)
{
	void *thread;
	bool given;

	host_gate_enter();
	thread = __atomic_load_n(&vcpu->thread, __ATOMIC_ACQUIRE);
	if (thread)
		host_thread_hold(thread);
	host_gate_leave();
	if (!thread)
		return false;
	given = host_yield_to(thread);
	host_thread_drop(thread);
	return given;
}

/* Who was given the CPU last is asked last the next time. */
static bool give_cpu_to_another(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	unsigned int last = HOST_READ(vm->yielded_to), i;

	for (i = 1; i <= VMM_MAX_VCPUS; i++) {
		unsigned int index = (last + i) % VMM_MAX_VCPUS;
		struct vcpu *other = vm_vcpu(vm, index);

		if (!other || other == vcpu || !wants_to_run(other) || is_passed_over(other) ||
		    !give_cpu_to(other))
			continue;
		HOST_WRITE(vm->yielded_to, index);
		return true;
	}
	return false;
}

void vcpu_yield(struct vcpu *vcpu)
{
	HOST_WRITE(vcpu->spinning, true);
	if (give_cpu_to_another(vcpu))
		vcpu_count(vcpu, VMM_STAT_YIELDS);
	else
		host_reschedule();
	HOST_WRITE(vcpu->spinning, false);
}
