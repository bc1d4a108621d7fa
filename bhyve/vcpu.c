// SPDX-License-Identifier: BSD-2-Clause
/* Runs the vCPUs. */
#include "bhyve/vcpu.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/psci.h"
#include "bhyve/report.h"
#include "bhyve/sandbox.h"

/* A thread needs little: device models keep no large buffers on the stack. Bytes. */
#define STACK_SIZE (256UL << 10)

struct vcpu {
	unsigned number;
	pthread_t thread;
	struct vmm_run *run;
};

static struct vmctx *machine_vm;
static struct vcpu vcpus[VMM_MAX_VCPUS];
static unsigned machine_vcpus; /* of the machine; set before the first of them runs */
static bool machine_aarch32;
static unsigned threads; /* that were started */
static atomic_uint live;
static _Atomic enum run_end run_end;   /* RUN_HALT unless something went wrong */
static _Atomic uint32_t suspended_how; /* enum vmm_suspend, of who ended the machine */

static bool is_ram(uint64_t ipa)
{
	return guest_memory(ipa, 4) != NULL;
}

static int cpu_on(unsigned vcpu, uint64_t entry, uint64_t context)
{
	if (machine_aarch32)
		return vm_vcpu_on32(machine_vm, vcpu, (uint32_t)entry, (uint32_t)context);
	return vm_vcpu_on(machine_vm, vcpu, entry, context);
}

static uint32_t cpus_on(void)
{
	struct vmm_info info;

	return vm_get_info(machine_vm, &info) ? 0 : info.vcpus_on;
}

static void fail(const struct vcpu *vcpu, const char *what, int error)
{
	report("vCPU %u: %s: %s; the kernel log (dmesg) may say more", vcpu->number, what,
	       strerror(-error));
	atomic_store(&run_end, RUN_ERROR);
	vm_suspend(machine_vm, VMM_SUSPEND_HALT);
}

/* One thread says it. */
static void fail_for_memory(void)
{
	if (atomic_exchange(&run_end, RUN_NO_MEMORY) != RUN_NO_MEMORY)
		report("ended: the host, or its memory cgroup, has no memory left for the guest; "
		       "give a smaller -m, or end something");
	vm_suspend(machine_vm, VMM_SUSPEND_HALT);
}

static void do_mmio(struct vmm_run *run)
{
	uint64_t value = run->mmio.data;
	int error = mmio_access(run->mmio.ipa, run->mmio.write, run->mmio.size, &value);

	run->mmio.abort = error != 0;
	run->mmio.data = value;
}

/* Ends the run for all vCPUs. Another vCPU, or bhyvectl, may have ended it at the same moment: then
 * theirs stands, and the next vm_run() tells which it is. */
static int end_run(uint32_t how)
{
	int error = vm_suspend(machine_vm, how);

	return error == -EALREADY ? 0 : error;
}

/* Whether the thread goes on. */
static bool do_hvc(struct vcpu *vcpu)
{
	const struct psci_machine psci = {
		.vcpus = machine_vcpus,
		.aarch32 = machine_aarch32,
		.is_ram = is_ram,
		.cpu_on = cpu_on,
		.cpus_on = cpus_on,
	};
	int error = 0;

	switch (psci_call(&psci, vcpu->run->hvc.arg, vcpu->run->hvc.ret)) {
	case PSCI_CONTINUE:
		break;
	case PSCI_CPU_OFF:
		error = vm_vcpu_off(machine_vm, vcpu->number);
		break;
	case PSCI_SYSTEM_OFF:
		error = end_run(VMM_SUSPEND_POWEROFF);
		break;
	case PSCI_SYSTEM_RESET:
		error = end_run(VMM_SUSPEND_RESET);
		break;
	}
	if (error)
		fail(vcpu, "PSCI call", error);
	return !error;
}

/* vCPUs may be told of different ends: anything takes the place of a reset. */
static void do_suspended(const struct vmm_run *run)
{
	uint32_t before = atomic_load(&suspended_how);

	while (before <= VMM_SUSPEND_RESET &&
	       !atomic_compare_exchange_weak(&suspended_how, &before, run->suspended.how))
		;
}

static void do_error(const struct vcpu *vcpu)
{
	const struct vmm_run *run = vcpu->run;

	report("vCPU %u: cannot go on at pc 0x%llx: code %llu, esr 0x%llx, far 0x%llx; the kernel "
	       "log (dmesg) says more",
	       vcpu->number, (unsigned long long)run->pc, (unsigned long long)run->error.code,
	       (unsigned long long)run->error.esr, (unsigned long long)run->error.far);
	atomic_store(&run_end, RUN_ERROR);
	vm_suspend(machine_vm, VMM_SUSPEND_HALT);
}

/* Answers one exit. Whether the thread goes on. */
static bool handle_exit(struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case VMM_EXIT_NONE:
		return true;
	case VMM_EXIT_MMIO:
		do_mmio(vcpu->run);
		return true;
	case VMM_EXIT_HVC:
		return do_hvc(vcpu);
	case VMM_EXIT_SUSPENDED:
		do_suspended(vcpu->run);
		return false;
	default:
		do_error(vcpu);
		return false;
	}
}

static void run_loop(struct vcpu *vcpu)
{
	for (;;) {
		int error = vm_run(machine_vm, vcpu->number);

		if (error == -EINTR)
			continue;
		if (error == -ENODEV) { /* bhyvectl --destroy; one thread says it */
			if (atomic_exchange(&run_end, RUN_DESTROYED) != RUN_DESTROYED)
				report("the virtual machine was destroyed");
			return;
		}
		if (error == -ENOMEM)
			fail_for_memory();
		else if (error)
			fail(vcpu, "cannot be run", error);
		if (error)
			return;
		if (!handle_exit(vcpu))
			return;
	}
}

/*
 * The C library registers each thread for restartable sequences (rseq(2)), which it does not need:
 * the kernel then wants the thread back in user space after every sleep and preemption, that is out
 * of VMM_RUN. No harm where it cannot be undone.
 */
static void leave_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		syscall(SYS_rseq, area, sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

/* Before the sandbox of the thread, which has nothing of this. */
static int prepare_thread(const struct vcpu *vcpu)
{
	char name[16];

	leave_rseq();
	snprintf(name, sizeof(name), "vcpu %u", vcpu->number);
	prctl(PR_SET_NAME, name);
	return sandbox_enter_vcpu();
}

static void *vcpu_thread(void *arg)
{
	int error = prepare_thread(arg);

	if (error)
		fail(arg, "its sandbox cannot be entered", error);
	else
		run_loop(arg);
	if (atomic_fetch_sub(&live, 1) == 1)
		mevent_stop(VCPUS_ENDED);
	return NULL;
}

/* Adds a part of a cpuset, "3" or "0-3", to the set. */
static int add_range(char *word, cpu_set_t *set)
{
	char *end;
	unsigned long first = strtoul(word, &end, 10), last = first;

	if (end != word && *end == '-')
		last = strtoul(end + 1, &end, 10);
	if (end == word || *end || first > last || last >= CPU_SETSIZE)
		return -EINVAL;
	for (; first <= last; first++)
		CPU_SET(first, set);
	return 0;
}

/* Reads vcpu.N.cpuset. -ENOENT: not set. */
static int read_cpuset(unsigned number, cpu_set_t *set)
{
	const char *text = config_getf("vcpu.%u.cpuset", number);
	char *copy, *rest, *word;
	int error = 0;

	CPU_ZERO(set);
	if (!text)
		return -ENOENT;
	copy = rest = strdup(text);
	if (!copy)
		return -ENOMEM;
	while (!error && (word = strsep(&rest, ",")) != NULL)
		error = add_range(word, set);
	free(copy);
	return error;
}

/* Creates a thread with the attributes, that runs on the CPUs: it has them from this one, which has
 * its own again afterwards, as the sandbox leaves a thread no others' CPUs to choose. NULL: any. */
static int create_on(const cpu_set_t *set, const pthread_attr_t *attributes, struct vcpu *vcpu)
{
	cpu_set_t before;
	int error;

	if (set && (sched_getaffinity(0, sizeof(before), &before) < 0 ||
		    sched_setaffinity(0, sizeof(*set), set) < 0))
		return -errno;
	error = -pthread_create(&vcpu->thread, attributes, vcpu_thread, vcpu);
	if (set)
		sched_setaffinity(0, sizeof(before), &before);
	return error;
}

/* Sets stack and host CPUs and creates the thread. */
static int create_thread(struct vcpu *vcpu, char *err, size_t errlen)
{
	pthread_attr_t attributes;
	cpu_set_t set;
	int error = read_cpuset(vcpu->number, &set);

	if (error && error != -ENOENT) {
		snprintf(err, errlen,
			 "vcpu.%u.cpuset: not a list of host CPUs; give one like 0,2-3",
			 vcpu->number);
		return error;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	error = create_on(error ? NULL : &set, &attributes, vcpu);
	pthread_attr_destroy(&attributes);
	if (error) {
		snprintf(err, errlen, "vCPU %u: its thread cannot be started: %s%s", vcpu->number,
			 strerror(-error),
			 error == -EINVAL ? "; does the host have the CPUs of its cpuset?" : "");
		return error;
	}
	return 0;
}

/* Signals are the main thread's: new threads start with all of them blocked. */
static int create_threads(unsigned count, char *err, size_t errlen)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	machine_vcpus = count;
	/* All count from the start: the first may end before the last is there. */
	atomic_store(&live, count);
	for (threads = 0; threads < count && !error; threads += error == 0)
		error = create_thread(&vcpus[threads], err, errlen);
	atomic_fetch_sub(&live, count - threads);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int vcpus_start(struct vmctx *vm, unsigned count, bool aarch32, char *err, size_t errlen)
{
	int error;

	machine_vm = vm;
	machine_aarch32 = aarch32;
	atomic_store(&run_end, RUN_HALT);
	atomic_store(&suspended_how, VMM_SUSPEND_NONE);
	for (unsigned i = 0; i < count; i++) {
		vcpus[i].number = i;
		vcpus[i].run = vm_run_page(vm, i);
		if (!vcpus[i].run) {
			error = -errno;
			snprintf(err, errlen, "vCPU %u: its shared page cannot be mapped: %s", i,
				 strerror(-error));
			return error;
		}
	}
	error = create_threads(count, err, errlen);
	if (error) {
		vcpus_stop();
		vcpus_join();
	}
	return error;
}

bool vcpus_live(void)
{
	return atomic_load(&live) != 0;
}

void vcpus_stop(void)
{
	vm_suspend(machine_vm, VMM_SUSPEND_HALT);
}

enum run_end vcpus_join(void)
{
	for (unsigned i = 0; i < threads; i++)
		pthread_join(vcpus[i].thread, NULL);
	threads = 0;
	if (atomic_load(&run_end) != RUN_HALT)
		return atomic_load(&run_end);
	if (atomic_load(&suspended_how) == VMM_SUSPEND_RESET)
		return RUN_RESET;
	return atomic_load(&suspended_how) == VMM_SUSPEND_POWEROFF ? RUN_POWEROFF : RUN_HALT;
}
