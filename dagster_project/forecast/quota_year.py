"""Persons received in a quota year in time, and finally, forecast from what is known on a day of it.

A municipality has received some persons; the others of its kommuntal are at stake. Of those the shares that came in
earlier years, from the same day of the year on, are expected again, by how near they are to reception. What a
municipality has missed before, and municipalities of its size, moves its share (empirical Bayes), and how far
municipalities strayed gives the width. The whole country's share differs from one year to another, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom

from dagster_project.forecast.beta_binomial import BetaBinomial, Floats, fitted_correlation

# Persons of kommuntal from which on a municipality belongs to a size.
SIZES = (0, 20, 50, 100)
# Persons who come or stay away together: the mean of households' squared sizes over that of their sizes (S2a).
HOUSEHOLD = 3.6
# Missed persons, expected as on average, before municipalities of a size are believed to differ.
SIZE_PRIOR = 5.0
# How many years' worth it is believed how much the log odds of years differ, which `expected` is given.
YEARS_BELIEVED = 1.5


@dataclass(frozen=True)
class Standing:
    """Municipalities (first axis) on one day of a quota year, in persons; `came` is known of settled years only."""

    kommuntal: Floats
    at_stake: Floats  # by state, on the second axis
    came: Floats  # of these

    @property
    def trials(self) -> Floats:
        """Persons at stake, of each municipality."""
        return np.asarray(self.at_stake.sum(axis=1))

    @property
    def arrived(self) -> Floats:
        """Persons who came, of each municipality, at most those at stake."""
        return np.asarray(np.minimum(self.came.sum(axis=1), self.trials))

    @property
    def size(self) -> npt.NDArray[np.intp]:
        """The size that each municipality belongs to."""
        return np.digitize(self.kommuntal, SIZES) - 1


@dataclass(frozen=True)
class Expected:
    """What is expected of each municipality, in persons; `variance` is that within a year."""

    trials: Floats
    mean: Floats
    variance: Floats
    years_differ: float

    def deviation(self, members: Floats) -> Floats:
        """The standard deviation of areas, given by which municipalities they have (areas × municipalities, 1 or 0)."""
        moved = self.mean * (1 - self.mean / np.maximum(self.trials, 1))  # by one unit of log odds
        return np.sqrt(members @ self.variance + (self.years_differ * (members @ moved)) ** 2)

    def of(self, members: Floats) -> BetaBinomial:
        """What is expected of such areas."""
        return BetaBinomial.of_moments(members @ self.trials, members @ self.mean, self.deviation(members) ** 2)


def expected(settled: Sequence[Standing], now: Standing, years_differ: float) -> Expected:
    """What of those at stake will come, by one or more settled years on the same day.

    `years_differ` is by how much the log odds of one year differ from those of another (standard deviation), as far as
    the settled ones do not tell.
    """
    shares = _missing_shares(settled)
    sizes = np.array([year.size for year in settled])
    missed = np.array([year.trials - year.arrived for year in settled])
    by_shares = np.array([_missed(year, shares) for year in settled])
    of_size = np.array([
        (missed[sizes == size].sum() + SIZE_PRIOR) / (by_shares[sizes == size].sum() + SIZE_PRIOR)
        for size in range(len(SIZES))
    ])  # fmt: skip
    by_size = of_size[sizes] * by_shares
    of_each = _of_each(missed.sum(axis=0), by_size.sum(axis=0))
    trials = now.trials
    mean = trials - np.minimum(of_size[now.size] * of_each * _missed(now, shares), trials)
    correlation = _correlations(settled, of_each * by_size)[now.size]
    variance = mean * (1 - mean / np.maximum(trials, 1)) * (1 + np.maximum(trials - 1, 0) * correlation)
    return Expected(trials, mean, variance, _years_differ(settled, years_differ))


def _missing_shares(settled: Sequence[Standing]) -> Floats:
    """Of the persons of each state the share that did not come, over all years and municipalities.

    Whoever replaces an open assignment comes of those to assign, of whom more may come than there are: then fewer of
    the others are missed in all.
    """
    at_stake = np.sum([year.at_stake.sum(axis=0) for year in settled], axis=0)
    came = np.sum([year.came.sum(axis=0) for year in settled], axis=0)
    share = np.maximum(1 - came / np.maximum(at_stake, 1), 0)
    missed = sum(float((year.trials - year.arrived).sum()) for year in settled)
    return np.asarray(share * missed / max(float(share @ at_stake), 1))


def _missed(year: Standing, shares: Floats) -> Floats:
    """Persons who will not come by these shares, of each municipality."""
    return np.asarray(year.at_stake @ shares)


def _of_each(missed: Floats, by_size: Floats) -> Floats:
    """How many times what its size tells each municipality will miss: gamma-Poisson, of households."""
    households, awaited = missed / HOUSEHOLD, by_size / HOUSEHOLD
    told = awaited > 0

    def loss(log_shape: float) -> float:
        shape = np.exp(log_shape)
        of_each = nbinom.logpmf(np.round(households[told]), shape, shape / (shape + awaited[told]))
        return -float(of_each.sum())

    shape = np.exp(minimize_scalar(loss, bounds=(-1, 6), method="bounded").x)
    return np.asarray((shape + households) / (shape + awaited))


def _correlations(settled: Sequence[Standing], by_size: Floats) -> Floats:
    """How far persons of one municipality come or stay away together, by its size."""
    trials, arrived, sizes = (
        np.concatenate(found)
        for found in zip(*((year.trials, year.arrived, year.size) for year in settled), strict=True)
    )
    share = 1 - by_size.ravel() / np.maximum(trials, 1)
    of_some = (trials > 1) & (share > 0) & (share < 1)
    return np.array([
        fitted_correlation(trials[chosen], share[chosen], arrived[chosen])
        for chosen in ((sizes == size) & of_some for size in range(len(SIZES)))
    ])  # fmt: skip


def _years_differ(settled: Sequence[Standing], before: float) -> float:
    """By how much the log odds of a year differ from the mean of the settled ones, of the whole country."""
    squares = []
    for number, year in enumerate(settled):
        others = [*settled[:number], *settled[number + 1 :]]
        if others and year.trials.sum() > 0:
            share = 1 - _missed(year, _missing_shares(others)).sum() / year.trials.sum()
            error = _log_odds(year.arrived.sum() / year.trials.sum()) - _log_odds(share)
            squares.append(error**2 / (1 + 1 / len(others)))  # the mean of few years strays itself
    between = (YEARS_BELIEVED * before**2 + sum(squares)) / (YEARS_BELIEVED + len(squares))
    return float(np.sqrt(between * (1 + 1 / len(settled))))


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1e-3), 1 - 1e-3)
    return float(np.log(bounded / (1 - bounded)))
