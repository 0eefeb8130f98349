# What people type here; `make help` lists it.

CFLAGS  = -std=gnu17 -pthread -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion
PROGRAMS := $(patsubst %.c,%,$(sort $(wildcard lessons/*/*.c)))
LESSONS  := $(sort $(notdir $(patsubst %/,%,$(dir $(PROGRAMS)))))

# A lesson by its number (4 or 04), its name (echo), or both (04-echo).
number = $(firstword $(subst -, ,$1))
name   = $(patsubst $(call number,$1)-%,%,$1)
lesson = $(or $(strip $(foreach l,$(LESSONS),$(if $(filter $1 0$1,$l \
  $(call number,$l) $(call name,$l)),$l))),$(error there is no lesson $1; \
  there are: $(LESSONS)))
programs = $(filter lessons/$(call lesson,$1)/%,$(PROGRAMS))

# need TOOL,ON DEBIAN,ON FEDORA,ON ALPINE,ON macOS
missing = $1 is missing; install it: apt-get install $2 (Debian, Ubuntu), dnf \
  install $3 (Fedora), apk add $4 (Alpine), $5 (macOS)
need = @command -v $1 >/dev/null || { echo '$(missing)' >&2; exit 1; }

.PHONY: all help demo test fuzz lint clean progress compiler bats
.SECONDEXPANSION:

all: $(PROGRAMS)    ## build every program

$(PROGRAMS): %: %.c | compiler
	$(CC) $(CFLAGS) -o $@ $<

compiler:
	$(call need,$(firstword $(CC)),build-essential,gcc,build-base,xcode-select --install)

bats: compiler
	$(call need,bats,bats,bats patch,bats bash,brew install bats-core)

lesson-%: $$(call programs,$$*)    ## build the programs of a lesson
	@echo "built in lessons/$(call lesson,$*): $(notdir $^)"

start-%: ## write a lesson yourself: begin in work/
	@tests/learn start $(call lesson,$*)

check-%: bats ## check what you wrote in work/
	@tests/learn check $(call lesson,$*)

progress: ## where you stand
	@tests/learn progress

demo: lesson-04    ## a server and a client talk
	@tests/demo

test: bats    ## check every lesson, then the checks themselves; JOBS=4
	bats tests
	bats $(JOBS:%=--jobs %) tests/self

fuzz: ## look for bytes that break lesson 09's server; SECONDS=60
	@tests/fuzz/run $(SECONDS)

lint: ## format, shell scripts, static analysis
	@tests/lint

clean: ## remove what make built
	rm -f $(PROGRAMS)

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z%-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | \
	  sed 's/%/04/; s/^  all\t/  (none)\t/' | expand -t 14
	@echo "Instead of 04: 4, echo, 04-echo; the lessons are $(LESSONS)"
