// SPDX-License-Identifier: BSD-2-Clause
/*
 * bhyvectl: looks at virtual machines and controls them, bhyvectl(8).
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bhyvectl/attach.h"
#include "bhyvectl/metrics.h"
#include "bhyvectl/output.h"
#include "bhyvectl/show.h"
#include "lib/loader/load.h"
#include "lib/version.h"

static const char usage[] =
	"usage: bhyvectl --list [--json]\n"
	"       bhyvectl --vm=NAME [--cpu=N] [--json] ACTION...\n"
	"       bhyvectl --vm=NAME --console\n"
	"       bhyvectl --metrics [--vm=NAME]\n"
	"  --list                 all virtual machines and their states\n"
	"  --metrics              their counters, in Prometheus' text format\n"
	"  --console              be at the guest's console; Ctrl-] detaches\n"
	"  --create               create the virtual machine\n"
	"  --set-mem=SIZE         give it memory, with unit M or G (plain: MiB)\n"
	"  --destroy              destroy it, even while it runs\n"
	"  --force-reset          reset it; --force-poweroff  power it off\n"
	"  --resize-disk=SLOT     tell the guest that the disk's image has grown\n"
	"  --get-stats            counters of vCPUs and devices, with descriptions;\n"
	"                         of one vCPU with --cpu\n"
	"  --get-all              everything that can be shown\n"
	"  --get-REGISTER         a register: x0 to x30, pc, pstate, sctlr-el1, ...\n"
	"  --set-REGISTER=VALUE   set one, while the virtual machine is stopped\n"
	"  --get-active-cpus      vCPUs that are powered on\n"
	"  --get-suspended-cpus   vCPUs that are not\n"
	"  --get-cpu-topology     sockets, cores and threads\n"
	"  --get-memseg           memory segments; --get-memmap  where they are\n"
	"  --json                 print one JSON object\n"
	"  --help, --version\n"
	"Exit status: 0 done, 1 error. See bhyvectl(8).\n";

/* Values of getopt_long() for options that are no register. */
enum {
	OPT_VM = 256,
	OPT_CPU,
	OPT_LIST,
	OPT_METRICS,
	OPT_CONSOLE,
	OPT_CREATE,
	OPT_DESTROY,
	OPT_SET_MEM,
	OPT_RESIZE_DISK,
	OPT_RESET,
	OPT_POWEROFF,
	OPT_STATS,
	OPT_ALL,
	OPT_ACTIVE,
	OPT_SUSPENDED,
	OPT_TOPOLOGY,
	OPT_MEMSEG,
	OPT_MEMMAP,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
	OPT_END,
	OPT_GET_REGISTER = 1024,
	OPT_SET_REGISTER = 2048,
};

static const struct option fixed_options[] = {
	{ "vm", required_argument, NULL, OPT_VM },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "metrics", no_argument, NULL, OPT_METRICS },
	{ "console", no_argument, NULL, OPT_CONSOLE },
	{ "create", no_argument, NULL, OPT_CREATE },
	{ "destroy", no_argument, NULL, OPT_DESTROY },
	{ "set-mem", required_argument, NULL, OPT_SET_MEM },
	{ "resize-disk", required_argument, NULL, OPT_RESIZE_DISK },
	{ "force-reset", no_argument, NULL, OPT_RESET },
	{ "force-poweroff", no_argument, NULL, OPT_POWEROFF },
	{ "get-stats", no_argument, NULL, OPT_STATS },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "get-all", no_argument, NULL, OPT_ALL },
	{ "get-active-cpus", no_argument, NULL, OPT_ACTIVE },
	{ "get-suspended-cpus", no_argument, NULL, OPT_SUSPENDED },
	{ "get-cpu-topology", no_argument, NULL, OPT_TOPOLOGY },
	{ "get-memseg", no_argument, NULL, OPT_MEMSEG },
	{ "get-memmap", no_argument, NULL, OPT_MEMMAP },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
};
#define FIXED_COUNT (sizeof(fixed_options) / sizeof(fixed_options[0]))

/* What the command line asks for. */
struct request {
	const char *vm;
	int cpu; /* -1: not given */
	bool wants[OPT_END - OPT_VM];
	uint64_t memory;
	unsigned disk; /* slot */
	bool get[VMM_REG_COUNT];
	bool set[VMM_REG_COUNT];
	uint64_t value[VMM_REG_COUNT];
};

static struct request request = { .cpu = -1 };

static bool wants(int option)
{
	return request.wants[option - OPT_VM];
}

/* One line on standard error; returns the exit status. */
__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	va_list args;

	fputs("bhyvectl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

static int fail_vm(enum vm_operation op, int error)
{
	char text[512];

	return fail("%.300s: %s", request.vm,
		    vm_explain(op, request.vm, error, text, sizeof(text)));
}

/* The table for getopt_long(): the fixed options, and --get-, --set- of every register. */
static const struct option *option_table(void)
{
	static struct option table[FIXED_COUNT + 2 * VMM_REG_COUNT + 1];
	static char names[2 * VMM_REG_COUNT][32];
	struct option *next = table + FIXED_COUNT;

	memcpy(table, fixed_options, sizeof(fixed_options));
	for (int reg = 0; reg < VMM_REG_COUNT; reg++) {
		const char *name = vm_register_name((uint32_t)reg);

		snprintf(names[2 * reg], sizeof(names[0]), "get-%s", name);
		snprintf(names[2 * reg + 1], sizeof(names[0]), "set-%s", name);
		*next++ = (struct option){ names[2 * reg], no_argument, NULL,
					   OPT_GET_REGISTER + reg };
		*next++ = (struct option){ names[2 * reg + 1], required_argument, NULL,
					   OPT_SET_REGISTER + reg };
	}
	return table;
}

static int parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return isdigit((unsigned char)text[0]) && !*end && !errno ? 0 : -EINVAL;
}

static int parse_memory(const char *text, uint64_t *size)
{
	static const char units[] = "kmgt";
	char *end;

	errno = 0;
	*size = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || errno)
		return -EINVAL;
	if (*end) {
		const char *unit = strchr(units, tolower((unsigned char)*end));
		int shift = unit ? 10 * (int)(unit - units + 1) : 0;

		if (!unit || end[1] || *size > UINT64_MAX >> shift)
			return -EINVAL;
		*size <<= shift;
	} else if (*size < 1 << 20) {
		*size <<= 20;
	}
	return 0;
}

static int set_cpu(const char *text)
{
	uint64_t number;

	if (parse_number(text, &number) || number >= VMM_MAX_VCPUS)
		return fail("--cpu=%.100s: not a vCPU; give a number from 0 to %d", text,
			    VMM_MAX_VCPUS - 1);
	request.cpu = (int)number;
	return 0;
}

static int set_memory(const char *text)
{
	char why[256];

	if (parse_memory(text, &request.memory))
		return fail("--set-mem=%.100s: not a size; give a number with M or G", text);
	if (load_check_memory(request.memory, why, sizeof(why)))
		return fail("--set-mem=%.100s: %s", text, why);
	return 0;
}

static int set_disk(const char *text)
{
	uint64_t number;

	if (parse_number(text, &number) || number > 31)
		return fail("--resize-disk=%.100s: not a slot; give a number from 0 to 31", text);
	request.disk = (unsigned)number;
	return 0;
}

static int set_register(int reg, const char *text)
{
	request.set[reg] = true;
	if (parse_number(text, &request.value[reg]) == 0)
		return 0;
	return fail("--set-%s=%.100s: not a number; give one like 0x40080000",
		    vm_register_name((uint32_t)reg), text);
}

/* One option. Returns an exit status: non-zero ends bhyvectl. */
static int take_option(int option)
{
	int set = option - OPT_SET_REGISTER, get = option - OPT_GET_REGISTER,
	    word = option - OPT_VM;

	if (set >= 0 && set < VMM_REG_COUNT)
		return set_register(set, optarg);
	if (get >= 0 && get < VMM_REG_COUNT)
		request.get[get] = true;
	else if (word >= 0 && word < OPT_END - OPT_VM)
		request.wants[word] = true;
	if (option == OPT_VM)
		request.vm = optarg;
	if (option == OPT_CPU)
		return set_cpu(optarg);
	if (option == OPT_RESIZE_DISK)
		return set_disk(optarg);
	return option == OPT_SET_MEM ? set_memory(optarg) : 0;
}

static int parse(int argc, char **argv)
{
	const struct option *table = option_table();
	int option, status = 0;

	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, "+:", table, NULL)) != -1) {
		if (option == ':' || (option == '?' && optopt >= OPT_VM))
			return fail("%.100s: %s; see bhyvectl --help", argv[optind - 1],
				    option == ':' ? "needs a value" : "takes no value");
		if (option == '?')
			return fail("%.100s: unknown option; see bhyvectl --help",
				    argv[optind - 1]);
		status = take_option(option);
	}
	if (!status && optind < argc)
		return fail("%.100s: not an option; name the virtual machine with --vm=",
			    argv[optind]);
	return status;
}

static bool any(const bool *flags, size_t count)
{
	while (count > 0 && !flags[count - 1])
		count--;
	return count > 0;
}

static int set_registers(struct vmctx *vm)
{
	uint32_t cpu = request.cpu < 0 ? 0 : (uint32_t)request.cpu;

	for (uint32_t reg = 0; reg < VMM_REG_COUNT; reg++) {
		int error;

		if (!request.set[reg])
			continue;
		error = vm_set_register(vm, cpu, reg, request.value[reg]);
		if (error)
			return fail_vm(VM_OP_REGISTER, error);
	}
	return 0;
}

/* --get-all: of a VM without the vCPU there are no registers. */
static int show_all_registers(struct vmctx *vm, uint32_t cpu)
{
	struct vmm_info info;
	bool all[VMM_REG_COUNT];
	int error = vm_get_info(vm, &info);

	memset(all, true, sizeof(all));
	if (error)
		return error;
	if (!(info.vcpus_created >> cpu & 1) && request.cpu < 0)
		return 0;
	return show_registers(vm, cpu, all);
}

/* The devices' counters are the process's that runs the VM: where it does not tell them the
 * others are shown all the same. */
static int show_all_stats(struct vmctx *vm)
{
	int error = show_stats(vm, request.cpu);

	if (error || request.cpu >= 0)
		return error;
	error = show_device_stats(request.vm);
	if (error && error != -ENOENT)
		fail("%s: no counters of devices: its bhyve does not tell them: %s", request.vm,
		     strerror(-error));
	return 0;
}

/* What is shown of one VM, in the order it is printed in. */
static const struct {
	int option;
	int (*show)(struct vmctx *vm);
} shown[] = {
	{ OPT_ALL, show_state },	  { OPT_MEMSEG, show_memsegs },
	{ OPT_MEMMAP, show_memmap },	  { OPT_TOPOLOGY, show_topology },
	{ OPT_ACTIVE, show_active_cpus }, { OPT_SUSPENDED, show_suspended_cpus },
};

static int show(struct vmctx *vm)
{
	uint32_t cpu = request.cpu < 0 ? 0 : (uint32_t)request.cpu;
	int error = 0;

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]) && !error; i++)
		if (wants(shown[i].option) || wants(OPT_ALL))
			error = shown[i].show(vm);
	if (!error && wants(OPT_ALL))
		error = show_all_registers(vm, cpu);
	else if (!error && any(request.get, VMM_REG_COUNT))
		error = show_registers(vm, cpu, request.get);
	if (!error && (wants(OPT_STATS) || wants(OPT_ALL)))
		error = show_all_stats(vm);
	return error ? fail_vm(VM_OP_REGISTER, error) : 0;
}

/* Ends the run. A VM that has ended already is as wanted. */
static int end_run(struct vmctx *vm, uint32_t how)
{
	int error = vm_suspend(vm, how);

	return error == -EALREADY ? 0 : error;
}

static int resize_disk(void)
{
	char why[512];
	int error = vm_resize_disk(request.vm, request.disk, why, sizeof(why));

	if (error == -ENOENT)
		return fail("%s: no bhyve runs it that could be told; a disk has its image's size "
			    "when bhyve starts",
			    request.vm);
	return error ? fail("%s: %s", request.vm, why) : 0;
}

static int change(struct vmctx *vm)
{
	int error = 0, status = 0;

	if (wants(OPT_SET_MEM)) {
		error = vm_add_memseg(vm, VM_RAM_BASE, request.memory, 0);
		if (error == -EEXIST)
			return fail("%s: has memory already; destroy and create it to change that",
				    request.vm);
		if (error)
			return fail_vm(VM_OP_MEMORY, error);
	}
	status = set_registers(vm);
	if (!status && wants(OPT_RESIZE_DISK))
		status = resize_disk();
	if (!status)
		status = show(vm);
	if (!status && wants(OPT_RESET))
		error = end_run(vm, VMM_SUSPEND_RESET);
	if (!status && !error && wants(OPT_POWEROFF))
		error = end_run(vm, VMM_SUSPEND_POWEROFF);
	return error ? fail_vm(VM_OP_STATE, error) : status;
}

/* Whether something is to be done that needs the VM open. */
static bool needs_open(void)
{
	static const int others[] = {
		OPT_SET_MEM, OPT_RESIZE_DISK, OPT_RESET,    OPT_POWEROFF, OPT_STATS,  OPT_ALL,
		OPT_ACTIVE,  OPT_SUSPENDED,   OPT_TOPOLOGY, OPT_MEMSEG,	  OPT_MEMMAP,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (wants(others[i]))
			return true;
	return any(request.get, VMM_REG_COUNT) || any(request.set, VMM_REG_COUNT);
}

static int act_on_vm(void)
{
	struct vmctx *vm;
	int error, status = 0;

	if (wants(OPT_CREATE)) {
		error = vm_create(request.vm);
		if (error)
			return fail_vm(VM_OP_CREATE, error);
	}
	if (needs_open()) {
		error = vm_open(request.vm, &vm);
		if (error)
			return fail_vm(VM_OP_OPEN, error);
		status = change(vm);
		vm_close(vm);
	}
	if (status || !wants(OPT_DESTROY))
		return status;
	error = vm_destroy(request.vm);
	if (error)
		return fail_vm(VM_OP_DESTROY, error);
	vm_remove_sockets(request.vm);
	return 0;
}

static int attach_console(void)
{
	bool terminal = isatty(STDIN_FILENO);
	char path[sizeof(VM_RUN_DIR) + VMM_NAME_MAX + 16];
	int console = vm_socket_connect(request.vm, "console"), end;

	if (console == -EINVAL || console == -ENAMETOOLONG)
		return fail_vm(VM_OP_OPEN, console);
	vm_socket_path(request.vm, "console", path, sizeof(path));
	if (console == -ENOENT)
		return fail("%s: has no console at %s; start its bhyve with -o console=socket",
			    request.vm, path);
	if (console < 0)
		return fail("%s: %s: %s", request.vm, path, strerror(-console));
	if (terminal)
		fprintf(stderr, "bhyvectl: %s: this is its console; Ctrl-] detaches\n", request.vm);
	end = attach(console);
	close(console);
	if (end < 0)
		return fail("%s: %s: %s", request.vm, path, strerror(-end));
	if (terminal)
		fprintf(stderr, "\nbhyvectl: %s: %s\n", request.vm,
			end ? "its bhyve has ended" : "detached; it runs on");
	return 0;
}

static int list(void)
{
	char text[512];
	int error = wants(OPT_METRICS) ? show_metrics(request.vm) : show_list(request.vm);

	if (!error)
		return 0;
	return fail("%s", vm_explain(VM_OP_LIST, NULL, error, text, sizeof(text)));
}

/* Does what was asked. The exit status. */
static int act(void)
{
	int status = 0;

	if (wants(OPT_LIST) || wants(OPT_METRICS))
		status = list();
	if (!status && request.vm)
		status = act_on_vm();
	if (!status && wants(OPT_CONSOLE))
		status = attach_console();
	return status;
}

int main(int argc, char **argv)
{
	int status = parse(argc, argv);

	if (status)
		return status;
	if (wants(OPT_HELP) || wants(OPT_VERSION)) {
		fputs(wants(OPT_HELP) ? usage : "bhyvectl " BHYVE_VERSION "\n", stdout);
		return 0;
	}
	if (wants(OPT_CONSOLE) && !request.vm)
		return fail("--console: whose? name the virtual machine with --vm=");
	if (wants(OPT_METRICS) + wants(OPT_LIST) + wants(OPT_JSON) > 1 && wants(OPT_METRICS))
		return fail("--metrics: prints a format of its own; leave out --list and --json");
	if (!request.vm && !wants(OPT_LIST) && !wants(OPT_METRICS))
		return fail("no virtual machine is named; give --vm=NAME, or --list; see bhyvectl "
			    "--help");
	if (request.vm && !wants(OPT_LIST) && !wants(OPT_METRICS) && !wants(OPT_CONSOLE) &&
	    !wants(OPT_CREATE) && !wants(OPT_DESTROY) && !needs_open())
		return fail("%.300s: nothing to do; see bhyvectl --help", request.vm);
	if (output_start(wants(OPT_JSON)))
		return fail("the host is out of memory");
	status = act();
	if (output_finish(status == 0))
		return fail("the host is out of memory");
	return status;
}
