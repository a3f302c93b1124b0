"""Conjugate-exponential models for tables, fitted fast; and a drop-in for scikit-learn's BayesianGaussianMixture."""
from __future__ import annotations

__version__ = "0.1.0"
