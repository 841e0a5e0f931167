#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The signal that came; 0: none. */
static volatile sig_atomic_t interrupt_came;

static void interrupt_take(int number)
{
    interrupt_came = number;
}

void cli_stop_on_interrupt(void)
{
    /* Once: the second one ends the process, should a step take too long. */
    struct sigaction action = {.sa_handler = interrupt_take, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    action.sa_handler = interrupt_take;
    sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupted(void)
{
    return interrupt_came != 0;
}

void cli_end_if_interrupted(void)
{
    int number = interrupt_came;

    if (number == 0)
        return;
    signal(number, SIG_DFL);
    raise(number);
}
