/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures for a monitoring system. The format wants all samples of a metric together, so all VMs
 * are read first. Names of VMs have no character that a label's value would have to escape.
 */
#include "bhyvectl/metrics.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyvectl/cpu_time.h"
#include "lib/vmmapi/vmmapi.h"

struct vm_figures {
	struct vm_figures *next;
	struct vmm_info info;
	unsigned vcpus;
	struct vmm_stats stats[VMM_MAX_VCPUS];
	double seconds[VMM_MAX_VCPUS]; /* by number of vCPU; negative: unknown */
	struct vm_device_stat *devices;
	size_t device_stats;
	int device_error;
};

struct figures {
	const char *only; /* NULL: all VMs */
	struct vm_figures *first;
	struct vm_figures **last;
};

/* ---- reading ---- */

static void add_device_stat(const struct vm_device_stat *stat, void *arg)
{
	struct vm_figures *vm = arg;
	struct vm_device_stat *more;

	more = realloc(vm->devices, (vm->device_stats + 1) * sizeof(*more));
	if (!more) {
		vm->device_error = -ENOMEM;
		return;
	}
	vm->devices = more;
	vm->devices[vm->device_stats++] = *stat;
}

static int read_vcpus(struct vmctx *handle, struct vm_figures *vm)
{
	for (uint32_t i = 0; i < VMM_MAX_VCPUS; i++) {
		int error;

		vm->seconds[i] = -1;
		if (!(vm->info.vcpus_created >> i & 1))
			continue;
		error = vm_get_stats(handle, i, &vm->stats[vm->vcpus]);
		if (error)
			return error;
		vm->vcpus++;
	}
	return 0;
}

/* What a VM has not, or its process does not tell, is left out. */
static int read_vm(const char *name, struct vm_figures *vm)
{
	struct vmctx *handle;
	int error = vm_open(name, &handle);

	if (error)
		return error;
	error = vm_get_info(handle, &vm->info);
	if (!error)
		error = read_vcpus(handle, vm);
	vm_close(handle);
	if (error)
		return error;
	if (vm->info.state == VMM_STATE_RUNNING)
		read_cpu_times(vm->info.runner_pid, vm->seconds);
	vm_device_stats(name, add_device_stat, vm);
	return vm->device_error;
}

static void free_vm(struct vm_figures *vm)
{
	free(vm->devices);
	free(vm);
}

static int add_vm(const char *name, void *arg)
{
	struct figures *figures = arg;
	struct vm_figures *vm;
	int error;

	if (figures->only && strcmp(name, figures->only) != 0)
		return 0;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	error = read_vm(name, vm);
	if (error) {
		free_vm(vm);
		/* destroyed meanwhile, or another user's */
		return error == -ENXIO || error == -ENODEV || error == -EACCES ? 0 : error;
	}
	*figures->last = vm;
	figures->last = &vm->next;
	return 0;
}

/* ---- printing ---- */

static void metric(const char *name, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_states(const struct figures *figures)
{
	static const char *const states[] = { "loading", "running", "paused", "off" };

	metric("bhyve_vm_state", "gauge", "1 for the state that the virtual machine is in.");
	for (const struct vm_figures *vm = figures->first; vm; vm = vm->next)
		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			printf("bhyve_vm_state{vm=\"%s\",state=\"%s\"} %d\n", vm->info.name,
			       states[i], strcmp(vm_state_name(&vm->info), states[i]) == 0);
}

static uint64_t vcpu_count(const struct vmm_info *info)
{
	return (uint64_t)__builtin_popcount(info->vcpus_created);
}

static uint64_t memory_size(const struct vmm_info *info)
{
	return info->memory_size;
}

static uint64_t memory_resident(const struct vmm_info *info)
{
	return info->memory_resident;
}

static uint64_t memory_overhead(const struct vmm_info *info)
{
	return info->overhead;
}

static void print_gauges(const struct figures *figures)
{
	static const struct {
		const char *name;
		const char *help;
		uint64_t (*value)(const struct vmm_info *info);
	} gauges[] = {
		{ "bhyve_vm_vcpus", "Virtual CPUs.", vcpu_count },
		{ "bhyve_vm_memory_bytes", "Memory of the guest.", memory_size },
		{ "bhyve_vm_memory_resident_bytes", "Memory of the guest that is allocated.",
		  memory_resident },
		{ "bhyve_vm_memory_overhead_bytes", "The driver's own memory for it.",
		  memory_overhead },
	};

	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		metric(gauges[i].name, "gauge", gauges[i].help);
		for (const struct vm_figures *vm = figures->first; vm; vm = vm->next)
			printf("%s{vm=\"%s\"} %" PRIu64 "\n", gauges[i].name, vm->info.name,
			       gauges[i].value(&vm->info));
	}
}

static void print_cpu_times(const struct figures *figures)
{
	metric("bhyve_vcpu_cpu_seconds_total", "counter",
	       "CPU time of the thread that runs the virtual CPU, while it runs.");
	for (const struct vm_figures *vm = figures->first; vm; vm = vm->next)
		for (unsigned i = 0; i < VMM_MAX_VCPUS; i++)
			if (vm->seconds[i] >= 0)
				printf("bhyve_vcpu_cpu_seconds_total{vm=\"%s\",vcpu=\"%u\"} %.2f\n",
				       vm->info.name, i, vm->seconds[i]);
}

/* One counter of all vCPUs. label: more labels, with a leading comma, or empty. */
static void print_stat(const struct figures *figures, const char *name, const char *label,
		       uint32_t stat)
{
	for (const struct vm_figures *vm = figures->first; vm; vm = vm->next)
		for (unsigned i = 0; i < vm->vcpus; i++)
			if (stat < vm->stats[i].count)
				printf("%s{vm=\"%s\",vcpu=\"%u\"%s} %" PRIu64 "\n", name,
				       vm->info.name, vm->stats[i].vcpu, label,
				       vm->stats[i].value[stat]);
}

/* Counters first to last as one metric, told apart by a label. prefix: of their names, left out. */
static void print_kinds(const struct figures *figures, const char *name, const char *label,
			uint32_t first, uint32_t last, const char *prefix)
{
	for (uint32_t stat = first; stat <= last; stat++) {
		char text[64];

		snprintf(text, sizeof(text), ",%s=\"%s\"", label,
			 vm_stat_name(stat) + strlen(prefix));
		print_stat(figures, name, text, stat);
	}
}

/* "mmio-vgic" of a group: bhyve_vcpu_mmio_vgic_total. */
static void metric_name(char *buf, size_t len, const char *group, const char *counter)
{
	snprintf(buf, len, "bhyve_%s_%s_total", group, counter);
	for (char *c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
}

static void print_counter_head(char *name, size_t len, const char *group, const char *counter,
			       const char *description)
{
	metric_name(name, len, group, counter);
	printf("# HELP %s %c%s.\n# TYPE %s counter\n", name, toupper((unsigned char)*description),
	       description + 1, name);
}

static void print_vcpu_stats(const struct figures *figures)
{
	char name[96];

	metric("bhyve_vcpu_exits_total", "counter", "Exits from the guest to EL2, by kind.");
	print_kinds(figures, "bhyve_vcpu_exits_total", "kind", VMM_STAT_EXITS + 1,
		    VMM_STAT_EXIT_OTHER, "");
	metric("bhyve_vcpu_exits_finished_total", "counter",
	       "Exits from the guest to EL2, by where they were finished.");
	print_kinds(figures, "bhyve_vcpu_exits_finished_total", "by", VMM_STAT_DONE_EL2,
		    VMM_STAT_DONE_USER, "done-");
	for (uint32_t stat = VMM_STAT_DONE_USER + 1; stat < VMM_STAT_COUNT; stat++) {
		print_counter_head(name, sizeof(name), "vcpu", vm_stat_name(stat),
				   vm_stat_description(stat));
		print_stat(figures, name, "", stat);
	}
}

static void print_device_stat(const struct figures *figures, const char *name, uint32_t stat)
{
	for (const struct vm_figures *vm = figures->first; vm; vm = vm->next)
		for (size_t i = 0; i < vm->device_stats; i++)
			if (vm->devices[i].stat == stat)
				printf("%s{vm=\"%s\",device=\"%s\",slot=\"%u\"} %" PRIu64 "\n",
				       name, vm->info.name, vm->devices[i].device,
				       vm->devices[i].slot, vm->devices[i].value);
}

static void print_device_stats(const struct figures *figures)
{
	char name[96];

	for (uint32_t stat = 0; stat < VM_DEVICE_STAT_COUNT; stat++) {
		print_counter_head(name, sizeof(name), "device", vm_device_stat_name(stat),
				   vm_device_stat_description(stat));
		print_device_stat(figures, name, stat);
	}
}

int show_metrics(const char *name)
{
	struct figures figures = { .only = name, .last = &figures.first };
	int error = vm_list(add_vm, &figures);

	if (!error) {
		print_states(&figures);
		print_gauges(&figures);
		print_cpu_times(&figures);
		print_vcpu_stats(&figures);
		print_device_stats(&figures);
	}
	while (figures.first) {
		struct vm_figures *next = figures.first->next;

		free_vm(figures.first);
		figures.first = next;
	}
	return error;
}
