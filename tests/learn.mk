# learn.mk - lets make be used inside work/ and inside a lesson's directory too.
#
# There, `make` builds the programs, `make server` one of them, and `make check`
# checks this lesson.  All else is what it is in the directory of the course.
# A Makefile that wants this has one line: include ../../tests/learn.mk

here   := $(lastword $(CURDIR))# the path may have blanks in it
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
