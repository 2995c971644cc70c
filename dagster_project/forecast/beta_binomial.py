"""Numbers of persons between none and all of some, given by their mean and variance: a beta-binomial distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.stats import betabinom

Floats = npt.NDArray[np.float64]

# Shares and correlations are kept off the borders, where the distribution degenerates.
_SMALLEST, _LARGEST_CORRELATION = 1e-4, 0.95


@dataclass(frozen=True)
class BetaBinomial:
    """One distribution for each element of `trials` (persons), with the two parameters of its beta distribution."""

    trials: Floats
    a: Floats
    b: Floats

    @classmethod
    def of_share(cls, trials: Floats, share: Floats, correlation: Floats | float) -> BetaBinomial:
        """By the expected share and the correlation between two persons of one element."""
        bounded = np.clip(share, _SMALLEST, 1 - _SMALLEST)
        weight = 1 / np.clip(correlation, _SMALLEST**2, _LARGEST_CORRELATION) - 1
        return cls(np.round(trials), bounded * weight, (1 - bounded) * weight)

    @classmethod
    def of_moments(cls, trials: Floats, mean: Floats, variance: Floats) -> BetaBinomial:
        """By mean and variance; where these cannot be, the nearest that can."""
        share = np.clip(mean / np.maximum(trials, 1), _SMALLEST, 1 - _SMALLEST)
        of_binomial = np.maximum(trials, 1) * share * (1 - share)
        return cls.of_share(trials, share, (variance / of_binomial - 1) / np.maximum(trials - 1, 1))

    def quantile(self, probability: float) -> Floats:
        """The smallest number of persons that is not exceeded with this probability."""
        return np.asarray(betabinom.ppf(probability, self.trials, self.a, self.b))

    def at_least(self, persons: Floats) -> Floats:
        """The probability of so many persons or more."""
        return np.asarray(betabinom.sf(np.ceil(persons) - 1, self.trials, self.a, self.b))

    def weights(self) -> list[Floats]:
        """The probability of each number of persons from none on, for each element."""
        return [
            np.asarray(betabinom.pmf(np.arange(trials + 1), trials, a, b))
            for trials, a, b in zip(self.trials, self.a, self.b, strict=True)
        ]

    def log_likelihood(self, persons: Floats) -> float:
        """Of what came."""
        return float(betabinom.logpmf(np.round(persons), self.trials, self.a, self.b).sum())


def fitted_correlation(trials: Floats, share: Floats, persons: Floats) -> float:
    """The correlation that makes what came likeliest, given the expected shares."""

    def loss(log_odds: float) -> float:
        correlation = 1 / (1 + np.exp(-log_odds))
        return -BetaBinomial.of_share(trials, share, correlation).log_likelihood(persons)

    found = minimize_scalar(loss, bounds=(-7, 1), method="bounded").x
    return float(1 / (1 + np.exp(-found)))
