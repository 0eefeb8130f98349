# The commands of the course.  `make help` lists them.

CFLAGS  = -std=gnu17 -pthread -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ifdef SANITIZE
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
endif
# Linux has epoll; the BSDs and macOS have kqueue.
ELSEWHERE := lessons/13-epoll/$(if $(filter Linux,$(shell uname)),kqueue,server)
PROGRAMS := $(filter-out $(ELSEWHERE),$(patsubst %.c,%,$(sort $(wildcard lessons/*/*.c))))
LESSONS  := $(sort $(notdir $(patsubst %/,%,$(dir $(PROGRAMS)))))

# A lesson by its number (4 or 04), its name (echo), or both (04-echo).
number = $(firstword $(subst -, ,$1))
name   = $(patsubst $(call number,$1)-%,%,$1)
lesson = $(or $(strip $(foreach l,$(LESSONS),$(if $(filter $1 0$1,$l \
  $(call number,$l) $(call name,$l)),$l))),$(error lesson $1 does not exist; \
  the lessons are $(LESSONS) (for example, type: make check-04)))
programs = $(filter lessons/$(call lesson,$1)/%,$(PROGRAMS))

# need TOOL,ON DEBIAN,ON FEDORA,ON ALPINE,ON macOS
missing = $1 is missing; install it: apt-get install $2 (Debian, Ubuntu), dnf \
  install $3 (Fedora), apk add $4 (Alpine), $5 (macOS)
need = @command -v $1 >/dev/null || { echo '$(missing)' >&2; exit 1; }

web-server = $(filter lessons/12-web-server/server,$(PROGRAMS))

.PHONY: all help demo test test-all fuzz book serve lint clean progress compiler bats \
  start check watch hint
.SECONDEXPANSION:

all: $(PROGRAMS)    ## build all programs

$(PROGRAMS): %: %.c | compiler
	$(CC) $(CFLAGS) -o $@ $<

work/%: work/%.c | compiler
	$(CC) $(CFLAGS) -o $(or $(INTO),$@) $<

compiler:
	$(call need,$(firstword $(CC)),build-essential,gcc,build-base,xcode-select --install)

bats: compiler
	$(call need,bats,bats,bats patch,bats bash,brew install bats-core)

lesson-%: $$(call programs,$$*)    ## build the programs of this lesson
	@echo "built in lessons/$(call lesson,$*): $(notdir $^)"

start-%: ## begin to write this lesson yourself, in work/
	@tests/learn start $(call lesson,$*)

check-%: bats ## check the programs that you wrote (options: see below)
	@tests/learn check $(call lesson,$*)

watch-%: bats ## check them again whenever you save a file
	@tests/learn watch $(call lesson,$*)

hint-%: ## show the likely cause of the last failure
	@tests/learn hint $(call lesson,$*)

start check watch hint: # without a number: ask which lesson
	@tests/learn $@

progress: ## show which lessons you have passed
	@tests/learn progress

demo: lesson-04    ## watch a server and a client talk to each other
	@tests/demo

test: bats    ## check the programs in lessons/
	@awk '/^@test / { n++ } END { print n, "tests; on an idle machine they take about", \
	  int(n / rate), "seconds" }' rate=$(if $(shell command -v flock),12,6) tests/[0-9]*.bats
	bats tests

test-all: bats ## the same, then test the tests: 20 minutes (JOBS=2: two at a time)
	@$(MAKE) --no-print-directory test
	bats $(JOBS:%=--jobs %) tests/self

fuzz: ## search for bytes that break the servers of lessons 10 to 12 (SECONDS=60)
	@PATHS=$(PATHS) tests/fuzz/run $(SECONDS)

book: ## make the course into web pages and an EPUB, in build/book
	$(call need,pandoc,pandoc,pandoc,pandoc-cli,brew install pandoc)
	@book/make

serve: book $(web-server) ## show the book in your browser; lesson 12 serves it (PORT=8012)
	@book/serve $(PORT)

lint: ## check the format, the shell scripts and the C code with tools
	@tests/lint

clean: ## remove everything that make has built
	rm -f $(PROGRAMS) $(patsubst %.c,%,$(wildcard work/*/*.c))
	rm -rf build/tools build/book

help: ## show this list
	@echo "Type make and one of these:"
	@sed -n 's/^\([a-z%-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | \
	  sed 's/%/04/; s/^  all\t/  (nothing)\t/' | expand -t 14
	@echo "After make check-04 you can write ALL=1 (go on after a failure), ONLY=12 or"
	@echo "ONLY=client (run only these tests), and SANITIZE=1 (use AddressSanitizer)."
	@echo "Instead of 04 you can write 4, echo or 04-echo. The lessons are $(LESSONS)."
