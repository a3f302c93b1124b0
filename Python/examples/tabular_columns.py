"""Prepares a table for a tabular generative model: fits every numeric column, there and back.

    python tabular_columns.py [table.csv]
"""
import pathlib
import sys
import time

import numpy as np
import pandas

import suffice
from suffice.mixture import BayesianGaussianMixture
from suffice.tabular import ModeNormalizer

default = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Data" / "adult.csv.gz"
table = pandas.read_csv(sys.argv[1] if len(sys.argv) > 1 else default)
numbers = table.select_dtypes("number")

# %% All numeric columns at once: a scaled value and a one-hot component each.
began = time.perf_counter()
normalizer = ModeNormalizer(random_state=0).set_output(transform="pandas").fit(numbers)
transformed = normalizer.transform(numbers)
print(f"{numbers.shape[1]} columns of {len(numbers)} rows in {time.perf_counter() - began:.2f} s")
for column in normalizer.columns_:
    modes = ", ".join(f"{m:.4g} ± {d:.2g}" for m, d in zip(column.means, column.deviations))
    print(f"  {column.name}: {modes}")

# %% And back.
back = normalizer.inverse_transform(transformed)
print("unchanged after clipping at four deviations:")
print((np.isclose(back, numbers, rtol=1e-6)).mean(axis=0).round(4).tolist())

# %% The class itself, as in scikit-learn.
mixture = BayesianGaussianMixture(n_components=10, weight_concentration_prior=1e-3, random_state=0, max_iter=5000)
mixture.fit(numbers[[numbers.columns[0]]])
print(mixture, "weights", mixture.weights_.round(3))

# %% Another shipped model, with the exact bound and the predictive density.
model = suffice.Model("dirichlet-process-column-mixture").fit(numbers[[numbers.columns[0]]], restarts=2)
print(model)
print("log predictive density of a row:", model.score(numbers[[numbers.columns[0]]]))

# %% In a notebook, the last line of a cell shows a fit as a table and a picture; model.plot draws it with the data.
print(f"{len(model._repr_html_())} characters of table and picture; drawn with the data: {model.plot(numbers)!r}")

# %% Empty cells filled in from the rest of the row, and rows that come later.
pair = numbers.iloc[:4000, :2].astype(float)
joint = suffice.Model("gaussian-mixture", components=6).fit(pair, restarts=4)
holes = pair.mask(np.random.RandomState(0).rand(*pair.shape) < 0.1)
print("mean error of what was filled in:", (joint.impute(holes) - pair)[holes.isna()].abs().mean().round(1).to_dict())
print(joint.update(numbers.iloc[4000:8000, :2].astype(float)))
