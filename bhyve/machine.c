// SPDX-License-Identifier: BSD-2-Clause
/* Opens, loads and starts the virtual machine. */
#include "bhyve/machine.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "bhyve/config.h"
#include "bhyve/fdt.h"
#include "bhyve/firmware.h"
#include "bhyve/guest_memory.h"
#include "bhyve/host_memory.h"
#include "bhyve/report.h"
#include "lib/loader/devicetree.h"
#include "lib/loader/rom.h"
#include "lib/loader/setup.h"

/* With nothing said, Linux' console is the one that is always there (its device tree says so, too).
 */
static const char default_cmdline[] = "console=ttyAMA0";

static const char *get_cmdline(void)
{
	const char *cmdline = config_get("cmdline");

	return cmdline ? cmdline : config_get("fdt.bootargs");
}

static int explain(enum vm_operation op, int error, char *err, size_t errlen)
{
	vm_explain(op, config_get("name"), error, err, errlen);
	return error;
}

/* A VM that another process runs is not ours to touch. */
static int check_idle(struct vmctx *vm, char *err, size_t errlen)
{
	struct vmm_info info;
	int error = vm_get_info(vm, &info);

	if (error)
		return explain(VM_OP_OTHER, error, err, errlen);
	if (info.state != VMM_STATE_RUNNING)
		return 0;
	snprintf(err, errlen,
		 "is being run by process %d; stop it with bhyvectl --vm=%s "
		 "--force-poweroff",
		 info.runner_pid, vm_name(vm));
	return -EBUSY;
}

/* ACPI tables are firmware's. */
static int check_acpi(char *err, size_t errlen)
{
	if (!config_get("acpi_tables") || !config_get("kernel"))
		return 0;
	snprintf(err, errlen,
		 "acpi_tables: goes with bootrom=; a kernel without firmware has the device tree "
		 "alone");
	return -EINVAL;
}

/* Creates and loads with kernel= or bootrom=. */
static int create(struct machine *machine, char *err, size_t errlen)
{
	struct setup setup = {
		.name = config_get("name"),
		.kernel = config_get("kernel"),
		.bootrom = config_get("bootrom"),
		.bootvars = config_get("bootvars"),
		.initrd = config_get("initrd"),
		.dtb = config_get("dtb"),
		.cmdline = get_cmdline(),
		.arch = config_get("arch"),
	};
	struct vmctx *vm;
	bool persists = false;
	int error = check_memory(&setup.memory_size, err, errlen);

	config_bool("persist", false, &persists);
	setup.bind = !persists;
	if (!error && vm_open(setup.name, &vm) == 0) {
		error = check_idle(vm, err, errlen);
		vm_close(vm);
	}
	if (!error)
		error = setup_vm(&setup, &machine->vm, &machine->record, err, errlen);
	machine->created = setup.created;
	machine->bound = !error && setup.bind;
	return error;
}

/* Options that belong to a kernel or a boot ROM need one, and there cannot be both. */
static int check_together(char *err, size_t errlen)
{
	static const char *const keys[] = { "initrd", "cmdline", "fdt.bootargs", "dtb", "arch" };

	if (config_get("bootvars") && !config_get("bootrom") && !config_get("kernel")) {
		snprintf(err, errlen,
			 "bootvars: goes with bootrom= or kernel=; give one of them, too");
		return -EINVAL;
	}
	if (config_get("bootrom") && config_get("kernel")) {
		snprintf(err, errlen,
			 "bootrom, kernel: give one of them: firmware finds its "
			 "operating system by itself");
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !config_get("kernel"); i++) {
		if (!config_get(keys[i]))
			continue;
		snprintf(err, errlen, "%s: goes with kernel=; give that too, or use bhyveload",
			 keys[i]);
		return -EINVAL;
	}
	return 0;
}

/* Compares -m with what bhyveload gave. */
static int check_size(const struct machine *machine, char *err, size_t errlen)
{
	uint64_t size;
	int error = check_memory(&size, err, errlen);

	if (error || size == 0 || size == machine->record.memory_size)
		return error;
	snprintf(err, errlen,
		 "was loaded with %lluM of memory, not %lluM; run bhyveload again or "
		 "leave -m out",
		 (unsigned long long)(machine->record.memory_size >> 20),
		 (unsigned long long)(size >> 20));
	return -EINVAL;
}

/* A VM that had a boot ROM or flash has it again. */
static int recall_flash(const struct record *record)
{
	int error = 0;

	if (record->bootrom[0])
		error = config_set("bootrom", record->bootrom);
	if (!error && record->bootvars[0])
		error = config_set("bootvars", record->bootvars);
	return error;
}

/* Opens what bhyveload made. On an error *vm may be open. */
static int open_loaded(struct machine *machine, char *err, size_t errlen)
{
	int error;

	error = vm_open(config_get("name"), &machine->vm);
	if (error)
		return explain(VM_OP_OPEN, error, err, errlen);
	error = check_idle(machine->vm, err, errlen);
	if (!error)
		error = setup_read_record(machine->vm, &machine->record, err, errlen);
	if (!error)
		error = check_size(machine, err, errlen);
	if (!error)
		error = recall_flash(&machine->record);
	if (!error && !machine->record.fresh)
		error = machine_reload(machine, VMM_SUSPEND_NONE, err, errlen);
	return error;
}

/* What the guest has not touched yet must be there; what was, is. */
static int check_available(const struct machine *machine, bool wired, char *err, size_t errlen)
{
	struct vmm_info info;
	int error = vm_get_info(machine->vm, &info);

	if (error)
		return explain(VM_OP_OTHER, error, err, errlen);
	host_memory_tell(info.memory_size);
	return host_memory_check(info.memory_size - info.memory_resident, wired, err, errlen);
}

static int wire(void *ram, uint64_t size, char *err, size_t errlen)
{
	int error = host_memory_populate(ram, size);

	if (error == -EINTR)
		snprintf(err, errlen, "stopped by a signal while memory was allocated");
	else if (error == -ENOMEM)
		snprintf(err, errlen,
			 "the host, or its memory cgroup, has not that much memory available now; "
			 "end something, or give a smaller -m");
	else if (error)
		explain(VM_OP_MEMORY, error, err, errlen);
	return error;
}

/* Applies memory.wired and memory.guest_in_core. */
static int tune_memory(const struct machine *machine, char *err, size_t errlen)
{
	uint64_t size = machine->record.memory_size;
	void *ram = vm_map(machine->vm, VM_RAM_BASE, size);
	bool wired = false, in_core = false;
	int error;

	if (!ram)
		return explain(VM_OP_MEMORY, -errno, err, errlen);
	config_bool("memory.wired", false, &wired);
	config_bool("memory.guest_in_core", false, &in_core);
	error = check_available(machine, wired, err, errlen);
	if (!error && wired)
		error = wire(ram, size, err, errlen);
	if (error)
		return error;
	/* best effort: a core file that is too large or too small hurts nobody */
	madvise(ram, size, in_core ? MADV_DODUMP : MADV_DONTDUMP);
	return 0;
}

/* Performance monitors: unless pmu=off, where the host has them, and EL1 is in AArch64. */
static int choose_pmu(struct machine *machine, char *err, size_t errlen)
{
	bool wanted = true;
	int error;

	config_bool("pmu", true, &wanted);
	wanted = wanted && !machine->record.aarch32;
	error = vm_set_features(machine->vm, wanted ? VMM_FEATURE_PMU : 0);
	machine->pmu = wanted && !error;
	if (error == -EOPNOTSUPP && !config_get("pmu"))
		return 0;
	if (error == -EOPNOTSUPP)
		snprintf(err, errlen,
			 "pmu=%s: this host has no performance monitors for guests; leave it out",
			 config_get("pmu"));
	else if (error == -EBUSY)
		snprintf(err, errlen,
			 "pmu: the machine was made %s performance monitors; start it with "
			 "-o pmu=%s, or destroy it first: bhyvectl --vm=%s --destroy",
			 wanted ? "without" : "with", wanted ? "off" : "on", vm_name(machine->vm));
	else if (error)
		explain(VM_OP_VCPU, error, err, errlen);
	return error;
}

static int create_vcpus(struct machine *machine, char *err, size_t errlen)
{
	int error = check_topology(&machine->topology, err, errlen);

	if (!error)
		error = choose_pmu(machine, err, errlen);
	for (uint32_t i = 0; i < machine->topology.cpus && !error; i++) {
		error = vm_vcpu_create(machine->vm, i);
		if (error)
			explain(VM_OP_VCPU, error, err, errlen);
	}
	return error;
}

static int prepare(struct machine *machine, char *err, size_t errlen)
{
	int error = guest_memory_init(machine->vm);

	if (error)
		return explain(VM_OP_MEMORY, error, err, errlen);
	error = tune_memory(machine, err, errlen);
	if (!error)
		error = create_vcpus(machine, err, errlen);
	if (!error && machine->record.page_size == 16384)
		report("%s: a kernel of 16 KiB pages, which many CPUs do not have (Cortex-A53, "
		       "A57 and A72): if nothing is printed, use one of 4 KiB pages",
		       machine->record.kernel);
	if (!error && machine->record.bootrom[0] && !rom_begins_with_code(machine->vm))
		report("%s: does not begin with an instruction: if nothing is printed, give "
		       "firmware for QEMU's arm64 virt machine (u-boot.bin, AAVMF_CODE.fd)",
		       machine->record.bootrom);
	return error;
}

int machine_open(struct machine *machine, char *err, size_t errlen)
{
	int error = check_acpi(err, errlen);

	machine->vm = NULL;
	machine->created = false;
	machine->bound = false;
	if (!error)
		error = check_together(err, errlen);
	if (error)
		return error;
	if (config_get("kernel") || config_get("bootrom"))
		error = create(machine, err, errlen);
	else
		error = open_loaded(machine, err, errlen);
	if (!error)
		error = prepare(machine, err, errlen);
	if (error)
		machine_close(machine, true);
	return error;
}

int machine_reload(struct machine *machine, uint32_t ended, char *err, size_t errlen)
{
	int error = vm_reinit(machine->vm, ended);

	if (error)
		return explain(VM_OP_STATE, error, err, errlen);
	return setup_reload(machine->vm, &machine->record, err, errlen);
}

/* How many redistributors the GIC has: one a vCPU that exists, which an earlier run with more may
 * have left. */
static unsigned redistributors(const struct machine *machine)
{
	struct vmm_info info;
	unsigned count = machine->topology.cpus;

	if (vm_get_info(machine->vm, &info))
		return count;
	while (count < VMM_MAX_VCPUS && info.vcpus_created >> count)
		count++;
	return count;
}

bool machine_has_flash(const struct machine *machine)
{
	const struct record *record = &machine->record;

	return record->bootrom[0] || record->bootvars[0] || record->raw;
}

/* Builds the tree in guest memory. */
static int write_fdt(const struct machine *machine, struct fdt_machine *tree)
{
	uint64_t size = devicetree_room(&machine->record);
	void *room = guest_memory(machine->record.dtb_ipa, size);
	int error;

	if (!room)
		return -EFAULT;
	if (getrandom(tree->rng_seed, sizeof(tree->rng_seed), 0) < 0 ||
	    getrandom(&tree->kaslr_seed, sizeof(tree->kaslr_seed), 0) < 0)
		return -errno;
	error = fdt_build(tree, room, size);
	if (!error)
		devicetree_ready(&machine->record,
				 guest_memory(VM_RAM_BASE, machine->record.memory_size));
	return error;
}

static int give_firmware(const struct fdt_machine *tree, char *err, size_t errlen)
{
	int error = firmware_provide(tree);

	if (error)
		snprintf(err, errlen, "the files for firmware cannot be made: %s",
			 strerror(-error));
	return error;
}

/* NULL: the tree has none, since firmware has its own, and a program may take its words for
 * arguments. */
static const char *cmdline_of(const struct record *record)
{
	if (record->bootrom[0])
		return NULL;
	if (record->cmdline[0])
		return record->cmdline;
	return record->bare || record->argument ? NULL : default_cmdline;
}

static int generate_fdt(const struct machine *machine, char *err, size_t errlen)
{
	const struct record *record = &machine->record;
	struct fdt_machine tree = {
		.cpus = machine->topology.cpus,
		.sockets = machine->topology.sockets,
		.cores = machine->topology.cores,
		.threads = machine->topology.threads,
		.redistributors = redistributors(machine),
		.memory_base = VM_RAM_BASE,
		.memory_size = record->memory_size,
		.cmdline = cmdline_of(record),
		.flash = machine_has_flash(machine),
		.pmu = machine->pmu,
		.firmware = record->bootrom[0] != '\0',
		.initrd = record->initrd_ipa,
		.initrd_size = record->initrd_size,
		.slots = check_slots(),
		.uuid = config_get("uuid"),
	};
	int error = write_fdt(machine, &tree);

	if (error)
		snprintf(err, errlen, "the device tree cannot be made: %s", strerror(-error));
	else if (tree.firmware)
		error = give_firmware(&tree, err, errlen);
	return error;
}

/* vCPU 0: arm64 booting.rst, 4; or arm booting.rst, 5: r0 = 0, r1 = no machine number, r2 = tree.
 */
static int power_on(const struct machine *machine, char *err, size_t errlen)
{
	const struct record *record = &machine->record;
	int error;

	if (!record->aarch32) {
		error = vm_vcpu_on(machine->vm, 0, record->entry,
				   record->argument ? record->argument : record->dtb_ipa);
		return error ? explain(VM_OP_VCPU, error, err, errlen) : 0;
	}
	error = vm_vcpu_on32(machine->vm, 0, (uint32_t)record->entry, 0);
	if (error == -EOPNOTSUPP)
		snprintf(err, errlen,
			 "%s: a 32-bit guest, and this host's CPUs have no AArch32 at EL1; use a "
			 "64-bit one",
			 record->kernel);
	else if (error)
		explain(VM_OP_VCPU, error, err, errlen);
	if (!error)
		error = vm_set_register(machine->vm, 0, VMM_REG_X0 + 1, UINT32_MAX);
	if (!error)
		error = vm_set_register(machine->vm, 0, VMM_REG_X0 + 2, record->dtb_ipa);
	return error;
}

int machine_start(struct machine *machine, char *err, size_t errlen)
{
	struct record *record = &machine->record;
	int error = 0;

	if (!record->dtb[0])
		error = generate_fdt(machine, err, errlen);
	record->fresh = false;
	record->cpus = machine->topology.cpus;
	record->sockets = machine->topology.sockets ? machine->topology.sockets : 1;
	record->cores = machine->topology.cores ? machine->topology.cores : record->cpus;
	record->threads = machine->topology.threads ? machine->topology.threads : 1;
	if (!error)
		error = setup_write_record(machine->vm, record, err, errlen);
	if (error)
		return error;
	return power_on(machine, err, errlen);
}

void machine_close(struct machine *machine, bool never_ran)
{
	/* one that was there before is left as it is */
	if (machine->vm && never_ran && !machine->created)
		vm_bind(machine->vm, false);
	vm_close(machine->vm);
	if (machine->vm && machine->created && never_ran)
		vm_destroy(config_get("name"));
	machine->vm = NULL;
}
