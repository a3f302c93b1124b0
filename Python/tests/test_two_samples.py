"""Columns that tabular libraries transform have the distribution that they have with scikit-learn.

For RDT, CTGAN and DP-CGANs and every numeric column of adult: fitted to the same 4,000 rows from the same seed, once by
scikit-learn's class and once by ours, then applied to different halves of the table, so that the samples are independent.

Each of the two tests of a column (components: chi-square; scaled values: Kolmogorov-Smirnov) is made at level 1e-4, and has
a power above 0.99 against the departures that ``NOTICED`` states; ``test_power`` checks that.
"""
import warnings

import joblib
import numpy as np
import pytest
import scipy.stats
from test_patching import _load, _spied

import suffice
import suffice.tabular

LEVEL, ROWS, FITTED = 1e-4, 16_280, 4000
#: A distance of 0.038 between distribution functions (a shift by a tenth of a deviation); for shares of ten components,
#: 2.5 % of the rows in another component than they were.
NOTICED = dict(distance=0.038, moved=0.025)
COLUMNS = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")


def differ(ours, theirs):
    """Which of the two tests tells two samples of (component, value) apart."""
    found = []
    components = np.union1d(ours[0], theirs[0])
    table = np.array([[np.sum(sample[0] == k) for k in components] for sample in (ours, theirs)])
    # Rare components together: the chi-square distribution needs counts.
    rare = table.sum(0) < 20
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] > 1 and scipy.stats.chi2_contingency(table, correction=False).pvalue < LEVEL:
        found.append("components")
    # Cells of one value fall onto one number up to rounding, above or below.
    if scipy.stats.ks_2samp(ours[1].round(6), theirs[1].round(6), method="asymp").pvalue < LEVEL:
        found.append("values")
    return found


def samples(fit_and_apply, adult, monkeypatch):
    """By column, a sample by ours and one by scikit-learn's."""
    frame = adult[list(COLUMNS)]
    train, even, odd = frame.iloc[:FITTED], frame.iloc[0::2], frame.iloc[1::2]
    served = _spied(monkeypatch)

    def run(rows, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit_and_apply(train, rows, seed)

    # Worker processes would import the libraries themselves, torch and all.
    with joblib.parallel_config(backend="threading"):
        theirs = run(odd, 1)
        assert not served
        with suffice.patch_sklearn():
            ours = run(even, 2)
    assert len(served) == len(COLUMNS)
    return ours, theirs


def one_hot(block):
    return block[:, 1:].argmax(axis=1), block[:, 0]


def rdt(train, rows, seed):
    transformers = pytest.importorskip("rdt.transformers")
    result = {}
    for name in train:
        np.random.seed(0)
        normalizer = transformers.ClusterBasedNormalizer(
            missing_value_generation="from_column", max_clusters=10, weight_threshold=0.005)
        normalizer.fit(train[[name]], name)
        np.random.seed(seed)
        transformed = normalizer.transform(rows[[name]])
        result[name] = (
            transformed[f"{name}.component"].to_numpy().astype(int), transformed[f"{name}.normalized"].to_numpy())
    return result


def _data_transformer(package, module):
    try:
        return _load(package, module)
    except ImportError as error:
        pytest.skip(f"{package} cannot be loaded: {error}")


def ctgan(train, rows, seed):
    pytest.importorskip("rdt")
    return _apply(_data_transformer("ctgan", "data_transformer"), train, rows, seed)


def dp_cgans(train, rows, seed):
    # Five starts of up to 2,000 iterations each: scikit-learn needs a smaller sample.
    return _apply(_data_transformer("dp_cgans", "synthesizers.data_transformer"), train.iloc[:1000], rows, seed)


def _apply(module, train, rows, seed):
    transformer = module.DataTransformer()
    np.random.seed(0)
    transformer.fit(train, discrete_columns=[])
    np.random.seed(seed)
    transformed = np.asarray(transformer.transform(rows))
    result, at = {}, 0
    for information in transformer._column_transform_info_list:
        width = information.output_dimensions
        result[information.column_name] = one_hot(transformed[:, at : at + width])
        at += width
    return result


@pytest.mark.parametrize("library", (rdt, ctgan, dp_cgans))
def test_distributions_are_equal(library, adult, monkeypatch):
    ours, theirs = samples(library, adult, monkeypatch)
    assert set(ours) == set(theirs) == set(COLUMNS)
    for name in COLUMNS:
        assert min(len(ours[name][0]), len(theirs[name][0])) >= ROWS
        found = differ(ours[name], theirs[name])
        assert found == [], (name, found, [np.bincount(s[0])/len(s[0]) for s in (ours[name], theirs[name])])


def test_power():
    """What NOTICED states, by the noncentral distributions, and by samples that depart so far."""
    # The distance at the point of the largest difference has a standard error of at most √(2/4n).
    critical = np.sqrt(-np.log(LEVEL / 2) / 2) * np.sqrt(2 / ROWS)
    assert scipy.stats.norm.sf((critical - NOTICED["distance"]) / np.sqrt(0.5 / ROWS)) > 0.99
    shares = np.full(10, 0.1)
    changed = shares.copy()
    changed[:2] += np.array([1, -1]) * NOTICED["moved"]
    effect = ROWS * np.sum((shares - changed) ** 2 / (shares + changed))
    assert scipy.stats.ncx2.sf(scipy.stats.chi2.isf(LEVEL, 9), 9, effect) > 0.99

    random = np.random.RandomState(0)
    draw = lambda p, shift: (random.choice(10, ROWS, p=p), random.normal(shift, 1, ROWS))  # noqa: E731
    assert differ(draw(shares, 0), draw(shares, 0)) == []
    assert differ(draw(changed, 0), draw(shares, 0)) == ["components"]
    assert differ(draw(shares, 0.1), draw(shares, 0)) == ["values"]
