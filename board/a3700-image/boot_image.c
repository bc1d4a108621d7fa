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
	if (image == &boot->tims[0].images[0])
		return boot->tims[0].bytes;
	if (boot->tim_only || (uint64_t)image->flash + image->size > boot->size)
		return NULL;
	return boot->bytes + image->flash;
}

static int check_extents(const struct boot_image *boot, const struct tim *tim,
			 struct board_error *error)
{
	for (unsigned int i = 1; i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];
		char name[11];

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

/* TIMN follows TIMH where TIMH's record of it says. */
static int open_second(struct boot_image *boot, struct board_error *error)
{
	const struct tim_image *record = tim_image_by_id(&boot->tims[0], TIM_ID_TIMN);
	const uint8_t *bytes;
	int result;

	if (record == NULL || record == &boot->tims[0].images[0] || boot->tim_only)
		return 0;
	bytes = boot_image_data(boot, record);
	result = tim_parse(bytes, record->size, &boot->tims[1], error);
	if (result != 0)
		return result;
	boot->num_tims = 2;
	return check_extents(boot, &boot->tims[1], error);
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
	const uint8_t *bytes = index == 0 ? boot->tims[tim].bytes : boot_image_data(boot, image);
	uint8_t digest[TIM_HASH_SIZE];

	if (bytes == NULL)
		return IMAGE_ABSENT;
	if (image->hash_size == 0)
		return IMAGE_NOT_HASHED;
	if (tim_image_digest(image, index == 0, bytes, digest) != 0 ||
	    memcmp(digest, image->hash, sizeof(digest)) != 0)
		return IMAGE_HASH_BAD;
	return IMAGE_HASH_GOOD;
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
		return board_fail(error, ENOTSUP,
				  "a trusted image: its signature covers the boot device, so only "
				  "the owner of its keys can convert it");
	put_le32(bytes + TIM_BOOT_SIGN, sign);
	if (partition >= 0)
		set_partition(bytes, &boot.tims[0], partition);
	if (boot.tims[0].images[0].hash_size != 0)
		result = tim_rehash(bytes, &boot.tims[0]);
	if (result == 0)
		result = boot_image_open(bytes, size, &boot, error);
	return result;
}
