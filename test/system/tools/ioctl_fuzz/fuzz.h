/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ioctl_fuzz: processes with several threads that do to the driver whatever a user can do, in
 * random order and with random arguments, on a few virtual machines that all of them share.
 *
 * main.c starts and ends the processes and gives the verdict; actions.c has the list of what a
 * thread may do; calls.c the ioctls, memory.c what is done to mappings, guest.c what the guests
 * run, random.c the numbers.
 */
#ifndef IOCTL_FUZZ_H
#define IOCTL_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm_ioctl.h"

#define FUZZ_RAM	 UINT64_C(0x40000000)
#define FUZZ_RAM_SIZE	 (UINT64_C(8) << 20)
#define FUZZ_VCPUS	 4
#define FUZZ_VMS_MAX	 8
#define FUZZ_PAGE	 4096
#define FUZZ_FILES	 24
#define FUZZ_EVENTS	 16
#define FUZZ_MAPS	 16
#define FUZZ_ACTIONS_MAX 48

/* A stream of random numbers: that of one thread, or of who starts processes. */
struct fuzz_random {
	uint64_t state;
};

/* What all threads of one process have. They take each other's files and mappings away on purpose.
 */
struct fuzz_process {
	_Atomic int file[FUZZ_FILES];	/* of virtual machines, -1: none */
	_Atomic int event[FUZZ_EVENTS]; /* eventfds */
	_Atomic uintptr_t map[FUZZ_MAPS];
	_Atomic size_t map_size[FUZZ_MAPS];
	unsigned int vms; /* names in use */
	bool forked;	  /* it does not fork again */
};

/* One thread. */
struct fuzz_thread {
	struct fuzz_random random;
	struct fuzz_process *process;
};

/* Of all processes, in memory that they share: it outlives those that are killed. */
struct fuzz_counts {
	_Atomic uint64_t done[FUZZ_ACTIONS_MAX], refused[FUZZ_ACTIONS_MAX];
	_Atomic uint64_t runs;	     /* calls of VMM_RUN that returned 0 */
	_Atomic uint32_t wrong;	     /* errors that the driver's ABI does not have */
	_Atomic int wrong_errno;     /* the last of these, */
	_Atomic uint32_t wrong_call; /* of this action */
};
extern struct fuzz_counts *fuzz_counts;

/* random.c. A seed and what it is for (a process, a thread) make a stream. */
struct fuzz_random fuzz_random_from(uint64_t seed, uint64_t purpose);
uint64_t fuzz_random(struct fuzz_random *random);
/* 0 to limit - 1 */
uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit);
/* once in "times" */
bool fuzz_once_in(struct fuzz_random *random, uint32_t times);
/* Anything; the limits of what a function takes are more likely than the rest. */
uint64_t fuzz_value(struct fuzz_random *random);

/* guest.c. A program of one page, with exception vectors, that never ends. */
void fuzz_write_guest(struct fuzz_random *random, uint32_t *page);

/*
 * Actions. Each returns what its call returned: negative with errno set where it was refused.
 * calls.c: the ioctls and files.
 */
int fuzz_create(struct fuzz_thread *thread);
int fuzz_destroy(struct fuzz_thread *thread);
int fuzz_open(struct fuzz_thread *thread);
int fuzz_close(struct fuzz_thread *thread);
int fuzz_set_memseg(struct fuzz_thread *thread);
int fuzz_set_memseg_flags(struct fuzz_thread *thread);
int fuzz_get_memseg(struct fuzz_thread *thread);
int fuzz_vcpu_create(struct fuzz_thread *thread);
int fuzz_vcpu_on(struct fuzz_thread *thread);
int fuzz_vcpu_off(struct fuzz_thread *thread);
int fuzz_run(struct fuzz_thread *thread);
int fuzz_get_reg(struct fuzz_thread *thread);
int fuzz_set_reg(struct fuzz_thread *thread);
int fuzz_irq_line(struct fuzz_thread *thread);
int fuzz_irqfd(struct fuzz_thread *thread);
int fuzz_ioeventfd(struct fuzz_thread *thread);
int fuzz_event(struct fuzz_thread *thread);
int fuzz_get_stats(struct fuzz_thread *thread);
int fuzz_suspend(struct fuzz_thread *thread);
int fuzz_reinit(struct fuzz_thread *thread);
int fuzz_set_blob(struct fuzz_thread *thread);
int fuzz_get_blob(struct fuzz_thread *thread);
int fuzz_info(struct fuzz_thread *thread);
int fuzz_any_ioctl(struct fuzz_thread *thread);
/* Destroys a virtual machine of ours; 0, or -1 with errno. */
int fuzz_destroy_vm(unsigned int number);

/* memory.c: mappings of guest memory and of the vCPUs' pages. Threads that touch what is not there
 * go on (fuzz_catch_faults, once a process). */
void fuzz_catch_faults(void);
void fuzz_write_guest_at(struct fuzz_thread *thread, void *page);
int fuzz_map(struct fuzz_thread *thread);
int fuzz_unmap(struct fuzz_thread *thread);
int fuzz_touch(struct fuzz_thread *thread);
int fuzz_change_map(struct fuzz_thread *thread);
int fuzz_splice(struct fuzz_thread *thread);
int fuzz_through_proc(struct fuzz_thread *thread);

/* actions.c: one random action, counted; the name of each and how often it is chosen. */
void fuzz_act(struct fuzz_thread *thread);
const char *fuzz_action_name(unsigned int action); /* NULL past the last */

#endif
