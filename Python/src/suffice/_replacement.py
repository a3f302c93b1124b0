"""The class that stands in the place of scikit-learn's; a module of its own, so that worker processes need no patch."""
from __future__ import annotations

from . import mixture


class BayesianGaussianMixture(mixture.BayesianGaussianMixture):
    """``suffice.mixture.BayesianGaussianMixture`` where it stands in scikit-learn's place.

    A class of its own tells who asked for scikit-learn's from who asked for ours, when a patch is taken back.
    """


BayesianGaussianMixture.__doc__ = mixture.BayesianGaussianMixture.__doc__
