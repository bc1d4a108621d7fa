# The board's tests need packages that the rest does not.
$(filter $(BUILD)/obj/unit/test_a3700_% $(BUILD)/obj/unit/test_uart_% $(BUILD)/obj/unit/test_dtcheck/% \
	$(BUILD)/obj/fuzz/fuzz_a3700/% $(BUILD)/obj/fuzz/fuzz_dtcheck/%,$(ALL_OBJS)): | $(BOARD_READY)
