/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One virtual machine. It is made by vm_create, is found by its name until vm_destroy, and its
 * memory lives until the last reference is gone (open files and mappings of a destroyed VM keep
 * it).
 *
 * Locks, in this order: the caller's lock of the table of names; vm.lock; vcpu.lock; memory.lock;
 * EL2's tables. What EL2 is asked to do with a VM or vCPU stands in a gate section (host_vm.h) that
 * first looks at vm.detached.
 */
#ifndef VMM_CORE_VM_H
#define VMM_CORE_VM_H

#include "doorbell.h"
#include "hyp_abi.h"
#include "memory.h"
#include "vmm_ioctl.h"

/* Of the redistributors, whose place is in arm64.h. */
#define VM_GICR_SIZE  ((uint64_t)VM_GICR_STRIDE * VMM_MAX_VCPUS)

#define VM_IRQ_EVENTS 256

struct stage2;
struct vcpu;

struct vm {
	char name[VMM_NAME_MAX + 1];
	struct vm *next;	/* in the table of names */
	uint32_t references;	/* atomic */
	struct host_mutex lock; /* covers: creation of vCPUs, suspend_how, doorbells' changes, blob,
				   gone, detached */
	struct stage2 *stage2;
	struct vm_memory memory;
	struct hyp_vm *hyp;
	pa_t hyp_pa;
	struct hyp_pvtime *pvtime;	  /* a page: pvtime.h */
	struct vcpu *vcpu[VMM_MAX_VCPUS]; /* published with release, never taken back */
	struct doorbells doorbells;
	const void **irq_events; /* VM_IRQ_EVENTS places, made with the first; under vm.lock */
	unsigned int irq_event_count;
	uint32_t suspend_how; /* enum vmm_suspend */
	uint32_t features;    /* VMM_FEATURE_* */
	bool gone;	      /* destroyed: nothing is entered any more */
	bool detached; /* EL2 must not be given this VM: destroyed, crashed, or being reset */
	bool crashed;  /* a fault at EL2: must not run again */
	void *blob;
	uint32_t blob_size;
	uint64_t created_ns;
	int32_t runner_pid;
	const void *runner;  /* the owner (open file) that last ran a vCPU */
	uint32_t yielded_to; /* the last vCPU that another one gave the CPU to */
	uint32_t pad;
};

/* Is this a name a VM may have? Letters, digits, ". _ - +", not starting with ".", 1 to
 * VMM_NAME_MAX bytes. */
bool vm_name_valid(const char *name);
/*
 * Makes a VM and enters it in the table, which holds a reference; vm_create, vm_find, vm_unlist and
 * vm_destroy are serialised by the caller. -EINVAL (name), -EEXIST, -ENOMEM, -ENODEV (EL2 is not
 * ours).
 */
int vm_create(const char *name, struct vm **created);
/* By name; null if there is none. No reference is taken. */
struct vm *vm_find(const char *name);
/* Takes the VM out of the table, whose reference is the caller's from now on: for vm_end. */
void vm_unlist(struct vm *vm);
/*
 * Ends a VM that was unlisted: makes every vcpu_run return -ENODEV, waits until none is in the
 * guest, takes EL2's mappings and stage 2 down, and drops the table's reference. Takes as long as
 * the VM's threads do, and needs not be serialised with anything.
 */
void vm_end(struct vm *vm);
/* Both. */
void vm_destroy(struct vm *vm);
/* References. vm_put frees a VM that was destroyed, with its memory. Process context. */
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);

/* The ioctls of vmm_ioctl.h, with their errors; -ENODEV after vm_destroy. */
int vm_info(struct vm *vm, struct vmm_info *info);
int vm_set_memseg(struct vm *vm, struct vmm_memseg *segment);
int vm_set_memseg_flags(struct vm *vm, const struct vmm_memseg *segment);
int vm_get_memseg(struct vm *vm, struct vmm_memseg *segment);
int vm_create_vcpu(struct vm *vm, uint64_t index);
int vm_set_features(struct vm *vm, uint64_t features);
/* -EALREADY: it was suspended before; the first reason stands, but for a reset. */
int vm_suspend(struct vm *vm, uint64_t how);
/* "ended" is how the last run ended, or VMM_SUSPEND_NONE for any way. -ECANCELED: otherwise. */
int vm_reinit(struct vm *vm, uint64_t ended);
int vm_irq_line(struct vm *vm, const struct vmm_irq_line *line);
/* vm_irq_line in any context, for a line that vm_irq_check has passed; also -EAGAIN: this CPU's EL2
 * is not ours now. */
int vm_irq_line_atomic(struct vm *vm, const struct vmm_irq_line *line);
/* Is this an interrupt that a line can be set for? -EINVAL; -ENOENT: no such vCPU. */
int vm_irq_check(struct vm *vm, const struct vmm_irq_line *line);
/*
 * An event that drives an interrupt line is about to be bound, or is bound no more. What one signal
 * does is done with interrupts masked: an event has one binding in a VM, whoever made it, and a VM
 * has VM_IRQ_EVENTS. -EEXIST, -ENOSPC, -ENOMEM. Process context.
 */
int vm_bind_irq_event(struct vm *vm, const void *event);
void vm_unbind_irq_event(struct vm *vm, const void *event);
int vm_add_doorbell(struct vm *vm, const struct doorbell *doorbell);
int vm_remove_doorbell(struct vm *vm, const struct doorbell *doorbell);
/* "blob" (host_zalloc_large, may be null with size 0) becomes the VM's. */
int vm_set_blob(struct vm *vm, void *blob, uint32_t size);
/* Copies the blob to "buffer"; "size": room on entry, the blob's size on return. -ENOSPC. */
int vm_get_blob(struct vm *vm, void *buffer, uint32_t *size);

/* An owner (open file) goes: exits that he did not finish are undone, his doorbells removed. */
void vm_disown(struct vm *vm, const void *owner);
/* A fault at EL2 while a vCPU ran: nothing of the VM goes on. Interrupts enabled. */
void vm_crash(struct vm *vm);
/* Wakes the vCPUs of a mask that EL2 returned. Any context. */
void vm_wake(struct vm *vm, uint64_t mask);
/* A created vCPU; null if it was not created (any value of index is allowed). Any context. */
struct vcpu *vm_vcpu(const struct vm *vm, uint64_t index);
/* One of EL2's calls on this VM, unless it is detached. Any context. -ENODEV, -EAGAIN. */
int vm_el2_call(struct vm *vm, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
		uint64_t a4, uint64_t *result);

#endif
