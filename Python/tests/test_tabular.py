"""Mode-specific normalisation."""
import pickle

import numpy as np
import pytest
from conftest import column
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from suffice.tabular import ModeNormalizer, draw_components

pandas = pytest.importorskip("pandas")


def frame(rows=3000):
    random = np.random.RandomState(0)
    result = pandas.DataFrame({
        "amount": column(rows)[:, 0], "age": random.randint(18, 90, rows), "flag": random.rand(rows) < 0.3,
        "when": np.datetime64("2020-01-01") + random.randint(0, 1000, rows).astype("timedelta64[D]"),
        "constant": 5,
    })
    result.loc[::11, "amount"] = np.nan
    return result


def test_there_and_back():
    X = frame()
    normalizer = ModeNormalizer(random_state=0, draw=False).fit(X)
    Z = normalizer.transform(X)
    assert Z.shape[1] == len(normalizer.get_feature_names_out())
    values = [i for i, name in enumerate(normalizer.get_feature_names_out()) if name.endswith(".value")]
    assert np.abs(Z[:, values]).max() <= 0.99
    back = normalizer.inverse_transform(Z)
    assert list(back.columns) == list(X.columns)
    assert back["amount"].isna().equals(X["amount"].isna())
    near = np.abs(back["amount"] - X["amount"]).dropna() < 1e-9
    # Only values beyond four deviations of their component are clipped.
    assert near.mean() > 0.99
    assert back["age"].dtype.kind == "i" and (back["age"] == X["age"]).mean() > 0.99
    assert (back["flag"] == X["flag"]).all() and (back["constant"] == 5).all()
    assert (back["when"] - X["when"]).abs().max() < pandas.Timedelta(days=1)


def test_draws_are_those_of_numpy():
    random = np.random.RandomState(0)
    probabilities = random.dirichlet([0.3] * 7, size=500)
    np.random.seed(1)
    expected = [np.random.choice(7, p=p / p.sum()) for p in probabilities]
    np.random.seed(1)
    assert np.array_equal(draw_components(probabilities, np.random.random_sample(500)), expected)


def test_drawn_components_have_the_responsibilities():
    X = frame()[["age"]]
    normalizer = ModeNormalizer(random_state=np.random.RandomState(0)).fit(X)
    drawn = np.mean([normalizer.transform(X)[:, 1:].mean(0) for _ in range(30)], axis=0)
    part = normalizer.columns_[0]
    expected = part.mixture.predict_proba(X.to_numpy(float))[:, part.valid]
    expected = (expected / expected.sum(1, keepdims=True)).mean(0)
    # 90,000 draws: five standard errors are below 0.009.
    assert np.allclose(drawn, expected, atol=0.009)


def test_scikit_learn_composition():
    X = frame()
    columns = ColumnTransformer([("modes", ModeNormalizer(random_state=0), ["amount", "age"])])
    columns.set_output(transform="pandas")
    out = columns.fit_transform(X)
    assert out.shape[0] == len(X) and out.columns[0] == "modes__amount.value"
    assert make_pipeline(FunctionTransformer(), ModeNormalizer()).fit_transform(X[["age"]]).shape[0] == len(X)
    normalizer = ModeNormalizer(max_components=4)
    assert clone(normalizer).get_params() == normalizer.get_params()
    fitted = normalizer.fit(X[["age"]])
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.columns_[0].means, fitted.columns_[0].means)


def test_nullable_columns():
    from suffice.mixture import BayesianGaussianMixture

    X = pandas.DataFrame({"n": pandas.array([1, 2, None, 4] * 50, dtype="Int64")})
    normalizer = ModeNormalizer(random_state=0, draw=False)
    back = normalizer.inverse_transform(normalizer.fit_transform(X))
    assert back["n"].isna().sum() == 50 and np.allclose(back["n"].dropna(), X["n"].dropna().astype(float))
    with pytest.raises(ValueError, match="contains NaN"):
        BayesianGaussianMixture().fit(X)
    mixture = BayesianGaussianMixture(missing="integrate").fit(X)
    assert np.isclose(mixture.means_[0, 0], 7 / 3, atol=0.1)


def test_arrays():
    X = column(500)
    normalizer = ModeNormalizer(random_state=0, draw=False)
    back = normalizer.inverse_transform(normalizer.fit_transform(X))
    assert np.mean(np.abs(back - X) < 1e-9) > 0.98


@pytest.mark.parametrize("library", ("polars", "pyarrow"))
def test_other_tables(library):
    """Tables of polars and Arrow are as good as those of pandas."""
    module = pytest.importorskip(library)
    import suffice
    from suffice.mixture import BayesianGaussianMixture

    X = frame()[["age", "constant"]].assign(size=column(3000)[:, 0], kind=["a", "b", "c"] * 1000)
    other = module.from_pandas(X) if library == "polars" else module.Table.from_pandas(X)
    numbers = other.select(["age", "size"])
    reference = ModeNormalizer(random_state=0).fit(X[["age", "size"]])
    fitted = ModeNormalizer(random_state=0).fit(numbers)
    assert np.array_equal(fitted.transform(numbers), reference.transform(X[["age", "size"]]))
    mixture = BayesianGaussianMixture(n_components=2, random_state=0, max_iter=500).fit(numbers)
    assert list(mixture.feature_names_in_) == ["age", "size"]
    table = other.select(["age", "size", "kind"])
    bounds = [suffice.Model("mixed-mixture", components=2).fit(t, restarts=1).bound_ for t in (
        table, X[["age", "size", "kind"]])]
    assert bounds[0] == bounds[1]

    class Stream:
        """Any other library's table, by the Arrow PyCapsule protocol."""

        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    assert suffice.Model("mixed-mixture", components=2).fit(Stream(), restarts=1).bound_ == bounds[0]


def test_bad_input():
    X = frame(300)
    with pytest.raises(ValueError, match="no value"):
        ModeNormalizer().fit(pandas.DataFrame({"a": [np.nan, np.nan]}))
    with pytest.raises(ValueError, match="no numbers"):
        ModeNormalizer().fit(pandas.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(ValueError, match="0 sample"):
        ModeNormalizer().fit(X.iloc[:0])
    with pytest.raises(ValueError, match="infinite"):
        ModeNormalizer().fit(np.array([[1.0], [np.inf]]))
    with pytest.raises(ValueError, match="not fitted"):
        ModeNormalizer().transform(X)
    normalizer = ModeNormalizer().fit(X[["age"]])
    with pytest.raises(ValueError, match="missing values"):
        normalizer.transform(pandas.DataFrame({"age": [1.0, np.nan]}))
    with pytest.raises(ValueError, match="feature names"):
        normalizer.transform(pandas.DataFrame({"years": [1.0]}))
    with pytest.raises(ValueError, match="columns were expected"):
        normalizer.inverse_transform(np.ones((2, 1)))


def test_scikit_learns_checks_of_transformers():
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(ModeNormalizer(), on_skip=None)


def test_times_come_back_as_they_were():
    X = pandas.DataFrame({
        "zoned": pandas.date_range("2020", periods=200, tz="Europe/Amsterdam"),
        "taken": pandas.to_timedelta(np.arange(200), "h"),
    })
    X.loc[3, "taken"] = pandas.NaT
    normalizer = ModeNormalizer(random_state=0).fit(X)
    back = pickle.loads(pickle.dumps(normalizer)).inverse_transform(normalizer.transform(X))
    assert (back.dtypes == X.dtypes).all() and pandas.isna(back["taken"][3])
    # Doubles have 53 bits: nanoseconds since 1970 are exact to 256.
    assert ((back["zoned"] - X["zoned"]).abs() <= pandas.Timedelta("1us")).all()
    assert ((back["taken"] - X["taken"]).abs().dropna() <= pandas.Timedelta("1us")).all()


def test_masked_cells_are_missing():
    X = column(500)
    masked = np.ma.masked_array(X, mask=X > 8)
    with_nan = np.where(X > 8, np.nan, X)
    a, b = (ModeNormalizer(random_state=0).fit_transform(rows) for rows in (masked, with_nan))
    assert np.array_equal(a, b)


BAD = {
    "twice": (pandas.DataFrame(np.ones((3, 2)), columns=["a", "a"]), ValueError, "same name"),
    "huge": (np.array([[1e300], [-1e300], [3.0]]), ValueError, "variance inf"),
    "tiny": (np.array([[1e-300], [2e-300]]), ValueError, "variance 0"),
    "infinite": (np.array([[1.0], [np.inf]]), ValueError, "infinite"),
    "no rows": (np.ones((0, 2)), ValueError, "0 sample"),
    "labels": (np.array([["a"], ["b"]], dtype=object), ValueError, "no numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_columns(name):
    data, kind, match = BAD[name]
    with pytest.raises(kind, match=match):
        ModeNormalizer().fit(data)


@pytest.mark.parametrize("parameters", (
    {"max_components": 2.5}, {"concentration": 0}, {"weight_threshold": -1}, {"max_iter": 0}, {"random_state": "x"}))
def test_bad_parameters(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        ModeNormalizer(**parameters).fit(column(100))
