# What people type here; `make help` lists it.

CFLAGS  = -std=gnu17 -pthread -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ifdef SANITIZE
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
endif
PROGRAMS := $(patsubst %.c,%,$(sort $(wildcard lessons/*/*.c)))
LESSONS  := $(sort $(notdir $(patsubst %/,%,$(dir $(PROGRAMS)))))

# A lesson by its number (4 or 04), its name (echo), or both (04-echo).
number = $(firstword $(subst -, ,$1))
name   = $(patsubst $(call number,$1)-%,%,$1)
lesson = $(or $(strip $(foreach l,$(LESSONS),$(if $(filter $1 0$1,$l \
  $(call number,$l) $(call name,$l)),$l))),$(error there is no lesson $1; \
  there are: $(LESSONS) (type for instance: make check-04)))
programs = $(filter lessons/$(call lesson,$1)/%,$(PROGRAMS))

# need TOOL,ON DEBIAN,ON FEDORA,ON ALPINE,ON macOS
missing = $1 is missing; install it: apt-get install $2 (Debian, Ubuntu), dnf \
  install $3 (Fedora), apk add $4 (Alpine), $5 (macOS)
need = @command -v $1 >/dev/null || { echo '$(missing)' >&2; exit 1; }

count = $(shell cat $1 | grep -c '^@test ')

.PHONY: all help demo test test-all fuzz lint clean progress compiler bats \
  start check watch hint
.SECONDEXPANSION:

all: $(PROGRAMS)    ## build every program

$(PROGRAMS): %: %.c | compiler
	$(CC) $(CFLAGS) -o $@ $<

work/%: work/%.c | compiler
	$(CC) $(CFLAGS) -o $(or $(INTO),$@) $<

compiler:
	$(call need,$(firstword $(CC)),build-essential,gcc,build-base,xcode-select --install)

bats: compiler
	$(call need,bats,bats,bats patch,bats bash,brew install bats-core)

lesson-%: $$(call programs,$$*)    ## build the programs of a lesson
	@echo "built in lessons/$(call lesson,$*): $(notdir $^)"

start-%: ## write a lesson yourself: begin in work/
	@tests/learn start $(call lesson,$*)

check-%: bats ## check what you wrote; ALL=1 ONLY=client ONLY=12 SANITIZE=1
	@tests/learn check $(call lesson,$*)

watch-%: bats ## check it again whenever you change it
	@tests/learn watch $(call lesson,$*)

hint-%: ## the likely cause of the last failure
	@tests/learn hint $(call lesson,$*)

start check watch hint: # which lesson?
	@tests/learn $@

progress: ## where you stand
	@tests/learn progress

demo: lesson-04    ## a server and a client talk
	@tests/demo

test: bats    ## check the programs of every lesson
	@echo "$(call count,tests/[0-9]*.bats) tests; on two cores with nothing else to do they take \
	about $$(($(call count,tests/[0-9]*.bats) / 5)) seconds"
	bats tests

test-all: bats ## the same, then the tests of the tests: 20 minutes; JOBS=4
	@$(MAKE) --no-print-directory test
	bats $(JOBS:%=--jobs %) tests/self

fuzz: ## look for bytes that break lesson 09's server; SECONDS=60
	@tests/fuzz/run $(SECONDS)

lint: ## format, shell scripts, static analysis
	@tests/lint

clean: ## remove what make built
	rm -f $(PROGRAMS) $(patsubst %.c,%,$(wildcard work/*/*.c))
	rm -rf build/tools

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z%-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | \
	  sed 's/%/04/; s/^  all\t/  (none)\t/' | expand -t 14
	@echo "Instead of 04: 4, echo, 04-echo; the lessons are $(LESSONS)"
