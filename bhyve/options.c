// SPDX-License-Identifier: BSD-2-Clause
/* Reads the command line. */
#include "bhyve/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/check.h"
#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/replaced.h"
#include "bhyve/report.h"

const char options_usage[] =
	"usage: bhyve [-CDhMS] [-c [cpus=]N[,sockets=N][,cores=N][,threads=N]] [-k FILE]\n"
	"             [-l bootrom,FILE[,VARS]] [-m SIZE] [-o KEY=VALUE] [-p VCPU:HOSTCPU]\n"
	"             [-s SLOT,DEVICE[,OPTIONS]] [-U UUID] NAME\n"
	"  -C            include guest memory in core files of bhyve\n"
	"  -c CPUS       number of virtual CPUs, 1 to 16, and their topology\n"
	"  -D            destroy the virtual machine when the guest powers off\n"
	"  -h, --help    this text\n"
	"  -k FILE       read configuration keys from a file (bhyve_config(5))\n"
	"  -l bootrom,.. firmware and its variables: the same as -o bootrom=FILE[,VARS]\n"
	"  -M            monitor: a guest's reboot restarts it in place; destroy at exit\n"
	"  -m SIZE       memory (256M); with kernel=, or to check what bhyveload gave\n"
	"  -o KEY=VALUE  set a key: kernel=, initrd=, bootrom=, console= ... (bhyve_config(5))\n"
	"  -p V:H        run virtual CPU V on host CPU H only\n"
	"  -S            allocate all guest memory at start\n"
	"  -s SLOT,...   a device in virtio-mmio slot 0 to 31; -s help lists devices\n"
	"  -U UUID       the machine's UUID\n"
	"  --version     print the version\n"
	"Exit status: 0 reset, 1 powered off, 2 halted, 4 error, 5 stopped by a signal or\n"
	"from the console. See bhyve(8).\n";

/* Sets a key that an option means; the sentence names the option's argument if that does not do. */
static int set(const char *key, const char *value, char *err, size_t errlen)
{
	int error = config_set(key, value);

	if (error)
		snprintf(err, errlen, "%.200s=%.200s: not a key and value that can be set", key,
			 value);
	return error;
}

int options_cpus(const char *text, char *err, size_t errlen)
{
	static const char *const keys[] = { "cpus", "sockets", "cores", "threads" };
	char *copy = strdup(text), *rest = copy, *word;
	int error = copy ? 0 : -ENOMEM;

	while (!error && (word = strsep(&rest, ",")) != NULL) {
		char *equals = strchr(word, '=');
		const char *value = equals ? equals + 1 : word;

		error = -EINVAL;
		if (equals)
			*equals = '\0';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (strcmp(equals ? word : "cpus", keys[i]) == 0)
				error = config_set(keys[i], value);
	}
	if (error)
		snprintf(err, errlen, "-c %.200s: give [cpus=]N[,sockets=N][,cores=N][,threads=N]",
			 text);
	free(copy);
	return error;
}

/* Sets slot.N.option; a second value of the same -s goes behind the first. */
static int set_option(unsigned slot, const char *option, const char *value, char *err,
		      size_t errlen)
{
	char key[CONFIG_KEY_MAX + 1], both[CONFIG_VALUE_MAX + 1];
	int len = snprintf(key, sizeof(key), "slot.%u.%s", slot, option);
	const char *before = len < (int)sizeof(key) ? config_get(key) : NULL;

	if (before) {
		if (snprintf(both, sizeof(both), "%s;%s", before, value) < (int)sizeof(both))
			value = both;
	}
	if (len < (int)sizeof(key) && config_set(key, value) == 0)
		return 0;
	snprintf(err, errlen,
		 "slot %u: %.100s%s%.100s: not an option; bhyve -s help lists devices and options",
		 slot, option, strcmp(value, "true") == 0 ? "" : "=",
		 strcmp(value, "true") == 0 ? "" : value);
	return -EINVAL;
}

/* Cuts the next word off *rest, at a comma; a doubled comma is one that belongs to the word. NULL:
 * there is none left. */
static char *next_word(char **rest)
{
	char *word = *rest, *to = word, *from = word;

	if (!word)
		return NULL;
	for (; *from && (from[0] != ',' || from[1] == ','); from++) {
		from += from[0] == ',';
		*to++ = *from;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return word;
}

/* The options behind the device, one after the other. */
static int set_options(unsigned slot, const struct device_ops *ops, char *rest, char *err,
		       size_t errlen)
{
	bool first = true;
	char *word;
	int error = 0;

	while (!error && (word = next_word(&rest)) != NULL) {
		char *equals = strchr(word, '=');
		bool bare_first = first && ops->first_key && !device_key_find(ops, word);

		first = false;
		if (equals) {
			*equals = '\0';
			/* a first option such as unix:/a=b is a value, unless its first part is a
			 * key */
			if (bare_first && !device_key_find(ops, word) && strpbrk(word, "/:")) {
				*equals = '=';
				error = set_option(slot, ops->first_key, word, err, errlen);
				continue;
			}
			error = set_option(slot, word, equals + 1, err, errlen);
		} else if (bare_first) {
			error = set_option(slot, ops->first_key, word, err, errlen);
		} else if (*word) {
			error = set_option(slot, word, "true", err, errlen);
		}
	}
	return error;
}

/* Reads the slot's number, which is at the start of text and ends at the first comma. */
static int parse_slot(const char *text, unsigned *slot, char *err, size_t errlen)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (isdigit((unsigned char)text[0]) && *end == ':') {
		snprintf(err, errlen,
			 "-s %.200s: there is no PCI bus yet; give SLOT,DEVICE with a virtio-mmio "
			 "slot from 0 to 31",
			 text);
		return -EINVAL;
	}
	if (!isdigit((unsigned char)text[0]) || (*end && *end != ',') || number > 31) {
		snprintf(err, errlen,
			 "-s %.200s: no such slot; give SLOT,DEVICE with a slot from 0 "
			 "to 31",
			 text);
		return -EINVAL;
	}
	*slot = (unsigned)number;
	return 0;
}

int options_slot(const char *text, char *err, size_t errlen)
{
	const char *comma = strchr(text, ',');
	const struct device_ops *ops;
	char *copy, *rest, *device;
	unsigned slot;
	int error = parse_slot(text, &slot, err, errlen);

	if (error)
		return error;
	if (!comma || !comma[1] || comma[1] == ',') {
		snprintf(err, errlen, "-s %.200s: no device is named; bhyve -s help lists them",
			 text);
		return -EINVAL;
	}
	if (config_getf("slot.%u.device", slot)) {
		snprintf(err, errlen,
			 "slot %u: has two devices, %.100s and %.100s; give them different slots",
			 slot, config_getf("slot.%u.device", slot), comma + 1);
		return -EINVAL;
	}
	copy = strdup(comma + 1);
	if (!copy) {
		snprintf(err, errlen, "the host is out of memory");
		return -ENOMEM;
	}
	rest = copy;
	device = strsep(&rest, ",");
	error = set_option(slot, "device", device, err, errlen);
	ops = device_find(device);
	/* an unknown device is found out, with the nearest known one, by check_config() */
	if (!error && rest && ops)
		error = set_options(slot, ops, rest, err, errlen);
	free(copy);
	return error;
}

/* Reads a plain decimal number that ends at the character given, and moves behind that. */
static int take_number(const char **text, char end, unsigned long limit, unsigned *out)
{
	char *rest;
	unsigned long number = strtoul(*text, &rest, 10);

	if (!isdigit((unsigned char)**text) || *rest != end || number >= limit)
		return -EINVAL;
	*text = rest + 1;
	*out = (unsigned)number;
	return 0;
}

/* -p VCPU:HOSTCPU, several of one vCPU are a set. */
static int options_pin(const char *text, char *err, size_t errlen)
{
	char key[32], value[CONFIG_VALUE_MAX + 1];
	const char *rest = text, *before;
	unsigned vcpu, cpu;

	if (take_number(&rest, ':', 16, &vcpu) || take_number(&rest, '\0', 1024, &cpu)) {
		snprintf(err, errlen, "-p %.200s: give VCPU:HOSTCPU, two numbers", text);
		return -EINVAL;
	}
	snprintf(key, sizeof(key), "vcpu.%u.cpuset", vcpu);
	before = config_get(key);
	snprintf(value, sizeof(value), "%s%s%u", before ? before : "", before ? "," : "", cpu);
	return set(key, value, err, errlen);
}

/* bootrom=FILE,VARS is bootrom=FILE and bootvars=VARS, which may have further commas. */
static int set_bootrom(const char *files)
{
	char *copy = strdup(files), *rest = copy, *rom;
	int error = copy ? 0 : -ENOMEM;

	if (error)
		return error;
	rom = next_word(&rest);
	error = *rom ? config_set("bootrom", rom) : -EINVAL;
	if (!error && rest)
		error = config_set("bootvars", rest);
	free(copy);
	return error;
}

static int set_pair(const char *text, char *err, size_t errlen)
{
	static const char bootrom[] = "bootrom=";
	bool is_rom = strncmp(text, bootrom, strlen(bootrom)) == 0;
	int error = is_rom ? set_bootrom(text + strlen(bootrom)) : config_set_pair(text);

	if (error)
		snprintf(err, errlen, "-o %.200s: not of the form %s", text,
			 is_rom ? "bootrom=FILE[,VARS]" : "KEY=VALUE");
	return error;
}

static int no_gdb(char *err, size_t errlen)
{
	snprintf(err, errlen, "-G: not supported yet; look at registers with bhyvectl --get-all");
	return -EOPNOTSUPP;
}

/* -l bootrom,FILE[,VARS]; the other devices of a PC's LPC bridge are keys here. */
static int options_lpc(const char *text, char *err, size_t errlen)
{
	static const char bootrom[] = "bootrom,";

	if (strncmp(text, bootrom, strlen(bootrom)) == 0) {
		if (set_bootrom(text + strlen(bootrom)) == 0)
			return 0;
		snprintf(err, errlen, "-l %.200s: give bootrom,FILE[,VARS]", text);
	} else if (strncmp(text, "com", 3) == 0) {
		const char *comma = strchr(text, ',');

		snprintf(err, errlen, "-l %.200s: the serial port is given with -o console=%.200s",
			 text, comma ? comma + 1 : "stdio");
	} else {
		snprintf(err, errlen,
			 "-l %.200s: there is no LPC bridge; -l bootrom,FILE works, and the serial "
			 "port is -o console=",
			 text);
	}
	return -EINVAL;
}

/* An option of another bhyve: harmless ones are taken, with a note. */
static int option_elsewhere(int letter, char *err, size_t errlen)
{
	bool harmless = false;
	const char *what = replaced_option(letter, &harmless);

	if (what && harmless) {
		report("-%c: has no effect here: %s", letter, what);
		return 0;
	}
	snprintf(err, errlen, "-%c: not supported: %s", letter, what ? what : "unknown option");
	return -EINVAL;
}

/* One option of the command line. */
static int option(int letter, const char *arg, char *err, size_t errlen)
{
	switch (letter) {
	case 'C':
		return set("memory.guest_in_core", "true", err, errlen);
	case 'D':
		return set("destroy_on_poweroff", "true", err, errlen);
	case 'M':
		return set("monitor", "true", err, errlen);
	case 'S':
		return set("memory.wired", "true", err, errlen);
	case 'G':
		return no_gdb(err, errlen);
	case 'U':
		return set("uuid", arg, err, errlen);
	case 'c':
		return options_cpus(arg, err, errlen);
	case 'k':
		return config_load(arg, err, errlen);
	case 'm':
		return set("memory.size", arg, err, errlen);
	case 'o':
		return set_pair(arg, err, errlen);
	case 'p':
		return options_pin(arg, err, errlen);
	case 's':
		return options_slot(arg, err, errlen);
	case 'l':
		return options_lpc(arg, err, errlen);
	default:
		return option_elsewhere(letter, err, errlen);
	}
}

static int bad_option(int letter, int shown, char *const *argv, char *err, size_t errlen)
{
	if (letter == ':')
		snprintf(err, errlen, "-%c: needs an argument; see bhyve -h", shown);
	else if (shown)
		snprintf(err, errlen, "-%c: unknown option; see bhyve -h", shown);
	else
		snprintf(err, errlen, "%.200s: unknown option; see bhyve -h", argv[optind - 1]);
	return -EINVAL;
}

/* What stands behind the options: the VM's name, unless a file gave it. */
static int operands(int argc, char **argv, char *err, size_t errlen)
{
	if (argc - optind > 1) {
		snprintf(err, errlen, "%.200s: one name too many; see bhyve -h", argv[optind + 1]);
		return -EINVAL;
	}
	if (argc > optind)
		return set("name", argv[optind], err, errlen);
	if (config_get("name"))
		return 0;
	snprintf(err, errlen, "no virtual machine is named; see bhyve -h");
	return -EINVAL;
}

enum options_result options_parse(int argc, char **argv, char *err, size_t errlen)
{
	static const struct option words[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int letter, error = 0;

	opterr = 0;
	optind = 0;
	while (!error &&
	       (letter = getopt_long(argc, argv, "+:CDG:MSU:c:hk:l:m:o:p:s:" REPLACED_LETTERS,
				     words, NULL)) != -1) {
		if (letter == 'h')
			return OPTIONS_HELP;
		if (letter == 'V')
			return OPTIONS_VERSION;
		if (letter == 's' && strcmp(optarg, "help") == 0)
			return OPTIONS_DEVICES;
		if (letter == '?' || letter == ':')
			error = bad_option(letter, optopt, argv, err, errlen);
		else
			error = option(letter, optarg, err, errlen);
	}
	if (!error)
		error = operands(argc, argv, err, errlen);
	return error ? OPTIONS_ERROR : OPTIONS_RUN;
}
