# bhyvectl: looks at virtual machines and controls them.
$(eval $(call tool,bhyvectl,$(sort $(wildcard bhyvectl/*.c)),build/lib/libloader.a build/lib/libvmmapi.a -lfdt -lz))
