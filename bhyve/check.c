// SPDX-License-Identifier: BSD-2-Clause
/* The keys, and their values. */
#include "bhyve/check.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/replaced.h"
#include "lib/loader/load.h"
#include "lib/vmmapi/vmmapi.h"

static const char *const known_keys[] = {
	"name",
	"cpus",
	"sockets",
	"cores",
	"threads",
	"memory.size",
	"memory.wired",
	"memory.guest_in_core",
	"destroy_on_poweroff",
	"monitor",
	"persist",
	"uuid",
	"user",
	"sandbox",
	"console",
	"rtc.use_localtime",
	"panic.action",
	"watchdog.action",
	"pmu",
	"acpi_tables",
	"bootrom",
	"bootvars",
	"kernel",
	"initrd",
	"cmdline",
	"fdt.bootargs",
	"dtb",
	"arch",
	"config.dump",
	NULL,
};

/* Known to bhyve(8), and not to us. */
static const struct {
	const char *key;
	const char *instead;
} unsupported[] = {
	{ "gdb.address", "look at registers with bhyvectl --get-all" },
	{ "gdb.port", "look at registers with bhyvectl --get-all" },
	{ "gdb.wait", "look at registers with bhyvectl --get-all" },
};

static bool is_known(const char *key)
{
	for (const char *const *known = known_keys; *known; known++)
		if (strcmp(key, *known) == 0)
			return true;
	return false;
}

/* Reads the number in "slot.N.rest" and "vcpu.N.rest". -1 unless it is a plain decimal below limit.
 */
static int numbered(const char *key, const char *prefix, unsigned limit, const char **rest)
{
	size_t len = strlen(prefix);
	unsigned long number;
	char *end;

	if (strncmp(key, prefix, len) != 0 || !isdigit((unsigned char)key[len]))
		return -1;
	number = strtoul(key + len, &end, 10);
	if (*end != '.' || number >= limit || (key[len] == '0' && end != key + len + 1))
		return -1;
	*rest = end + 1;
	return (int)number;
}

/* Says that a key is unknown, and which one may have been meant. */
static int unknown(const char *what, const char *key, const char *nearest, char *err, size_t errlen)
{
	if (nearest)
		snprintf(err, errlen, "%s: unknown %s; did you mean %s?", key, what, nearest);
	else
		snprintf(err, errlen, "%s: unknown %s; see bhyve_config(5)", key, what);
	return -EINVAL;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Whether a word has all letters of another in their order, as "block" those of "blk". */
static bool has_letters(const char *word, const char *letters)
{
	for (; *word && *letters; word++)
		letters += *word == *letters;
	return !*letters;
}

/* What all virtio devices have in front is no likeness. */
static int unknown_device(unsigned slot, const char *name, char *err, size_t errlen)
{
	static const char virtio[] = "virtio-";
	const char *names[64];
	const char *nearest, *instead = replaced_device(name);
	size_t count = 0, skip = starts_with(name, virtio) ? strlen(virtio) : 0;

	if (instead) {
		snprintf(err, errlen, "slot %u: %s: not supported: %s; bhyve -s help lists devices",
			 slot, name, instead);
		return -EINVAL;
	}
	for (const struct device_ops *const *ops = device_table; *ops && count < 63; ops++)
		names[count++] = (*ops)->name + (starts_with((*ops)->name, virtio) ? skip : 0);
	names[count] = NULL;
	nearest = config_nearest(name + skip, names);
	for (size_t i = 0; i < count && !nearest && skip; i++)
		if (has_letters(name + skip, names[i]))
			nearest = names[i];
	snprintf(err, errlen, "slot %u: %s: unknown device; %s%s%s%sbhyve -s help lists them", slot,
		 name, nearest ? "did you mean " : "", nearest && skip ? virtio : "",
		 nearest ? nearest : "", nearest ? "? " : "");
	return -EINVAL;
}

/* A key of the device in a slot. */
static int check_slot_key(const char *key, unsigned slot, const char *option, char *err,
			  size_t errlen)
{
	const char *name = config_getf("slot.%u.device", slot);
	const struct device_ops *ops = name ? device_find(name) : NULL;
	const char *names[64];
	size_t count = 0;

	if (!name) {
		snprintf(err, errlen, "%s: no device is in slot %u; set slot.%u.device", key, slot,
			 slot);
		return -EINVAL;
	}
	if (!ops)
		return unknown_device(slot, name, err, errlen);
	if (strcmp(option, "device") == 0 || device_key_find(ops, option))
		return 0;
	for (const struct device_key *k = ops->keys; k && k->name && count < 63; k++)
		names[count++] = k->name;
	names[count] = NULL;
	snprintf(err, errlen, "slot %u: %s", slot, ops->name);
	return unknown("option", key, config_nearest(option, names), err, errlen);
}

int check_key(const char *key, char *err, size_t errlen)
{
	const char *rest;
	int number;

	if (is_known(key))
		return 0;
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
		if (strcmp(key, unsupported[i].key) == 0) {
			snprintf(err, errlen, "%s: not supported yet; %s", key,
				 unsupported[i].instead);
			return -EOPNOTSUPP;
		}
	}
	number = numbered(key, "vcpu.", VMM_MAX_VCPUS, &rest);
	if (number >= 0 && strcmp(rest, "cpuset") == 0)
		return 0;
	number = numbered(key, "slot.", VIRTIO_MMIO_SLOTS, &rest);
	if (number >= 0)
		return check_slot_key(key, (unsigned)number, rest, err, errlen);
	if (strncmp(key, "slot.", 5) == 0) {
		snprintf(err, errlen, "%s: no such slot; slots are 0 to 31", key);
		return -EINVAL;
	}
	if (strncmp(key, "pci.", 4) == 0) {
		snprintf(err, errlen, "%s: there is no PCI bus yet; use slot.N.* (virtio-mmio)",
			 key);
		return -EOPNOTSUPP;
	}
	return unknown("key", key, config_nearest(key, known_keys), err, errlen);
}

/* Puts the file and line that a key comes from before the sentence about it. */
static void name_origin(const char *key, char *err, size_t errlen)
{
	const char *origin = config_origin(key);
	size_t len = origin ? strlen(origin) + 2 : 0, room = strlen(err) + 1;

	if (!origin || len >= errlen)
		return;
	if (room > errlen - len)
		room = errlen - len;
	memmove(err + len, err, room);
	err[len + room - 1] = '\0';
	memcpy(err, origin, len - 2);
	memcpy(err + len - 2, ": ", 2);
}

/* The same of a sentence that begins with its key. */
static void name_origin_of_first_word(char *err, size_t errlen)
{
	char key[CONFIG_KEY_MAX + 1];
	size_t len = strcspn(err, "=: ");

	if (len > CONFIG_KEY_MAX)
		return;
	memcpy(key, err, len);
	key[len] = '\0';
	name_origin(key, err, errlen);
}

struct failure {
	char *err;
	size_t errlen;
};

static int visit_key(const char *key, const char *value, void *arg)
{
	struct failure *failure = arg;
	int error = check_key(key, failure->err, failure->errlen);

	(void)value;
	if (error)
		name_origin(key, failure->err, failure->errlen);
	return error;
}

static int check_bools(char *err, size_t errlen)
{
	static const char *const keys[] = {
		"memory.wired",
		"memory.guest_in_core",
		"destroy_on_poweroff",
		"monitor",
		"persist",
		"rtc.use_localtime",
		"config.dump",
		"acpi_tables",
		"pmu",
		"sandbox",
	};
	bool ignored;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (config_bool(keys[i], false, &ignored)) {
			snprintf(err, errlen, "%s=%s: not a truth value; use true or false",
				 keys[i], config_get(keys[i]));
			return -EINVAL;
		}
	}
	return 0;
}

/* 8-4-4-4-12 hexadecimal digits (RFC 4122). */
static int check_uuid(char *err, size_t errlen)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const char *uuid = config_get("uuid");
	bool good = !uuid || strlen(uuid) == strlen(shape);

	for (size_t i = 0; uuid && good && shape[i]; i++)
		good = shape[i] == 'x' ? isxdigit((unsigned char)uuid[i]) != 0 : uuid[i] == '-';
	if (good)
		return 0;
	snprintf(err, errlen, "uuid=%s: not a UUID; give one of the form %s", uuid, shape);
	return -EINVAL;
}

/* Host CPUs are given to vCPUs that there are. */
static int check_cpusets(unsigned cpus, char *err, size_t errlen)
{
	for (unsigned i = cpus; i < VMM_MAX_VCPUS; i++) {
		if (!config_getf("vcpu.%u.cpuset", i))
			continue;
		snprintf(err, errlen,
			 "vcpu.%u.cpuset: there is no vCPU %u; the virtual machine has %u, from 0 "
			 "on: give more with -c, or another -p",
			 i, i, cpus);
		return -EINVAL;
	}
	return 0;
}

static int check_values(char *err, size_t errlen)
{
	struct topology topology = { 0 };
	uint64_t memory;
	int error = check_bools(err, errlen);

	if (!error)
		error = check_topology(&topology, err, errlen);
	if (!error)
		error = check_cpusets(topology.cpus, err, errlen);
	if (!error)
		error = check_memory(&memory, err, errlen);
	if (!error)
		error = check_uuid(err, errlen);
	return error;
}

int check_config(char *err, size_t errlen)
{
	struct failure failure = { .err = err, .errlen = errlen };
	int error = config_walk("", visit_key, &failure);

	if (error)
		return error;
	error = check_values(err, errlen);
	if (error)
		name_origin_of_first_word(err, errlen);
	return error;
}

/* A count of CPUs, cores or the like; dflt if it is not set. */
static int read_count(const char *key, unsigned dflt, unsigned *out, char *err, size_t errlen)
{
	int64_t value = dflt;
	int error = config_int(key, &value);

	if ((error && error != -ENOENT) || value < 1 || value > VMM_MAX_VCPUS) {
		if (config_get(key))
			snprintf(err, errlen, "%s=%s: not a number from 1 to %d", key,
				 config_get(key), VMM_MAX_VCPUS);
		else
			snprintf(err, errlen,
				 "cpus: more than %d; a virtual machine has at most %d",
				 VMM_MAX_VCPUS, VMM_MAX_VCPUS);
		return -EINVAL;
	}
	*out = (unsigned)value;
	return 0;
}

int check_topology(struct topology *topology, char *err, size_t errlen)
{
	bool given = config_get("sockets") || config_get("cores") || config_get("threads");
	unsigned product;
	int error = read_count("sockets", 1, &topology->sockets, err, errlen);

	if (!error)
		error = read_count("cores", 1, &topology->cores, err, errlen);
	if (!error)
		error = read_count("threads", 1, &topology->threads, err, errlen);
	product = error ? 1 : topology->sockets * topology->cores * topology->threads;
	if (!error)
		error = read_count("cpus", product, &topology->cpus, err, errlen);
	if (error)
		return error;
	if (given && product != topology->cpus) {
		snprintf(err, errlen, "cpus=%u: not sockets x cores x threads (%u x %u x %u = %u)",
			 topology->cpus, topology->sockets, topology->cores, topology->threads,
			 product);
		return -EINVAL;
	}
	if (!given)
		topology->sockets = topology->cores = topology->threads = 0;
	return 0;
}

int check_memory(uint64_t *size, char *err, size_t errlen)
{
	const char *text = config_get("memory.size");
	int error;

	*size = 0;
	if (!text)
		return 0;
	error = config_parse_size(text, size);
	if (error) {
		snprintf(err, errlen, "memory.size=%s: not a size; give a number with M or G",
			 text);
		return -EINVAL;
	}
	if (*size < 1 << 20 && isdigit((unsigned char)text[strlen(text) - 1]))
		*size <<= 20;
	return load_check_memory(*size, err, errlen);
}

uint32_t check_slots(void)
{
	uint32_t slots = 0;

	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++)
		if (config_getf("slot.%u.device", slot))
			slots |= 1U << slot;
	return slots;
}

void check_list_devices(FILE *stream)
{
	for (const struct device_ops *const *ops = device_table; *ops; ops++) {
		fprintf(stream, "%s  %s\n", (*ops)->name, (*ops)->summary);
		for (const struct device_key *key = (*ops)->keys; key && key->name; key++)
			fprintf(stream, "    %-20s %s\n", key->name, key->help);
	}
}
