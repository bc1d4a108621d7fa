// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/boot_image.h"

#include <errno.h>
#include <string.h>

#include "board/common/bytes.h"

static const struct boot_sign {
	uint32_t value;
	const char *name, *words;
} signs[] = {
	{ BOOT_SIGN_SPINOR, "spinor", "SPI NOR flash" },
	{ BOOT_SIGN_SPINAND, "spinand", "SPI NAND flash" },
	{ BOOT_SIGN_EMMC, "emmc", "eMMC" },
	{ BOOT_SIGN_EMMC_ALT, "emmcalt", "eMMC (alternative boot)" },
	{ BOOT_SIGN_SATA, "sata", "SATA disk" },
	{ BOOT_SIGN_UART, "uart", "download over the UART" },
};

#define NUM_SIGNS (sizeof(signs) / sizeof(signs[0]))

const char *boot_sign_name(uint32_t sign)
{
	for (size_t i = 0; i < NUM_SIGNS; i++) {
		if (signs[i].value == sign)
			return signs[i].name;
	}
	return NULL;
}

const char *boot_sign_words(uint32_t sign)
{
	for (size_t i = 0; i < NUM_SIGNS; i++) {
		if (signs[i].value == sign)
			return signs[i].words;
	}
	return NULL;
}

int boot_sign_from_name(const char *name, uint32_t *sign)
{
	for (size_t i = 0; i < NUM_SIGNS; i++) {
		if (strcmp(signs[i].name, name) == 0) {
			*sign = signs[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

const uint8_t *boot_image_data(const struct boot_image *boot, const struct tim_image *image)
{
	for (unsigned int i = 0; i < boot->num_tims; i++) {
		if (image == &boot->tims[i].images[0])
			return boot->tims[i].bytes;
	}
	if (boot->tim_only || (uint64_t)image->flash + image->size > boot->size)
		return NULL;
	return boot->bytes + image->flash;
}

/*
 * A signed TIM may reserve room for an image that is not hashed, so that the image can be replaced;
 * the file then ends where the image does.
 */
static void cut_to_file(const struct boot_image *boot, const struct tim *tim,
			struct tim_image *image)
{
	if (tim->trusted && image->hash_size == 0 && image->flash < boot->size &&
	    boot->size - image->flash < image->size)
		image->size = (uint32_t)(boot->size - image->flash);
}

static int check_extents(const struct boot_image *boot, struct tim *tim, struct board_error *error)
{
	for (unsigned int i = 1; i < tim->num_images; i++) {
		struct tim_image *image = &tim->images[i];
		char name[11];

		cut_to_file(boot, tim, image);
		if (!boot->tim_only && boot_image_data(boot, image) == NULL)
			return board_fail(
				error, ENODATA,
				"cut short: %s lies at 0x%x to 0x%llx, the file has 0x%zx "
				"bytes",
				tim_id_text(image->id, name), image->flash,
				(unsigned long long)image->flash + image->size, boot->size);
	}
	return 0;
}

/* IMAP: the number of entries, and for each the five words below */
#define IMAP_ENTRY_SIZE	 20u
#define IMAP_ENTRY_TYPE	 4
#define IMAP_ENTRY_FLASH 8
#define IMAP_PRIMARY	 0u

int boot_image_second_tim(const struct tim *first, uint32_t *flash)
{
	const struct tim_package *imap = tim_package_by_id(first, TIM_ID_IMAP);
	uint32_t count = imap != NULL && imap->size >= 4 ? get_le32(imap->payload) : 0;

	for (uint32_t i = 0; i < count && imap->size - 4 >= (i + 1) * IMAP_ENTRY_SIZE; i++) {
		const uint8_t *entry = imap->payload + 4 + i * IMAP_ENTRY_SIZE;

		if (get_le32(entry) == TIM_ID_CSKT &&
		    get_le32(entry + IMAP_ENTRY_TYPE) == IMAP_PRIMARY) {
			*flash = get_le32(entry + IMAP_ENTRY_FLASH);
			return 0;
		}
	}
	return -ENOENT;
}

/* No image of TIMN, nor TIMN, may lie where TIMH does: tim_parse() has seen one TIM at a time. */
static int check_apart(const struct tim *first, const struct tim *second, uint32_t flash,
		       struct board_error *error)
{
	char name[11];

	if (flash < first->size)
		return board_fail(error, EINVAL, "TIMH and TIMN overlap in flash");
	for (unsigned int i = 1; i < second->num_images; i++) {
		if (second->images[i].flash < first->size)
			return board_fail(error, EINVAL, "TIMH and %s overlap in flash",
					  tim_id_text(second->images[i].id, name));
	}
	return 0;
}

static int open_second(struct boot_image *boot, struct board_error *error)
{
	struct tim *second = &boot->tims[1];
	struct board_error reason;
	uint32_t flash;
	int result;

	if (!boot->tims[0].trusted || boot->tim_only ||
	    boot_image_second_tim(&boot->tims[0], &flash) != 0)
		return 0;
	if (flash >= boot->size)
		return board_fail(error, ENODATA,
				  "cut short: TIMN lies at 0x%x, the file has 0x%zx bytes", flash,
				  boot->size);
	result = tim_parse(boot->bytes + flash, boot->size - flash, second, &reason);
	if (result != 0)
		return board_fail(error, -result, "at 0x%x, where TIMH says that TIMN is: %.250s",
				  flash, reason.text);
	if (second->id != TIM_ID_TIMN)
		return board_fail(error, EINVAL, "at 0x%x, where TIMH says that TIMN is: a TIMH",
				  flash);
	boot->num_tims = 2;
	result = check_apart(&boot->tims[0], second, flash, error);
	return result != 0 ? result : check_extents(boot, second, error);
}

int boot_image_open(const uint8_t *bytes, size_t size, struct boot_image *boot,
		    struct board_error *error)
{
	int result;

	memset(boot, 0, sizeof(*boot));
	boot->bytes = bytes;
	boot->size = size;
	boot->num_tims = 1;
	result = tim_parse(bytes, size, &boot->tims[0], error);
	if (result != 0)
		return result;
	/* A TIM alone may be padded, but not up to where the next image begins. */
	boot->tim_only = size == boot->tims[0].size || size == boot->tims[0].images[0].size;
	result = check_extents(boot, &boot->tims[0], error);
	return result != 0 ? result : open_second(boot, error);
}

enum image_state boot_image_check(const struct boot_image *boot, unsigned int tim,
				  unsigned int index)
{
	const struct tim_image *image = &boot->tims[tim].images[index];
	const uint8_t *bytes = boot_image_data(boot, image);
	uint8_t digest[TIM_HASH_SIZE];

	if (bytes == NULL)
		return IMAGE_ABSENT;
	/* Without a signature that would take its place, a hash of zeros is a wrong hash. */
	if (boot->tims[tim].trusted && tim_image_hash_is_zeros(image))
		return index == 0 ? IMAGE_SIGNED : IMAGE_NOT_HASHED;
	if (image->hash_size == 0)
		return IMAGE_NOT_HASHED;
	if (tim_image_digest(image, index == 0, bytes, digest) == 0 &&
	    memcmp(digest, image->hash, sizeof(digest)) == 0)
		return IMAGE_HASH_GOOD;
	return boot->tims[tim].trusted && image->enc_alg != 0 ? IMAGE_ENCRYPTED : IMAGE_HASH_BAD;
}

int boot_image_verify(const struct boot_image *boot, struct board_error *error)
{
	for (unsigned int tim = 0; tim < boot->num_tims; tim++) {
		for (unsigned int i = 0; i < boot->tims[tim].num_images; i++) {
			const struct tim_image *image = &boot->tims[tim].images[i];
			char name[11];

			if (boot_image_check(boot, tim, i) == IMAGE_HASH_BAD)
				return board_fail(error, EBADMSG,
						  "hash of %s is wrong: the BootROM would refuse "
						  "this image; get it anew",
						  tim_id_text(image->id, name));
		}
	}
	return 0;
}

const struct tim_image *boot_image_find(const struct boot_image *boot, uint32_t id)
{
	const struct tim_image *image = NULL;

	for (unsigned int tim = 0; image == NULL && tim < boot->num_tims; tim++)
		image = tim_image_by_id(&boot->tims[tim], id);
	return image;
}

static void set_partition(uint8_t *bytes, const struct tim *tim, int partition)
{
	for (unsigned int i = 0; i < tim->num_images; i++)
		put_le32(bytes + TIM_HEADER_SIZE + i * TIM_IMAGE_RECORD_SIZE + TIM_IMAGE_PARTITION,
			 (uint32_t)partition);
}

static bool partition_is(const struct boot_image *boot, int partition)
{
	for (unsigned int i = 0; i < boot->tims[0].num_images; i++) {
		if (boot->tims[0].images[i].partition != (uint32_t)partition)
			return false;
	}
	return true;
}

static int convert_trusted(const struct boot_image *boot, uint32_t sign, int partition,
			   struct board_error *error)
{
	const char *words = boot_sign_words(boot->tims[0].boot_sign);

	if (sign == boot->tims[0].boot_sign && (partition < 0 || partition_is(boot, partition)))
		return 0;
	return board_fail(
		error, ENOTSUP,
		"a trusted image, signed for %s: the signature covers the boot device and "
		"partition, so only the owner of its keys can make one for another",
		words == NULL ? "an unknown device" : words);
}

int boot_image_convert(uint8_t *bytes, size_t size, uint32_t sign, int partition,
		       struct board_error *error)
{
	struct boot_image boot;
	int result = boot_image_open(bytes, size, &boot, error);

	if (result == 0)
		result = boot_image_verify(&boot, error);
	if (result != 0)
		return result;
	if (boot.tims[0].trusted)
		return convert_trusted(&boot, sign, partition, error);
	put_le32(bytes + TIM_BOOT_SIGN, sign);
	if (partition >= 0)
		set_partition(bytes, &boot.tims[0], partition);
	if (boot.tims[0].images[0].hash_size != 0)
		result = tim_rehash(bytes, &boot.tims[0]);
	if (result == 0)
		result = boot_image_open(bytes, size, &boot, error);
	return result;
}
