# Jieli. `make help` lists the targets; V=1 shows the commands.
ifeq ($(origin CC),default)
CC       = gcc
endif
BUILD   ?= build/release
PREFIX  ?= /usr/local
LOCALES ?= /usr/share/locale
UNITS   ?= /usr/local/lib/systemd/system
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
CSTD     = -std=c11 -D_GNU_SOURCE
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wswitch-enum -Werror
OPT     ?= -O2 -g
CFLAGS  += $(CSTD) $(WARN) $(OPT) -fstack-protector-strong $(SAN)
CPPFLAGS += -I. -MMD -MP
LDFLAGS += $(SAN)
LIBS     = -lnng -ljansson -llmdb -linih -lmicrohttpd -lutf8proc -lsodium -lcrypto -lpthread

src      = $(sort $(wildcard $(1)/*.c))
objs     = $(patsubst %.c,$(BUILD)/%.o,$(1))

CRYPTO   = $(call src,crypto)
LEDGER   = $(call src,ledger) $(call src,ledger/log) $(call src,ledger/roster) $(call src,ledger/cases) \
           $(call src,ledger/query)
NET      = $(call src,net)
NODE     = $(call src,node)
TOOLS    = $(call src,tools) $(call src,tools/cmd) $(call src,tools/audit)
BENCH    = $(call src,tools/bench)
LOAD     = $(call src,tools/load)
LOAD_LIB = $(filter-out tools/load/jieli_load.c,$(LOAD))
NODE_LIB = $(filter-out node/jielid.c,$(NODE))
TOOL_LIB = $(filter-out tools/jieli.c,$(TOOLS))

LIBRARIES = $(BUILD)/libnode.a $(BUILD)/libtools.a $(BUILD)/libnet.a $(BUILD)/libledger.a \
            $(BUILD)/libjcrypto.a
UNIT     = $(sort $(wildcard tests/unit/*_test.c) $(wildcard tests/sim/*_test.c) \
                  $(wildcard tests/vectors/*_test.c) $(wildcard tests/e2e/*_test.c) \
                  $(wildcard tests/power/*_test.c))
SUPPORT  = $(sort $(wildcard tests/support/*.c) tests/power/model.c)
SOAK     = $(call src,tests/soak)
PRELOADED = $(BUILD)/tests/power/recorder.so $(BUILD)/tests/e2e/hung_mount.so
UNIT_BIN = $(patsubst %.c,$(BUILD)/%,$(UNIT))
FUZZ     = $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BIN = $(patsubst %.c,$(BUILD)/%,$(FUZZ))
REPLAY   = $(patsubst tests/fuzz/%_fuzz.c,$(BUILD)/tests/fuzz/%_replay,$(FUZZ))
POWER_BIN = $(filter $(BUILD)/tests/power/%,$(UNIT_BIN))
SIM_BIN  = $(filter $(BUILD)/tests/sim/%,$(UNIT_BIN))
CATALOGUES = $(patsubst tools/po/%.po,$(BUILD)/locale/%/LC_MESSAGES/jieli.mo,\
               $(wildcard tools/po/*.po))
PROGRAMS = $(BUILD)/jieli $(BUILD)/jielid
DEMO     = $(patsubst %.c,$(BUILD)/%,$(wildcard tools/demo/*.c))
REFERENCE = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/reference/*.c))
MEASURE  = $(if $(BENCH),$(BUILD)/jieli-bench) $(if $(LOAD),$(BUILD)/jieli-load)
LINK     = -Wl,--start-group $(LIBRARIES) -Wl,--end-group $(LIBS)
SUBMAKE  = +@$(MAKE) --no-print-directory -j$(JOBS)

Q        = $(if $(V),,@)
SAY      = $(if $(V),@:,@echo)

SEEDS_SOAK ?= 20000
PREFIXES ?= 300
RESTART_S ?= 60
HOSTILE_MS ?= 2000
ASAN      = BUILD=build/asan OPT='-O1 -g -fno-omit-frame-pointer' \
            SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
TSAN      = BUILD=build/tsan OPT='-O1 -g -fno-omit-frame-pointer' SAN=-fsanitize=thread
FUZZ_S   ?= 60
TIDY_CHECKS = -*,bugprone-*,-bugprone-easily-swappable-parameters,clang-analyzer-*,cert-*,\
misc-redundant-expression,performance-*

.PHONY: help all everything programs deps deps-dev deps-cross test check-style check-layers \
        check-po gcc clang asan fuzz fuzz-programs fuzz-replay tidy cppcheck cross-aarch64 soak \
        soak-nodes soak-hostile soak-restart power bench demo tour tour-stop install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: programs check-po                  ## the two programs and the Chinese catalogue
programs: $(PROGRAMS) $(CATALOGUES)
everything: all $(PRELOADED) $(BUILD)/tests/soak/soak $(UNIT_BIN) $(REPLAY) $(MEASURE) $(DEMO) $(REFERENCE)

help:                                   ## this list
	@awk -F '##' '/^[a-z][a-z0-9-]*:.*##/ { split($$1, t, ":"); printf "  %-14s %s\n", t[1], $$2 }' \
	  Makefile

deps:                                   ## install missing packages for building and testing (apt-get)
	@tools/deps.sh build
deps-dev:                               ## the same, with clang, clang-tidy and cppcheck
	@tools/deps.sh dev
deps-cross:                             ## the same, with the cross compiler for aarch64
	@tools/deps.sh cross

test: deps                              ## everything that must hold; closes with N passed, N failed
	$(SUBMAKE) everything
	@tests/run.sh $(BUILD)

# ---- what keeps the house in order ----
check-style:                            ## sizes and names of the house style
	@tools/check_style.sh
check-layers:                           ## who includes whom
	@tools/check_layers.sh
check-po: $(if $(wildcard tools/po/check.sh),$(BUILD)/po.checked)  ## the Chinese catalogue is whole
gcc:                                    ## build all with gcc, warnings are errors
	$(SUBMAKE) CC=gcc everything
clang:                                  ## build all with clang, warnings are errors
	$(SUBMAKE) CC=clang BUILD=build/clang everything
asan: export ASAN_OPTIONS ?= detect_leaks=1:detect_stack_use_after_return=1
asan: export UBSAN_OPTIONS ?= print_stacktrace=1
asan: export JIELI_SEEDS ?= 50
asan: export JIELI_KILLS ?= 20
asan: export JIELI_TEST_TIMEOUT_S ?= 900
asan: deps                              ## the tests under ASan, UBSan and LSan, a twentieth of the seeds
	$(SUBMAKE) $(ASAN) everything
	@tests/run.sh build/asan
fuzz:                                   ## libFuzzer on every decoder, FUZZ_S seconds each
	$(SUBMAKE) CC=clang BUILD=build/fuzz OPT='-O1 -g -fno-omit-frame-pointer' \
	  SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzz-programs
	@tools/fuzz.sh build/fuzz $(FUZZ_S)
fuzz-programs: $(FUZZ_BIN)
fuzz-replay: $(REPLAY)                  ## the kept inputs of every fuzz target, once
	@tests/run.sh $(BUILD) $(REPLAY)
tidy:                                   ## clang-tidy, a report in build/tidy.txt
	@mkdir -p build
	-@clang-tidy --quiet --checks='$(TIDY_CHECKS)' $(CRYPTO) $(LEDGER) $(NET) $(NODE) $(TOOLS) \
	  -- $(CSTD) -I. >build/tidy.txt 2>/dev/null
	@echo "build/tidy.txt: $$(grep -c 'warning:' build/tidy.txt) warnings"
cppcheck:                               ## cppcheck, a report in build/cppcheck.txt
	@mkdir -p build
	-@cppcheck --quiet -j$(JOBS) --std=c11 -D_GNU_SOURCE -I. \
	  --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem \
	  crypto ledger net node tools 2>build/cppcheck.txt
	@echo "build/cppcheck.txt: $$(grep -cE ': (error|warning|performance|portability):' \
	  build/cppcheck.txt) findings"
cross-aarch64: deps-cross               ## build both programs for aarch64 with Debian's libraries
	@tools/cross_libs.sh build/aarch64/root
	$(SUBMAKE) CC='aarch64-linux-gnu-gcc -isystem build/aarch64/root/usr/include \
	  -isystem build/aarch64/root/usr/include/aarch64-linux-gnu' \
	  AR=aarch64-linux-gnu-ar BUILD=build/aarch64 \
	  LDFLAGS='-Lbuild/aarch64/root/usr/lib/aarch64-linux-gnu \
	  -Wl,-rpath-link,build/aarch64/root/usr/lib/aarch64-linux-gnu \
	  -Wl,-rpath-link,build/aarch64/root/lib/aarch64-linux-gnu' programs
	@file -b build/aarch64/jieli build/aarch64/jielid 2>/dev/null || true
soak: export JIELI_SEEDS = $(SEEDS_SOAK)
soak: export JIELI_TEST_TIMEOUT_S = 86400
soak: deps soak-nodes soak-restart soak-hostile  ## hours: nodes killed under load, restarts, SEEDS_SOAK seeds
	$(SUBMAKE) $(SIM_BIN)
	@tests/run.sh $(BUILD) $(SIM_BIN)
soak-nodes: export SOAK_S ?= 1800
soak-nodes: deps                        ## six nodes under load, killed at random, for SOAK_S (1800) seconds
	$(SUBMAKE) programs $(BUILD)/tests/soak/soak
	@$(BUILD)/tests/soak/soak
soak-hostile: export JIELI_HOSTILE_MS = $(HOSTILE_MS)
soak-hostile: deps                      ## hostile peers, in windows of HOSTILE_MS (2000)
	$(SUBMAKE) programs $(BUILD)/tests/e2e/hostile_test
	@tests/run.sh $(BUILD) $(BUILD)/tests/e2e/hostile_test
soak-restart: export JIELI_RESTART_S = $(RESTART_S)
soak-restart: export TSAN_OPTIONS = suppressions=$(CURDIR)/tests/tsan.supp
soak-restart: deps                      ## a server restarted every 0.7 s, under ASan, then TSan
	$(SUBMAKE) $(ASAN) build/asan/tests/e2e/restart_test
	@tests/run.sh build/asan build/asan/tests/e2e/restart_test
	$(SUBMAKE) $(TSAN) build/tsan/tests/e2e/restart_test
	@tests/run.sh build/tsan build/tsan/tests/e2e/restart_test

power: export JIELI_PREFIXES = $(PREFIXES)
power: deps                             ## power lost at PREFIXES (300) moments under load, about a minute
	$(SUBMAKE) programs $(PRELOADED) $(POWER_BIN)
	@tests/run.sh $(BUILD) $(POWER_BIN)

# ---- for people ----
bench: deps                             ## measure, ratios to this machine's ceiling: build/bench.tsv (ONLY=rows)
	$(SUBMAKE) everything
	@$(BUILD)/jieli-bench build/bench.tsv $(if $(ONLY),--only $(ONLY))
demo: deps                              ## a committee of separate nodes plays its cases, then cheats
	$(SUBMAKE) programs $(DEMO)
	@BUILD=$(BUILD) tools/demo/demo.sh
tour: deps                              ## three nodes, two inboxes, seven commands to type
	$(SUBMAKE) programs
	@BUILD=$(BUILD) tools/demo/tour.sh
tour-stop:                              ## end the tour
	@BUILD=$(BUILD) tools/demo/tour-stop.sh
install: programs                       ## to PREFIX (/usr/local), LOCALES and UNITS (systemd)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(UNITS)
	sed 's|/usr/local/bin/|$(PREFIX)/bin/|' configs/systemd/jielid.service \
	  >$(DESTDIR)$(UNITS)/jielid.service
	for f in $(patsubst $(BUILD)/locale/%,%,$(CATALOGUES)); do \
	  install -D -m 644 $(BUILD)/locale/$$f $(DESTDIR)$(LOCALES)/$$f || exit 1; done
clean:                                  ## remove the folder build
	rm -rf build

# ---- rules ----
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) '  CC   $<'
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# Changes when a source file comes or goes, so that no archive keeps what is gone.
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(CRYPTO) $(LEDGER) $(NET) $(NODE) $(TOOLS) $(SUPPORT) $(LOAD)' | cmp -s - $@ || \
	  echo '$(CRYPTO) $(LEDGER) $(NET) $(NODE) $(TOOLS) $(SUPPORT) $(LOAD)' >$@

$(BUILD)/libjcrypto.a: $(call objs,$(CRYPTO))
$(BUILD)/libledger.a: $(call objs,$(LEDGER))
$(BUILD)/libnet.a: $(call objs,$(NET))
$(BUILD)/libnode.a: $(call objs,$(NODE_LIB))
$(BUILD)/libtools.a: $(call objs,$(TOOL_LIB))
$(BUILD)/libsupport.a: $(call objs,$(SUPPORT))
$(BUILD)/libload.a: $(call objs,$(LOAD_LIB))
$(BUILD)/%.a: $(BUILD)/sources
	@mkdir -p $(@D)
	@rm -f $@
	$(SAY) '  AR   $@'
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/jieli: $(BUILD)/tools/jieli.o $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $(LINK) -o $@
$(BUILD)/jielid: $(BUILD)/node/jielid.o $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $(LINK) -o $@
$(BUILD)/jieli-bench: $(call objs,$(BENCH)) $(BUILD)/libload.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(BUILD)/libload.a $(LINK) -o $@
$(BUILD)/jieli-load: $(BUILD)/tools/load/jieli_load.o $(BUILD)/libload.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $(BUILD)/libload.a $(LINK) -o $@
$(DEMO): $(BUILD)/%: $(BUILD)/%.o $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $(LINK) -o $@

$(BUILD)/tests/soak/soak: $(call objs,$(SOAK)) $(BUILD)/libsupport.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(BUILD)/libsupport.a $(LINK) -lcmocka -o $@

# Loaded into a daemon that may be built with sanitizers, which it must not be itself.
$(PRELOADED): $(BUILD)/%.so: %.c tests/power/journal.h tests/support/preload.h
	@mkdir -p $(@D)
	$(SAY) '  LINK $@'
	$(Q)$(CC) -I. $(CSTD) $(WARN) -O2 -g -fPIC -shared $< -ldl -lpthread -o $@

# A test may ask for linker wraps (fault injection) with a line "// link: -Wl,--wrap=name".
$(BUILD)/tests/%_test: $(BUILD)/tests/%_test.o $(BUILD)/libsupport.a $(BUILD)/libload.a \
                       $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $$(sed -n 's|^// link: ||p' tests/$*_test.c) \
	  $(BUILD)/libsupport.a $(BUILD)/libload.a $(LINK) -lcmocka -o $@
$(REFERENCE): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libsupport.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $< $(BUILD)/libsupport.a $(LINK) -lcmocka -o $@

$(BUILD)/tests/fuzz/%_replay: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay_main.o \
                              $(BUILD)/libsupport.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(BUILD)/libsupport.a $(LINK) -o $@
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/libsupport.a $(LIBRARIES)
	$(SAY) '  LINK $@'
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer $< $(BUILD)/libsupport.a $(LINK) -o $@

$(BUILD)/locale/%/LC_MESSAGES/jieli.mo: tools/po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<
$(BUILD)/po.checked: tools/po/check.sh $(wildcard tools/po/*.po) $(TOOLS) $(LEDGER) crypto/err.c
	@mkdir -p $(@D)
	tools/po/check.sh
	@touch $@

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
