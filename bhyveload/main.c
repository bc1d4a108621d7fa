// SPDX-License-Identifier: BSD-2-Clause
/*
 * bhyveload: creates a virtual machine, loads a guest into it, and exits, bhyveload(8).
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "lib/loader/setup.h"
#include "lib/version.h"

static const char usage[] =
	"usage: bhyveload [-CS] [-a CMDLINE] [-e NAME=VALUE] [-i INITRD] [-m SIZE]\n"
	"                 [-o arch=ARCH] [-t DTB] -k KERNEL NAME\n"
	"  -a CMDLINE     the kernel's command line\n"
	"  -C             nothing: memory is in no core file of bhyveload; as in bhyveload(8)\n"
	"  -e NAME=VALUE  a variable of FreeBSD's environment, one more word of Linux's command\n"
	"                 line; may be given several times\n"
	"  -h, --help     this text\n"
	"  -i INITRD      initial RAM disk; for a FreeBSD ELF kernel, a memory disk\n"
	"  -k KERNEL      arm64 Linux Image, FreeBSD kernel or kernel.bin, ELF program, 32-bit\n"
	"                 zImage, or raw binary, each plain or compressed (gzip, zstd)\n"
	"  -m SIZE        memory, with unit K, M, G or T (256M); a plain number is in MiB\n"
	"  -o arch=ARCH   what a raw binary is for: armv8, or armv7 (32-bit)\n"
	"  -S             allocate all memory now\n"
	"  -t DTB         device tree blob in place of the one bhyve generates\n"
	"  --version      print the version\n"
	"Exit status: 0 loaded, 1 error. See bhyveload(8).\n";

/* What the command line says. cmdline is put together of -a and -e. */
struct request {
	struct setup setup;
	char cmdline[RECORD_CMDLINE_MAX + 1];
	bool has_cmdline;
};

static char error_text[LOADER_ERROR_MAX];

static int fail(const char *name, const char *text)
{
	fprintf(stderr, "bhyveload: %s%s%s\n", name ? name : "", name ? ": " : "", text);
	return 1;
}

/* Sets -a, or adds -e, to the command line. */
static int add_words(struct request *request, const char *words)
{
	size_t used = strlen(request->cmdline);
	int len = snprintf(request->cmdline + used, sizeof(request->cmdline) - used, "%s%s",
			   used ? " " : "", words);

	request->has_cmdline = true;
	if (len < 0 || (size_t)len >= sizeof(request->cmdline) - used) {
		snprintf(error_text, sizeof(error_text),
			 "-a, -e: the command line is longer than the %d bytes Linux takes",
			 RECORD_CMDLINE_MAX);
		return -EINVAL;
	}
	return 0;
}

static int set_memory(struct request *request, const char *text)
{
	uint64_t size;

	if (config_parse_size(text, &size)) {
		snprintf(error_text, sizeof(error_text),
			 "-m %.100s: not a size; give a number with M or G", text);
		return -EINVAL;
	}
	if (size < 1 << 20 && isdigit((unsigned char)text[strlen(text) - 1]))
		size <<= 20;
	request->setup.memory_size = size;
	return load_check_memory(size, error_text, sizeof(error_text));
}

/* NAME="VALUE", which Linux and the FreeBSD loader of lib/loader take for a value with blanks. */
static const char *quote(const char *text)
{
	static char quoted[RECORD_CMDLINE_MAX + 4];
	int name = (int)(strchr(text, '=') - text);

	snprintf(quoted, sizeof(quoted), "%.*s=\"%s\"", name, text, text + name + 1);
	return quoted;
}

static int add_variable(struct request *request, const char *text)
{
	if (!strchr(text, '=') || text[0] == '=') {
		snprintf(error_text, sizeof(error_text), "-e %.100s: give NAME=VALUE", text);
		return -EINVAL;
	}
	if (strpbrk(text, " \t") && strchr(text, '"')) {
		snprintf(error_text, sizeof(error_text),
			 "-e %.100s: a value cannot have both blanks and double quotes", text);
		return -EINVAL;
	}
	return add_words(request, strpbrk(text, " \t") ? quote(text) : text);
}

static int set_key(struct request *request, const char *text)
{
	if (strncmp(text, "arch=", 5) == 0) {
		request->setup.arch = text + 5;
		return 0;
	}
	snprintf(error_text, sizeof(error_text),
		 "-o %.100s: not a key of bhyveload; give arch=, or give it to bhyve", text);
	return -EINVAL;
}

/* Options of FreeBSD's bhyveload, which runs a boot loader that looks for the kernel. */
static int elsewhere(int letter)
{
	const char *what = "there is no boot loader here; give the kernel with -k";

	if (letter == 'c')
		what = "the console is bhyve's: bhyve -o console=";
	else if (letter == 'd')
		what = "give the disk to bhyve: bhyve -o bootrom=FIRMWARE -s 0,virtio-blk,DISK";
	snprintf(error_text, sizeof(error_text), "-%c: %s", letter, what);
	return -EINVAL;
}

static int option(struct request *request, int letter, char *const *argv)
{
	switch (letter) {
	case 'C':
		return 0;
	case 'S':
		request->setup.wire = true;
		return 0;
	case 'a':
		return add_words(request, optarg);
	case 'e':
		return add_variable(request, optarg);
	case 'i':
		request->setup.initrd = optarg;
		return 0;
	case 'k':
		request->setup.kernel = optarg;
		return 0;
	case 'm':
		return set_memory(request, optarg);
	case 'o':
		return set_key(request, optarg);
	case 't':
		request->setup.dtb = optarg;
		return 0;
	case 'c':
	case 'd':
	case 'l':
		return elsewhere(letter);
	default:
		snprintf(error_text, sizeof(error_text), "%.100s: %s; see bhyveload -h",
			 argv[optind - 1], letter == ':' ? "needs an argument" : "unknown option");
		return -EINVAL;
	}
}

static int operands(const struct request *request, int argc)
{
	if (argc - optind != 1)
		snprintf(error_text, sizeof(error_text), "%s; see bhyveload -h",
			 argc > optind ? "more than one name is given"
				       : "no virtual machine is named");
	else if (!request->setup.kernel)
		snprintf(error_text, sizeof(error_text),
			 "no kernel is given; load one with -k KERNEL");
	else
		return 0;
	return -EINVAL;
}

/* Reads the command line. -EINVAL with the sentence in error_text; 1 if there is nothing left to
 * do. */
static int parse(struct request *request, int argc, char **argv)
{
	static const struct option words[] = {
		{ "help", no_argument, NULL, 'H' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int letter, error = 0;

	opterr = 0;
	while (!error &&
	       (letter = getopt_long(argc, argv, "+:CSa:c:d:e:hi:k:l:m:o:t:", words, NULL)) != -1) {
		/* -h PATH is the folder of FreeBSD's boot loader */
		if (letter == 'h' && optind < argc) {
			error = elsewhere(letter);
		} else if (letter == 'h' || letter == 'H' || letter == 'V') {
			fputs(letter == 'V' ? "bhyveload " BHYVE_VERSION "\n" : usage, stdout);
			return 1;
		} else {
			error = option(request, letter, argv);
		}
	}
	return error ? error : operands(request, argc);
}

int main(int argc, char **argv)
{
	static struct request request;
	static struct record record;
	struct vmctx *vm;
	int result = parse(&request, argc, argv);

	if (result)
		return result > 0 ? 0 : fail(NULL, error_text);
	request.setup.name = argv[optind];
	request.setup.bind = true;
	if (request.has_cmdline)
		request.setup.cmdline = request.cmdline;
	if (setup_vm(&request.setup, &vm, &record, error_text, sizeof(error_text)))
		return fail(request.setup.name, error_text);
	/* from here on it stays */
	vm_bind(vm, false);
	vm_close(vm);
	return 0;
}
