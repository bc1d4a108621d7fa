/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot image (flash-image.bin): the TIM at its start, and the images at the offsets that the TIM
 * gives.
 *
 * A trusted (signed) one has two TIMs. TIMH has one image record, its own, the keys, and a package
 * IMAP that says where TIMN is in flash; TIMN has the records of the other images. Each ends with a
 * signature, which is not checked here: it would tell nothing without the hash of the keys that the
 * board's fuses hold.
 */
#ifndef BOARD_A3700_IMAGE_BOOT_IMAGE_H
#define BOARD_A3700_IMAGE_BOOT_IMAGE_H

#include "board/a3700-image/tim.h"

/* The SPI flash has 4 MiB; a dump of a larger one may come too. */
#define BOOT_IMAGE_MAX_SIZE (64u << 20)
/* TIMH, and TIMN in a signed one */
#define BOOT_IMAGE_MAX_TIMS 2

/** Values of BootFlashSign */
#define BOOT_SIGN_SPINOR    0x5350490au
#define BOOT_SIGN_SPINAND   0x5350491au
#define BOOT_SIGN_EMMC	    0x454d4d08u
#define BOOT_SIGN_EMMC_ALT  0x454d4d0bu
#define BOOT_SIGN_SATA	    0x53415432u
#define BOOT_SIGN_UART	    0x55415223u

/** A boot image in the caller's bytes, which must outlive it. */
struct boot_image {
	const uint8_t *bytes;
	size_t size;
	bool tim_only; /**< a TIM in a file of its own, as the UART tools use it */
	unsigned int num_tims;
	struct tim tims[BOOT_IMAGE_MAX_TIMS];
};

enum image_state {
	IMAGE_HASH_GOOD,
	IMAGE_HASH_BAD,
	IMAGE_NOT_HASHED, /**< the TIM says that the BootROM is not to check it */
	IMAGE_SIGNED,	  /**< a signed TIM without a hash: its signature takes the hash's place */
	IMAGE_ENCRYPTED,  /**< the hash is not that of what lies in flash, and need not be */
	IMAGE_ABSENT,	  /**< in another file */
};

/**
 * Read a boot image. Returns 0; -EINVAL (not one, or a field is wrong) or -ENODATA (cut short),
 * with a line in error. Hashes are not looked at: see boot_image_check().
 */
int boot_image_open(const uint8_t *bytes, size_t size, struct boot_image *image,
		    struct board_error *error);

/**
 * Where an image's bytes are, or NULL where they are in another file. The record of a TIM itself
 * has that TIM's bytes, wherever it says that they lie.
 */
const uint8_t *boot_image_data(const struct boot_image *boot, const struct tim_image *image);

/** Where TIMH's package IMAP says that TIMN is in flash (the primary one). Returns 0 or -ENOENT. */
int boot_image_second_tim(const struct tim *first, uint32_t *flash);

/** What the hash of image number index of TIM number tim says. */
enum image_state boot_image_check(const struct boot_image *boot, unsigned int tim,
				  unsigned int index);

/** Whether no hash is wrong. Returns 0, or -EBADMSG with a line in error. */
int boot_image_verify(const struct boot_image *boot, struct board_error *error);

/** The image with this ID in any of the TIMs, or NULL. */
const struct tim_image *boot_image_find(const struct boot_image *boot, uint32_t id);

/** The name of a boot sign as the command line has it ("spinor"), or NULL. */
const char *boot_sign_name(uint32_t sign);

/** The same in words ("SPI NOR flash"), or NULL. */
const char *boot_sign_words(uint32_t sign);

/** The boot sign with this name. Returns 0 or -EINVAL. */
int boot_sign_from_name(const char *name, uint32_t *sign);

/**
 * Make the image one for another boot device, in place: the sign, the partition of all images where
 * partition is not negative, and the TIM's hash. The image is parsed anew at its end. Returns 0
 * (for a trusted image only where nothing changes); -ENOTSUP for a trusted image, whose signature
 * covers the sign; -EINVAL; with a line in error.
 */
int boot_image_convert(uint8_t *bytes, size_t size, uint32_t sign, int partition,
		       struct board_error *error);

#endif
