"""The core by itself: its bit of BLAS, special functions, and arguments that must not be passed."""
import ctypes
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

from suffice import _native


def test_products(tmp_path):
    """The wheel's dgemm, in the two forms that the library calls, and with other factors."""
    source = pathlib.Path(__file__).resolve().parents[1] / "native" / "dgemm.c"
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", source, "-o", tmp_path / "dgemm.so"], check=True)
    library = ctypes.CDLL(str(tmp_path / "dgemm.so"))
    random = np.random.RandomState(0)
    for transpose_a, transpose_b, m, n, k in ((b"N", b"N", 7, 3, 5), (b"T", b"N", 4, 6, 9), (b"N", b"T", 2, 5, 1)):
        for alpha, beta in ((1.0, 1.0), (0.5, 0.0)):
            a = np.asfortranarray(random.normal(size=(k, m) if transpose_a == b"T" else (m, k)))
            b = np.asfortranarray(random.normal(size=(n, k) if transpose_b == b"T" else (k, n)))
            c = np.asfortranarray(random.normal(size=(m, n)))
            expected = alpha * (a.T if transpose_a == b"T" else a) @ (b.T if transpose_b == b"T" else b) + beta * c
            numbers = [ctypes.byref(ctypes.c_int(value)) for value in (m, n, k, len(a), len(b), m)]
            pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, b, c)]
            factors = [ctypes.byref(ctypes.c_double(value)) for value in (alpha, beta)]
            library.dgemm_(
                transpose_a, transpose_b, *numbers[:3], factors[0], pointers[0], numbers[3], pointers[1], numbers[4],
                factors[1], pointers[2], numbers[5])
            assert np.allclose(c, expected)


def test_special_functions():
    scipy_special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.logspace(-8, 8, 200), np.linspace(0.1, 5, 100)])
    assert np.allclose(_native.digamma(x), scipy_special.digamma(x), rtol=1e-12, atol=1e-13)
    assert np.allclose(_native.log_gamma(x), scipy_special.gammaln(x), rtol=1e-12, atol=1e-13)
    assert np.isnan(_native.digamma([0.0, -1.0])).all()


@pytest.mark.parametrize("form", _native.FORMS)
@pytest.mark.parametrize("count", (1, 7, 8, 63, 64, 257, 1000))
@pytest.mark.parametrize("width", (1, 3, 33))
def test_sweeps_are_what_they_say(form, count, width):
    """Every form against NumPy, with row weights, at sizes around those of tiles."""
    random = np.random.RandomState(count)
    labels = 3
    X = random.normal(size=(count, width))
    center, bias, row_weights = random.normal(size=width), random.normal(size=labels), random.uniform(size=count)
    Y = X - center
    i, j = np.tril_indices(width)
    shifts = None
    if form.startswith("whitened"):
        diagonal = form == "whitened_diagonal"
        weights = random.normal(size=(labels, width) if diagonal else (labels, width, width))
        shifts = random.normal(size=(labels, width))
        z = np.stack([(Y * w if diagonal else Y @ w.T) - s for w, s in zip(weights, shifts)])
        scores = bias - 0.5 * (z**2).sum(2).T
        features = np.concatenate([z, z**2 if diagonal else z[:, :, i] * z[:, :, j]], axis=2)
    else:
        parts = {"linear": [Y], "diagonal": [Y, Y**2], "full": [Y, Y[:, i] * Y[:, j]]}[form]
        one = np.concatenate(parts, axis=1)
        weights = random.normal(size=(labels, one.shape[1])) * 0.1
        scores = bias + one @ weights.T
        features = np.broadcast_to(one, (labels,) + one.shape)
    top = scores.max(1, keepdims=True)
    normalizers = (top + np.log(np.exp(scores - top).sum(1, keepdims=True)))[:, 0]
    r = np.exp(scores - normalizers[:, None])
    counts, sums = np.empty(labels), np.empty((labels, features.shape[2]))
    out = dict(responsibilities=np.empty((count, labels)), normalizers=np.empty(count), best=np.empty(count, dtype=int))
    for threads in (1, 2):
        total = _native.sweep(
            _native.Rows(X), form, labels, center, np.ascontiguousarray(weights), shifts, bias,
            row_weights=row_weights, counts=counts, sums=sums, threads=threads, **out)
        assert np.allclose(out["responsibilities"], r, rtol=1e-9, atol=1e-12)
        assert np.allclose(out["normalizers"], normalizers, rtol=1e-11, atol=1e-11)
        assert np.array_equal(out["best"], scores.argmax(1))
        assert np.isclose(total, (row_weights * normalizers).sum(), rtol=1e-11)
        weighted = r * row_weights[:, None]
        assert np.allclose(counts, weighted.sum(0), rtol=1e-9)
        expected = np.einsum("nk,knf->kf", weighted, features)
        assert np.allclose(sums, expected, rtol=1e-8, atol=1e-8)


def test_hard_sweeps():
    random = np.random.RandomState(0)
    X, centers = random.normal(size=(500, 2)), random.normal(size=(4, 2))
    counts, sums, best = np.empty(4), np.empty((4, 2)), np.empty(500, dtype=int)
    _native.sweep(
        _native.Rows(X), "linear", 4, np.zeros(2), centers, None, -0.5 * (centers**2).sum(1), hard=True, counts=counts,
        sums=sums, best=best)
    nearest = ((X[:, None] - centers) ** 2).sum(2).argmin(1)
    assert np.array_equal(best, nearest)
    assert np.array_equal(counts, np.bincount(nearest, minlength=4))
    assert np.allclose(sums, [X[nearest == k].sum(0) for k in range(4)])
