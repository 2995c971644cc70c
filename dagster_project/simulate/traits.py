"""Hidden traits of municipalities: they stay from year to year and make the real misses of 2018 (S60) likely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

HOUSEHOLD_SIZES = np.arange(1, 8)
SIZE_SHARES = np.array((0.46, 0.13, 0.12, 0.12, 0.09, 0.05, 0.03))  # chosen: almost half are children (S2a)
MEAN_HOUSEHOLD = float(HOUSEHOLD_SIZES @ SIZE_SHARES)
# Fitted to the shares of municipalities that reached kommuntal in 2018, by its size, and to their dispersion (S60): the
# share of a large kommuntal that is missed; the size in persons below which it falls towards 0; the shape of housing's
# Gamma distribution. The lowest municipality of 2018 received 83 %.
MISSED_SHARE, SMALL_KOMMUNTAL, HOUSING_SHAPE, LARGEST_MISS = 0.058, 18.0, 1.8, 0.17
# Chosen: lateness follows housing in part; how many households decline has causes of its own.
LATENESS_BY_HOUSING, LATENESS_SPREAD, DECLINING_SHAPE = 0.4, 0.5, 4.0


@dataclass(frozen=True)
class Traits:
    """One value per municipality, about 1; each multiplies something."""

    housing: Floats  # households that find no home
    lateness: Floats  # days until reception, and until it is recorded
    declining: Floats  # assignments that are cancelled


def _missed_households(kommuntal: Ints) -> Floats:
    """Households that a municipality with average housing is expected to miss."""
    return np.asarray(MISSED_SHARE * (1 - np.exp(-kommuntal / SMALL_KOMMUNTAL)) * kommuntal / MEAN_HOUSEHOLD)


def draw_traits(rng: Generator, kommuntal: Ints, missed: Ints) -> Traits:
    """Traits given the kommuntal of one year and what was missed of it, in persons per municipality."""
    # Missed households are Poisson given housing, and housing is Gamma; so given them, housing is Gamma again.
    housing = rng.gamma(HOUSING_SHAPE + missed / MEAN_HOUSEHOLD, 1 / (HOUSING_SHAPE + _missed_households(kommuntal)))
    lateness = housing**LATENESS_BY_HOUSING * rng.lognormal(0, LATENESS_SPREAD, len(housing))
    declining = rng.gamma(DECLINING_SHAPE, 1 / DECLINING_SHAPE, len(housing))
    return Traits(housing, lateness / np.average(lateness, weights=kommuntal), declining)


def draw_missed(rng: Generator, kommuntal: Ints, traits: Traits) -> Ints:
    """Persons of kommuntal who are not received by the closing day, per municipality: whole households."""
    households = rng.poisson((_missed_households(kommuntal) * traits.housing)[:, None] * SIZE_SHARES)
    return np.asarray(np.minimum(households @ HOUSEHOLD_SIZES, (LARGEST_MISS * kommuntal).astype(np.int64)))
