/*
 * A simulated BootROM at the far end of a pty. It checks every byte that the host sends, and
 * misbehaves as asked.
 */
#ifndef TEST_UNIT_SIM_BOOTROM_H
#define TEST_UNIT_SIM_BOOTROM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_start {
	SIM_RESET,	      /**< answers the escape pattern as after a reset */
	SIM_PROMPT,	      /**< shows the console's prompt */
	SIM_READY,	      /**< in download mode */
	SIM_DEAD,	      /**< answers nothing at all */
	SIM_SYNC_ONLY,	      /**< sends > and nothing more */
	SIM_MANY_ZEROS,	      /**< wants the end of the pattern twice */
	SIM_TALKS,	      /**< runs something else that prints without end */
	SIM_TALKS_AFTER,      /**< takes the pattern, then prints without end */
	SIM_PROMPT_OF_OTHERS, /**< echoes like the console, but does not know wtp */
};

/** What goes wrong with the answer to a frame */
enum sim_fault {
	FAULT_NONE,
	FAULT_NO_ANSWER,
	FAULT_HANG_UP,
	FAULT_NACK_ONCE,
	FAULT_NACK,
	FAULT_SEQUENCE,
	FAULT_BROKEN_STATUS, /**< 0xFF, and no length after it */
	FAULT_TEXT_BEFORE,
	FAULT_BINARY_BEFORE, /**< foreign bytes, among them FF and those of a half frame */
	FAULT_CORRUPT,	     /**< one byte of the answer's header is wrong */
	FAULT_LATE,
	FAULT_CUT,	     /**< half of the answer */
	FAULT_TALK,	     /**< text without end instead of an answer */
	FAULT_MESSAGE,	     /**< a text is pending */
	FAULT_MESSAGE_BUSY,  /**< busy twice, then ready */
	FAULT_MESSAGE_ERROR, /**< code 0x6A is pending */
	FAULT_BUSY_FOREVER,
	FAULT_MESSAGES_FOREVER,
	NUM_FAULTS,
};

#define SIM_MAX_IMAGES 4

struct sim {
	/* What is asked */
	enum sim_start start;
	enum sim_fault fault;
	int fault_at;			/**< number of the frame whose answer it hits */
	uint32_t wants[SIM_MAX_IMAGES]; /**< IDs asked for, in order; 0 ends */
	uint32_t chunk;
	bool fast;
	const char *text_after_tim; /**< printed before the next preamble is answered, or NULL */

	/* What happened; read after sim_stop() */
	char complaint[200]; /**< a byte of the host's that was wrong; "" if none */
	int frames;
	unsigned int received; /**< images, whole */
	uint8_t *images[SIM_MAX_IMAGES];
	size_t sizes[SIM_MAX_IMAGES];
	bool declined; /**< the host said that it lacks an image */

	/* Its own */
	char device[64];
	int master, slave;
	volatile bool stop;
	pthread_t thread;
	int message_round;
	uint8_t message_flags;
};

/** Open the pty (sim->device) and start. */
void sim_start(struct sim *sim);

/** End it and free the pty; the images stay until sim_free(). */
void sim_stop(struct sim *sim);

void sim_free(struct sim *sim);

#endif
