"""Tables and pictures in notebooks."""
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from conftest import blobs, column

import suffice
from suffice._pictures import SVG, svg
from suffice.mixture import BayesianGaussianMixture

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


def parsed(picture):
    root = xml.etree.ElementTree.fromstring(str(picture))
    assert root.tag == NAMESPACE + "svg"
    return root


def mixture(X, **parameters):
    return BayesianGaussianMixture(n_components=3, random_state=0, max_iter=1000, **parameters).fit(X)


@pytest.mark.parametrize("kind", ("full", "tied", "diag", "spherical"))
@pytest.mark.parametrize("width", (1, 2, 3))
def test_mixtures(kind, width, no_matplotlib):
    X = blobs(500, width, components=3)
    model = mixture(X, covariance_type=kind)
    page = model._repr_html_()
    assert "converged after" in page and page.count("<tr>") == 4
    parsed(page[page.index("<svg"):page.rindex("</svg>") + 6])
    picture = model.plot(X)
    assert isinstance(picture, SVG) and picture._repr_svg_() == str(picture)
    texts = "".join(parsed(picture).itertext())
    assert "x1" in texts if width < 3 else "Bound" in texts
    parsed(model.plot(kind="bound"))
    for other in {"density", "scatter"} - {{1: "density", 2: "scatter"}.get(width)}:
        with pytest.raises(ValueError, match="no plot"):
            model.plot(kind=other)


def test_density_is_a_density():
    """The curve that is drawn integrates to 1, and is the sum of its parts."""
    model = mixture(column(800))
    picture = model._picture(None, "density")
    grid, total = picture["total"]["grid"], picture["total"]["values"]
    area = lambda y: float(np.sum(np.diff(grid) * (y[1:] + y[:-1]) / 2))  # noqa: E731
    # Four deviations of each component hold all but 6e-5 of it.
    assert abs(area(total) - 1) < 2e-3
    parts = sum(curve["weight"] * curve["values"] for curve in picture["components"])
    assert np.allclose(parts, total)
    exact = suffice.Model("diagonal-gaussian-mixture", components=3).fit(column(800))
    picture = exact._picture(None, "density")
    grid, total = picture["total"]["grid"], picture["total"]["values"]
    assert abs(area(total) - 1) < 2e-2


def test_models(no_matplotlib, faithful, tmp_path):
    for name, data in (
        ("gaussian-mixture", faithful), ("diagonal-gaussian-mixture", faithful[:, :1]),
        ("poisson-mixture", np.round(faithful[:, 1:])), ("factor-analysis", blobs(200, 4)),
    ):
        model = suffice.Model(name)
        assert "not fitted" in model._repr_html_()
        model.fit(data, restarts=2)
        page = model._repr_html_()
        assert "bound" in page and model.schedule_ in page
        parsed(page[page.index("<svg"):page.rindex("</svg>") + 6])
        picture = model.plot(data)
        parsed(picture)
        picture.save(tmp_path / "picture.svg")
        xml.etree.ElementTree.parse(tmp_path / "picture.svg")
    with pytest.raises(ValueError, match="not fitted"):
        suffice.Model("gaussian-mixture").plot()
    with pytest.raises(ImportError, match="matplotlib is not installed"):
        model.plot(ax=object())


def test_matplotlib_is_used_where_it_is(faithful):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for model, data in (
        (mixture(faithful), faithful), (mixture(faithful[:, :1]), faithful[:, :1]),
        (suffice.Model("gaussian-mixture", components=2).fit(faithful), faithful),
    ):
        for kind in (None, "bound"):
            figure, ax = plt.subplots()
            assert model.plot(data, kind=kind, ax=ax) is ax and ax.has_data()
            plt.close(figure)


def test_nothing_to_draw():
    X = blobs(2000, 3)
    model = suffice.Model("gaussian-mixture", components=2).fit(X, inference="stochastic", batch_size=200)
    # No bound, but rows kept aside.
    assert model._picture(None, None)["title"] == "Held-out log density"
    stopped = BayesianGaussianMixture(
        n_components=2, inference="stochastic", progress=lambda state: state["held_out"] != state["held_out"])
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X)
    assert "not converged" in stopped._repr_html_()
    with pytest.raises(ValueError, match="nothing to draw"):
        stopped.plot()


def test_names_are_escaped(no_matplotlib):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs(100, 2), columns=["<script>", "größe & co"])
    page = mixture(frame)._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    parsed(page[page.index("<svg"):page.rindex("</svg>") + 6])


def test_pictures_of_nothing():
    parsed(svg(dict(kind="histogram", values=[])))
    parsed(svg(dict(kind="trace", series=[dict(label="a", values=[np.nan, np.inf])])))
    parsed(svg(dict(kind="scatter", x=[np.nan, 1.0], y=[1.0, 2.0], ellipses=[dict(label="a", weight=1.0, mean=[0.0, 0.0])])))
    with pytest.raises(ValueError, match="no picture"):
        svg(dict(kind="pie"))


def test_notebooks_get_the_page():
    """scikit-learn's base class would show the parameters only."""
    model = mixture(blobs(100, 2))
    shown = model._repr_mimebundle_()
    assert shown["text/html"] == model._repr_html_() and shown["text/plain"] == repr(model)
