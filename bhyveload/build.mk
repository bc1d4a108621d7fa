# bhyveload: creates a VM and loads a guest into it.
$(eval $(call tool,bhyveload,$(sort $(wildcard bhyveload/*.c)) bhyve/config.c,build/lib/libloader.a build/lib/libvmmapi.a -lfdt -lz -lzstd))
