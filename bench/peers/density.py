"""numpy: the density of J J^T of erf, q = 0.2, 10 orthogonal layers at 3,400 points, by the continuation of criticality.md
§9, vectorised over the nodes of the quadrature."""
import json

from common import arguments, measure
import numpy as np

args = arguments()
Q, DEPTH, POINTS, LEFT, EPS = 0.2, 10, 3400, 1e-9, 1e-8


def law():
    """phi'(sqrt(q) g)^2 and weights: 60 panels of 20 Gauss-Legendre nodes on [-8.5, 8.5]."""
    x, w = np.polynomial.legendre.leggauss(20)
    ends = np.linspace(-8.5, 8.5, 61)
    half = (ends[1:] - ends[:-1])[:, None] / 2
    g = ((ends[1:] + ends[:-1])[:, None] / 2 + half * x).ravel()
    weight = (half * w).ravel() * np.exp(-g * g / 2) / np.sqrt(2 * np.pi)
    return 4 / np.pi * np.exp(-2 * Q * g * g), weight


def curve(zeta, d, w, sw2):
    """ln z, d ln z / d zeta and H."""
    r = w / (zeta - d)
    h = zeta * r.sum()
    m = (r * d).sum()
    dm = -(r * d / (zeta - d)).sum()
    log_z = DEPTH * np.log(sw2 * zeta) + (DEPTH - 1) * np.log(m / h)
    return log_z, DEPTH / zeta + (DEPTH - 1) * dm / (m * h), h


def wrapped(t):
    return complex(t.real, (t.imag + np.pi) % (2 * np.pi) - np.pi)


def newton(zeta, target, d, w, sw2):
    start = zeta
    for _ in range(12):
        t, slope, h = curve(zeta, d, w, sw2)
        miss = wrapped(t - target)
        if abs(miss) < 1e-12:
            return (zeta, h) if abs(zeta - start) < 0.25 * abs(start) else None
        step = -miss / slope
        step *= min(1, 0.3 * abs(zeta) / abs(step))
        while (zeta + step).imag <= 0:
            step /= 2
        zeta += step
    return None


def track(zeta, t0, t1, d, w, sw2):
    at, step, h = 0.0, 0.1, None
    while at < 1:
        step = min(step, 1 - at)
        slope = curve(zeta, d, w, sw2)[1]
        target = t0 + (t1 - t0) * (at + step)
        guess = zeta + (t1 - t0) * step / slope
        found = newton(guess, target, d, w, sw2) if guess.imag > 0 else None
        if found is None:
            step /= 2
            if step < 1e-12:
                raise ArithmeticError("the step became too small")
            continue
        zeta, h = found
        at += step
        step *= 1.7
    return zeta, h


def upper_edge(d, w, sw2):
    """Bisection of d ln z / d zeta on the real axis, in ln(zeta / max d - 1)."""
    low, high = np.log(1e-6), np.log(1e3)
    top = d.max()
    for _ in range(60):
        middle = (low + high) / 2
        slope = curve(top * (1 + np.exp(middle)), d, w, sw2)[1]
        low, high = (middle, high) if slope < 0 else (low, middle)
    return np.exp(curve(top * (1 + np.exp(low)), d, w, sw2)[0])


def density():
    d, w = law()
    sw2 = 1 / (w * d).sum()
    edge = upper_edge(d, w, sw2)
    lambdas = edge * np.exp(-np.log(edge / LEFT) / POINTS * (np.arange(POINTS) + 0.5))
    zeta = 1j * 1e3 * DEPTH * d.max()
    t = wrapped(curve(zeta, d, w, sw2)[0])
    rho = np.empty(POINTS)
    for i, lam in enumerate(lambdas):
        target = complex(np.log(lam), EPS)
        zeta, h = track(zeta, t, target, d, w, sw2)
        t = target
        rho[i] = -(h / np.exp(target)).imag / np.pi
    return rho


check = density()[POINTS // 2]
times = measure(density, args)
if args.json:
    print(json.dumps({"name": "numpy", "version": np.__version__, "times": times, "middle": check}))
else:
    print(f"numpy {np.__version__}: min {min(times):.0f} ms, rho in the middle {check}")
