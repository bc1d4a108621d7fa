// SPDX-License-Identifier: BSD-2-Clause
/* FreeBSD's environment and metadata. */
#include "lib/loader/freebsd.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/loader/bytes.h"

/* sys/linker.h */
#define MODINFO_END	  0x0000u
#define MODINFO_NAME	  0x0001u
#define MODINFO_TYPE	  0x0002u
#define MODINFO_ADDR	  0x0003u
#define MODINFO_SIZE	  0x0004u
#define MODINFO_METADATA  0x8000u
#define MODINFOMD_ELFHDR  0x0002u
#define MODINFOMD_SSYM	  0x0003u
#define MODINFOMD_ESYM	  0x0004u
#define MODINFOMD_DYNAMIC 0x0005u
#define MODINFOMD_ENVP	  0x0006u
#define MODINFOMD_HOWTO	  0x0007u
#define MODINFOMD_KERNEND 0x0008u
/* machine/metadata.h */
#define MODINFOMD_DTBP	  0x1002u

#define ELF_HEADER_SIZE	  64

/* Boot flags of sys/reboot.h: the letter of boot(8), and the variable of loader(8). */
static const struct {
	char letter;
	uint32_t flag;
	const char *variable;
} boot_flags[] = {
	{ 'a', 0x1, "boot_askname" },	   { 's', 0x2, "boot_single" },
	{ 'r', 0x20, "boot_dfltroot" },	   { 'd', 0x40, "boot_ddb" },
	{ 'v', 0x800, "boot_verbose" },	   { 'h', 0x1000, "boot_serial" },
	{ 'C', 0x2000, "boot_cdrom" },	   { 'g', 0x8000, "boot_gdb" },
	{ 'm', 0x10000, "boot_mute" },	   { 'p', 0x100000, "boot_pause" },
	{ 'P', 0x10000000, "boot_probe" }, { 'D', 0x20000000, "boot_multicons" },
};
#define BOOT_FLAG_COUNT (sizeof(boot_flags) / sizeof(boot_flags[0]))

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The variable's first byte, or NULL. */
static char *find(struct freebsd_env *env, const char *name, size_t len)
{
	for (char *at = env->text; *at; at += strlen(at) + 1)
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return at;
	return NULL;
}

static void drop(struct freebsd_env *env, char *variable)
{
	size_t len = strlen(variable) + 1;
	size_t behind = env->size - (size_t)(variable - env->text) - len;

	memmove(variable, variable + len, behind);
	env->size -= len;
}

/* Sets a variable. The room is enough for all words of a command line, each with "=1" and a NUL
 * more. */
static void set(struct freebsd_env *env, const char *name, size_t name_len, const char *value,
		size_t value_len)
{
	char *before = find(env, name, name_len);

	if (before)
		drop(env, before);
	if (env->size + name_len + value_len + 3 > sizeof(env->text))
		return;
	env->size--; /* the NUL behind all */
	env->size += (size_t)snprintf(env->text + env->size, sizeof(env->text) - env->size,
				      "%.*s=%.*s", (int)name_len, name, (int)value_len, value) +
		     1;
	env->text[env->size++] = '\0';
}

/* "-sv"; -SSPEED sets the speed of a serial line. */
static void take_flags(struct freebsd_env *env, const char *word, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (word[i] == 'S') {
			set(env, "comconsole_speed", 16, word + i + 1, len - i - 1);
			return;
		}
		for (size_t k = 0; k < BOOT_FLAG_COUNT; k++)
			if (word[i] == boot_flags[k].letter)
				env->howto |= boot_flags[k].flag;
	}
}

static void take_word(struct freebsd_env *env, const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);
	const char *value = equals ? equals + 1 : "1";
	size_t name_len = equals ? (size_t)(equals - word) : len;
	size_t value_len = equals ? len - name_len - 1 : 1;

	if (word[0] == '-') {
		take_flags(env, word, len);
		return;
	}
	if (value_len >= 2 && value[0] == '"' && value[value_len - 1] == '"') {
		value++;
		value_len -= 2;
	}
	if (name_len)
		set(env, word, name_len, value, value_len);
}

/* Length of the word: up to a blank, or behind the quote that ends a value in quotes. */
static size_t word_length(const char *word)
{
	size_t len = 0;
	bool quoted = false;

	for (; word[len] && (quoted || !is_blank(word[len])); len++)
		if (word[len] == '"' && (quoted || (len && word[len - 1] == '=')))
			quoted = !quoted;
	return len;
}

/* loader(8): a variable that is set, and not to "no". */
static void flags_of_variables(struct freebsd_env *env)
{
	for (size_t i = 0; i < BOOT_FLAG_COUNT; i++) {
		size_t len = strlen(boot_flags[i].variable);
		const char *found = find(env, boot_flags[i].variable, len);

		if (found && strcasecmp(found + len + 1, "no") != 0)
			env->howto |= boot_flags[i].flag;
	}
}

void freebsd_parse_cmdline(const char *cmdline, struct freebsd_env *env)
{
	memset(env, 0, sizeof(*env));
	env->size = 1;
	while (is_blank(*cmdline))
		cmdline++;
	if (strncasecmp(cmdline, FREEBSD_GUARD, strlen(FREEBSD_GUARD)) == 0)
		cmdline += strlen(FREEBSD_GUARD);
	while (*cmdline) {
		size_t len = word_length(cmdline);

		if (len)
			take_word(env, cmdline, len);
		cmdline += len + (cmdline[len] != '\0');
	}
	flags_of_variables(env);
	/* an empty environment ends with two NULs, too */
	if (env->size == 1)
		env->size = 2;
}

/* Records are type, size, and the value, with the next at a multiple of 8 bytes. */
struct writer {
	uint8_t *buf;
	size_t size;
};

static void put(struct writer *writer, uint32_t type, const void *value, size_t size)
{
	size_t padded = (size + 7) & ~(size_t)7;
	uint8_t *at = writer->buf + writer->size;

	put_le32(at, type);
	put_le32(at + 4, (uint32_t)size);
	memset(at + 8, 0, padded);
	if (size)
		memcpy(at + 8, value, size);
	writer->size += 8 + padded;
}

static void put_string(struct writer *writer, uint32_t type, const char *value)
{
	put(writer, type, value, strlen(value) + 1);
}

static void put_wide(struct writer *writer, uint32_t type, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	put(writer, type, bytes, sizeof(bytes));
}

/* The same of metadata that may be absent. */
static void put_known(struct writer *writer, uint32_t type, uint64_t value)
{
	if (value)
		put_wide(writer, MODINFO_METADATA | type, value);
}

static void put_kernel(struct writer *writer, const struct freebsd_metadata *metadata)
{
	uint8_t howto[4];

	put_le32(howto, metadata->howto);
	put_string(writer, MODINFO_NAME, "kernel");
	put_string(writer, MODINFO_TYPE, "elf kernel");
	put_wide(writer, MODINFO_ADDR, metadata->address);
	put_wide(writer, MODINFO_SIZE, metadata->size);
	put(writer, MODINFO_METADATA | MODINFOMD_ELFHDR, metadata->elf_header, ELF_HEADER_SIZE);
	put(writer, MODINFO_METADATA | MODINFOMD_HOWTO, howto, sizeof(howto));
	put_known(writer, MODINFOMD_ENVP, metadata->env);
	put_known(writer, MODINFOMD_DTBP, metadata->dtb);
	put_known(writer, MODINFOMD_KERNEND, metadata->kernel_end);
	put_known(writer, MODINFOMD_DYNAMIC, metadata->dynamic);
	put_known(writer, MODINFOMD_SSYM, metadata->symbols);
	put_known(writer, MODINFOMD_ESYM, metadata->symbols_end);
}

size_t freebsd_write_metadata(const struct freebsd_metadata *metadata, uint8_t *buf)
{
	struct writer writer = { .buf = buf };

	put_kernel(&writer, metadata);
	if (metadata->memory_disk) {
		put_string(&writer, MODINFO_NAME, "initrd");
		put_string(&writer, MODINFO_TYPE, "md_image");
		put_wide(&writer, MODINFO_ADDR, metadata->memory_disk);
		put_wide(&writer, MODINFO_SIZE, metadata->memory_disk_size);
	}
	put(&writer, MODINFO_END, NULL, 0);
	return writer.size;
}
