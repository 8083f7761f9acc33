"""How near two numbers must be, and why: every bound of a test that is no printed digit or float64 arithmetic comes from here.

Where a test says `pytest.approx(x)` alone, both sides are float64 (eps 2e-16) or a handful of fp32 operations (eps 1.2e-7):
pytest's own relative 1e-6 is then far above rounding and far below any fault.
"""

import math

EPS32 = 2.0**-23  # between 1 and the next fp32 number
BF16 = 2.0**-8  # relative rounding error of one bf16 number: 8 bits of significand
NF4 = 0.1  # relative rounding error (root mean square) of normally distributed weights by NF4's 16 levels, blocks of 64: .09

# Two orders of the same fp32 sums, relative to what is summed.  The errors of the additions are independent in sign, so they
# grow with the root of their number (Higham, Accuracy and Stability, 2.8): eps * sqrt(terms), here for up to 4,096 terms.
SUMS = EPS32 * math.sqrt(4096)

# Log-probabilities of items, absolute: the promise of exact ranking ("equal to brute force within 1e-4"), and what fp32 can
# keep.  Measured against fp64, the toy student's (down to -28; -115 with an output 8 times as sharp) are off by 3e-6 (1.4e-5),
# about eps times their size; two orders of sums differ by twice that at most, and a factor of three is left for processors
# that add in other ways.  A probability is then off by the same amount, relatively; a sum of probabilities by no more.
LOG_PROBABILITY = 1e-4

# The same where every activation is bf16: each logit (of the toy student at most 5.3) is rounded once itself and once more by
# what its state was rounded to, over three tokens a path.  Measured here: .002 to .008.
BF16_LOG_PROBABILITY = 5.3 * BF16 * math.sqrt(2 * 3)

# The same where activations become int8: two orders of sums differ only where an activation falls to the neighbouring code, by
# 1/127 of its row's largest (about 3 root mean squares).  That moves a logit (deviation 1.5, 32 inputs) by .006; three of them.
# Measured here: 1e-6, no code at all.
INT8_LOG_PROBABILITY = 3 * 0.006


def order_of_sums(terms: int) -> float:
    """Relative difference of fp32 sums of `terms` numbers in another order."""
    return EPS32 * math.sqrt(terms)


def adamw_distance(relative: float) -> float:
    """How far two AdamW runs part, as a share of the path (steps * rate, an entry), whose gradients differ by `relative`.

    AdamW forgets the size of a gradient: an entry moves by the rate whichever side of 0 it is on.  A rounding error d turns the
    entries with |g| < d around, by two steps at most, and hardly moves the others.  Entries that are spread like a bell curve
    of width s lie so near 0 with probability 2 * .4 * d / s, so the root mean square of the difference is at most
    sqrt(.8 * relative * 2**2) of a step: 2 * sqrt(relative).  One entry alone may be off by all of a path, so runs are
    compared by the root mean square over all entries, never by the furthest one.
    """
    return 2 * math.sqrt(relative)


def printed(digits: int) -> float:
    """Half a unit of the last digit of a number that was rounded to so many places (and a little for float64)."""
    return 0.501 * 10.0**-digits


def chance(share: float, drawn: int) -> float:
    """Four standard errors of a share of `drawn` independent draws: exceeded by 1 of 16,000 seeds."""
    return 4 * math.sqrt(share * (1 - share) / drawn)


def swapped_neighbours(items: int) -> float:
    """Change of Spearman's correlation when as many pairs of neighbours as there are items swap places: 12 / (n^3 - n) each."""
    return 12 / (items**2 - 1)
