// SPDX-License-Identifier: BSD-2-Clause
/*
 * kvm_smoke: does KVM work on this host? Runs one vCPU for two instructions: a store to an address
 * without memory. With the argument "hold" it then keeps the virtual machine until standard input
 * ends. With "closed" the vCPU runs for ever in a thread, while no file of the virtual machine is
 * open any more, until standard input ends.
 *
 * Exit status: 0 it works; 2 KVM_CREATE_VM says EBUSY (EL2 is somebody else's); 1 anything else,
 * with a line that says what.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RAM    0x40000000u
#define DEVICE 0x09000000u

static const uint32_t program[] = {
	0x52a12000, /* mov w0, #0x09000000 */
	0xb9000001, /* str w1, [x0] */
};

static const uint32_t loop = 0x14000000; /* b . */
static int vcpu = -1;

static int fail(const char *what)
{
	fprintf(stderr, "kvm_smoke: %s: %s\n", what, strerror(errno));
	return 1;
}

static int set_pc(void)
{
	uint64_t pc = RAM;
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      offsetof(struct kvm_regs, regs.pc) / sizeof(uint32_t),
		.addr = (uintptr_t)&pc,
	};

	return ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

static int add_memory(int vm, const uint32_t *instructions, size_t size)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = 4096,
		.userspace_addr = (uintptr_t)memory,
	};

	if (memory == MAP_FAILED)
		return -1;
	memcpy(memory, instructions, size);
	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int run(size_t size)
{
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		return fail("mapping of the vCPU");
	if (ioctl(vcpu, KVM_RUN, 0))
		return fail("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.phys_addr != DEVICE) {
		fprintf(stderr, "kvm_smoke: exit reason %u in place of the store\n",
			run->exit_reason);
		return 1;
	}
	puts("kvm_smoke: KVM works");
	return fflush(stdout) ? 1 : 0;
}

static int wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

static void *run_for_ever(void *unused)
{
	(void)unused;
	fail(ioctl(vcpu, KVM_RUN, 0) ? "KVM_RUN" : "KVM_RUN has ended");
	return NULL;
}

/* The thread is in KVM_RUN when its CPU time grows, and keeps the vCPU. */
static int run_closed(int vm)
{
	struct timespec time = { 0 };
	pthread_t thread;
	clockid_t clock;

	if (pthread_create(&thread, NULL, run_for_ever, NULL) ||
	    pthread_getcpuclockid(thread, &clock))
		return fail("a thread");
	while (time.tv_sec == 0 && time.tv_nsec < 100 * 1000 * 1000)
		clock_gettime(clock, &time);
	close(vcpu);
	close(vm);
	puts("kvm_smoke: KVM works");
	fflush(stdout);
	return wait_for_end();
}

int main(int argc, char **argv)
{
	bool closed = argc > 1 && !strcmp(argv[1], "closed");
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct kvm_vcpu_init init;
	int vm, status;

	if (kvm < 0)
		return fail("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return errno == EBUSY ? fail("KVM_CREATE_VM"), 2 : fail("KVM_CREATE_VM");
	if (closed ? add_memory(vm, &loop, sizeof(loop)) : add_memory(vm, program, sizeof(program)))
		return fail("memory");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return fail("KVM_CREATE_VCPU");
	if (ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) || ioctl(vcpu, KVM_ARM_VCPU_INIT, &init) ||
	    set_pc())
		return fail("initial state of the vCPU");
	if (closed)
		return run_closed(vm);
	status = run(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	return !status && argc > 1 && !strcmp(argv[1], "hold") ? wait_for_end() : status;
}
