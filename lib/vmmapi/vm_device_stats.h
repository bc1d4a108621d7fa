/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics of a device: counted by the bhyve that runs the VM, read with vm_device_stats(). They
 * count from the start of that bhyve and do not go back when the guest resets.
 */
#ifndef VM_DEVICE_STATS_H
#define VM_DEVICE_STATS_H

/*
 * X(NAME, "name", "description"). A device has those of its kind: disks the first group, network
 * interfaces the second. Received and sent are as the guest sees it.
 */
#define VM_DEVICE_STATS(X)                                                                   \
	X(READ_REQUESTS, "read-requests", "reads answered, failed ones too")                 \
	X(READ_BYTES, "read-bytes", "bytes read")                                            \
	X(READ_ERRORS, "read-errors", "reads that failed")                                   \
	X(WRITE_REQUESTS, "write-requests", "writes answered, failed ones too")              \
	X(WRITE_BYTES, "write-bytes", "bytes written")                                       \
	X(WRITE_ERRORS, "write-errors", "writes that failed")                                \
	X(FLUSH_REQUESTS, "flush-requests", "flushes answered, failed ones too")             \
	X(FLUSH_ERRORS, "flush-errors", "flushes that failed")                               \
	X(DISCARD_REQUESTS, "discard-requests", "discards, zeroings, failed ones too")       \
	X(DISCARD_BYTES, "discard-bytes", "bytes discarded or zeroed")                       \
	X(DISCARD_ERRORS, "discard-errors", "discards and zeroings that failed")             \
	X(RECEIVE_PACKETS, "receive-packets", "frames given to the guest")                   \
	X(RECEIVE_BYTES, "receive-bytes", "bytes of frames given to the guest")              \
	X(RECEIVE_DROPS, "receive-drops", "frames for the guest that were lost here")        \
	X(TRANSMIT_PACKETS, "transmit-packets", "frames taken from the guest and sent")      \
	X(TRANSMIT_BYTES, "transmit-bytes", "bytes of frames taken from the guest and sent") \
	X(TRANSMIT_DROPS, "transmit-drops", "frames of the guest that were lost here")

enum vm_device_stat_id {
#define VM_DEVICE_STAT_ENUM(name, string, description) VM_DEVICE_STAT_##name,
	VM_DEVICE_STATS(VM_DEVICE_STAT_ENUM)
#undef VM_DEVICE_STAT_ENUM
		VM_DEVICE_STAT_COUNT
};

#endif
