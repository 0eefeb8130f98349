# learn.mk - makes make work inside work/ and inside a lesson's directory too.
#
# There, `make` builds the programs, `make server` builds one of them, and `make
# check` checks this lesson.  All other targets do what they do in the directory of
# the course.  To use this, a Makefile needs a single line: include ../../tests/learn.mk

here   := $(lastword $(CURDIR))# there may be blanks in the path
place  := $(notdir $(here))
parent := $(filter lessons work,$(notdir $(patsubst %/,%,$(dir $(here)))))
built  := $(patsubst %.c,%,$(wildcard *.c))
course := @$(MAKE) --no-print-directory -C '$(dir $(lastword $(MAKEFILE_LIST)))..'

.PHONY: all check start watch hint FORCE
.DEFAULT_GOAL := all

all: $(if $(parent),$(built),help)

$(if $(parent),$(built)): FORCE
	$(course) $(parent)/$(place)/$@

check start watch hint: FORCE
	$(course) $@$(if $(parent),-$(place))

%: FORCE
	$(course) $@

Makefile $(lastword $(MAKEFILE_LIST)): ;
