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

/** What goes wrong when the TIM's instructions change the speed */
enum sim_change {
	CHANGE_GOOD,
	CHANGE_IGNORED,	   /**< the instructions are not run */
	CHANGE_NOISE,	   /**< bytes before the mark, half a mark among them */
	CHANGE_TORN_MARK,  /**< the first byte that is sent is damaged */
	CHANGE_NO_MARK,	   /**< it changes, but nothing of the mark comes out */
	CHANGE_WRONG_RATE, /**< the crystal is not the one that the straps tell */
	CHANGE_DUMB,	   /**< dies once the mark is sent */
	CHANGE_HANG_UP,	   /**< the line goes away in the middle of the instructions */
	CHANGE_TALK,	   /**< text without end instead of the mark */
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

	uint32_t crystal; /**< Hz: 25000000 or 40000000; 0: the line has no speed that matters */
	enum sim_change change;

	/* What happened; read after sim_stop() */
	char complaint[200]; /**< a byte of the host's that was wrong; "" if none */
	int frames;
	unsigned int received; /**< images, whole */
	uint8_t *images[SIM_MAX_IMAGES];
	size_t sizes[SIM_MAX_IMAGES];
	bool declined; /**< the host said that it lacks an image */
	uint32_t baud; /**< the board's speed at the end, and the highest it had */
	uint32_t highest_baud;
	uint32_t garbled; /**< bytes that came at another speed than the board's */

	/* Its own */
	char device[64];
	int master, slave;
	volatile bool stop;
	pthread_t thread;
	int message_round;
	uint8_t message_flags;
	uint32_t uart_control, uart_clock, uart_samples; /* registers */
	bool pins_off;
	unsigned int bytes_sent_by_list;
};

/** Open the pty (sim->device) and start. */
void sim_start(struct sim *sim);

/** End it and free the pty; the images stay until sim_free(). */
void sim_stop(struct sim *sim);

void sim_free(struct sim *sim);

#endif
