#include "dice.h"

uint64_t dice_roll(uint64_t *dice)
{
	uint64_t z = *dice += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

size_t dice_below(uint64_t *dice, size_t limit)
{
	return (size_t)(dice_roll(dice) % limit);
}

bool dice_chance(uint64_t *dice, unsigned permille)
{
	return dice_below(dice, 1000) < permille;
}
