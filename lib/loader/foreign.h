/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file is that is no kernel and no firmware for this machine, by its first bytes. Private to
 * the loader.
 */
#ifndef LOADER_FOREIGN_H
#define LOADER_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are looked at: an ISO 9660 image says what it is behind 32 KiB. */
#define FOREIGN_HEAD_SIZE 0x8800

/* "an ISO image (of a CD)", say, for a file that begins with these len bytes; NULL: not known. */
const char *foreign_format(const uint8_t *head, size_t len);

/* The same of Linux kernels for Arm, which are no firmware. */
const char *foreign_kernel(const uint8_t *head, size_t len);

/* Whether a file without a header begins with the exception vectors of 32-bit Arm: a branch, and
 * branches or loads of the PC (Arm ARM G1.12). */
bool foreign_is_arm32(const uint8_t *head, size_t len);

/* Whether a word can be the first instruction of a program: an A64 one that is neither reserved nor
 * of SVE or SME (Arm ARM C4.1). */
bool foreign_is_a64(uint32_t word);

#endif
