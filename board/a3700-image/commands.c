// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/commands.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "board/a3700-image/fip.h"
#include "board/common/bytes.h"

/* The longest is that of a file with a UUID for its name. */
#define FILE_NAME_SIZE 48

static int measure(const struct recipe *recipe, const struct recipe_file *files, size_t *size,
		   struct board_error *error)
{
	*size = recipe_tim_size(recipe);
	for (unsigned int i = 1; i < recipe->num_images; i++) {
		uint64_t end = (uint64_t)recipe->images[i].flash + files[i].size;
		char name[11];

		if (end > BOOT_IMAGE_MAX_SIZE)
			return board_fail(error, EINVAL, "%s would end at 0x%llx of the flash",
					  tim_id_text(recipe->images[i].id, name),
					  (unsigned long long)end);
		if (end > *size)
			*size = (size_t)end;
	}
	if (*size > BOOT_IMAGE_MAX_SIZE)
		return board_fail(error, EINVAL, "the image would have %zu bytes", *size);
	return 0;
}

int create_image(const struct recipe *recipe, const struct recipe_file *files, struct file *out,
		 struct board_error *error)
{
	size_t size = 0;
	int result = measure(recipe, files, &size, error);

	if (result != 0)
		return result;
	out->bytes = calloc(1, size);
	if (out->bytes == NULL)
		return board_fail(error, ENOMEM, "out of memory for %zu bytes", size);
	out->size = size;
	/* Refuses images that overlap, so what is copied next destroys nothing. */
	result = recipe_make_tim(recipe, files, out->bytes, error);
	for (unsigned int i = 1; result == 0 && i < recipe->num_images; i++) {
		if (files[i].size > 0)
			memcpy(out->bytes + recipe->images[i].flash, files[i].bytes, files[i].size);
	}
	if (result != 0)
		file_free(out);
	return result;
}

static int write_in(const char *folder, const char *name, const uint8_t *bytes, size_t size,
		    struct board_error *error)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return board_fail(error, ENAMETOOLONG, "%.60s...: name too long", folder);
	return file_write(path, bytes, size, error);
}

static int write_recipe(const struct tim *tim, const char *folder, struct board_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int result;

	if (stream == NULL)
		return board_fail(error, ENOMEM, "out of memory");
	result = recipe_print(tim, stream);
	if (fclose(stream) != 0)
		result = -EIO;
	if (result == 0)
		result = write_in(folder, "recipe.txt", (const uint8_t *)text, size, error);
	else
		board_fail(error, -result, "%s/recipe.txt: %s", folder, strerror(-result));
	free(text);
	return result;
}

/* wtmi.bin from WTMI */
static void file_name(const char *id, char name[FILE_NAME_SIZE])
{
	snprintf(name, FILE_NAME_SIZE, "%s.bin", id);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

static int write_fip(const uint8_t *obmi, size_t size, const char *folder,
		     struct board_error *error)
{
	struct fip fip;
	char name[FILE_NAME_SIZE];
	int result;

	if (fip_parse(obmi, size, &fip, NULL) != 0)
		return 0;
	result = write_in(folder, "bl1.bin", obmi, fip.offset, error);
	for (unsigned int i = 0; result == 0 && i < fip.num_entries; i++) {
		file_name(fip.entries[i].name, name);
		result = write_in(folder, name, obmi + fip.offset + fip.entries[i].offset,
				  fip.entries[i].size, error);
	}
	return result;
}

static int write_images(const struct boot_image *boot, unsigned int number, const char *folder,
			struct board_error *error)
{
	const struct tim *tim = &boot->tims[number];
	int result = write_in(folder, number == 0 ? "tim.bin" : "timn.bin", tim->bytes, tim->size,
			      error);

	for (unsigned int i = 1; result == 0 && i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];
		const uint8_t *bytes = boot_image_data(boot, image);
		char id[11], name[FILE_NAME_SIZE];

		if (bytes == NULL || image->id == TIM_ID_TIMN)
			continue;
		file_name(tim_id_text(image->id, id), name);
		result = write_in(folder, name, bytes, image->size, error);
		if (result == 0 && image->id == TIM_ID_OBMI)
			result = write_fip(bytes, image->size, folder, error);
	}
	return result;
}

/* An image with its ID before it, as the vendor's download tool wants it */
static int write_with_id(const struct boot_image *boot, uint32_t id, const char *folder,
			 const char *name, struct board_error *error)
{
	const struct tim_image *image = boot_image_find(boot, id);
	const uint8_t *bytes = image == NULL ? NULL : boot_image_data(boot, image);
	uint8_t *copy;
	int result;

	if (bytes == NULL)
		return board_fail(error, ENOENT, "%s: the image is not in this file", name);
	copy = malloc(4 + (size_t)image->size);
	if (copy == NULL)
		return board_fail(error, ENOMEM, "out of memory");
	put_le32(copy, id);
	memcpy(copy + 4, bytes, image->size);
	result = write_in(folder, name, copy, 4 + (size_t)image->size, error);
	free(copy);
	return result;
}

/* The TIM of a trusted image comes out unchanged, or not at all. */
static int write_uart_tim(const struct boot_image *boot, const char *folder, const char *name,
			  struct board_error *error)
{
	size_t size = boot->tims[0].size;
	uint8_t *copy = malloc(size);
	int result;

	if (copy == NULL)
		return board_fail(error, ENOMEM, "out of memory");
	memcpy(copy, boot->tims[0].bytes, size);
	result = boot_image_convert(copy, size, BOOT_SIGN_UART, -1, error);
	if (result == 0)
		result = write_in(folder, name, copy, size, error);
	free(copy);
	return result;
}

static int extract_uart(const struct boot_image *boot, const char *folder,
			struct board_error *error)
{
	bool trusted = boot->tims[0].trusted;
	int result = write_uart_tim(boot, folder, trusted ? "TIM_ATF_TRUSTED.bin" : "TIM_ATF.bin",
				    error);

	if (result == 0 && boot->num_tims == 2)
		result = write_in(folder, "TIMN_ATF_TRUSTED.bin", boot->tims[1].bytes,
				  boot->tims[1].size, error);
	if (result == 0)
		result = write_with_id(boot, TIM_ID_WTMI, folder, "wtmi_h.bin", error);
	if (result == 0)
		result = write_with_id(boot, TIM_ID_OBMI, folder, "boot-image_h.bin", error);
	return result;
}

int extract_image(const struct boot_image *boot, const char *folder, bool uart,
		  struct board_error *error)
{
	int result = boot_image_verify(boot, error);

	if (result != 0)
		return result;
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return board_fail(error, errno, "%s: %s", folder, strerror(errno));
	if (uart)
		return extract_uart(boot, folder, error);
	result = write_recipe(&boot->tims[boot->num_tims - 1], folder, error);
	for (unsigned int i = 0; result == 0 && i < boot->num_tims; i++)
		result = write_images(boot, i, folder, error);
	return result;
}
