/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One virtual CPU: its state, and the loop of the thread that runs it.
 *
 * The thread in vcpu_run holds vcpu.lock. Who else wants the state calls vcpu_hold, which makes a
 * running vCPU come out of the guest and its thread lend the lock, and then vcpu_release. A vCPU
 * sleeps (in WFI, or powered off) with the lock held, and wakes to lend it.
 */
#ifndef VMM_CORE_VCPU_H
#define VMM_CORE_VCPU_H

#include "access.h"
#include "hyp_abi.h"
#include "vm.h"

/* What the thread of a vCPU does next; negative values are errors that VMM_RUN returns. */
#define VCPU_EXIT	 0 /* to user space: vcpu.run says why */
#define VCPU_AGAIN	 1 /* enter the guest */

#define VCPU_WAIT_US_MAX 500
#define VCPU_SPIN_US_MAX 100000

/* What user space has to answer before the guest goes on. */
enum vcpu_pending {
	VCPU_PENDING_NONE,
	VCPU_PENDING_ACCESS,
	VCPU_PENDING_HVC,
};

/* Who has the vCPU for longer than the lock is held. */
enum vcpu_use {
	VCPU_FREE,
	VCPU_RUNNING,	/* a thread is in vcpu_run */
	VCPU_RESETTING, /* vm_reinit, which holds vm.lock; vcpu_run waits for it */
};

struct vcpu {
	struct hyp_vcpu *hyp;
	pa_t hyp_pa;
	struct vmm_run *run; /* the page shared with user space */
	struct vm *vm;
	uint32_t index;
	struct host_mutex lock;
	struct host_waiter waiter;
	uint32_t in_run;   /* atomic: enum vcpu_use */
	uint32_t holders;  /* atomic: threads that want the lock */
	bool on;	   /* PSCI power state */
	uint8_t pending;   /* enum vcpu_pending */
	const void *owner; /* who ran it last, and got the pending exit */
	struct access access;
	void *thread; /* the last that ran it, with a reference (host_thread_hold); read in a gate
		       */
	uint64_t run_delay_ns; /* the thread's, when it was looked at last: pvtime.h */
	uint32_t wait_ticks;   /* how long its next WFI may wait at EL2: wait.c */
	struct host_fp fp;     /* of the thread, while the guest runs; see host_fp_begin */
	bool spinning;	       /* it gave the CPU away, and has not got it back: wait.c, */
	bool passed_over;      /* and was not given it the last time for that reason */
};

/* Makes a vCPU in reset state, powered off, and shares it with EL2. -ENOMEM. */
int vcpu_create(struct vm *vm, uint32_t index, struct vcpu **created);
/* Takes EL2's mapping of it away. Nobody runs it any more, and never will. */
void vcpu_detach(struct vcpu *vcpu);
void vcpu_free(struct vcpu *vcpu);

/*
 * Runs the vCPU until user space has something to do, for an owner: an identity (the open file). 0:
 * see vcpu.run; -EINTR: a signal; -EBUSY: another thread is in vcpu_run, for any other use of the
 * vCPU it is waited; -ENODEV: destroyed; -ENOMEM: no memory for what the guest touched, it may be
 * tried again.
 */
int vcpu_run(struct vcpu *vcpu, const void *owner);

/* Exclusive use of the state, in process context. */
void vcpu_hold(struct vcpu *vcpu);
void vcpu_release(struct vcpu *vcpu);
/*
 * The same of a vCPU that no thread runs; one that begins to run it meanwhile waits for
 * vcpu_release. -EBUSY: a thread runs it, -ENODEV: destroyed; then it is not held.
 */
int vcpu_hold_stopped(struct vcpu *vcpu);
/* Makes a running vCPU come out of the guest, and a sleeping one look around. Any context. */
void vcpu_interrupt(struct vcpu *vcpu);
/* An interrupt came in for it: wakes its thread, or makes the CPU that it runs on exit through the
 * host. Any context. */
void vcpu_wake(struct vcpu *vcpu);
/*
 * Wakes the vCPUs that EL2 of other CPUs has put on this CPU's list. Interrupts are off, or it is
 * an interrupt's handler: that of the kick SGI.
 */
void vcpu_wake_listed(void);
/* It does not run any more: takes it from the list that it may be on. host_gate_wait() waits for
 * who is about to wake it. Process context. */
void vcpu_unlist(struct vcpu *vcpu);
/* Claims the vCPU, so that no thread gets into the loop of vcpu_run, or gives it back. False:
 * somebody has it. */
bool vcpu_claim(struct vcpu *vcpu, enum vcpu_use use);
void vcpu_unclaim(struct vcpu *vcpu);
/* Undoes an exit that "owner" did not finish (null: anybody), so that the guest repeats it. Held.
 */
void vcpu_cancel(struct vcpu *vcpu, const void *owner);

/* VMM_VCPU_ON, VMM_VCPU_OFF: errors as in vmm_ioctl.h. */
int vcpu_power_on(struct vcpu *vcpu, const struct vmm_vcpu_on *on);
int vcpu_power_off(struct vcpu *vcpu);
/* The state after creation: powered off, registers, timers and interrupts in reset state. Held or
 * not yet published. */
void vcpu_reset(struct vcpu *vcpu);

/* VMM_GET_REG, VMM_SET_REG, VMM_GET_STATS: regs.c. */
int vcpu_get_reg(struct vcpu *vcpu, uint32_t reg, uint64_t *value);
int vcpu_set_reg(struct vcpu *vcpu, uint32_t reg, uint64_t value);
int vcpu_get_stats(struct vcpu *vcpu, struct vmm_stats *stats);
/* The architectural reset state (Arm ARM D1.6.1; G1.17.1) at the entry point and with what "on" has
 * besides, and that of the vGIC's part per vCPU. regs.c */
void regs_reset(struct hyp_vcpu *hyp, const struct vmm_vcpu_on *on);
void vgic_reset_vcpu(struct hyp_vcpu *hyp);
void vgic_reset_vm(struct hyp_vm *hyp);

/* Deals with what made EL2 return (exit.c). VCPU_AGAIN, VCPU_EXIT or a negative errno. */
int vcpu_exit(struct vcpu *vcpu, uint64_t why);
/* Finishes what user space has answered. As above. */
int vcpu_complete(struct vcpu *vcpu);
/* Sleeps until an interrupt for the guest, a timer of the guest's or a request. wait.c */
void vcpu_block(struct vcpu *vcpu);
/* Sleeps until a request, a wake or a signal, or until the counter reaches "deadline". wait.c */
void vcpu_sleep_until(struct vcpu *vcpu, uint64_t deadline);
/*
 * The longest that a WFI waits at EL2 before the vCPU's thread sleeps, in microseconds, at most
 * VCPU_WAIT_US_MAX; 0: it sleeps at once. Before the first vCPU runs. wait.c
 */
void vcpu_set_wait_limit(unsigned int us);
/*
 * How long a guest's kernel may be in one loop, at least, before it is taken to wait for another
 * vCPU, where other threads want the CPU: in microseconds, at most VCPU_SPIN_US_MAX; 0: as long as
 * it likes. Before the first vCPU runs. wait.c
 */
void vcpu_set_spin_limit(unsigned int us);
/* The same in ticks of the counter */
extern uint32_t vcpu_spin_ticks;
/* A WFE or a loop: a vCPU of the same VM that is ready to run and does not gets the CPU, of those
 * that spun themselves every other time. If there is none the guest goes on, as far as the
 * scheduler says so. wait.c */
void vcpu_yield(struct vcpu *vcpu);
/* Makes EL2 inject an exception on the next entry (HYP_INJECT_*). */
void vcpu_inject(struct vcpu *vcpu, uint32_t what, uint64_t far);
/* Steps over the instruction that exited. */
void vcpu_skip(struct vcpu *vcpu);

static inline void vcpu_count(struct vcpu *vcpu, enum vmm_stat stat)
{
	vcpu->hyp->stats[stat]++;
}

#endif
