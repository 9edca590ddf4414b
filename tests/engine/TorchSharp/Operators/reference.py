"""Evaluates expressions over numpy arrays: a JSON list of jobs in, a line for each out. See Numpy.cs."""
import json
import math
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(3)


def each(function):
    return np.vectorize(function, otypes=[float])


erf, erfc, lgamma = each(math.erf), each(math.erfc), each(math.lgamma)
gcd, lcm = np.gcd, np.lcm


@each
def digamma(x):
    total = 0.0
    while x < 10:
        total -= 1 / x
        x += 1
    square = 1 / (x * x)
    return total + math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))


@each
def trigamma(x):
    total = 0.0
    while x < 12:
        total += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    return total + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30)))


@each
def erfinv(y):
    x = 0.0
    for _ in range(60):
        x -= (math.erf(x) - y) * math.sqrt(math.pi) / 2 * math.exp(x * x)
    return x


@each
def igamma(a, x):
    term = total = 1 / a
    for n in range(1, 200):
        term *= x / (a + n)
        total += term
    return total * math.exp(-x + a * math.log(x) - math.lgamma(a))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def logsumexp(x, axis, keepdims=False):
    return np.log(np.exp(x).sum(axis, keepdims=keepdims))


def gelu(x):
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def normalized(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def expm(x):
    total = term = np.eye(len(x))
    for n in range(1, 60):
        term = term @ x / n
        total = total + term
    return total


def changed(x, place, value, add=False):
    x = x.copy()
    if add:
        np.add.at(x, place, value)
    else:
        x[place] = value
    return x


def windows(x, size, step):
    return np.stack([x[..., i : i + size] for i in range(0, x.shape[-1] - size + 1, step)], -2)


def renorm(x, p, limit):
    length = (np.abs(x) ** p).sum(1, keepdims=True) ** (1 / p)
    return np.where(length > limit, x * limit / (length + 1e-7), x)


def running(function, x, axis):
    return function.accumulate(x, axis)


def trapezoids(y, x):
    return np.cumsum((y[..., 1:] + y[..., :-1]) / 2 * np.diff(x), -1)


TYPES = {"Float64": float, "Int64": np.int64, "Bool": bool}
np.seterr(all="ignore")
errors = []
for job in json.load(sys.stdin):
    inputs = [np.array(i["values"]).astype(TYPES[i["type"]]).reshape(i["shape"]) for i in job["inputs"]]
    try:
        results = eval(job["expression"], {**globals(), **dict(zip("abcd", inputs))})
    except Exception as error:
        errors.append(f"{job['key']}: {job['expression']}: {error}")
        continue
    line = [job["key"]]
    for result in results if isinstance(results, (tuple, list)) else [results]:
        array = np.asarray(result)
        line.append(",".join(map(str, array.shape)) + ";" + " ".join(repr(float(v)) for v in array.ravel()))
    print("\t".join(line))
sys.exit("\n".join(errors) or None)
