// SPDX-License-Identifier: BSD-2-Clause
/* One virtual CPU and the loop of its thread: see vcpu.h. */
#include "vcpu.h"
#include "aarch32.h"
#include "arm64.h"
#include "pvtime.h"
#include "stage2.h"
#include "el2.h"

_Static_assert(sizeof(struct hyp_vcpu) <= VMM_PAGE_SIZE, "a vCPU has one page at EL2");
_Static_assert(sizeof(struct vmm_run) <= VMM_PAGE_SIZE, "one page is shared with user space");
_Static_assert(VMM_STAT_COUNT <= VMM_STATS_ROOM, "the counters fit");
_Static_assert(HYP_MAX_VCPUS == VMM_MAX_VCPUS, "the two ABIs agree");

/* Affinity of vCPU N is Aff0 = N; bit 31 is RES1 (Arm ARM D17.2.101). */
#define VMPIDR_RES1 (UINT64_C(1) << 31)

void vcpu_reset(struct vcpu *vcpu)
{
	static const struct vmm_vcpu_on nowhere;

	vcpu->on = false;
	vcpu->pending = VCPU_PENDING_NONE;
	regs_reset(vcpu->hyp, &nowhere);
	vgic_reset_vcpu(vcpu->hyp);
	pvtime_reset(vcpu);
}

static int share(struct vcpu *vcpu)
{
	vcpu->hyp_pa = host_pa(vcpu->hyp);
	vcpu->hyp->self = el2_address(vcpu->hyp_pa);
	vcpu->hyp->driver = (uintptr_t)vcpu;
	vcpu->hyp->vm = el2_address(vcpu->vm->hyp_pa);
	vcpu->hyp->index = vcpu->index;
	vcpu->hyp->vmpidr = VMPIDR_RES1 | vcpu->index;
	vcpu->hyp->pmu = vcpu->vm->features & VMM_FEATURE_PMU ? HYP_PMU_OFFERED : 0;
	vcpu_reset(vcpu);
	return el2_share(vcpu->hyp_pa, VMM_PAGE_SIZE);
}

int vcpu_create(struct vm *vm, uint32_t index, struct vcpu **created)
{
	struct vcpu *vcpu = host_zalloc(sizeof(*vcpu));
	int error = -ENOMEM;

	if (!vcpu)
		return -ENOMEM;
	vcpu->vm = vm;
	vcpu->index = index;
	host_mutex_init(&vcpu->lock);
	host_waiter_init(&vcpu->waiter);
	vcpu->hyp = host_alloc_pages(0, true);
	vcpu->run = host_alloc_pages(0, true);
	if (vcpu->hyp && vcpu->run)
		error = share(vcpu);
	if (error)
		vcpu_free(vcpu);
	else
		*created = vcpu;
	return error;
}

void vcpu_detach(struct vcpu *vcpu)
{
	el2_unshare(vcpu->hyp_pa, VMM_PAGE_SIZE);
}

void vcpu_free(struct vcpu *vcpu)
{
	if (vcpu->run)
		host_free_pages(vcpu->run, 0);
	if (vcpu->hyp)
		host_free_pages(vcpu->hyp, 0);
	if (vcpu->thread)
		host_thread_drop(vcpu->thread);
	host_free(vcpu);
}

/* The host's way to make a guest exit, where EL2 has no interrupt of its own for that. */
static void kick_through_host(struct vcpu *vcpu)
{
	uint64_t cpu = HOST_READ(vcpu->hyp->cpu);

	if (HOST_READ(vcpu->hyp->state) == HYP_STATE_GUEST && cpu)
		host_kick_cpu((unsigned int)((struct hyp_cpu *)el2_object(cpu))->number);
}

static void kick_running(struct vcpu *vcpu)
{
	uint64_t host = 1;
	int error;

	if (HOST_READ(vcpu->hyp->state) != HYP_STATE_GUEST)
		return;
	error = vm_el2_call(vcpu->vm, HYP_CALL_KICK, vcpu->hyp->self, 0, 0, 0, &host);
	if (error || host)
		kick_through_host(vcpu);
}

void vcpu_interrupt(struct vcpu *vcpu)
{

	HOST_WRITE(vcpu->hyp->request, 1);
	host_mb();
	host_wake(&vcpu->waiter);
	kick_running(vcpu); /* EL2 looks at the request after it has set the state */
}

void vcpu_wake(struct vcpu *vcpu)
{
	host_wake(&vcpu->waiter);
	kick_through_host(vcpu);
}

void vcpu_wake_listed(void)
{
	struct hyp_cpu *cpu = el2_cpu_block(host_cpu());
	uint64_t next;

	if (!cpu)
		return;
	host_gate_enter(); /* vm_destroy waits for us */
	next = __atomic_exchange_n(&cpu->wake_list, 0, __ATOMIC_SEQ_CST);
	while (next) {
		struct hyp_vcpu *hyp = el2_object(next);
		struct vcpu *vcpu = (struct vcpu *)(uintptr_t)hyp->driver;

		next = hyp->wake_next;
		/* From here on it may be put on a list again. */
		__atomic_store_n(&hyp->wake_queued, 0, __ATOMIC_SEQ_CST);
		host_wake(&vcpu->waiter);
	}
	host_gate_leave();
}

static void wake_listed(void *unused)
{
	(void)unused;
	vcpu_wake_listed();
}

void vcpu_unlist(struct vcpu *vcpu)
{
	for (unsigned int cpu = 0; cpu < host_cpu_limit(); cpu++) {
		if (!HOST_READ(vcpu->hyp->wake_queued))
			break;
		host_call_on_cpu(cpu, wake_listed, NULL);
	}
}

void vcpu_hold(struct vcpu *vcpu)
{
	__atomic_add_fetch(&vcpu->holders, 1, __ATOMIC_SEQ_CST);
	/* pairs with vcpu_claim, check */
	if (__atomic_load_n(&vcpu->in_run, __ATOMIC_SEQ_CST) == VCPU_RUNNING)
		vcpu_interrupt(vcpu);
	host_mutex_lock(&vcpu->lock);
}

void vcpu_release(struct vcpu *vcpu)
{
	host_mutex_unlock(&vcpu->lock);
	if (__atomic_sub_fetch(&vcpu->holders, 1, __ATOMIC_SEQ_CST) == 0)
		host_wake(&vcpu->waiter);
}

bool vcpu_claim(struct vcpu *vcpu, enum vcpu_use use)
{
	uint32_t nobody = VCPU_FREE;

	return __atomic_compare_exchange_n(&vcpu->in_run, &nobody, use, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

void vcpu_unclaim(struct vcpu *vcpu)
{
	HOST_WRITE_RELEASE(vcpu->in_run, VCPU_FREE);
}

int vcpu_hold_stopped(struct vcpu *vcpu)
{
	int error = 0;

	if (HOST_READ(vcpu->in_run) == VCPU_RUNNING)
		return -EBUSY; /* it goes on in the guest */
	vcpu_hold(vcpu);
	if (HOST_READ(vcpu->vm->gone))
		error = -ENODEV;
	else if (__atomic_load_n(&vcpu->in_run, __ATOMIC_SEQ_CST) == VCPU_RUNNING)
		error = -EBUSY;
	if (error)
		vcpu_release(vcpu);
	return error;
}

/* Claims it for the loop of vcpu_run. False: another thread runs it. */
static bool claim_to_run(struct vcpu *vcpu)
{
	while (!vcpu_claim(vcpu, VCPU_RUNNING)) {
		if (HOST_READ(vcpu->in_run) == VCPU_RUNNING)
			return false;
		host_mutex_lock(&vcpu->vm->lock); /* until it has been reset */
		host_mutex_unlock(&vcpu->vm->lock);
	}
	return true;
}

/* Lends the lock to those who hold the vCPU. */
static void lend(struct vcpu *vcpu)
{
	host_mutex_unlock(&vcpu->lock);
	while (HOST_READ_ACQUIRE(vcpu->holders)) {
		host_wait_prepare(&vcpu->waiter);
		if (HOST_READ_ACQUIRE(vcpu->holders) && !host_signal_pending())
			host_wait_commit(&vcpu->waiter, HOST_NO_DEADLINE);
		host_wait_finish(&vcpu->waiter);
		if (host_signal_pending())
			host_yield();
	}
	host_mutex_lock(&vcpu->lock);
}

void vcpu_inject(struct vcpu *vcpu, uint32_t what, uint64_t far)
{
	vcpu->hyp->inject = what;
	vcpu->hyp->inject_far = far;
}

void vcpu_skip(struct vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (!(hyp->pstate & PSR_MODE32)) {
		hyp->pc += 4;
		hyp->pstate &= ~PSR_SS;
		return;
	}
	hyp->pc = (uint32_t)(hyp->pc + (hyp->exit.esr & ESR_IL ? 4 : 2));
	hyp->pstate = aarch32_advance(hyp->pstate);
}

void vcpu_cancel(struct vcpu *vcpu, const void *owner)
{
	if (owner && vcpu->owner != owner)
		return;
	if (vcpu->pending == VCPU_PENDING_HVC)
		vcpu->hyp->pc -= 4;
	vcpu->pending = VCPU_PENDING_NONE;
	vcpu->owner = NULL;
}

int vcpu_power_on(struct vcpu *vcpu, const struct vmm_vcpu_on *on)
{
	int error = 0;

	if (on->flags & ~VMM_VCPU_AARCH32)
		return -EINVAL;
	if ((on->flags & VMM_VCPU_AARCH32) && !el2_has_aarch32())
		return -EOPNOTSUPP;
	vcpu_hold(vcpu);
	if (vcpu->vm->gone)
		error = -ENODEV;
	else if (vcpu->on)
		error = -EALREADY;
	else {
		regs_reset(vcpu->hyp, on);
		vcpu->pending = VCPU_PENDING_NONE;
		HOST_WRITE(vcpu->on, true);
	}
	vcpu_release(vcpu);
	return error;
}

int vcpu_power_off(struct vcpu *vcpu)
{
	int error = vcpu_hold_stopped(vcpu);

	if (error)
		return error;
	HOST_WRITE(vcpu->on, false);
	vcpu->pending = VCPU_PENDING_NONE;
	vcpu_release(vcpu);
	return 0;
}

static int exit_suspended(struct vcpu *vcpu, uint32_t how)
{
	vcpu->run->exit_reason = VMM_EXIT_SUSPENDED;
	vcpu->run->pc = vcpu->hyp->pc;
	vcpu->run->suspended.how = how;
	vcpu->run->suspended.vcpu = vcpu->index;
	return VCPU_EXIT;
}

static int exit_crashed(struct vcpu *vcpu)
{
	vcpu->run->exit_reason = VMM_EXIT_ERROR;
	vcpu->run->pc = vcpu->hyp->pc;
	vcpu->run->error.code = HYP_EXIT_CRASH;
	vcpu->run->error.esr = vcpu->hyp->exit.esr;
	vcpu->run->error.far = vcpu->hyp->exit.far;
	return VCPU_EXIT;
}

/* Powered off: sleeps until something changes. */
static int wait_for_power(struct vcpu *vcpu)
{
	vcpu->hyp->wake = 0;
	vcpu_sleep_until(vcpu, HOST_NO_DEADLINE);
	return host_signal_pending() ? -EINTR : VCPU_AGAIN;
}

/* Everything that keeps a vCPU from entering the guest, beside signals. */
static int check(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	uint32_t how;

	if (HOST_READ(vcpu->hyp->request)) {
		HOST_WRITE(vcpu->hyp->request, 0);
		host_mb(); /* whoever sets it again finds us before the looks below */
	}
	if (__atomic_load_n(&vcpu->holders, __ATOMIC_SEQ_CST))
		lend(vcpu);
	if (HOST_READ(vm->gone))
		return -ENODEV;
	if (HOST_READ(vm->crashed))
		return exit_crashed(vcpu);
	how = HOST_READ(vm->suspend_how);
	if (how != VMM_SUSPEND_NONE)
		return exit_suspended(vcpu, how);
	if (!vcpu->on)
		return wait_for_power(vcpu);
	return VCPU_AGAIN;
}

/* Reports a fault at EL2 on a CPU, with what the driver was about. Not inline, as its buffer would
 * give the run loop a stack protector. */
static __attribute__((__noinline__)) void report_crash(struct vcpu *vcpu, unsigned int cpu)
{
	static const char about[] = "running vCPU 00 of ";
	char step[sizeof(about) + VMM_NAME_MAX];

	memcpy(step, about, sizeof(about) - 1);
	step[sizeof("running vCPU ") - 1] = (char)('0' + vcpu->index / 10);
	step[sizeof("running vCPU ")] = (char)('0' + vcpu->index % 10);
	memcpy(step + sizeof(about) - 1, vcpu->vm->name, sizeof(vcpu->vm->name));
	el2_crash_report(cpu, step);
}

/* Where no other thread wants the CPU a WFI may wait in it, and a WFE, too; else a guest that spins
 * until another vCPU has done something gives way, whether by WFE or in a loop. */
static void share_cpu(struct vcpu *vcpu, bool ours)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	hyp->wait_ticks = ours && !hyp->waited ? vcpu->wait_ticks : 0;
	hyp->spin_ticks = ours ? 0 : vcpu_spin_ticks;
	if (ours == !!(hyp->hcr & HCR_TWE))
		hyp->hcr ^= HCR_TWE;
}

/* Into the guest and back, and to what made it come back. Interrupts are masked on entry, enabled
 * on return. */
static int enter(struct vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	uint64_t why;
	uint32_t wake;

	vcpu->vm->hyp->vttbr = stage2_vttbr(vcpu->vm->stage2);
	share_cpu(vcpu, host_cpu_is_ours());
	pvtime_update(vcpu);
	why = el2_hvc(HYP_CALL_RUN, hyp->self, 0, 0, 0);
	if (why == HYP_EXIT_CRASH) {
		HOST_WRITE(hyp->state, HYP_STATE_OUTSIDE);
		report_crash(vcpu, host_cpu());
		vcpu_wake_listed(); /* the SGI may have been taken away with the guest's */
	}
	wake = hyp->exit.wake;
	if (wake & HYP_WAKE_LIST)
		vcpu_wake_listed();
	host_irq_enable();
	host_fp_end(&vcpu->fp);
	if (wake) {
		vm_wake(vcpu->vm, wake & ~HYP_WAKE_LIST);
		hyp->exit.wake = 0;
	}
	return vcpu_exit(vcpu, why);
}

/*
 * The host has something to do before the guest goes on. Work that a thread does on its way to user
 * space is no signal: then VMM_RUN returns without an error and without a reason.
 */
static int attend(struct vcpu *vcpu)
{
	if (!host_interrupted())
		return VCPU_AGAIN;
	if (host_signal_pending())
		return -EINTR;
	vcpu->run->exit_reason = VMM_EXIT_NONE;
	vcpu->run->pc = vcpu->hyp->pc;
	return VCPU_EXIT;
}

static int run_once(struct vcpu *vcpu)
{
	int next = check(vcpu);

	if (next != VCPU_AGAIN || !vcpu->on)
		return next;
	host_fp_begin(&vcpu->fp);
	host_irq_disable();
	if (!host_attention() && el2_cpu_ready())
		return enter(vcpu);
	host_irq_enable();
	host_fp_end(&vcpu->fp);
	if (!host_attention())
		host_yield(); /* this CPU is going off line or coming up */
	return attend(vcpu);
}

int vcpu_complete(struct vcpu *vcpu)
{
	uint8_t pending = vcpu->pending;

	vcpu->pending = VCPU_PENDING_NONE;
	if (pending == VCPU_PENDING_HVC) {
		memcpy(vcpu->hyp->x, vcpu->run->hvc.ret, sizeof(vcpu->run->hvc.ret));
		return VCPU_AGAIN;
	}
	if (pending == VCPU_PENDING_NONE)
		return VCPU_AGAIN;
	if (HOST_READ(vcpu->run->mmio.abort)) {
		vcpu_inject(vcpu, HYP_INJECT_DATA_ABORT, vcpu->hyp->exit.far);
		return VCPU_AGAIN;
	}
	return access_answer(vcpu, HOST_READ(vcpu->run->mmio.data));
}

/* Others may be about to give the old one the CPU, in a gate section. */
static __attribute__((__noinline__)) void adopt_thread(struct vcpu *vcpu, void *thread)
{
	void *old = vcpu->thread;

	host_thread_hold(thread);
	__atomic_store_n(&vcpu->thread, thread, __ATOMIC_RELEASE);
	pvtime_adopt(vcpu);
	HOST_WRITE(vcpu->vm->runner_pid, host_process_id());
	if (!old)
		return;
	host_gate_wait();
	host_thread_drop(old);
}

/* Takes note of who runs the vCPU. An exit that somebody else got is not answered by this one. */
static void adopt(struct vcpu *vcpu, const void *owner)
{
	void *thread = host_thread();

	if (vcpu->owner != owner) {
		vcpu_cancel(vcpu, NULL);
		vcpu->owner = owner;
	}
	if (vcpu->thread != thread)
		adopt_thread(vcpu, thread);
	if (vcpu->vm->runner != owner) {
		HOST_WRITE(vcpu->vm->runner, owner);
		HOST_WRITE(vcpu->vm->runner_pid, host_process_id());
	}
}

int vcpu_run(struct vcpu *vcpu, const void *owner)
{
	int next = -ENODEV;

	if (!claim_to_run(vcpu))
		return -EBUSY;
	host_mutex_lock(&vcpu->lock); /* or whoever looks at a vCPU that does not run has it */
	if (!HOST_READ(vcpu->vm->gone)) {
		adopt(vcpu, owner);
		next = vcpu_complete(vcpu);
	}
	while (next == VCPU_AGAIN)
		next = run_once(vcpu);
	host_mutex_unlock(&vcpu->lock);
	vcpu_unclaim(vcpu);
	return next;
}
