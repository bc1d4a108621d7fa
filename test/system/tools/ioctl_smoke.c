// SPDX-License-Identifier: BSD-2-Clause
/*
 * The driver's ABI (vmm_ioctl.h) from a program of its own, without libvmmapi: every ioctl, with
 *guests of a few instructions, and with arguments that are wrong. Runs on the emulated host with
 *vmm.ko loaded:
 *
 *	ioctl_smoke [TEST...]
 *
 * Prints a line for each test; the status is the number of tests that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm_ioctl.h"

#define RAM	     0x40000000ull
#define RAM_SIZE     (64ull << 20)
#define DEVICE	     0x0a000000ull
#define UART	     0x09000000ull
#define SPI	     40
/* A test that takes longer hangs: the program ends. */
#define HANG_SECONDS 300

static unsigned int failures;

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			printf("#   line %d: %s (errno %d: %s)\n", __LINE__, #condition, errno, \
			       strerror(errno));                                                \
			failures++;                                                             \
		}                                                                               \
	} while (0)
/* call fails with the errno wanted */
#define CHECK_ERRNO(call, wanted)                         \
	do {                                              \
		errno = 0;                                \
		CHECK((call) == -1 && errno == (wanted)); \
	} while (0)

/* Guest programs: position independent, entered with the MMU off. HVC with 0x84000008 (SYSTEM_OFF)
 * is the end. */
#define GUEST(name, body)                                                                   \
	__asm__(".pushsection .rodata\n.balign 8\n.globl " #name ", " #name "_size\n" #name \
		":\n" body "\nguest_end_" #name                                             \
		": ldr w0, =0x84000008\n hvc #0\n b guest_end_" #name                       \
		"\n.ltorg\n.balign 8\n" #name "_size: .quad . - " #name "\n.popsection\n"); \
	extern const char name[];                                                           \
	extern const uint64_t name##_size

GUEST(guest_uart, "mov x1, #0x09000000\n mov w2, #65\n strb w2, [x1]\n ldrsh x3, [x1, #0x18]\n"
		  "mov w4, #-1\n ldrb w4, [x1, #1]\n");
GUEST(guest_forms, "mov x1, #0x0a000000\n mov x2, #0x1111\n mov x3, #0x2222\n"
		   "stp x2, x3, [x1], #16\n"
		   "ldp w4, w5, [x1, #8]!\n"
		   "mov x6, x1\n"
		   "ldpsw x7, x8, [x1]\n"
		   "mov x9, #3 << 20\n msr cpacr_el1, x9\n isb\n"
		   "ldr q0, [x1, #8]\n mov x10, v0.d[0]\n mov x11, v0.d[1]\n"
		   "str q0, [x1, #8]\n"
		   "ldrsb w12, [x1], #1\n");
/* Accesses the device for ever, also out of its exception vector: every VMM_RUN has an exit. */
GUEST(guest_stubborn, "adr x1, guest_stubborn + 0x800\n msr vbar_el1, x1\n mov x9, #3 << 20\n msr "
		      "cpacr_el1, x9\n isb\n"
		      "1: mov x1, #0x0a000000\n stp x2, x3, [x1], #16\n ldr x4, [x1]\n ldp w5, w6, "
		      "[x1]\n ldr q0, [x1]\n"
		      "b 1b\n .skip 0xa00 - (. - guest_stubborn)\n b 1b\n");
GUEST(guest_spin, "1: add x5, x5, #1\n b 1b\n");
GUEST(guest_wfi, "1: wfi\n b 1b\n");
GUEST(guest_touch, "mov x1, #0x40000000\n add x1, x1, #0x200000\n mov x2, #0x43000000\n"
		   "1: str x1, [x1]\n add x1, x1, #4096\n cmp x1, x2\n b.lo 1b\n"
		   "sub x2, x2, #4096\n ldr x3, [x2]\n");
GUEST(guest_nothing_there,
      "adr x1, guest_nothing_there + 0x800\n msr vbar_el1, x1\n isb\n"
      "mov x1, #0x0c000000\n ldr x2, [x1]\n b 3f\n"
      ".skip 0xa00 - (. - guest_nothing_there)\n mrs x5, esr_el1\n mrs x6, far_el1\n 3:\n");
GUEST(guest_hvc, "ldr w0, =0xc4000003\n mov x1, #1\n mov x2, #2\n mov x3, #3\n hvc #0\n");
/* Enables the vGIC with SPI 40 and PPI 27, and sleeps. */
GUEST(guest_irq,
      "mov x1, #0x08000000\n mov w2, #0x12\n str w2, [x1]\n"
      "mov w2, #-1\n str w2, [x1, #0x84]\n mov w2, #0x100\n str w2, [x1, #0x104]\n"
      "mov w3, #2 << 16\n str w3, [x1, #0xc08]\n"
      "ldr x4, =0x080a0000\n str wzr, [x4, #0x14]\n ldr x4, =0x080b0000\n mov w2, #-1\n str w2, "
      "[x4, #0x80]\n"
      "mov w2, #1 << 27\n str w2, [x4, #0x100]\n"
      "mov x2, #7\n msr s3_0_c12_c12_5, x2\n isb\n mov x2, #0xf0\n msr s3_0_c4_c6_0, x2\n"
      "mov x2, #1\n msr s3_0_c12_c12_7, x2\n isb\n"
      "mov x1, #0x09000000\n str w2, [x1]\n"
      "cbz x0, 1f\n msr cntv_tval_el0, x0\n mov x2, #1\n msr cntv_ctl_el0, x2\n isb\n"
      "1: wfi\n mrs x7, s3_0_c12_c12_0\n mov w8, #1023\n cmp w7, w8\n b.eq 1b\n");
GUEST(guest_doorbell,
      "mov x1, #0x0a000000\n mov w2, #5\n str w2, [x1, #0x50]\n mov w2, #6\n str w2, [x1, #0x50]\n"
      "strh w2, [x1, #0x50]\n");

struct vm {
	char name[VMM_NAME_MAX + 1];
	int fd;
	char *ram;
	struct vmm_run *run[2];
};

static int create(const char *name)
{
	struct vmm_name argument = { 0 };
	int fd = open(VMM_CTL_PATH, O_RDWR | O_CLOEXEC), result, error;

	snprintf(argument.name, sizeof(argument.name), "%s", name);
	result = ioctl(fd, VMMCTL_CREATE, &argument);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static int destroy(const char *name)
{
	struct vmm_name argument = { 0 };
	int fd = open(VMM_CTL_PATH, O_RDWR | O_CLOEXEC), result, error;

	snprintf(argument.name, sizeof(argument.name), "%s", name);
	result = ioctl(fd, VMMCTL_DESTROY, &argument);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static int open_vm(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), VMM_VM_DIR "/%s", name);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int add_memory(int fd, uint64_t ipa, uint64_t size, uint32_t flags)
{
	struct vmm_memseg segment = { .ipa = ipa, .size = size, .flags = flags };

	return ioctl(fd, VMM_SET_MEMSEG, &segment);
}

static void *map(int fd, uint64_t offset, uint64_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
}

static void vm_open(struct vm *vm)
{
	vm->fd = open_vm(vm->name);
	CHECK(vm->fd >= 0);
	vm->ram = map(vm->fd, RAM, RAM_SIZE);
	CHECK(vm->ram != MAP_FAILED);
	for (unsigned int i = 0; i < 2; i++) {
		vm->run[i] = map(vm->fd, VMM_MMAP_VCPU(i), 4096);
		CHECK(vm->run[i] != MAP_FAILED);
	}
}

static void vm_close(struct vm *vm)
{
	munmap(vm->ram, RAM_SIZE);
	munmap(vm->run[0], 4096);
	munmap(vm->run[1], 4096);
	close(vm->fd);
}

/* A VM with memory and two vCPUs that are off. */
static struct vm vm_make(const char *name)
{
	struct vm vm = { .fd = -1 };
	int fd;

	snprintf(vm.name, sizeof(vm.name), "%s", name);
	destroy(name);
	CHECK(create(name) == 0);
	fd = open_vm(name);
	CHECK(fd >= 0);
	CHECK(add_memory(fd, RAM, RAM_SIZE, 0) == 0);
	CHECK(ioctl(fd, VMM_VCPU_CREATE, 0ul) == 0);
	CHECK(ioctl(fd, VMM_VCPU_CREATE, 1ul) == 0);
	close(fd);
	vm_open(&vm);
	return vm;
}

static void vm_end(struct vm *vm)
{
	vm_close(vm);
	CHECK(destroy(vm->name) == 0);
}

#define LOAD(vm, guest) memcpy((vm)->ram, guest, guest##_size)

static int vcpu_on(int fd, unsigned int vcpu, uint64_t context)
{
	struct vmm_vcpu_on on = { .vcpu = vcpu, .entry = RAM, .context = context };

	return ioctl(fd, VMM_VCPU_ON, &on);
}

static int run(struct vm *vm, unsigned long vcpu)
{
	int result;

	do {
		result = ioctl(vm->fd, VMM_RUN, vcpu);
	} while (result == 0 && vm->run[vcpu]->exit_reason == VMM_EXIT_NONE);
	return result;
}

static bool exited_off(const struct vmm_run *page)
{
	return page->exit_reason == VMM_EXIT_HVC && page->hvc.arg[0] == 0x84000008;
}

static bool exited_mmio(const struct vmm_run *page, uint64_t ipa, unsigned int size, bool write)
{
	return page->exit_reason == VMM_EXIT_MMIO && page->mmio.ipa == ipa &&
	       page->mmio.size == size && page->mmio.write == write;
}

static uint64_t get_reg(int fd, unsigned int vcpu, unsigned int reg)
{
	struct vmm_reg_access access = { .vcpu = vcpu, .reg = reg };

	CHECK(ioctl(fd, VMM_GET_REG, &access) == 0);
	return access.value;
}

static uint64_t get_stat(int fd, unsigned int vcpu, unsigned int stat)
{
	struct vmm_stats stats = { .vcpu = vcpu };

	CHECK(ioctl(fd, VMM_GET_STATS, &stats) == 0);
	CHECK(stats.count == VMM_STAT_COUNT);
	return stats.value[stat];
}

static struct vmm_info get_info(int fd)
{
	struct vmm_info info;

	CHECK(ioctl(fd, VMM_INFO, &info) == 0);
	return info;
}

/* A thread that runs a vCPU until VMM_RUN returns. */
struct runner {
	struct vm *vm;
	unsigned long vcpu;
	pthread_t thread;
	int result, error;
};

static void *runner_main(void *argument)
{
	struct runner *runner = argument;

	do
		runner->result = run(runner->vm, runner->vcpu);
	while (runner->result == 0 && runner->vm->run[runner->vcpu]->exit_reason == VMM_EXIT_NONE);
	runner->error = errno;
	return NULL;
}

static void runner_start(struct runner *runner, struct vm *vm, unsigned long vcpu)
{
	runner->vm = vm;
	runner->vcpu = vcpu;
	CHECK(pthread_create(&runner->thread, NULL, runner_main, runner) == 0);
	while (!(get_info(vm->fd).vcpus_running & (1u << vcpu)))
		sched_yield();
}

static void runner_join(struct runner *runner)
{
	CHECK(pthread_join(runner->thread, NULL) == 0);
}

static void on_signal(int number)
{
	(void)number;
}

static void guest_stores_to_the_uart_and_powers_off(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_uart);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0);
	CHECK(exited_mmio(vm.run[0], UART, 1, true) && vm.run[0]->mmio.data == 65);
	CHECK(vm.run[0]->pc == RAM + 8);
	CHECK(run(&vm, 0) == 0);
	CHECK(exited_mmio(vm.run[0], UART + 0x18, 2, false));
	vm.run[0]->mmio.data = 0x8001;
	CHECK(run(&vm, 0) == 0);
	CHECK(exited_mmio(vm.run[0], UART + 1, 1, false));
	vm.run[0]->mmio.data = 0xabcd12;
	CHECK(run(&vm, 0) == 0);
	CHECK(exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 3) == 0xffffffffffff8001);
	CHECK(get_reg(vm.fd, 0, 4) == 0x12);
	CHECK(get_stat(vm.fd, 0, VMM_STAT_MMIO_USER) == 3);
	CHECK(get_stat(vm.fd, 0, VMM_STAT_PAGE_FAULTS) == 1);
	CHECK(get_info(vm.fd).runner_pid == getpid());
	vm_end(&vm);
}

static void expect(struct vm *vm, uint64_t ipa, unsigned int size, bool write, uint64_t data)
{
	CHECK(run(vm, 0) == 0);
	CHECK(exited_mmio(vm->run[0], ipa, size, write));
	if (write)
		CHECK(vm->run[0]->mmio.data == data);
	else
		vm->run[0]->mmio.data = data;
}

static void accesses_without_a_syndrome_are_decoded(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_forms);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	expect(&vm, DEVICE, 8, true, 0x1111);
	expect(&vm, DEVICE + 8, 8, true, 0x2222);
	expect(&vm, DEVICE + 24, 4, false, 0x80000001);
	expect(&vm, DEVICE + 28, 4, false, 0x7);
	expect(&vm, DEVICE + 24, 4, false, 0x80000001);
	expect(&vm, DEVICE + 28, 4, false, 0x7);
	expect(&vm, DEVICE + 32, 8, false, 0x1122334455667788);
	expect(&vm, DEVICE + 40, 8, false, 0x99aabbccddeeff00);
	expect(&vm, DEVICE + 32, 8, true, 0x1122334455667788);
	expect(&vm, DEVICE + 40, 8, true, 0x99aabbccddeeff00);
	expect(&vm, DEVICE + 24, 1, false, 0x80);
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 4) == 0x80000001 && get_reg(vm.fd, 0, 5) == 7);
	CHECK(get_reg(vm.fd, 0, 6) == DEVICE + 24);
	CHECK(get_reg(vm.fd, 0, 7) == 0xffffffff80000001 && get_reg(vm.fd, 0, 8) == 7);
	CHECK(get_reg(vm.fd, 0, 10) == 0x1122334455667788);
	CHECK(get_reg(vm.fd, 0, 11) == 0x99aabbccddeeff00);
	CHECK(get_reg(vm.fd, 0, 12) == 0xffffff80 && get_reg(vm.fd, 0, 1) == DEVICE + 25);
	CHECK(get_stat(vm.fd, 0, VMM_STAT_MMIO_DECODED) >= 5);
	vm_end(&vm);
}

static void an_address_where_nothing_is_aborts_in_the_guest(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_nothing_there);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0);
	CHECK(exited_mmio(vm.run[0], 0x0c000000, 8, false));
	vm.run[0]->mmio.abort = 1;
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK((get_reg(vm.fd, 0, 5) >> 26) == 0x25 && (get_reg(vm.fd, 0, 5) & 0x3f) == 0x10);
	CHECK(get_reg(vm.fd, 0, 6) == 0x0c000000);
	vm_end(&vm);
}

static void hypercall_results_reach_the_guest(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_hvc);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0);
	CHECK(vm.run[0]->exit_reason == VMM_EXIT_HVC && vm.run[0]->hvc.arg[0] == 0xc4000003 &&
	      vm.run[0]->hvc.arg[3] == 3);
	vm.run[0]->hvc.ret[0] = 77;
	vm.run[0]->hvc.ret[3] = 99;
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 3) == 99);
	vm_end(&vm);
}

static void memory_is_allocated_on_first_touch_in_blocks(void)
{
	struct vm vm;
	struct vmm_info info;

	vm = vm_make("smoke");
	CHECK(get_info(vm.fd).memory_resident == 0);
	LOAD(&vm, guest_touch);
	CHECK(get_info(vm.fd).memory_resident == 2 << 20);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 3) == 0x42fff000);
	info = get_info(vm.fd);
	CHECK(info.memory_size == RAM_SIZE && info.memory_resident == 48 << 20);
	CHECK(info.overhead > 0 && info.overhead < 1 << 20);
	CHECK(get_stat(vm.fd, 0, VMM_STAT_PAGE_FAULTS) == 24);
	for (uint64_t at = 2 << 20; at < 48 << 20; at += 4096)
		if (*(uint64_t *)(vm.ram + at) != RAM + at) {
			CHECK(!"memory holds what the guest wrote");
			break;
		}
	vm_end(&vm);
}

static void one_round(void)
{
	struct vm vm;

	vm = vm_make("round");
	LOAD(&vm, guest_uart);
	vm.ram[RAM_SIZE - 1] = 1;
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0);
	vm_end(&vm);
}

/* Pins pages of the mapping (a pipe holds them), as O_DIRECT and io_uring do, beyond the end of the
 * VM. */
static void pinned_memory_outlives_the_vm(void)
{
	char back[8192] = "";
	int ends[2];
	struct iovec pages;
	struct vm vm;

	vm = vm_make("smoke");
	CHECK(pipe(ends) == 0);
	memset(vm.ram + 4096, 'p', sizeof(back));
	pages = (struct iovec){ .iov_base = vm.ram + 4096, .iov_len = sizeof(back) };
	CHECK(vmsplice(ends[1], &pages, 1, 0) == sizeof(back));
	vm_end(&vm);
	one_round();
	CHECK(read(ends[0], back, sizeof(back)) == sizeof(back));
	CHECK(back[0] == 'p' && back[sizeof(back) - 1] == 'p');
	close(ends[0]);
	close(ends[1]);
}

/* The shared page is user space's to spoil: only its own VM suffers. */
static void *scribble(void *argument)
{
	volatile uint32_t *page = argument;

	for (unsigned int i = 0; page[1023] == 0; i++)
		page[i % 64] = i * 2654435761u;
	return NULL;
}

static void a_spoilt_shared_page_does_no_harm(void)
{
	pthread_t thread;
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_stubborn);
	CHECK(pthread_create(&thread, NULL, scribble, vm.run[0]) == 0);
	for (unsigned int round = 0; round < 100; round++) {
		CHECK(ioctl(vm.fd, VMM_VCPU_OFF, 0ul) == 0);
		CHECK(vcpu_on(vm.fd, 0, 0) == 0);
		for (unsigned int i = 0; i < 20; i++)
			CHECK(ioctl(vm.fd, VMM_RUN, 0ul) == 0);
	}
	CHECK(get_stat(vm.fd, 0, VMM_STAT_MMIO_USER) >= 1000);
	((volatile uint32_t *)vm.run[0])[1023] = 1;
	pthread_join(thread, NULL);
	vm_end(&vm);
}

static void a_signal_interrupts_a_spinning_guest(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct runner runner;
	struct vm vm;

	sigaction(SIGUSR1, &action, NULL);
	vm = vm_make("smoke");
	LOAD(&vm, guest_spin);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	runner_start(&runner, &vm, 0);
	while (get_reg(vm.fd, 0, 5) == 0)
		sched_yield();
	CHECK_ERRNO(ioctl(vm.fd, VMM_RUN, 0ul), EBUSY);
	CHECK_ERRNO(ioctl(vm.fd, VMM_VCPU_OFF, 0ul), EBUSY);
	CHECK_ERRNO(ioctl(vm.fd, VMM_REINIT, 0), EBUSY);
	CHECK_ERRNO(vcpu_on(vm.fd, 0, 0), EALREADY);
	pthread_kill(runner.thread, SIGUSR1);
	runner_join(&runner);
	CHECK(runner.result == -1 && runner.error == EINTR);
	CHECK(get_info(vm.fd).vcpus_running == 0);
	vm_end(&vm);
}

static void registers_of_a_running_vcpu_can_be_read(void)
{
	struct vmm_reg_access access = { .vcpu = 0, .reg = 5 };
	struct runner runner;
	uint64_t before, pc;
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_spin);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	runner_start(&runner, &vm, 0);
	before = get_reg(vm.fd, 0, 5);
	for (unsigned int i = 0; i < 200; i++) {
		pc = get_reg(vm.fd, 0, VMM_REG_PC);
		CHECK(pc == RAM || pc == RAM + 4);
	}
	while (get_reg(vm.fd, 0, 5) == before)
		sched_yield();
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_REG, &access), EBUSY);
	CHECK(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_POWEROFF) == 0);
	runner_join(&runner);
	CHECK(runner.result == 0 && vm.run[0]->exit_reason == VMM_EXIT_SUSPENDED &&
	      vm.run[0]->suspended.how == VMM_SUSPEND_POWEROFF);
	vm_end(&vm);
}

static void suspend_reaches_spinning_sleeping_and_powered_off_vcpus(void)
{
	struct runner runner[2];
	struct vm vm;

	vm = vm_make("smoke");
	for (int sleeping = 0; sleeping < 2; sleeping++) {
		if (sleeping)
			LOAD(&vm, guest_wfi);
		else
			LOAD(&vm, guest_spin);
		CHECK(vcpu_on(vm.fd, 0, 0) == 0);
		runner_start(&runner[0], &vm, 0);
		runner_start(&runner[1], &vm, 1);
		CHECK(get_info(vm.fd).vcpus_running == 3 && get_info(vm.fd).vcpus_on == 1);
		while (sleeping && get_stat(vm.fd, 0, VMM_STAT_WFI_SLEEPS) == 0)
			sched_yield();
		CHECK(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_RESET) == 0);
		CHECK_ERRNO(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_RESET), EALREADY);
		for (int i = 0; i < 2; i++) {
			runner_join(&runner[i]);
			CHECK(runner[i].result == 0);
			CHECK(vm.run[i]->exit_reason == VMM_EXIT_SUSPENDED);
			CHECK(vm.run[i]->suspended.how == VMM_SUSPEND_RESET);
		}
		CHECK(get_info(vm.fd).state == VMM_STATE_SUSPENDED);
		CHECK(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_HALT) == 0);
		CHECK_ERRNO(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_POWEROFF),
			    EALREADY);
		CHECK_ERRNO(ioctl(vm.fd, VMM_REINIT, (unsigned long)VMM_SUSPEND_RESET), ECANCELED);
		CHECK(ioctl(vm.fd, VMM_REINIT, (unsigned long)VMM_SUSPEND_HALT) == 0);
		CHECK(get_info(vm.fd).state == VMM_STATE_IDLE && get_info(vm.fd).vcpus_on == 0);
	}
	vm_end(&vm);
}

static void destroy_ends_every_thread(void)
{
	struct vmm_info info;
	struct runner runner[2];
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_spin);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	runner_start(&runner[0], &vm, 0);
	runner_start(&runner[1], &vm, 1);
	CHECK(destroy("smoke") == 0);
	for (int i = 0; i < 2; i++) {
		runner_join(&runner[i]);
		CHECK(runner[i].result == -1 && runner[i].error == ENODEV);
	}
	CHECK(open_vm("smoke") == -1 && errno == ENOENT);
	CHECK_ERRNO(ioctl(vm.fd, VMM_INFO, &info), ENODEV);
	CHECK_ERRNO(ioctl(vm.fd, VMM_RUN, 0ul), ENODEV);
	CHECK(create("smoke") == 0);
	vm.ram[RAM_SIZE - 1] = 1; /* the memory lives as long as the mapping */
	CHECK_ERRNO(ioctl(vm.fd, VMM_INFO, &info), ENODEV);
	CHECK(destroy("smoke") == 0);
	vm_close(&vm);
	CHECK_ERRNO(destroy("smoke"), ENOENT);
}

/* Enables its interrupts, says so on the UART, and sleeps; timer: ticks until its virtual timer
 * fires, or 0. */
static void start_irq_guest(struct vm *vm, uint64_t timer)
{
	LOAD(vm, guest_irq);
	CHECK(vcpu_on(vm->fd, 0, timer) == 0);
	CHECK(run(vm, 0) == 0);
	CHECK(exited_mmio(vm->run[0], UART, 4, true));
}

static void wait_for_sleep(struct vm *vm)
{
	while (get_stat(vm->fd, 0, VMM_STAT_WFI_SLEEPS) == 0)
		sched_yield();
}

static void an_interrupt_line_wakes_a_sleeping_vcpu(void)
{
	struct vmm_irq_line line = { .intid = SPI, .level = 1 };
	struct runner runner;
	struct vm vm;

	vm = vm_make("smoke");
	start_irq_guest(&vm, 0);
	runner_start(&runner, &vm, 0);
	wait_for_sleep(&vm);
	CHECK(ioctl(vm.fd, VMM_IRQ_LINE, &line) == 0);
	runner_join(&runner);
	CHECK(runner.result == 0 && exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 7) == SPI);
	vm_end(&vm);
}

static void an_irqfd_pulses_the_line(void)
{
	struct vmm_irqfd irqfd = { .fd = eventfd(0, EFD_CLOEXEC), .intid = SPI };
	uint64_t one = 1;
	struct runner runner;
	struct vm vm;

	vm = vm_make("smoke");
	start_irq_guest(&vm, 0);
	CHECK(ioctl(vm.fd, VMM_IRQFD, &irqfd) == 0);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQFD, &irqfd), EEXIST);
	runner_start(&runner, &vm, 0);
	wait_for_sleep(&vm);
	CHECK(write(irqfd.fd, &one, sizeof(one)) == sizeof(one));
	runner_join(&runner);
	CHECK(runner.result == 0 && exited_off(vm.run[0]) && get_reg(vm.fd, 0, 7) == SPI);
	irqfd.flags = VMM_EVENTFD_DEASSIGN;
	CHECK(ioctl(vm.fd, VMM_IRQFD, &irqfd) == 0);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQFD, &irqfd), ENOENT);
	close(irqfd.fd);
	vm_end(&vm);
}

/* A write to an eventfd is the work of one line, however many files are opened. */
static void an_eventfd_drives_one_line_whatever_file_binds_it(void)
{
	struct vmm_irqfd irqfd = { .fd = eventfd(0, EFD_CLOEXEC), .intid = SPI };
	struct vm vm = vm_make("smoke");
	int second = open("/dev/vmm/smoke", O_RDWR | O_CLOEXEC), events[257];

	CHECK(second >= 0);
	CHECK(ioctl(vm.fd, VMM_IRQFD, &irqfd) == 0);
	irqfd.intid = SPI + 1;
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQFD, &irqfd), EEXIST);
	CHECK_ERRNO(ioctl(second, VMM_IRQFD, &irqfd), EEXIST);
	for (unsigned int i = 1; i <= 256; i++) {
		struct vmm_irqfd other = { .fd = eventfd(0, EFD_CLOEXEC), .intid = SPI };

		events[i] = other.fd;
		if (i < 256)
			CHECK(ioctl(i % 2 ? vm.fd : second, VMM_IRQFD, &other) == 0);
		else
			CHECK_ERRNO(ioctl(second, VMM_IRQFD, &other), ENOSPC);
	}
	close(second); /* what it has bound goes with it */
	irqfd.fd = events[256];
	CHECK(ioctl(vm.fd, VMM_IRQFD, &irqfd) == 0);
	for (unsigned int i = 1; i <= 256; i++)
		close(events[i]);
	vm_end(&vm);
}

static void the_virtual_timer_wakes_a_sleeping_vcpu(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	start_irq_guest(&vm, 6250000 /* a tenth of a second at 62.5 MHz */);
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK(get_reg(vm.fd, 0, 7) == 27);
	CHECK(get_stat(vm.fd, 0, VMM_STAT_WFI_SLEEPS) == 1);
	vm_end(&vm);
}

static void doorbells_ring_in_the_kernel(void)
{
	struct vmm_ioeventfd doorbell = { .ipa = DEVICE + 0x50,
					  .len = 4,
					  .data = 5,
					  .flags = VMM_EVENTFD_DATAMATCH,
					  .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	uint64_t count = 0;
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_doorbell);
	CHECK(ioctl(vm.fd, VMM_IOEVENTFD, &doorbell) == 0);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IOEVENTFD, &doorbell), EEXIST);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	CHECK(run(&vm, 0) == 0 && exited_mmio(vm.run[0], DEVICE + 0x50, 4, true));
	CHECK(vm.run[0]->mmio.data == 6);
	CHECK(read(doorbell.fd, &count, sizeof(count)) == sizeof(count) && count == 1);
	CHECK(run(&vm, 0) == 0 && exited_mmio(vm.run[0], DEVICE + 0x50, 2, true));
	CHECK(run(&vm, 0) == 0 && exited_off(vm.run[0]));
	CHECK(get_stat(vm.fd, 0, VMM_STAT_MMIO_DOORBELL) == 1);
	doorbell.flags |= VMM_EVENTFD_DEASSIGN;
	CHECK(ioctl(vm.fd, VMM_IOEVENTFD, &doorbell) == 0);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IOEVENTFD, &doorbell), ENOENT);
	close(doorbell.fd);
	vm_end(&vm);
}

/* In a child that is killed; the exit that it got is repeated for the next. */
static void child_takes_an_exit(struct vm *vm)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		vm_close(vm);
		vm_open(vm);
		if (run(vm, 0) == 0 && exited_mmio(vm->run[0], UART, 1, true))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_killed_tool_leaves_a_vm_that_goes_on(void)
{
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_uart);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	child_takes_an_exit(&vm);
	CHECK(get_info(vm.fd).runner_pid == 0);
	CHECK(get_info(vm.fd).state == VMM_STATE_IDLE);
	CHECK(run(&vm, 0) == 0 && exited_mmio(vm.run[0], UART, 1, true));
	vm_end(&vm);
}

static void a_tool_killed_while_its_guest_spins_frees_the_vcpu(void)
{
	struct vm vm;
	pid_t child;

	vm = vm_make("smoke");
	LOAD(&vm, guest_spin);
	CHECK(vcpu_on(vm.fd, 0, 0) == 0);
	child = fork();
	if (child == 0) {
		run(&vm, 0);
		_exit(1);
	}
	while (get_reg(vm.fd, 0, 5) == 0)
		sched_yield();
	CHECK(get_info(vm.fd).vcpus_running == 1 && get_info(vm.fd).runner_pid == child);
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(get_info(vm.fd).vcpus_running == 0);
	vm_end(&vm);
}

static bool set_cpu1(bool online)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY | O_CLOEXEC);
	bool done = write(fd, online ? "1" : "0", 1) == 1;

	close(fd);
	return done;
}

static void wait_for_progress(struct vm *vm, unsigned int vcpu)
{
	uint64_t before = get_reg(vm->fd, vcpu, 5);

	while (get_reg(vm->fd, vcpu, 5) == before)
		sched_yield();
}

static void guests_go_on_when_a_cpu_goes_off_line(void)
{
	struct runner runner[2];
	struct vm vm;

	vm = vm_make("smoke");
	LOAD(&vm, guest_spin);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(vcpu_on(vm.fd, i, 0) == 0);
		runner_start(&runner[i], &vm, i);
	}
	for (unsigned int round = 0; round < 10; round++) {
		CHECK(set_cpu1(round % 2));
		wait_for_progress(&vm, 0);
		wait_for_progress(&vm, 1);
	}
	CHECK(ioctl(vm.fd, VMM_SUSPEND, (unsigned long)VMM_SUSPEND_POWEROFF) == 0);
	for (unsigned int i = 0; i < 2; i++) {
		runner_join(&runner[i]);
		CHECK(runner[i].result == 0 && vm.run[i]->exit_reason == VMM_EXIT_SUSPENDED);
	}
	CHECK(get_stat(vm.fd, 0, VMM_STAT_MIGRATIONS) + get_stat(vm.fd, 1, VMM_STAT_MIGRATIONS) >
	      0);
	vm_end(&vm);
}

static void names_are_checked(void)
{
	struct vmm_name endless;
	static const char *const bad[] = { "", ".", "..", ".a", "a/b", "a b", "\xc3\xa4" };
	int ctl = open(VMM_CTL_PATH, O_RDWR);
	uint32_t version = 0;

	CHECK(ioctl(ctl, VMMCTL_VERSION, &version) == 0 && version == VMM_ABI_VERSION);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERRNO(create(bad[i]), EINVAL);
	memset(&endless, 'a', sizeof(endless));
	CHECK_ERRNO(ioctl(ctl, VMMCTL_CREATE, &endless), EINVAL);
	endless.name[VMM_NAME_MAX] = 0;
	CHECK(ioctl(ctl, VMMCTL_CREATE, &endless) == 0);
	CHECK_ERRNO(ioctl(ctl, VMMCTL_CREATE, &endless), EEXIST);
	CHECK(ioctl(ctl, VMMCTL_DESTROY, &endless) == 0);
	CHECK_ERRNO(ioctl(ctl, VMMCTL_DESTROY, &endless), ENOENT);
	CHECK_ERRNO(ioctl(ctl, VMMCTL_CREATE, NULL), EFAULT);
	CHECK_ERRNO(ioctl(ctl, VMM_RUN, 0ul), ENOTTY);
	close(ctl);
}

static void memory_segments_are_checked(void)
{
	struct vmm_memseg segment = { .index = 0 };
	struct vm vm;

	vm = vm_make("smoke");
	CHECK_ERRNO(add_memory(vm.fd, 0x1001, 4096, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, 0x1000, 4095, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, 0x1000, 0, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, 0x1000, 4096, 4), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, 1ull << 40, 4096, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, -4096ull, 4096, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, 4096, -4096ull, 0), EINVAL);
	CHECK_ERRNO(add_memory(vm.fd, RAM + 4096, 4096, 0), EEXIST);
	CHECK_ERRNO(add_memory(vm.fd, 0x08000000, 4096, 0), EEXIST);
	CHECK_ERRNO(add_memory(vm.fd, 0x080b0000, 4096, 0), EEXIST);
	CHECK_ERRNO(add_memory(vm.fd, 1ull << 32, 1ull << 38, 0), ENOMEM);
	for (unsigned int i = 1; i < VMM_MAX_MEMSEGS; i++)
		CHECK(add_memory(vm.fd, i * 8192, 4096, VMM_MEM_READONLY) == 0);
	CHECK_ERRNO(add_memory(vm.fd, 0x20000, 4096, 0), ENOSPC);
	CHECK(ioctl(vm.fd, VMM_GET_MEMSEG, &segment) == 0 && segment.ipa == RAM &&
	      segment.size == RAM_SIZE && segment.flags == 0 && segment.resident == 0);
	segment.index = VMM_MAX_MEMSEGS;
	CHECK_ERRNO(ioctl(vm.fd, VMM_GET_MEMSEG, &segment), ENOENT);
	segment = (struct vmm_memseg){ .index = VMM_MAX_MEMSEGS, .flags = VMM_MEM_TRAP };
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_MEMSEG_FLAGS, &segment), ENOENT);
	segment = (struct vmm_memseg){ .index = 1, .flags = 4 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_MEMSEG_FLAGS, &segment), EINVAL);
	segment = (struct vmm_memseg){ .index = 1, .flags = VMM_MEM_TRAP };
	CHECK(ioctl(vm.fd, VMM_SET_MEMSEG_FLAGS, &segment) == 0);
	CHECK(ioctl(vm.fd, VMM_GET_MEMSEG, &segment) == 0 && segment.flags == VMM_MEM_TRAP);
	CHECK(map(vm.fd, RAM - 4096, 8192) == MAP_FAILED);
	CHECK(map(vm.fd, RAM, RAM_SIZE + 4096) == MAP_FAILED);
	CHECK(map(vm.fd, VMM_MMAP_VCPU(2), 4096) == MAP_FAILED);
	CHECK(map(vm.fd, VMM_MMAP_VCPU(0), 8192) == MAP_FAILED);
	CHECK(map(vm.fd, -4096ull, 4096) == MAP_FAILED);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, vm.fd, RAM) == MAP_FAILED);
	vm_end(&vm);
}

static void arguments_are_checked(void)
{
	struct vmm_irq_line line = { .intid = 15, .level = 1 };
	struct vmm_vcpu_on on = { .vcpu = 2, .entry = RAM };
	struct vmm_reg_access reg = { .vcpu = 0, .reg = VMM_REG_COUNT };
	struct vmm_irqfd irqfd = { .fd = -1, .intid = SPI };
	struct vmm_ioeventfd doorbell = { .fd = -1, .len = 3 };
	struct vmm_stats stats = { .vcpu = 2 };
	struct vm vm;

	vm = vm_make("smoke");
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQ_LINE, &line), EINVAL);
	line = (struct vmm_irq_line){ .intid = SPI, .level = 2 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQ_LINE, &line), EINVAL);
	line = (struct vmm_irq_line){ .intid = VMM_SPI_LAST + 1 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQ_LINE, &line), EINVAL);
	line = (struct vmm_irq_line){ .intid = SPI, .pad = 1 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQ_LINE, &line), EINVAL);
	line = (struct vmm_irq_line){ .intid = 20, .vcpu = 2 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQ_LINE, &line), ENOENT);
	CHECK_ERRNO(ioctl(vm.fd, VMM_VCPU_ON, &on), ENOENT);
	on = (struct vmm_vcpu_on){ .vcpu = 0, .flags = 2 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_VCPU_ON, &on), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_VCPU_CREATE, 16ul), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_VCPU_CREATE, -1ul), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_RUN, 2ul), ENOENT);
	CHECK_ERRNO(ioctl(vm.fd, VMM_RUN, 1ul << 32), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_GET_REG, &reg), EINVAL);
	reg.reg = VMM_REG_MPIDR_EL1;
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_REG, &reg), EPERM);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQFD, &irqfd), EBADF);
	irqfd.fd = vm.fd;
	CHECK_ERRNO(ioctl(vm.fd, VMM_IRQFD, &irqfd), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_IOEVENTFD, &doorbell), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_GET_STATS, &stats), ENOENT);
	CHECK_ERRNO(ioctl(vm.fd, VMM_SUSPEND, 0ul), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMM_SUSPEND, 4ul), EINVAL);
	CHECK_ERRNO(ioctl(vm.fd, VMMCTL_CREATE, vm.name), ENOTTY);
	CHECK_ERRNO(ioctl(vm.fd, TIOCGWINSZ, NULL), ENOTTY);
	vm_end(&vm);
}

static void blobs_are_kept_with_the_vm(void)
{
	char text[] = "kernel=/boot/Image\n", back[64] = "";
	struct vmm_blob blob = { .data = (uintptr_t)text, .size = sizeof(text) };
	struct vm vm;

	vm = vm_make("smoke");
	CHECK(ioctl(vm.fd, VMM_SET_BLOB, &blob) == 0);
	blob = (struct vmm_blob){ .data = (uintptr_t)back, .size = 4 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_GET_BLOB, &blob), ENOSPC);
	CHECK(blob.size == sizeof(text));
	blob.size = sizeof(back);
	CHECK(ioctl(vm.fd, VMM_GET_BLOB, &blob) == 0 && blob.size == sizeof(text));
	CHECK(!strcmp(text, back));
	blob.size = VMM_BLOB_MAX + 1;
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_BLOB, &blob), EINVAL);
	blob = (struct vmm_blob){ .data = 1, .size = 16 };
	CHECK_ERRNO(ioctl(vm.fd, VMM_SET_BLOB, &blob), EFAULT);
	vm_end(&vm);
}

/* Every ioctl number of the range with pointers that lead nowhere and with structures of noise. */
static void noise_does_no_harm(void)
{
	char noise[1024];
	struct vm vm;
	int null = open("/dev/null", O_RDWR);

	srandom(1);
	vm = vm_make("smoke");
	for (unsigned int round = 0; round < 4000; round++) {
		unsigned int number = 0x10 + (unsigned int)random() % 0x12;
		unsigned int size = (unsigned int)random() % 600;
		unsigned long command = _IOC((unsigned int)random() & 3, VMM_IOC, number, size);

		for (size_t i = 0; i < sizeof(noise); i += sizeof(int))
			*(int *)(noise + i) = (int)random() >> (random() % 31);
		if (number == (VMM_RUN & 0xff))
			continue; /* would wait for power */
		ioctl(vm.fd, command, (round & 7) ? noise : (char *)(uintptr_t)random());
	}
	CHECK(get_info(vm.fd).vcpus_running == 0);
	close(null);
	vm_end(&vm);
}

static long available_kib(void)
{
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "MemAvailable:", 13)) {
			kib = strtol(line + 13, NULL, 10);
			break;
		}
	if (file)
		fclose(file);
	return kib;
}

/* The kernel keeps some MiB of free pages in lists of its own, now more and now less. A leak of one
 * page a round is 4000 KiB every time. */
static void a_thousand_rounds_leak_nothing(void)
{
	long before, after = 0, gone = LONG_MAX;

	for (unsigned int attempt = 0; attempt < 4 && gone > 2000 && !failures; attempt++) {
		before = available_kib();
		for (unsigned int i = 0; i < 1000 && !failures; i++)
			one_round();
		after = available_kib();
		gone = before - after;
		printf("#   available: %ld KiB before, %ld KiB after\n", before, after);
	}
	CHECK(gone <= 2000);
}

#define TEST(function) { #function, function }

static const struct {
	const char *name;
	void (*function)(void);
} tests[] = {
	TEST(names_are_checked),
	TEST(memory_segments_are_checked),
	TEST(arguments_are_checked),
	TEST(blobs_are_kept_with_the_vm),
	TEST(guest_stores_to_the_uart_and_powers_off),
	TEST(accesses_without_a_syndrome_are_decoded),
	TEST(an_address_where_nothing_is_aborts_in_the_guest),
	TEST(hypercall_results_reach_the_guest),
	TEST(memory_is_allocated_on_first_touch_in_blocks),
	TEST(pinned_memory_outlives_the_vm),
	TEST(a_spoilt_shared_page_does_no_harm),
	TEST(a_signal_interrupts_a_spinning_guest),
	TEST(registers_of_a_running_vcpu_can_be_read),
	TEST(suspend_reaches_spinning_sleeping_and_powered_off_vcpus),
	TEST(destroy_ends_every_thread),
	TEST(an_interrupt_line_wakes_a_sleeping_vcpu),
	TEST(an_irqfd_pulses_the_line),
	TEST(an_eventfd_drives_one_line_whatever_file_binds_it),
	TEST(the_virtual_timer_wakes_a_sleeping_vcpu),
	TEST(doorbells_ring_in_the_kernel),
	TEST(a_killed_tool_leaves_a_vm_that_goes_on),
	TEST(a_tool_killed_while_its_guest_spins_frees_the_vcpu),
	TEST(guests_go_on_when_a_cpu_goes_off_line),
	TEST(noise_does_no_harm),
	TEST(a_thousand_rounds_leak_nothing),
};

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		failures = 0;
		alarm(HANG_SECONDS);
		tests[i].function();
		printf("%s %s\n", failures ? "not ok" : "ok", tests[i].name);
		failed += failures != 0;
	}
	return failed;
}
