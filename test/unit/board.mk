# The board's tests need packages that the rest does not.
$(filter $(PC_BUILD)/obj/unit/test_a3700_% $(PC_BUILD)/obj/unit/test_uart_% $(PC_BUILD)/obj/unit/test_dtcheck/% \
	$(PC_BUILD)/obj/fuzz/fuzz_a3700/% $(PC_BUILD)/obj/fuzz/fuzz_dtcheck/%,$(ALL_OBJS)): | $(BOARD_READY)
