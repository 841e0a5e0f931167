# libkv. `make help` lists the targets.
#
# One non-recursive file. Objects of each variant lie apart in $(BUILD)/$(VARIANT)/, so changing
# VARIANT never mixes them. CC, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours: what libkv itself
# needs is in the KV_ variables.

all: ## The libraries, kv, edge-server, man pages and compile_commands.json (the default)
.PHONY: all

# Quiet unless V=1: with V empty the next line is the special target .SILENT.
$(V).SILENT:
.DELETE_ON_ERROR:
.SUFFIXES:
FORCE:
.PHONY: FORCE

empty :=
space := $(empty) $(empty)
comma := ,

# ---- What to build

BUILD ?= build
VARIANT ?= release
VARIANTS := release debug asan tsan cov fuzz
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is not one of: $(VARIANTS))
endif
OUT := $(BUILD)/$(VARIANT)
OBJ := $(OUT)/obj

# The library's version lives in kv.h and nowhere else.
version_of = $(shell sed -n 's/^.define KV_VERSION_$(1) *\([0-9][0-9]*\).*/\1/p' libkv/kv.h)
MAJOR := $(call version_of,MAJOR)
MINOR := $(call version_of,MINOR)
PATCH := $(call version_of,PATCH)
VERSION := $(MAJOR).$(MINOR).$(PATCH)
# The ABI. Before 1.0 each minor version is a new one.
SOVERSION := $(if $(filter 0,$(MAJOR)),$(MAJOR).$(MINOR),$(MAJOR))

# Use all processors unless the caller says how many.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-print-directory

# ---- Tools and flags

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(VARIANT)),clang,cc)
endif
ifeq ($(origin CXX),default)
CXX := c++
endif
ifeq ($(origin ARFLAGS),default)
ARFLAGS := rcsD
endif
INSTALL ?= install
GCOV ?= gcov
CLANG_TIDY ?= clang-tidy
# Versions differ in details; the tree is in the form of 14, Debian 12's.
CLANG_FORMAT ?= $(shell command -v clang-format-14 || echo clang-format)
CPPCHECK ?= cppcheck

CFLAGS_release := -O2 -g -ffile-prefix-map=$(CURDIR)=.
CFLAGS_debug := -O0 -g
CFLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
CFLAGS_cov := -O0 -g --coverage -fprofile-update=atomic
CFLAGS_fuzz := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_release := -Wl,-z,defs
LDFLAGS_debug := -Wl,-z,defs

# What a distribution asks of programs that read foreign bytes, as far as the compiler has it. Looked
# up when first used, which is after the set-up.
HARDENING = $(eval HARDENING := $$(shell for flag in -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -mbranch-protection=standard; do \
	$(CC) -Werror $$$$flag -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$$$flag; done))$(HARDENING)
# Takes optimised code, and a caller's own level comes first.
FORTIFY_release = $(if $(or $(findstring _FORTIFY_SOURCE,$(CC) $(CPPFLAGS) $(CFLAGS)), \
	$(filter -O0,$(lastword $(filter -O%,$(CFLAGS_release) $(CFLAGS))))),, \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

WERROR ?= $(if $(filter true 1,$(CI)),1)
KV_WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(filter 1,$(WERROR)),-Werror)
KV_CPPFLAGS := -D_GNU_SOURCE -Ilibkv
KV_CFLAGS := -std=c11 $(KV_WARNINGS) -fvisibility=hidden -fPIC -pthread $(CFLAGS_$(VARIANT))
KV_LDFLAGS := -pthread $(CFLAGS_$(VARIANT)) -Wl,-z,relro,-z,now
KV_LDLIBS := -llmdb -lzstd
EDGE_LDLIBS := -lcrypto
TEST_LDLIBS := -lcmocka -ljansson
SERVER_LDLIBS := -lmicrohttpd
BENCH_LDLIBS ?=

compile = $(CC) $(KV_CPPFLAGS) $(FORTIFY_$(VARIANT)) $(CPPFLAGS) $(KV_CFLAGS) $(HARDENING) $(CFLAGS)
link = $(CC) $(KV_LDFLAGS) $(HARDENING) $(CFLAGS) $(LDFLAGS)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# ---- Sources: a file that exists is built

CORE_DIRS := api ops tables codec storage base
CORE_SRC := $(sort $(wildcard $(CORE_DIRS:%=libkv/%/*.c)))
EDGE_SRC := $(sort $(wildcard libkv/edge/*.c))
CLI_SRC := $(sort $(wildcard libkv/cli/*.c))
# The disk defines the system's calls anew: only the program that records gets it.
DISK_SRC := tests/support/disk.c
SUPPORT_SRC := $(sort $(filter-out tests/support/test_% $(DISK_SRC),$(wildcard tests/support/*.c)))
# Tests stand in folders as the code does; tests/store looks at a store as a whole, and
# tests/support at what the tests share.
TEST_DIRS := $(addprefix tests/,$(CORE_DIRS) edge store support)
TEST_SRC := $(sort $(wildcard $(TEST_DIRS:%=%/test_*.c)))
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
FUZZ_DRIVER_SRC := $(wildcard fuzz/driver.c)
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))
SERVER_SRC := $(sort $(wildcard examples/edge-server/*.c))
BENCH_SRC := $(sort $(wildcard bench/*.c))
ALL_SRC := $(CORE_SRC) $(EDGE_SRC) $(CLI_SRC) $(SUPPORT_SRC) $(DISK_SRC) $(TEST_SRC) $(FUZZ_SRC) \
	$(FUZZ_DRIVER_SRC) $(EXAMPLE_SRC) $(SERVER_SRC) $(BENCH_SRC) bench/edge/load.c
SOURCE_DIRS := $(wildcard $(CORE_DIRS:%=libkv/%) libkv/edge libkv/cli $(TEST_DIRS) \
	tests tests/cli fuzz examples examples/edge-server bench bench/edge)
# kv.h and kv_edge.h are laid out by hand: clang-format has no taste in tables of comments.
FORMATTED := $(sort $(wildcard $(SOURCE_DIRS:%=%/*.[ch])))

objects = $(patsubst %.c,$(OBJ)/%.o,$(1))
programs = $(patsubst $(1)/%.c,$(OUT)/$(1)/%,$(2))

STATIC_LIB := $(OUT)/libkv.a
EDGE_LIB := $(OUT)/libkv-edge.a
SUPPORT_LIB := $(OUT)/libsupport.a
SHARED_NAME := libkv.so.$(VERSION)
SONAME := libkv.so.$(SOVERSION)
SHARED_LIB := $(OUT)/$(SHARED_NAME)
EDGE_SHARED_NAME := libkv-edge.so.$(VERSION)
EDGE_SONAME := libkv-edge.so.$(SOVERSION)
EDGE_SHARED_LIB := $(OUT)/$(EDGE_SHARED_NAME)
KV := $(if $(CLI_SRC),$(OUT)/kv)
BENCH := $(if $(BENCH_SRC),$(OUT)/kv-bench)
SERVER := $(OUT)/edge-server
LOAD := $(OUT)/edge-load
LOAD_SRC := bench/edge/load.c
TESTS := $(call programs,tests,$(TEST_SRC))
EXAMPLES := $(call programs,examples,$(EXAMPLE_SRC))
FUZZERS := $(call programs,fuzz,$(FUZZ_SRC))
REPLAYS := $(if $(FUZZ_DRIVER_SRC),$(FUZZERS:%=%-replay))

# ---- Set-up: one look a variant and purpose at what this machine lacks, remembered by a file

PURPOSES := build
# lint compiles the test programs too.
TESTING := check check-for-cov cov lint test-programs
PURPOSES += $(if $(filter $(TESTING),$(MAKECMDGOALS))$(filter fuzz,$(VARIANT)),check)
PURPOSES += $(if $(filter fuzz,$(VARIANT)),fuzz)
PURPOSES += $(if $(filter lint,$(MAKECMDGOALS)),lint)
# These do not build edge-server.
WITHOUT_SERVER := install-lib install-dev install-bin fuzz run-fuzzers bench bench-quick
PURPOSES += $(if $(filter-out $(WITHOUT_SERVER),$(or $(MAKECMDGOALS),all)),edge)
PURPOSES += $(if $(filter check-edge edge-clients,$(MAKECMDGOALS)),clients)
PURPOSES += $(if $(filter bench-edge,$(MAKECMDGOALS)),load)
PURPOSES += $(if $(filter bench bench-quick,$(MAKECMDGOALS)),bench)
SETUP := $(BUILD)/setup/$(subst $(space),-,$(strip $(PURPOSES)))

# $(call quote,text): as one word of the shell's.
quote = '$(subst ','\'',$(1))'

$(SETUP) $(BUILD)/setup/format: .ci/setup
	CC=$(call quote,$(CC)) CXX=$(call quote,$(CXX)) CPPFLAGS=$(call quote,$(CPPFLAGS)) \
		CFLAGS=$(call quote,$(CFLAGS)) LDFLAGS=$(call quote,$(LDFLAGS)) \
		CLANG_FORMAT=$(call quote,$(CLANG_FORMAT)) CLANG_TIDY=$(call quote,$(CLANG_TIDY)) \
		CPPCHECK=$(call quote,$(CPPCHECK)) bash .ci/setup $(subst -, ,$(@F))
	mkdir -p $(@D)
	touch $@

# ---- Where things go, seen from the installed place

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
includedir ?= $(prefix)/include
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
pkgconfigdir ?= $(libdir)/pkgconfig
bashcompletiondir ?= $(datadir)/bash-completion/completions
zshcompletiondir ?= $(datadir)/zsh/site-functions
fishcompletiondir ?= $(datadir)/fish/vendor_completions.d
# Where installed programs look for the library, besides the system's own directories. Relative, so
# that an installed tree can be moved.
SYSTEM_LIBDIRS := /lib /lib64 /usr/lib /usr/lib64 /lib/%-linux-gnu /usr/lib/%-linux-gnu
runpath_to_libdir = $$ORIGIN/$(shell realpath -m --relative-to='$(bindir)' '$(libdir)')
RUNPATH ?= $(if $(filter-out $(SYSTEM_LIBDIRS),$(libdir)),$(runpath_to_libdir))

# ---- Compiling

# $(call remember,file,text): a file that changes only when the text does.
remember = mkdir -p $(dir $(1)) && printf '%s\n' $(call quote,$(2)) | cmp -s - $(1) \
	|| printf '%s\n' $(call quote,$(2)) >$(1)

$(OUT)/flags: FORCE | $(SETUP)
	$(call remember,$@,$(strip $(compile) | $(link) $(LDLIBS)))
$(OUT)/members: FORCE
	$(call remember,$@,$(CORE_SRC) | $(EDGE_SRC) | $(CLI_SRC) | $(SUPPORT_SRC) | $(BENCH_SRC) | $(SERVER_SRC))

$(OUT)/install/runpath: FORCE
	$(call remember,$@,$(RUNPATH))

$(OBJ)/%.o: %.c $(OUT)/flags | $(SETUP)
	$(call say,CC,$<)
	mkdir -p $(@D)
	$(compile) $(CPPFLAGS_$(<D)) -MMD -MP -c -o $@ $<

$(foreach dir,$(TEST_DIRS),$(eval CPPFLAGS_$(dir) := -Itests))
CPPFLAGS_fuzz := -Itests
-include $(patsubst %.o,%.d,$(call objects,$(ALL_SRC)))

define archive
	$(call say,AR,$@)
	mkdir -p $(@D)
	rm -f $@
	$(AR) $(ARFLAGS) $@ $(filter %.o,$^)
endef
$(STATIC_LIB): $(call objects,$(CORE_SRC)) $(OUT)/members | $(SETUP)
	$(archive)
$(EDGE_LIB): $(call objects,$(EDGE_SRC)) $(OUT)/members | $(SETUP)
	$(archive)
$(SUPPORT_LIB): $(call objects,$(SUPPORT_SRC)) $(OUT)/members | $(SETUP)
	$(archive)

# $(call shared,library,libraries it needs)
define shared
	$(call say,LD,$@)
	$(link) $(LDFLAGS_$(VARIANT)) -shared -Wl,-soname,$(1).so.$(SOVERSION) \
		-Wl,--version-script=$(filter %.map,$^) -o $@ $(filter %.o,$^) $(LDLIBS) $(2)
	ln -sf $(1).so.$(VERSION) $(OUT)/$(1).so.$(SOVERSION)
	ln -sf $(1).so.$(SOVERSION) $(OUT)/$(1).so
endef
$(SHARED_LIB): $(call objects,$(CORE_SRC)) libkv.map $(OUT)/members | $(SETUP)
	$(call shared,libkv,$(KV_LDLIBS))
$(EDGE_SHARED_LIB): $(call objects,$(EDGE_SRC)) libkv-edge.map $(SHARED_LIB) $(OUT)/members | $(SETUP)
	$(call shared,libkv-edge,-L$(OUT) -lkv $(EDGE_LDLIBS))

# $(call linked,libraries): a program of the objects and archives that its target names.
define linked
	$(call say,LD,$@)
	mkdir -p $(@D)
	$(link) -pie -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) $(1)
endef

# What gets installed uses the shared library: from the build tree it is found beside the program.
# Each is linked a second time to be installed, with no path into the build tree.
INSTALLED := $(KV) $(SERVER)
TO_INSTALL := $(INSTALLED:$(OUT)/%=$(OUT)/install/%)
$(INSTALLED): runpath = -Wl,-rpath,'$$ORIGIN'
$(TO_INSTALL): runpath = $(if $(RUNPATH),-Wl$(comma)-rpath$(comma)'$(RUNPATH)')
$(TO_INSTALL): $(OUT)/install/runpath
# The command uses JSON and lists of keys as libkv-edge does, which that does not export.
$(OUT)/kv $(OUT)/install/kv: $(call objects,$(CLI_SRC)) $(EDGE_LIB) $(SHARED_LIB) $(OUT)/members
	$(call linked,-L$(OUT) $(runpath) -lkv $(EDGE_LDLIBS))
$(SERVER) $(OUT)/install/edge-server: $(call objects,$(SERVER_SRC)) $(EDGE_SHARED_LIB) $(OUT)/members
	$(call linked,-L$(OUT) $(runpath) -lkv-edge -lkv $(SERVER_LDLIBS))

# Everything else links the static library, where internal symbols can be seen.
program = $(call linked,$(1) $(KV_LDLIBS))
$(TESTS): $(OUT)/tests/%: $(OBJ)/tests/%.o $(SUPPORT_LIB) $(EDGE_LIB) $(STATIC_LIB)
	$(call program,$(TEST_LDLIBS) $(EDGE_LDLIBS))
$(OUT)/tests/store/test_crash: $(call objects,$(DISK_SRC))
# Loads a second copy of the library.
$(OUT)/tests/api/test_copies: $(SHARED_LIB)
$(EXAMPLES): $(OUT)/examples/%: $(OBJ)/examples/%.o $(EDGE_LIB) $(STATIC_LIB)
	$(call program,-Wl$(comma)--as-needed $(EDGE_LDLIBS))
$(FUZZERS:%=%-replay): $(OUT)/fuzz/%-replay: $(OBJ)/fuzz/%.o $(OBJ)/fuzz/driver.o \
		$(SUPPORT_LIB) $(EDGE_LIB) $(STATIC_LIB)
	$(call program,-Wl$(comma)--as-needed $(TEST_LDLIBS) $(EDGE_LDLIBS))
$(FUZZERS): $(OUT)/fuzz/%: $(OBJ)/fuzz/%.o $(SUPPORT_LIB) $(EDGE_LIB) $(STATIC_LIB)
	$(call program,-fsanitize=fuzzer -Wl$(comma)--as-needed $(TEST_LDLIBS) $(EDGE_LDLIBS))
$(OUT)/kv-bench: $(call objects,$(BENCH_SRC)) $(STATIC_LIB) $(OUT)/members
	$(call program,$(BENCH_LDLIBS))

$(LOAD): $(call objects,$(LOAD_SRC))
	$(call program,$(EDGE_LDLIBS))
# The console's files are embedded there.
$(OBJ)/examples/edge-server/assets.o: $(wildcard examples/edge-server/console/*)

relative_to_prefix = $(patsubst $(prefix)/%,$${prefix}/%,$(1))
PC_FILES := $(OUT)/libkv.pc $(OUT)/libkv-edge.pc
$(PC_FILES): $(OUT)/%.pc: %.pc.in libkv/kv.h FORCE | $(SETUP)
	mkdir -p $(@D)
	sed -e 's|@prefix@|$(prefix)|' -e 's|@version@|$(VERSION)|' \
		-e 's|@libdir@|$(call relative_to_prefix,$(libdir))|' \
		-e 's|@includedir@|$(call relative_to_prefix,$(includedir))|' $< >$@.new
	cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Section 3 of the manual: a page for each function and type of the headers, and for each header.
MAN_DIR := $(BUILD)/man
MAN_SCRIPTS := docs/man/read_header.awk docs/man/write_pages.awk
MAN_FROM := libkv/kv.h libkv/kv_edge.h
# $(call man_pages,what the script is given)
man_pages = date=$$(date -u -d @$${SOURCE_DATE_EPOCH:-$$(stat -c %Y $(MAN_FROM) | sort -n | tail -n 1)} \
	+%F) && for header in $(MAN_FROM); do \
	awk -v version=$(VERSION) -v date=$$date $(1) $(MAN_SCRIPTS:%=-f %) $$header || exit 1; done
$(MAN_DIR)/made: $(MAN_FROM) $(MAN_SCRIPTS) README.md
	$(call say,MAN,$(@D))
	rm -rf $(@D)
	mkdir -p $(@D)
	$(call man_pages,-v directory=$(@D))
	touch $@

# A directory's own time changes when a file comes or goes; "/." sets it apart from the targets
# called fuzz and bench.
$(BUILD)/compile_commands.json: Makefile $(SOURCE_DIRS:%=%/.) $(OUT)/flags
	mkdir -p $(@D)
	{ echo '['; \
	  for source in $(ALL_SRC); do \
		printf '%s{"directory": "%s", "file": "%s", "command": "%s"}\n' "$$separator" \
			'$(CURDIR)' "$$source" \
			'$(subst ",\",$(subst \,\\,$(subst ','\'',$(compile)))) -Itests -c '"$$source"; \
		separator=', '; \
	  done; \
	  echo ']'; } >$@.new
	mv $@.new $@
# clangd looks in build/ by itself.
compile_commands.json: $(BUILD)/compile_commands.json ## In build/, for editors and clang-tidy
all: $(STATIC_LIB) $(EDGE_LIB) $(SHARED_LIB) $(EDGE_SHARED_LIB) $(PC_FILES) $(INSTALLED) \
	$(TO_INSTALL) $(MAN_DIR)/made $(BUILD)/compile_commands.json

# ---- Checking

# Test programs that say something about threads; under TSan only these run.
TSAN_TESTS := api/test_threads api/test_queue api/test_changes api/test_wake api/test_stats \
	ops/test_open_stores base/test_pool base/test_fork base/test_wakeup edge/test_nonces \
	edge/test_credentials edge/test_service
TSAN_UNKNOWN := $(filter-out $(TEST_SRC:tests/%.c=%),$(TSAN_TESTS))
$(if $(TSAN_UNKNOWN),$(error TSAN_TESTS names what tests/ does not have: $(TSAN_UNKNOWN)))
TESTS_RUN := $(if $(filter tsan,$(VARIANT)),\
	$(filter $(TSAN_TESTS:%=$(OUT)/tests/%),$(TESTS)),\
	$(filter %model,$(TESTS)) $(filter-out %model,$(TESTS)))
# These look at the tree and at what gets installed, not at behaviour: plain variants only.
CHECK_SCRIPTS := $(if $(filter release debug,$(VARIANT)),$(sort $(wildcard tests/check_*.sh)))
CLI_TESTS := $(if $(KV),$(if $(filter-out tsan,$(VARIANT)),$(sort $(wildcard tests/cli/*.sh))))
REPLAYS_RUN := $(if $(filter-out tsan,$(VARIANT)),$(REPLAYS))

test-programs: $(TESTS_RUN) $(REPLAYS_RUN) $(EXAMPLES) $(BENCH) ## Tests, examples and kv-bench, built but not run
check: all test-programs ## All tests; `VARIANT=asan make check` the same under ASan and UBSan
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL OUT='$(OUT)' BUILD='$(BUILD)' VARIANT='$(VARIANT)' \
		CC='$(CC)' CXX='$(CXX)' MAKE='$(MAKE)' VERSION='$(VERSION)' \
		bash tests/run.sh $(TESTS_RUN:%=cmocka:%) $(EXAMPLES:%=example:%) \
		$(REPLAYS_RUN:%=fuzz:%) $(CHECK_SCRIPTS:%=script:%) $(CLI_TESTS:%=cli:%)
.PHONY: check test-programs compile_commands.json

# The stories of tests/store/test_crash.c: seven of them, so many states each.
crash: $(OUT)/tests/store/test_crash ## Power cuts: 50,000 states of the disk that one may leave; minutes
	KV_TEST_STATES=7200 $(OUT)/tests/store/test_crash
crash-long: $(OUT)/tests/store/test_crash ## A million of them, in stories of seven seeds; hours
	for seed in 1 2 3 4 5 6 7; do \
		KV_TEST_SEED=$$seed KV_TEST_STATES=20500 $(OUT)/tests/store/test_crash || exit 1; \
	done
.PHONY: crash crash-long

edge-server: $(SERVER) ## The example service, build/release/edge-server
# Where `make serve` listens; port 0: any free one. METRICS= empty: no metrics.
LISTEN ?= 127.0.0.1:8787
METRICS ?= 127.0.0.1:9787
SERVE_DIR ?= $(BUILD)/serve
serve: $(SERVER) ## Run it on a demo store; LISTEN=127.0.0.1:8787 METRICS=127.0.0.1:9787
	bash examples/edge-server/serve.sh $(SERVER) '$(SERVE_DIR)' '$(LISTEN)' '$(METRICS)'
edge-clients: | $(SETUP) ## What check-edge drives it with: SDKs, node, a browser
	bash tests/edge-server/install.sh $(BUILD)/edge
check-edge: $(SERVER) $(KV) edge-clients ## Drive it with the vendor's SDKs, a browser and hardships
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL bash tests/edge-server/run.sh $(OUT) $(BUILD)/edge
.PHONY: edge-server serve edge-clients check-edge

cov: ## Line coverage of libkv without the command; fails under 95 % (COV_MIN=)
	$(MAKE) VARIANT=cov check-for-cov
COV_MIN ?= 95
check-for-cov: all test-programs
	find $(OBJ) -name '*.gcda' -delete
	$(MAKE) check
	GCOV='$(GCOV)' bash tests/coverage.sh $(OBJ) $(OUT)/report $(COV_MIN) $(CORE_SRC) $(EDGE_SRC)
.PHONY: cov check-for-cov

T ?= 60
fuzz: ## Run every fuzz target T=60 seconds under ASan and UBSan
	$(MAKE) VARIANT=fuzz run-fuzzers
run-fuzzers: $(FUZZERS)
	bash tests/run_fuzz.sh $(T) $(BUILD)/fuzz $(FUZZERS)
.PHONY: fuzz run-fuzzers

lint: $(ALL_SRC:%.c=$(BUILD)/lint/%.tidy) $(BUILD)/lint/cppcheck ## clang-tidy and cppcheck
# The object stands for every header the source includes.
$(BUILD)/lint/%.tidy: %.c $(OBJ)/%.o .clang-tidy $(BUILD)/compile_commands.json | $(SETUP)
	$(call say,TIDY,$<)
	mkdir -p $(@D)
	$(CLANG_TIDY) -p $(BUILD) --quiet $< 2>$@.log || { cat $@.log; exit 1; }
	touch $@
$(BUILD)/lint/cppcheck: $(FORMATTED) libkv/kv.h libkv/kv_edge.h Makefile | $(SETUP)
	$(call say,CPPCHECK,libkv)
	mkdir -p $(@D)
	$(CPPCHECK) --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=shiftTooManyBitsSigned --error-exitcode=1 \
		-D_GNU_SOURCE -D__GNUC__ -Ilibkv -Itests $(SOURCE_DIRS)
	touch $@
.PHONY: lint

format: | $(BUILD)/setup/format ## Put every C file into the form of .clang-format
	$(CLANG_FORMAT) -i $(FORMATTED)
format-check: | $(BUILD)/setup/format ## Fail if `make format` would change a file
	case "$$($(CLANG_FORMAT) --version)" in \
	*' version 14.'*) $(CLANG_FORMAT) --dry-run --Werror $(FORMATTED) ;; \
	*) echo 'format-check: SKIPPED: it takes clang-format 14, and $(CLANG_FORMAT) is another' ;; \
	esac
.PHONY: format format-check

# ---- Showing

demo: all $(EXAMPLES) ## The main job on real input, in well under a minute
	bash examples/demo.sh $(OUT) $(BUILD)/demo
bench: $(BENCH) ## libkv beside raw LMDB; results in build/bench/results.tsv
	mkdir -p $(BUILD)/bench
	$(if $(BENCH),$(BENCH) --output $(BUILD)/bench/results.tsv,echo 'bench/ has no sources')
bench-quick: $(BENCH) ## The same in under a minute
	mkdir -p $(BUILD)/bench
	$(if $(BENCH),$(BENCH) --quick --output $(BUILD)/bench/results.tsv,echo 'bench/ has no sources')
bench-edge: $(SERVER) $(LOAD) ## The service under load, beside Redis
	bash bench/edge/run.sh $(OUT) $(BUILD)/bench/edge
.PHONY: demo bench bench-quick bench-edge

# ---- Installing

MAN1 := $(sort $(wildcard docs/man/*.1))
# Looked up when used: the names are the headers'.
MAN3 = $(sort $(shell $(call man_pages,-v directory=)))
BASH_COMPLETION := libkv/cli/kv.bash
ZSH_COMPLETION := $(firstword $(wildcard libkv/cli/_kv libkv/cli/kv.zsh))
FISH_COMPLETION := $(wildcard libkv/cli/kv.fish)

# $(call put,mode,file...,directory[,name there])
define put
	$(INSTALL) -d '$(DESTDIR)$(3)'
	$(INSTALL) -m $(1) $(2) '$(DESTDIR)$(3)$(4:%=/%)'

endef
install: install-lib install-dev install-bin install-server install-man ## Under DESTDIR= and prefix=/usr/local
install-lib: $(SHARED_LIB) $(EDGE_SHARED_LIB)
	$(call put,644,$(SHARED_LIB) $(EDGE_SHARED_LIB),$(libdir))
	ln -sf $(SHARED_NAME) '$(DESTDIR)$(libdir)/$(SONAME)'
	ln -sf $(EDGE_SHARED_NAME) '$(DESTDIR)$(libdir)/$(EDGE_SONAME)'
	$(if $(DESTDIR),,if [ "$$(id -u)" = 0 ]; then ldconfig || true; fi)
install-dev: install-lib $(STATIC_LIB) $(EDGE_LIB) $(PC_FILES)
	$(call put,644,libkv/kv.h libkv/kv_edge.h,$(includedir))
	$(call put,644,$(STATIC_LIB) $(EDGE_LIB),$(libdir))
	$(call put,644,$(PC_FILES),$(pkgconfigdir))
	ln -sf $(SONAME) '$(DESTDIR)$(libdir)/libkv.so'
	ln -sf $(EDGE_SONAME) '$(DESTDIR)$(libdir)/libkv-edge.so'
install-bin: install-lib $(KV:$(OUT)/%=$(OUT)/install/%)
	$(call put,755,$(OUT)/install/kv,$(bindir))
	$(call put,644,$(BASH_COMPLETION),$(bashcompletiondir),kv)
	$(if $(ZSH_COMPLETION),$(call put,644,$(ZSH_COMPLETION),$(zshcompletiondir),_kv))
	$(if $(FISH_COMPLETION),$(call put,644,$(FISH_COMPLETION),$(fishcompletiondir),kv.fish))
install-server: install-lib $(OUT)/install/edge-server
	$(call put,755,$(OUT)/install/edge-server,$(bindir))
install-man: $(MAN_DIR)/made
	$(call put,644,$(MAN1),$(mandir)/man1)
	$(call put,644,$(MAN3:%=$(MAN_DIR)/%),$(mandir)/man3)
uninstall: ## Remove what install put there, with the same variables
	for library in libkv libkv-edge; do \
		rm -f '$(DESTDIR)$(libdir)'/$$library.so.$(VERSION) '$(DESTDIR)$(libdir)'/$$library.so.$(SOVERSION) \
			'$(DESTDIR)$(libdir)'/$$library.so '$(DESTDIR)$(libdir)'/$$library.a \
			'$(DESTDIR)$(pkgconfigdir)'/$$library.pc || exit 1; \
	done
	rm -f '$(DESTDIR)$(includedir)/kv.h' '$(DESTDIR)$(includedir)/kv_edge.h' \
		'$(DESTDIR)$(bindir)/kv' '$(DESTDIR)$(bindir)/edge-server' \
		'$(DESTDIR)$(bashcompletiondir)/kv' '$(DESTDIR)$(zshcompletiondir)/_kv' \
		'$(DESTDIR)$(fishcompletiondir)/kv.fish' \
		$(MAN1:docs/man/%='$(DESTDIR)$(mandir)/man1/%') $(MAN3:%='$(DESTDIR)$(mandir)/man3/%')
.PHONY: install install-lib install-dev install-bin install-server install-man uninstall

# ---- The rest

dist: ## build/libkv-VERSION.tar.gz of what is committed
	test -z "$$(git status --porcelain)" || { echo 'dist: commit first' >&2; exit 1; }
	grep -qE '^## $(subst .,\.,$(VERSION))( |$$)' docs/changelog.md \
		|| { echo 'dist: docs/changelog.md has no heading "## $(VERSION)"' >&2; exit 1; }
	grep -q '^LIBKV_$(subst .,\.,$(SOVERSION)) ' libkv.map \
		|| { echo 'dist: libkv.map does not open with LIBKV_$(SOVERSION)' >&2; exit 1; }
	grep -q '^LIBKV_EDGE_$(subst .,\.,$(SOVERSION)) ' libkv-edge.map \
		|| { echo 'dist: libkv-edge.map does not open with LIBKV_EDGE_$(SOVERSION)' >&2; exit 1; }
	mkdir -p $(BUILD)
	git archive --prefix=libkv-$(VERSION)/ HEAD | gzip -n >$(BUILD)/libkv-$(VERSION).tar.gz
	echo $(BUILD)/libkv-$(VERSION).tar.gz
clean: ## Remove everything that was built
	rm -rf $(BUILD)
help: ## This list
	sed -n 's/^\([a-z][a-z_.-]*\):.*## \(.*\)/  \1|\2/p' Makefile | LC_ALL=C sort -t '|' -k 1,1 \
		| awk -F '|' '{ printf "%-24s %s\n", $$1, $$2 }'
	echo '  VARIANT=$(subst $(space),|,$(VARIANTS))  BUILD=build  V=1  WERROR=1'
	echo '  CC=  CFLAGS=  CPPFLAGS=  LDFLAGS=  LDLIBS='
.PHONY: dist clean help
