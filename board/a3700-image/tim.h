/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trusted image module header (TIM) of the Armada 3700's BootROM, versions 3.5 and 3.6: what to
 * load from where to where, with which hashes, and instruction lists that set up clocks and DRAM
 * before that.
 */
#ifndef BOARD_A3700_IMAGE_TIM_H
#define BOARD_A3700_IMAGE_TIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/common/error.h"

/* Offsets in the header; all fields are 32 bits wide, little-endian. */
#define TIM_VERSION		0x00
#define TIM_IDENTIFIER		0x04
#define TIM_TRUSTED		0x08
#define TIM_ISSUE_DATE		0x0c
#define TIM_OEM_ID		0x10
#define TIM_STEPPING		0x14
#define TIM_RESERVED		0x18
#define TIM_BOOT_SIGN		0x28
#define TIM_NUM_IMAGES		0x2c
#define TIM_NUM_KEYS		0x30
#define TIM_SIZE_OF_RESERVED	0x34
#define TIM_HEADER_SIZE		0x38

/* Offsets in an image record */
#define TIM_IMAGE_ID		0x00
#define TIM_IMAGE_NEXT		0x04
#define TIM_IMAGE_FLASH		0x08
#define TIM_IMAGE_LOAD		0x0c
#define TIM_IMAGE_BYTES		0x10
#define TIM_IMAGE_HASH_BYTES	0x14
#define TIM_IMAGE_HASH_ALG	0x18
#define TIM_IMAGE_HASH		0x1c
#define TIM_IMAGE_PARTITION	0x5c
#define TIM_IMAGE_ENC_ALG	0x60
#define TIM_IMAGE_ENC_OFFSET	0x64
#define TIM_IMAGE_ENC_BYTES	0x68
#define TIM_IMAGE_RECORD_SIZE	0x6c
#define TIM_HASH_SIZE		64
#define TIM_KEY_SIZE		0x254
#define TIM_SIGNATURE_SIZE	0x32c
#define TIM_PACKAGE_HEADER_SIZE 8

#define TIM_MAX_IMAGES		16
#define TIM_MAX_KEYS		16
#define TIM_MAX_PACKAGES	32
/* No TIM that the BootROM can hold is larger. */
#define TIM_MAX_SIZE		0x10000

#define TIM_VERSION_3_5		0x00030500u
#define TIM_VERSION_3_6		0x00030600u

#define TIM_ID(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define TIM_ID_TIMH TIM_ID('T', 'I', 'M', 'H')
#define TIM_ID_TIMN TIM_ID('T', 'I', 'M', 'N')
#define TIM_ID_WTMI TIM_ID('W', 'T', 'M', 'I')
#define TIM_ID_OBMI TIM_ID('O', 'B', 'M', 'I')
#define TIM_ID_NONE 0xffffffffu
#define TIM_ID_OPTH TIM_ID('O', 'P', 'T', 'H')
#define TIM_ID_IMAP TIM_ID('I', 'M', 'A', 'P')
#define TIM_ID_CSKT TIM_ID('C', 'S', 'K', 'T')
#define TIM_ID_TERM TIM_ID('T', 'e', 'r', 'm')
#define TIM_ID_CRV2 TIM_ID('C', 'R', 'V', '2')
#define TIM_ID_CIDP TIM_ID('C', 'I', 'D', 'P')
#define TIM_ID_TBRI TIM_ID('T', 'B', 'R', 'I')
#define TIM_ID_GPP1 TIM_ID('G', 'P', 'P', '1')
#define TIM_ID_GPP2 TIM_ID('G', 'P', 'P', '2')
#define TIM_ID_DDR3 TIM_ID('D', 'D', 'R', '3')

/** Values of HashAlgorithmID; each is the digest's length in bytes. */
enum tim_hash_alg { TIM_HASH_SHA1 = 20, TIM_HASH_SHA256 = 32, TIM_HASH_SHA512 = 64 };

/** One image record. Addresses are those of the secure CPU; flash is relative to the TIM. */
struct tim_image {
	uint32_t id, next;
	uint32_t flash, load;
	/**
	 * bytes; hash_size 0: the BootROM does not check it. (boot_image_open() makes size that of
	 * what is in the file where it is less.)
	 */
	uint32_t size, hash_size;
	uint32_t hash_alg;
	uint8_t hash[TIM_HASH_SIZE];
	uint32_t partition;
	uint32_t enc_alg; /**< 0: not encrypted */
};

/** One package of the reserved area; payload points into the TIM's bytes. */
struct tim_package {
	uint32_t id;
	const uint8_t *payload;
	size_t size; /**< bytes of payload, without the package's header */
};

/** A TIM that was read. It refers to the caller's bytes, which must outlive it. */
struct tim {
	const uint8_t *bytes;
	size_t size; /**< of the TIM alone */
	uint32_t version, id, issue_date, oem_id, boot_sign;
	bool trusted;
	unsigned int num_keys;
	unsigned int num_images;
	struct tim_image images[TIM_MAX_IMAGES];
	unsigned int num_packages; /**< Term not counted */
	struct tim_package packages[TIM_MAX_PACKAGES];
};

/**
 * Read the TIM at the start of bytes. Everything that the format fixes is checked, down to the last
 * instruction. Returns 0; -EINVAL (not a TIM, or a field is wrong) or -ENODATA (cut short) with a
 * line in error.
 */
int tim_parse(const uint8_t *bytes, size_t available, struct tim *tim, struct board_error *error);

/** The image with this ID, or NULL. */
const struct tim_image *tim_image_by_id(const struct tim *tim, uint32_t id);

/** Whether the field for an image's hash is all zeros. */
bool tim_image_hash_is_zeros(const struct tim_image *image);

/** The package with this ID, or NULL. */
const struct tim_package *tim_package_by_id(const struct tim *tim, uint32_t id);

/** Whether a package is a list of instructions (GPP1, GPP2, DDR3). */
bool tim_package_is_code(uint32_t id);

/**
 * The hash of an image. For the TIM's own record (the first), the hash's own field counts as zeros.
 * bytes: the image's, at least image->hash_size of them. digest: TIM_HASH_SIZE bytes, the unused
 * tail zeroed. Returns 0, or -EINVAL where hash_alg is not one of enum tim_hash_alg.
 */
int tim_image_digest(const struct tim_image *image, bool is_tim, const uint8_t *bytes,
		     uint8_t digest[TIM_HASH_SIZE]);

/** Write record index into the TIM at bytes, in the format's layout. */
void tim_put_image(uint8_t *bytes, unsigned int index, const struct tim_image *image);

/** Compute the TIM's own hash anew and put it in place. Returns 0, or -EINVAL. */
int tim_rehash(uint8_t *bytes, const struct tim *tim);

/** The four letters of an ID, or 0xXXXXXXXX where they cannot be printed or look like a number. */
const char *tim_id_text(uint32_t id, char text[11]);

/** An ID from four letters or 0x and hexadecimal digits. Returns 0 or -EINVAL. */
int tim_id_from_text(const char *text, uint32_t *id);

#endif
