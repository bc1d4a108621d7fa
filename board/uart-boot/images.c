// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board/common/bytes.h"
#include "board/uart-boot/speed.h"

static void add(struct image_set *set, uint32_t id, const uint8_t *bytes, size_t size)
{
	struct image *image = &set->images[set->count++];

	image->id = id;
	image->bytes = bytes;
	image->size = size;
	tim_id_text(id, image->name);
}

static bool is_in(const struct image_set *set, uint32_t id)
{
	for (unsigned int i = 0; i < set->count; i++) {
		if (set->images[i].id == id)
			return true;
	}
	return false;
}

/*
 * The first image is a TIM for the UART, whatever it was for. The images' hashes stay in it, OBMI's
 * too: Marvell's tool sends it so, and the BootROM then finds what a bad line did to the largest
 * image. (mox-imager takes OBMI's hash out of the TIMs that it makes, to send other firmware with
 * the same TIM. Such a TIM is taken and sent as it is.)
 */
static int add_tim(struct image_set *set, const struct boot_image *boot, struct board_error *error)
{
	const struct tim *tim = &boot->tims[0];
	int result = 0;

	set->tim = malloc(tim->size);
	if (set->tim == NULL)
		return board_fail(error, ENOMEM, "out of memory");
	memcpy(set->tim, tim->bytes, tim->size);
	if (tim->boot_sign != BOOT_SIGN_UART)
		result = boot_image_convert(set->tim, tim->size, BOOT_SIGN_UART, -1, error);
	if (result == 0)
		add(set, tim->id, set->tim, tim->size);
	return result;
}

static int from_boot_image(struct image_set *set, const struct boot_image *boot,
			   struct board_error *error)
{
	int result = boot_image_verify(boot, error);

	if (result == 0)
		result = add_tim(set, boot, error);
	for (unsigned int t = 0; result == 0 && t < boot->num_tims; t++) {
		if (t > 0)
			add(set, boot->tims[t].id, boot->tims[t].bytes, boot->tims[t].size);
		for (unsigned int i = 1; i < boot->tims[t].num_images; i++) {
			const struct tim_image *image = &boot->tims[t].images[i];

			add(set, image->id, boot_image_data(boot, image), image->size);
		}
	}
	return result;
}

/* Which of the TIM's images a file is */
static const struct tim_image *identify(const struct tim *tim, const struct file *file,
					size_t *skip)
{
	for (unsigned int i = 1; i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];

		if (file->size == (size_t)image->size + 4 && get_le32(file->bytes) == image->id) {
			*skip = 4;
			return image;
		}
		if (file->size == image->size) {
			*skip = 0;
			return image;
		}
	}
	return NULL;
}

static int add_file(struct image_set *set, const struct tim *tim, const char *path,
		    const struct file *file, struct board_error *error)
{
	uint8_t digest[TIM_HASH_SIZE];
	char name[11];
	size_t skip = 0;
	const struct tim_image *image = identify(tim, file, &skip);

	if (image == NULL)
		return board_fail(error, EINVAL, "%s: none of the images that the TIM describes",
				  path);
	if (is_in(set, image->id))
		return board_fail(error, EINVAL, "%s: %s is given twice, and another is missing",
				  path, tim_id_text(image->id, name));
	if (image->hash_size > 0 &&
	    (tim_image_digest(image, false, file->bytes + skip, digest) != 0 ||
	     memcmp(digest, image->hash, sizeof(digest)) != 0))
		return board_fail(error, EBADMSG,
				  "%s: its hash is not the one in the TIM; get the "
				  "files from one build",
				  path);
	add(set, image->id, file->bytes + skip, image->size);
	return 0;
}

/* Which of the files is the second TIM of a trusted image: its number, or 0 where none is. */
static unsigned int find_second(const struct image_set *set, unsigned int count, struct tim *second)
{
	for (unsigned int i = 1; i < count; i++) {
		const struct file *file = &set->files[i];

		if (tim_parse(file->bytes, file->size, second, NULL) == 0 &&
		    second->id == TIM_ID_TIMN && second->size == file->size)
			return i;
	}
	return 0;
}

static int from_files(struct image_set *set, const struct boot_image *boot, char *const *paths,
		      unsigned int count, struct board_error *error)
{
	const struct tim *tim = &boot->tims[0];
	unsigned int number = tim->num_images, second_file = 0;
	struct tim second;
	int result = boot_image_verify(boot, error);

	if (result != 0)
		return result;
	if (tim->trusted) {
		second_file = find_second(set, count, &second);
		if (second_file == 0)
			return board_fail(error, EINVAL,
					  "%s: a trusted TIM, whose images TIMN describes: none of "
					  "the files is TIMN",
					  paths[0]);
		tim = &second;
		number = 1 + second.num_images;
	}
	if (count != number)
		return board_fail(error, EINVAL,
				  "%s: the TIM describes %u images, %u files are given", paths[0],
				  number, count);
	result = add_tim(set, boot, error);
	if (result == 0 && second_file > 0)
		add(set, second.id, second.bytes, second.size);
	for (unsigned int i = 1; result == 0 && i < count; i++) {
		if (i != second_file)
			result = add_file(set, tim, paths[i], &set->files[i], error);
	}
	return result;
}

int image_set_read(struct image_set *set, char *const *paths, unsigned int count,
		   struct board_error *error)
{
	struct board_error reason = { { 0 } };
	struct boot_image boot;
	int result = 0;

	memset(set, 0, sizeof(*set));
	if (count == 0 || count > IMAGE_SET_FILES)
		return board_fail(error, EINVAL,
				  "%u files: one boot image, or a TIM and its images, "
				  "are right",
				  count);
	for (unsigned int i = 0; result == 0 && i < count; i++)
		result = file_read(paths[i], BOOT_IMAGE_MAX_SIZE, &set->files[i], error);
	if (result != 0)
		return result;
	result = boot_image_open(set->files[0].bytes, set->files[0].size, &boot, &reason);
	if (result == 0 && boot.tim_only && count == 1)
		return board_fail(error, EINVAL, "%s: a TIM alone; name its images' files, too",
				  paths[0]);
	if (result == 0 && count == 1)
		result = from_boot_image(set, &boot, &reason);
	else if (result == 0)
		return from_files(set, &boot, paths, count, error);
	return result == 0 ? 0 : board_fail(error, -result, "%s: %.250s", paths[0], reason.text);
}

int image_set_speed(struct image_set *set, uint32_t baud, struct board_error *error)
{
	struct image *tim = &set->images[0];
	int result = speed_add_to_tim(&set->tim, &tim->size, baud, error);

	tim->bytes = set->tim;
	if (result == 0)
		set->baud = baud;
	return result;
}

void image_set_free(struct image_set *set)
{
	for (unsigned int i = 0; i < IMAGE_SET_FILES; i++)
		file_free(&set->files[i]);
	free(set->tim);
	set->tim = NULL;
	set->count = 0;
}
