/*
 * steps.c - the table of steps, which is in steps.def, and what takes them.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

static const struct step {
    const char *name; /* NULL: not a step, but the head of a group */
    void (*take)(const char *arg);
    const char *argument; /* what it is called; NULL: the step takes none */
    const char *about;
} steps[] = {
#define GROUP(title) {NULL, NULL, NULL, title},
#define STEP(name, function, argument, about) {name, function, argument, about},
#include "steps.def"
#undef GROUP
#undef STEP
};
static const size_t step_count = sizeof steps / sizeof *steps;

/* Return the step NAME; end with status 2 if there is none. */
static const struct step *find_step(const char *name)
{
    for (size_t i = 0; i < step_count; i++)
        if (steps[i].name && strcmp(name, steps[i].name) == 0)
            return &steps[i];
    errx(USAGE, "%s: not a step (`probe help` lists them)", name);
}

/* Take the steps that ARGS names, up to NULL; each gets the whole patience. */
void converse(char *args[])
{
    while (*args) {
        const struct step *step = find_step(*args);
        if (step->argument && args[1] == NULL)
            errx(USAGE, "%s: its %s is missing", *args, step->argument);
        renew_deadline();
        step->take(args[1]);
        args += step->argument ? 2 : 1;
    }
}

/* Print NAME, its OPERANDS (or NULL), and beside them ABOUT, in 80 columns. */
void print_row(const char *name, const char *operands, const char *about)
{
    const int margin = 26, width = 80 - margin;
    int len = printf("    %s %s", name, operands ? operands : "");

    if (len >= margin)
        len = printf("\n") - 1;
    while (*about) {
        int n = (int)strlen(about);
        if (n > width)
            for (n = width; n > 1 && about[n] != ' ';)
                n--;
        printf("%*s%.*s\n", margin - len, "", n, about);
        about += n + (about[n] == ' ');
        len = 0;
    }
}

/* Print all steps, by groups. */
void print_steps(void)
{
    for (size_t i = 0; i < step_count; i++)
        if (steps[i].name)
            print_row(steps[i].name, steps[i].argument, steps[i].about);
        else
            printf("\n%s\n", steps[i].about);
}
