# Tributary. `make help` lists the targets.
#
# Everything that is built goes to $(BUILD); SAN=address or SAN=thread builds with sanitizers in a folder of its own.

VERSION  := 0.1.0
prefix   ?= /usr/local
bindir   ?= $(prefix)/bin
datadir  ?= $(prefix)/share
mandir   ?= $(datadir)/man
sysconfdir ?= /etc
docdir   ?= $(datadir)/doc/tributary
completiondir ?= $(datadir)/bash-completion/completions
unitdir  ?= $(or $(shell pkg-config --variable=systemdsystemunitdir systemd 2>/dev/null),$(prefix)/lib/systemd/system)

BUILD    ?= build$(if $(SAN),/$(SAN))
SAN      ?=
WERROR   ?= -Werror
OPT      ?= -O2 -g
PKGS      = libpq hiredis yaml-0.1 openssl zlib libzstd libmicrohttpd libsystemd
# MariaDB Connector/C; MYSQL_PKG=mysqlclient is Oracle's library.
MYSQL_PKG ?= libmariadb
MYSQL_CFLAGS = $(shell pkg-config --cflags $(MYSQL_PKG))
MYSQL_LIBS = $(shell pkg-config --libs $(MYSQL_PKG))

# What a fresh Debian 12 needs for `make check` and `make demo`; the README says what each is for.
PACKAGES := gcc make pkg-config libc6-dev libpq-dev libmariadb-dev libhiredis-dev libyaml-dev libssl-dev zlib1g-dev \
            libzstd-dev libmicrohttpd-dev libsystemd-dev tzdata
PACKAGES_TEST := libcriterion-dev postgresql-15 redis-server redis-tools mariadb-server-core mariadb-client-core openssl util-linux \
                 procps jq
PACKAGES_CI := clang clang-format libclang-rt-14-dev cppcheck shellcheck mandoc git debian-archive-keyring \
               valgrind sysbench mariadb-client systemd prometheus python3-jsonschema python3-yaml bash-completion dpkg-dev debhelper \
               lintian debootstrap chromium

comma := ,
# V=1 shows the commands.
Q = $(if $(V),,@$(if $(1),printf '%-6s %s\n' '$(1)' '$@';))

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
HARDEN := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN)$(if $(filter address,$(SAN)),$(comma)undefined) -fno-omit-frame-pointer)
CPPFLAGS += -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -Iinclude -Iagent -Iconnectors -DTRIBUTARY_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(SANFLAGS)
PKG_CFLAGS = $(MYSQL_CFLAGS) $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(MYSQL_LIBS) $(shell pkg-config --libs $(PKGS)) -lm

SOURCES  := $(sort $(shell find agent connectors -name '*.c'))
EMBEDDED := $(BUILD)/gen/model_yaml.o $(BUILD)/gen/functions_lua.o $(BUILD)/gen/redis_acl.o
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o) $(EMBEDDED)
LIBOBJS  := $(filter-out $(BUILD)/agent/main.o,$(OBJECTS))
PLAIN    := $(if $(filter thread,$(SAN)),-Itests/lib/plain)
TESTLIB  := $(if $(PLAIN),$(BUILD)/tests/lib/plain/plain.o) $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/lib/*.c)))
TIERS    := unit integration stories fault
BENCHES  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))

.PHONY: all check check-unit check-integration check-page check-stories check-fault check-fault-mysql check-calls check-budget fault-long fault-long-mysql fault-broken check-matrix fuzz bench asan tsan lint format \
        check-conf check-documents check-samples check-package deb install uninstall demo deps deps-present clean help ci
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/tributary ## build the program

$(BUILD)/tributary: $(OBJECTS)
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: CPPFLAGS += $(PLAIN) -Itests -DTEST_BUILD='"$(abspath $(BUILD))"' -DTEST_TREE='"$(CURDIR)"'

# Files that are data in the tree and part of the program: unsigned char embedded_NAME[], with a NUL behind it.
define embed
	@mkdir -p $(@D)
	@{ echo 'extern const unsigned char embedded_$(1)[];'; echo 'const unsigned char embedded_$(1)[] = {'; \
	  od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '0};'; } >$@
endef
$(BUILD)/gen/model_yaml.c: conf/model.yaml
	$(call embed,model_yaml)
$(BUILD)/gen/redis_acl.c: conf/redis.acl
	$(call embed,redis_acl)
# The functions in Redis are one chunk: a file sees what those before it define.
FUNCTIONS := $(addprefix connectors/redis/functions/,$(addsuffix .lua,library journal json time frame erased story event put merge \
             delete links agreement due erasure settle findings batch load check requests lease customer tend sweep scan probe))
$(BUILD)/gen/functions.lua: $(FUNCTIONS) Makefile
	@mkdir -p $(@D)
	@cat $(FUNCTIONS) >$@
$(BUILD)/gen/functions_lua.c: $(BUILD)/gen/functions.lua
	$(call embed,functions_lua)
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(call Q,CC)$(CC) $(CFLAGS) -c -o $@ $<

# One test program a tier, with every object of the program but main.
define tier
$(BUILD)/test-$(1): $$(LIBOBJS) $$(TESTLIB) $$(patsubst %.c,$$(BUILD)/%.o,$$(sort $$(wildcard tests/$(1)/*.c)))
	$$(call Q,LINK)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(PKG_LIBS) $$(if $$(PLAIN),,-lcriterion)
endef
$(foreach t,$(TIERS),$(eval $(call tier,$(t))))

# Calls that can be made to fail: those of malloc() and its like in the core, for a test in the same process …
$(BUILD)/test-calls: $(LIBOBJS) $(TESTLIB) $(BUILD)/tests/unit/redis_events.o $(BUILD)/tests/unit/map_fixture.o \
    $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/fault/calls/*.c)))
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) $(foreach f,malloc calloc realloc,-Wl$(comma)--wrap=$(f)) -o $@ $^ $(PKG_LIBS) -lcriterion
# … and those of the system and the libraries too, in a program of its own: each that the objects of wrap/ have a substitute for.
WRAP := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/fault/calls/wrap/*.c)))
$(BUILD)/calls/tributary: $(OBJECTS) $(WRAP)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) $$(nm $(WRAP) | sed -n 's/.* T __wrap_/-Wl,--wrap=/p') -o $@ $^ $(PKG_LIBS)

# The same with another MySQL client library, which a single file sees: tests/matrix.sh names Oracle's in MYSQL_CFLAGS and MYSQL_LIBS.
CLIENT := $(BUILD)/connectors/mysql/client.o
$(BUILD)/oracle/client.o: connectors/mysql/client.c Makefile
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/oracle/tributary: $(filter-out $(CLIENT),$(OBJECTS)) $(BUILD)/oracle/client.o
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(BUILD)/oracle/test-integration: $(filter-out $(CLIENT),$(LIBOBJS)) $(BUILD)/oracle/client.o $(TESTLIB) \
    $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/integration/*.c)))
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcriterion

check: deps-present ## install what is missing, build, run the unit and integration tests and the stories
	@$(MAKE) --no-print-directory check-unit check-integration check-stories

check-unit: $(BUILD)/test-unit ## unit tests
	$(BUILD)/test-unit $(TESTFLAGS)

check-integration: all $(BUILD)/test-integration ## tests against private PostgreSQL, MariaDB and Redis servers
	$(BUILD)/test-integration $(TESTFLAGS)

check-stories: all $(BUILD)/test-stories ## what customers are told, end to end: nine stories with the shipped examples
	$(BUILD)/test-stories $(TESTFLAGS)

check-page: all $(BUILD)/test-integration ## the status page in headless Chromium, with real servers: pictures in $(BUILD)/page
	@mkdir -p $(BUILD)/page
	PAGES=$(abspath $(BUILD))/page $(BUILD)/test-integration --filter 'run_page/*' $(TESTFLAGS)

check-fault: all $(BUILD)/test-fault ## kills and restarts under load, against private servers
	$(BUILD)/test-fault $(TESTFLAGS)

check-calls: ## every call for memory, of the system and of a library fails once, under the address sanitizer
	@$(MAKE) --no-print-directory SAN=address OPT='-O1 -g' build/address/test-calls build/address/calls/tributary
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lib/lsan.supp:print_suppressions=0 build/address/test-calls -j6 $(TESTFLAGS)

fault-long: all $(BUILD)/test-fault ## faults of every kind at random, FAULT_SECONDS (3600) on each engine; TEST_SEED=N repeats
	FAULT_PATIENT=1 FAULT_SECONDS=$(or $(FAULT_SECONDS),3600) $(BUILD)/test-fault --filter 'fault_storm/*' $(TESTFLAGS)

fault-long-mysql: all $(BUILD)/test-fault ## the same on MySQL 9, which is fetched
	env $$(tests/lib/versions.sh $(BUILD)/versions mysql9) FAULT_PATIENT=1 FAULT_SECONDS=$(or $(FAULT_SECONDS),3600) \
	    $(BUILD)/test-fault --filter 'fault_storm/mariadb' $(TESTFLAGS)

fault-broken: all $(BUILD)/test-fault ## builds with a mistake in them, and shows that the fault tests catch each
	@tests/fault/broken.sh $(BUILD) '$(CC)' $(BROKEN)

check-fault-mysql: all $(BUILD)/test-fault ## those of them that concern MySQL and MariaDB, on MySQL 9, which is fetched
	env $$(tests/lib/versions.sh $(BUILD)/versions mysql9) $(BUILD)/test-fault --filter '@(fault_sysbench|fault_memory)/*' $(TESTFLAGS)

check-matrix: all $(BUILD)/test-integration ## the integration tests on other server versions, which are fetched (tests/matrix.sh)
	@tests/matrix.sh $(BUILD) $(MATRIX)

asan: ## unit and integration tests under the address and undefined-behaviour sanitizers
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lib/lsan.supp:print_suppressions=0 \
	  $(MAKE) SAN=address OPT='-O1 -g' check-unit check-integration

tsan: ## the same under the thread sanitizer
	$(MAKE) SAN=thread OPT='-O1 -g' check-unit all
	$(MAKE) all $(BUILD)/test-integration
	TRIBUTARY=$(CURDIR)/build/thread/tributary $(BUILD)/test-integration --filter 'run_*/*' $(TESTFLAGS)

fuzz: $(FUZZERS) ## fuzz every decoder for FUZZ_SECONDS (60) each, with clang's libFuzzer
	@for f in $(FUZZERS); do name=$$(basename $$f); echo "fuzz: $$name"; mkdir -p $$f.corpus; \
	  $$f -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=65536 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/fuzz/ $$f.corpus $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) 2>$$f.log || { cat $$f.log; exit 1; }; \
	  grep number_of_executed_units $$f.log; done

FUZZ_CFLAGS = $(CPPFLAGS) -Itests -std=c11 -O1 -g -pthread $(PKG_CFLAGS) -fsanitize=address,undefined
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/fuzzed/%.o,$(filter-out agent/main.c,$(SOURCES))) $(EMBEDDED)

$(BUILD)/fuzzed/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,FUZZ)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(call Q,FUZZ)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(LIBOBJS)
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# decode_postgresql gives the connector its messages in the place of libpq's wrapper.
$(BUILD)/bench/decode_postgresql: LDFLAGS += $(foreach f,get start,-Wl$(comma)--wrap=pq_copy_$(f))

bench: all $(BENCHES) ## speed against the servers' own limits, latency, first load: tables and build/bench.json
	@tests/bench/run.sh $(BUILD)

.PHONY: bench-charts
bench-charts: all $(BENCHES) ## how the cost of a change grows, with what: charts in build/bench/index.html
	@tests/bench/run.sh $(BUILD) $(or $(CHANGES),100000) scaling

# Always with the same flags, whatever else is built; BUDGET=write makes the budget anew.
check-budget: ## the instructions for a row, counted by valgrind: not more than tests/bench/budget allows
	@$(MAKE) --no-print-directory BUILD=build/budget SAN= OPT='-O2 -g' $(addprefix build/budget/bench/,decode_postgresql decode_mariadb map encode)
	@tests/bench/budget.sh build/budget $(BUDGET)

lint: ## formatting, include directions, static analysis
	tests/lint.sh

format: ## format the sources in place
	find agent connectors include tests -name '*.[ch]' -print0 | xargs -0 clang-format -i

demo: deps-present ## the stories, live, on private servers; Ctrl-C ends it
	@$(MAKE) --no-print-directory -s all $(BUILD)/bench/latency
	@tests/demo/run.sh $(BUILD) $(STORY)

SHARED := $(datadir)/tributary

install: all $(BUILD)/tributary.schema.json ## install into $(DESTDIR)$(prefix)
	install -D -m 755 $(BUILD)/tributary $(DESTDIR)$(bindir)/tributary
	install -d -m 755 $(DESTDIR)$(sysconfdir)/tributary $(DESTDIR)$(SHARED)/examples $(DESTDIR)$(unitdir) \
	  $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(completiondir)
	install -d -m 700 $(DESTDIR)$(sysconfdir)/tributary/credentials
	install -m 644 conf/*.yaml conf/*.sql conf/examples/*.yaml conf/examples/*.sql $(DESTDIR)$(SHARED)/examples/
	install -m 755 conf/examples/*.sh $(DESTDIR)$(SHARED)/examples/
	install -m 644 conf/redis.acl conf/monitoring/alerts.yml conf/monitoring/dashboard.json $(BUILD)/tributary.schema.json $(DESTDIR)$(SHARED)/
	install -m 644 agent/man/tributary.1 $(DESTDIR)$(mandir)/man1/
	install -m 644 agent/man/tributary.yaml.5 $(DESTDIR)$(mandir)/man5/
	install -m 644 agent/completion/tributary.bash $(DESTDIR)$(completiondir)/tributary
	install -D -m 644 README.md $(DESTDIR)$(docdir)/README.md
	install -d -m 755 $(DESTDIR)$(docdir)/conf
	install -m 644 conf/*.md $(DESTDIR)$(docdir)/conf/
	install -m 644 systemd/tributary.target $(DESTDIR)$(unitdir)/
	sed 's|/usr/bin/|$(bindir)/|; s|/etc/tributary|$(sysconfdir)/tributary|' systemd/tributary@.service \
	  >$(DESTDIR)$(unitdir)/tributary@.service
	chmod 644 $(DESTDIR)$(unitdir)/tributary@.service

uninstall: ## remove what install put there; configurations stay
	rm -f $(DESTDIR)$(bindir)/tributary $(DESTDIR)$(mandir)/man1/tributary.1 $(DESTDIR)$(mandir)/man5/tributary.yaml.5 \
	  $(DESTDIR)$(completiondir)/tributary $(DESTDIR)$(unitdir)/tributary@.service $(DESTDIR)$(unitdir)/tributary.target
	rm -rf $(DESTDIR)$(SHARED) $(DESTDIR)$(docdir)
	-rmdir $(DESTDIR)$(sysconfdir)/tributary/credentials $(DESTDIR)$(sysconfdir)/tributary 2>/dev/null

$(BUILD)/tributary.schema.json: $(BUILD)/tributary
	$< schema --config-schema >$@

deb: all ## a Debian package, in build/
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	cp -r conf/debian $(BUILD)/deb/debian
	printf 'tributary ($(VERSION)) unstable; urgency=medium\n\n  * Version $(VERSION).\n\n -- %s  %s\n' \
	  "$$(sed -n 's/^Maintainer: //p' conf/debian/control)" "$$(date -R -d @$${SOURCE_DATE_EPOCH:-$$(stat -c %Y Makefile)})" \
	  >$(BUILD)/deb/debian/changelog
	cd $(BUILD)/deb && TREE=$(CURDIR) BUILD=$(abspath $(BUILD)) dpkg-buildpackage -b -us -uc -d >build.log 2>&1 || { cat build.log; exit 1; }
	@ls $(BUILD)/tributary_*.deb

check-conf: all ## what is shipped beside the program: unit, manuals, completion, alert rules, JSON Schema, package
	@tests/conf.sh $(BUILD)

check-documents: all ## run every command of the documents, on private servers
	@tests/documents.sh $(BUILD)

check-samples: all ## databases that others made, captured while they change, and compared (tests/samples.sh)
	@tests/samples.sh $(BUILD)

check-package: deb ## install the package in a fresh Debian 12 root, and use it there (as root)
	@tests/package.sh $(BUILD)

deps: ## install every package that build, tests and CI need (Debian 12; through sudo when not root)
	@tests/lib/deps.sh $(PACKAGES) $(PACKAGES_TEST) $(PACKAGES_CI)

deps-present: # what the two README commands need; installs what is missing
	@tests/lib/deps.sh $(PACKAGES) $(PACKAGES_TEST)

clean: ## remove what was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 20

-include $(BUILD)/oracle/client.d $(WRAP:.o=.d) $(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/fault/calls/*.c)) $(FUZZ_OBJECTS:.o=.d) $(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/bench/*.c)) $(OBJECTS:.o=.d) $(TESTLIB:.o=.d) $(foreach t,$(TIERS),$(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/$(t)/*.c)))
