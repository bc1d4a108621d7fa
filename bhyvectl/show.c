// SPDX-License-Identifier: BSD-2-Clause
/* Shows virtual machines. */
#include "bhyvectl/show.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyvectl/output.h"
#include "lib/loader/record.h"

static unsigned count_bits(uint32_t bits)
{
	return (unsigned)__builtin_popcount(bits);
}

/* The process that runs the VM; 0: none does now. */
static int runner(const struct vmm_info *info)
{
	return info->state == VMM_STATE_RUNNING ? info->runner_pid : 0;
}

/* "pid": that of the process, or null. */
static void pid_member(const struct vmm_info *info)
{
	if (runner(info))
		output_number("pid", (uint64_t)runner(info));
	else
		output_null("pid");
}

/* The user's name, or his number where he has none. */
static const char *user_name(uid_t uid)
{
	static char number[16];
	const struct passwd *user = getpwuid(uid);

	if (user)
		return user->pw_name;
	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	return number;
}

/* A VM of another user: no more is to be known than who he is. */
static void private_line(const char *name, uid_t owner)
{
	if (!output_is_json()) {
		printf("%-20s %7s %-8s %5s %8s %9s  %s\n", name, "-", "private", "-", "-", "-",
		       user_name(owner));
		return;
	}
	output_begin(NULL, '{');
	output_string("name", name);
	output_string("state", "private");
	output_string("owner", user_name(owner));
	output_end();
}

static void list_line(const struct vmm_info *info, uid_t owner)
{
	char memory[24], resident[24], pid[16] = "-";

	if (!output_is_json()) {
		if (runner(info))
			snprintf(pid, sizeof(pid), "%d", runner(info));
		printf("%-20s %7s %-8s %5u %8s %9s  %s\n", info->name, pid, vm_state_name(info),
		       count_bits(info->vcpus_created), output_size(info->memory_size, memory),
		       output_size(info->memory_resident, resident), user_name(owner));
		return;
	}
	output_begin(NULL, '{');
	output_string("name", info->name);
	pid_member(info);
	output_string("state", vm_state_name(info));
	output_number("vcpus", count_bits(info->vcpus_created));
	output_number("memory", info->memory_size);
	output_number("resident", info->memory_resident);
	output_number("overhead", info->overhead);
	output_string("owner", user_name(owner));
	output_end();
}

static int list_one(const char *name, void *arg)
{
	const char *only = arg;
	struct vmm_info info;
	struct vmctx *vm;
	uid_t owner;
	int error;

	if (only && strcmp(name, only) != 0)
		return 0;
	error = vm_owner(name, &owner);
	if (!error)
		error = vm_open(name, &vm);
	if (error == -EACCES) {
		private_line(name, owner);
		return 0;
	}
	if (!error) {
		error = vm_get_info(vm, &info);
		vm_close(vm);
	}
	if (error == -ENXIO || error == -ENODEV)
		return 0; /* destroyed meanwhile */
	if (!error)
		list_line(&info, owner);
	return error;
}

static int list_none(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return 0;
}

int show_list(const char *name)
{
	/* nothing is printed where there is no driver */
	int error = vm_list(list_none, NULL);

	if (error)
		return error;
	if (!output_is_json())
		printf("%-20s %7s %-8s %5s %8s %9s  %s\n", "NAME", "PID", "STATE", "VCPUS",
		       "MEMORY", "RESIDENT", "OWNER");
	output_begin("vms", '[');
	error = vm_list(list_one, (void *)name);
	output_end();
	return error;
}

/* Reads the statistics of all vCPUs in the mask. */
static int read_stats(struct vmctx *vm, uint32_t mask, struct vmm_stats stats[VMM_MAX_VCPUS],
		      unsigned *count)
{
	*count = 0;
	for (uint32_t i = 0; i < VMM_MAX_VCPUS; i++) {
		int error;

		if (!(mask >> i & 1))
			continue;
		error = vm_get_stats(vm, i, &stats[*count]);
		if (error)
			return error;
		++*count;
	}
	return 0;
}

static void stat_line(uint32_t stat, const struct vmm_stats *stats, unsigned count)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += stats[i].value[stat];
	if (!output_is_json()) {
		printf("%-20s %14llu", vm_stat_name(stat), (unsigned long long)total);
		for (unsigned i = 0; i < count && count > 1; i++)
			printf(" %12llu", (unsigned long long)stats[i].value[stat]);
		printf("  %s\n", vm_stat_description(stat));
		return;
	}
	output_begin(vm_stat_name(stat), '{');
	output_string("description", vm_stat_description(stat));
	output_number("total", total);
	output_begin("vcpus", '{');
	for (unsigned i = 0; i < count; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", stats[i].vcpu);
		output_number(number, stats[i].value[stat]);
	}
	output_end();
	output_end();
}

static void stat_header(const struct vmm_stats *stats, unsigned count)
{
	char number[16];

	if (output_is_json())
		return;
	if (count == 1)
		snprintf(number, sizeof(number), "vcpu%u", stats[0].vcpu);
	else
		strcpy(number, "total");
	printf("%-20s %14s", "counter", number);
	for (unsigned i = 0; i < count && count > 1; i++) {
		snprintf(number, sizeof(number), "vcpu%u", stats[i].vcpu);
		printf(" %12s", number);
	}
	printf("  description\n");
}

int show_stats(struct vmctx *vm, int cpu)
{
	struct vmm_stats stats[VMM_MAX_VCPUS];
	struct vmm_info info;
	unsigned count;
	int error = vm_get_info(vm, &info);

	if (!error)
		error = read_stats(vm, cpu < 0 ? info.vcpus_created : 1U << cpu, stats, &count);
	if (error)
		return error;
	output_begin("stats", '{');
	if (count)
		stat_header(stats, count);
	for (uint32_t s = 0; s < VMM_STAT_COUNT && count && s < stats[0].count; s++)
		stat_line(s, stats, count);
	output_end();
	if (!count && !output_is_json())
		printf("no vCPUs yet\n");
	return 0;
}

/* What device_stat() has printed last. */
struct devices_shown {
	bool any;
	unsigned slot;
};

static void device_stat(const struct vm_device_stat *stat, void *arg)
{
	struct devices_shown *shown = arg;
	bool next = !shown->any || shown->slot != stat->slot;

	if (next && shown->any)
		output_end();
	if (next && output_is_json()) {
		output_begin(NULL, '{');
		output_string("device", stat->device);
		output_number("slot", stat->slot);
	} else if (!shown->any) {
		printf("\n%-4s %-14s %-18s %14s  description\n", "slot", "device", "counter",
		       "value");
	}
	output_number(vm_device_stat_name(stat->stat), stat->value);
	if (!output_is_json())
		printf("%-4u %-14s %-18s %14llu  %s\n", stat->slot, stat->device,
		       vm_device_stat_name(stat->stat), (unsigned long long)stat->value,
		       vm_device_stat_description(stat->stat));
	shown->any = true;
	shown->slot = stat->slot;
}

int show_device_stats(const char *name)
{
	struct devices_shown shown = { 0 };
	int error;

	output_begin("devices", '[');
	error = vm_device_stats(name, device_stat, &shown);
	if (shown.any)
		output_end();
	output_end();
	return error;
}

int show_registers(struct vmctx *vm, uint32_t cpu, const bool wanted[VMM_REG_COUNT])
{
	output_begin("registers", '{');
	for (uint32_t reg = 0; reg < VMM_REG_COUNT; reg++) {
		uint64_t value;
		int error;

		if (!wanted[reg])
			continue;
		error = vm_get_register(vm, cpu, reg, &value);
		if (error)
			return error;
		output_hex(vm_register_name(reg), value);
		if (!output_is_json())
			printf("%s[%u]\t%s0x%016llx\n", vm_register_name(reg), cpu,
			       strlen(vm_register_name(reg)) < 5 ? "\t" : "",
			       (unsigned long long)value);
	}
	output_end();
	return 0;
}

static void show_mask(const char *key, const char *label, uint32_t mask)
{
	bool first = true;

	output_begin(key, '[');
	if (!output_is_json())
		printf("%s:\t", label);
	for (uint32_t i = 0; i < VMM_MAX_VCPUS; i++) {
		if (!(mask >> i & 1))
			continue;
		output_number(NULL, i);
		if (!output_is_json())
			printf("%s%u", first ? "" : ", ", i);
		first = false;
	}
	if (!output_is_json())
		printf("%s\n", first ? "none" : "");
	output_end();
}

int show_active_cpus(struct vmctx *vm)
{
	struct vmm_info info;
	int error = vm_get_info(vm, &info);

	if (!error)
		show_mask("active-cpus", "active cpus", info.vcpus_on);
	return error;
}

int show_suspended_cpus(struct vmctx *vm)
{
	struct vmm_info info;
	int error = vm_get_info(vm, &info);
	uint32_t stopped;

	if (error)
		return error;
	stopped = info.state == VMM_STATE_SUSPENDED ? info.vcpus_created
						    : info.vcpus_created & ~info.vcpus_on;
	show_mask("suspended-cpus", "suspended cpus", stopped);
	return 0;
}

/* Calls show for each segment. */
static int each_segment(struct vmctx *vm, void (*show)(const struct vmm_memseg *segment))
{
	struct vmm_memseg segment;
	int error = 0;

	for (uint32_t i = 0; i < VMM_MAX_MEMSEGS && !error; i++) {
		error = vm_get_memseg(vm, i, &segment);
		if (!error)
			show(&segment);
	}
	return error == -ENOENT ? 0 : error;
}

static void memseg_line(const struct vmm_memseg *segment)
{
	char size[24], resident[24];

	if (!output_is_json()) {
		printf("%-5u %8s %9s %s\n", segment->index, output_size(segment->size, size),
		       output_size(segment->resident, resident),
		       segment->flags & VMM_MEM_READONLY ? "rom" : "sysmem");
		return;
	}
	output_begin(NULL, '{');
	output_number("index", segment->index);
	output_number("size", segment->size);
	output_number("resident", segment->resident);
	output_string("kind", segment->flags & VMM_MEM_READONLY ? "rom" : "sysmem");
	output_end();
}

int show_memsegs(struct vmctx *vm)
{
	int error;

	if (!output_is_json())
		printf("%-5s %8s %9s %s\n", "SEG", "SIZE", "RESIDENT", "KIND");
	output_begin("memsegs", '[');
	error = each_segment(vm, memseg_line);
	output_end();
	return error;
}

static void memmap_line(const struct vmm_memseg *segment)
{
	const char *protection = segment->flags & VMM_MEM_READONLY ? "r-x" : "rwx";
	char size[24];

	if (!output_is_json()) {
		printf("0x%-14llx %8s %-5u %s\n", (unsigned long long)segment->ipa,
		       output_size(segment->size, size), segment->index, protection);
		return;
	}
	output_begin(NULL, '{');
	output_hex("address", segment->ipa);
	output_number("size", segment->size);
	output_number("segment", segment->index);
	output_string("protection", protection);
	output_end();
}

int show_memmap(struct vmctx *vm)
{
	int error;

	if (!output_is_json())
		printf("%-16s %8s %-5s %s\n", "ADDRESS", "LENGTH", "SEG", "PROT");
	output_begin("memmap", '[');
	error = each_segment(vm, memmap_line);
	output_end();
	return error;
}

/* The record of what was loaded; zeroes if there is none. */
static int read_record(struct vmctx *vm, struct record *record)
{
	char *blob;
	size_t size;
	int error = vm_get_blob(vm, &blob, &size);

	if (error)
		return error;
	if (record_parse(blob, size, record))
		memset(record, 0, sizeof(*record));
	free(blob);
	return 0;
}

int show_topology(struct vmctx *vm)
{
	static struct record record;
	int error = read_record(vm, &record);

	if (error)
		return error;
	output_begin("cpu-topology", '{');
	output_number("cpus", record.cpus);
	output_number("sockets", record.sockets);
	output_number("cores", record.cores);
	output_number("threads", record.threads);
	output_end();
	if (!output_is_json())
		printf("cpu_topology:\tcpus=%llu, sockets=%llu, cores=%llu, threads=%llu\n",
		       (unsigned long long)record.cpus, (unsigned long long)record.sockets,
		       (unsigned long long)record.cores, (unsigned long long)record.threads);
	return 0;
}

static void state_text(const struct vmm_info *info, const struct record *record)
{
	char memory[24], resident[24], overhead[24];

	printf("state:\t\t%s\n", vm_state_name(info));
	if (runner(info))
		printf("pid:\t\t%d\n", runner(info));
	printf("memory:\t\t%s, resident %s, overhead %s\n", output_size(info->memory_size, memory),
	       output_size(info->memory_resident, resident), output_size(info->overhead, overhead));
	if (record->bootrom[0]) {
		printf("boot ROM:\t%s\n", record->bootrom);
		printf("variables:\t%s\n", record->bootvars[0] ? record->bootvars : "in memory");
		return;
	}
	if (!record->kernel[0]) {
		printf("kernel:\t\tnone loaded\n");
		return;
	}
	printf("kernel:\t\t%s at 0x%llx\n", record->kernel, (unsigned long long)record->kernel_ipa);
	if (record->initrd[0])
		printf("initrd:\t\t%s at 0x%llx\n", record->initrd,
		       (unsigned long long)record->initrd_ipa);
	printf("device tree:\t%s at 0x%llx\n", record->dtb[0] ? record->dtb : "generated",
	       (unsigned long long)record->dtb_ipa);
	printf("cmdline:\t%s\n", record->cmdline);
}

int show_state(struct vmctx *vm)
{
	static struct record record;
	struct vmm_info info;
	int error = vm_get_info(vm, &info);

	if (!error)
		error = read_record(vm, &record);
	if (error)
		return error;
	if (!output_is_json()) {
		state_text(&info, &record);
		return 0;
	}
	output_string("name", info.name);
	output_string("state", vm_state_name(&info));
	pid_member(&info);
	output_number("memory", info.memory_size);
	output_number("resident", info.memory_resident);
	output_number("overhead", info.overhead);
	output_string("kernel", record.kernel);
	output_string("bootrom", record.bootrom);
	output_string("bootvars", record.bootvars);
	output_string("initrd", record.initrd);
	output_string("dtb", record.dtb);
	output_string("cmdline", record.cmdline);
	return 0;
}
