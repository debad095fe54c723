/* dice.h - the seeded random numbers of the simulations: the same for the same seed. */
#ifndef LANPARTY_TESTS_DICE_H
#define LANPARTY_TESTS_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next number of SplitMix64. */
uint64_t dice_roll(uint64_t *dice);

size_t dice_below(uint64_t *dice, size_t limit);

bool dice_chance(uint64_t *dice, unsigned permille);

#endif
