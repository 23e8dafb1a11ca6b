"""What the engine of module 05 is asked to do. Runs on the student's package in the sandbox, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists. `g` is always the
gradient of the result, in its shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_OPERATORS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "@": lambda x, y: x @ y,
}


def _leaf(tt: Any, data: Any) -> Any:
    return tt.Tensor(data, requires_grad=True)


def _grad(tensor: Any) -> Any:
    """Return `.grad` as an array, whether it is kept as an array or as a tensor; None stays None."""
    grad = tensor.grad
    if grad is None:
        return None
    return np.array(grad if isinstance(grad, np.ndarray | np.generic) else grad.data, dtype=np.float32)


def _back(result: Any, g: Any, *leaves: Any) -> Any:
    result.backward(g)
    return [_grad(leaf) for leaf in leaves]


# What is recorded.


def wishes(tt: Any, x: Any, y: Any) -> Any:
    a, plain = _leaf(tt, x), tt.Tensor(y)
    results = [a + plain, plain - a, 2 * a, a / 3, -a, a.exp(), a.sum(), a.reshape(-1), a[0], (a * 2).mean(axis=0) + 1]
    return [result.requires_grad for result in results]


def no_wishes(tt: Any, x: Any, y: Any) -> Any:
    a, plain = _leaf(tt, x), tt.Tensor(y)
    cut = a.detach()
    results = [plain * 2, plain + plain, plain.exp(), cut, cut * plain, plain.sum()]
    told = [result.requires_grad for result in results]
    thread = _leaf(tt, x)
    (thread * (thread * 3).detach()).backward(np.ones_like(x))
    return [*told, a.requires_grad, plain.requires_grad, (a * plain).data, _grad(thread)]


def masked(tt: Any, x: Any, g: Any) -> Any:
    """A question with the answers 0 and 1 has no slope, and what it is multiplied with has one."""
    a = _leaf(tt, x)
    positive, negative = a > 0, a < 0
    told = [positive.requires_grad, negative.requires_grad]
    return [*told, *_back(a * positive - a * 0.5 * negative, g, a)]


def only_who_asked(tt: Any, x: Any, y: Any, g: Any) -> Any:
    a, plain = _leaf(tt, x), tt.Tensor(y)
    (-(a * plain) + plain).backward(g)
    return [_grad(a), _grad(plain)]


# The two ends.


def from_a_leaf(tt: Any, x: Any, g: Any, again: Any) -> Any:
    a = _leaf(tt, x)
    a.backward(g)
    first = _grad(a)
    a.backward(tt.Tensor(again))
    second = _grad(a)
    a.zero_grad()
    forgotten = a.grad is None or not _grad(a).any()
    a.backward(again)
    return [first, second, forgotten, _grad(a)]


def from_one_number(tt: Any, x: Any, shape: Any) -> Any:
    a = _leaf(tt, np.full(shape, x, dtype=np.float32))
    (a * a).backward()
    alone = _leaf(tt, a.data)
    alone.backward()
    return [_grad(a), _grad(alone)]


def own_arrays(tt: Any, x: Any, g: Any) -> Any:
    a, b = _leaf(tt, x), _leaf(tt, x)
    given = g.copy()
    (a + b).backward(given)
    given[...] = 77
    before = [_grad(a), _grad(b)]
    (a * 2).backward(g)
    return [*before, _grad(a), _grad(b)]


def gradient_and_data(tt: Any, x: Any) -> Any:
    a = _leaf(tt, x)
    a.backward(np.ones_like(x))
    (a * a).sum().backward()
    return [a.data, _grad(a), a.requires_grad, np.dtype(a.grad.dtype).name]


def without_gradient(tt: Any, x: Any) -> Any:
    (_leaf(tt, x) * 2).backward()


def with_gradient(tt: Any, x: Any, g: Any) -> Any:
    (_leaf(tt, x) * 2).backward(g)


def leaf_with_gradient(tt: Any, x: Any, g: Any) -> Any:
    _leaf(tt, x).backward(g)


def nobody_asked(tt: Any, x: Any) -> Any:
    (tt.Tensor(x) * 2).sum().backward()


# The walk.


def chain(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(-(-(-a + 1) + 2), g, a)


def diamond(tt: Any, x: Any) -> Any:
    a = _leaf(tt, x)
    b, c = a * 2, a * 3
    (b * c + b).sum().backward()
    return _grad(a)


def sums(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    b = a + a
    c = b + a + 1
    return _back(b + (c + b) + (c + (a + b)), g, a)


def twice_through(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    result = (a + 1) + (a + a)
    result.backward(g)
    first = _grad(a)
    result.backward(g)
    return [first, _grad(a)]


def two_results(tt: Any, x: Any, g: Any) -> Any:
    a, b = _leaf(tt, x), _leaf(tt, x)
    shared = a + b
    one, other = -shared, shared + a
    one.backward(g)
    first = [_grad(a), _grad(b)]
    other.backward(g)
    return [*first, _grad(a), _grad(b)]


def accumulated(tt: Any, x: Any, times: int) -> Any:
    a = _leaf(tt, x)
    for _ in range(times):
        (a + a).sum().backward()
    return _grad(a)


def long_chain(tt: Any, x: Any, steps: int) -> Any:
    a = _leaf(tt, x)
    y = a
    for step in range(steps):
        y = -y if step % 2 else y + 1
    return _back(y, np.ones_like(x), a)


def doubled(tt: Any, x: Any, times: int) -> Any:
    a = _leaf(tt, x)
    y = a
    for _ in range(times):
        y = y + y
    return _back(y, np.ones_like(x), a)


def any_graph(tt: Any, x: Any, g: Any, steps: Any) -> Any:
    """Each step adds two earlier results, or negates one; the last, with the first leaf, is the end."""
    leaves = [_leaf(tt, x), _leaf(tt, x)]
    values = list(leaves)
    for one, other in steps:
        left, right = values[one % len(values)], values[other % len(values)]
        values.append(-left if one % 5 == 0 else left + right)
    return _back(values[-1] + leaves[0], g, *leaves)


# Rules of operations.


def binary(tt: Any, sign: str, x: Any, y: Any, g: Any) -> Any:
    a, b = _leaf(tt, x), _leaf(tt, y)
    return _back(_OPERATORS[sign](a, b), g, a, b)


def one_side(tt: Any, sign: str, x: Any, y: Any, g: Any, left: bool) -> Any:
    """Only one operand asks; the other is a plain array or number."""
    a = _leaf(tt, x)
    return _back(_OPERATORS[sign](a, y) if left else _OPERATORS[sign](y, a), g, a)


def three(tt: Any, x: Any, y: Any, z: Any, g: Any) -> Any:
    leaves = [_leaf(tt, array) for array in (x, y, z)]
    return _back(leaves[0] + leaves[1] + leaves[2], g, *leaves)


def unary(tt: Any, name: str, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(getattr(a, name)(), g, a)


def composed(tt: Any, x: Any, y: Any, g: Any) -> Any:
    a, b = _leaf(tt, x), _leaf(tt, y)
    return _back((a * b).exp() / (a.exp() + b.exp()), g, a, b)


def array_used_again(tt: Any, x: Any, y: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    buffer = y.copy()
    result = a * buffer
    buffer[...] = 77
    return _back(result, g, a)


def reduce(tt: Any, name: str, x: Any, axis: Any, keepdims: bool, g: Any) -> Any:
    a = _leaf(tt, x)
    axis = tuple(axis) if isinstance(axis, list | tuple) else axis
    return _back(getattr(a, name)(axis=axis, keepdims=keepdims), g, a)


def reduce_all(tt: Any, name: str, x: Any) -> Any:
    a = _leaf(tt, x)
    getattr(a, name)().backward()
    return _grad(a)


def standardise(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    centred = a - a.mean(axis=0, keepdims=True)
    spread = ((centred**2).mean(axis=0, keepdims=True) + 1.0).sqrt()
    return _back(centred / spread, g, a)


def reshape(tt: Any, x: Any, shape: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a.reshape(*shape), g, a)


def transpose(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a.transpose(), g, a)


def transpose_two(tt: Any, x: Any, dim0: int, dim1: int, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a.transpose(dim0, dim1), g, a)


def permute(tt: Any, x: Any, axes: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a.permute(*axes), g, a)


def reshape_transposed(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a.transpose().reshape(-1), g, a)


def _index(parts: Any) -> Any:
    """Build an index from plain values: ["slice", start, stop, step], "...", integers."""
    decoded = [
        Ellipsis if isinstance(part, str) else slice(*part[1:]) if isinstance(part, list | tuple) else part
        for part in parts
    ]
    return decoded[0] if len(decoded) == 1 else tuple(decoded)


def pick(tt: Any, x: Any, parts: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a[_index(parts)], g, a)


def pick_rows(tt: Any, x: Any, rows: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a[np.asarray(rows, dtype=np.int64)], g, a)


def pick_pairs(tt: Any, x: Any, rows: Any, columns: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a[np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)], g, a)


def pick_by_mask(tt: Any, x: Any, mask: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a[mask], g, a)


def neighbours(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(a[1:] * a[:-1], g, a)


# Activations and losses.


def activation(tt: Any, name: str, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(getattr(tt, name)()(a), g, a)


def activation_with_value(tt: Any, name: str, x: Any) -> Any:
    a = _leaf(tt, x)
    result = getattr(tt, name)()(a)
    result.backward(np.ones_like(x))
    return [result.data, _grad(a)]


def along(tt: Any, name: str, x: Any, dim: int, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(getattr(tt, name)(dim=dim)(a), g, a)


def function_log_softmax(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    return _back(tt.log_softmax(a), g, a)


def loss(tt: Any, name: str, x: Any, targets: Any) -> Any:
    a = _leaf(tt, x)
    getattr(tt, name)()(a, tt.Tensor(targets)).backward()
    return _grad(a)


def loss_of_classes(tt: Any, x: Any, targets: Any, factor: float) -> Any:
    a = _leaf(tt, x)
    (tt.CrossEntropyLoss()(a * 1.0, np.asarray(targets, dtype=np.int64)) * factor).backward()
    return _grad(a)


def _network(tt: Any, x: Any, weights: Any) -> Any:
    first, second = tt.Linear(*weights[0].shape), tt.Linear(*weights[2].shape)
    parameters = [first.weight, first.bias, second.weight, second.bias]
    for parameter, array in zip(parameters, weights, strict=True):
        parameter.data = np.array(array, dtype=np.float32)
    model = tt.Sequential(first, tt.Tanh(), second)
    return model(x), parameters


def network(tt: Any, x: Any, weights: Any, targets: Any) -> Any:
    inputs = _leaf(tt, x)
    logits, parameters = _network(tt, inputs, weights)
    tt.CrossEntropyLoss()(logits, np.asarray(targets, dtype=np.int64)).backward()
    return [_grad(tensor) for tensor in [*parameters, inputs]]


def descent(tt: Any, x: Any, weights: Any, targets: Any, steps: int) -> Any:
    """Some steps of gradient descent, by hand."""
    losses = []
    weights = [np.array(array, dtype=np.float32) for array in weights]
    for _ in range(steps):
        logits, parameters = _network(tt, tt.Tensor(x), weights)
        value = tt.CrossEntropyLoss()(logits, np.asarray(targets, dtype=np.int64))
        value.backward()
        losses.append(float(value.item()))
        weights = [array - 0.5 * _grad(tensor) for array, tensor in zip(weights, parameters, strict=True)]
    return [losses, *weights]


def dropped(tt: Any, seed: int, x: Any) -> Any:
    """What dropout lets through, and what it lets back."""
    a = _leaf(tt, x)
    tt.manual_seed(seed)
    result = tt.Dropout(0.5)(a)
    result.backward(np.ones_like(x))
    return [result.data, _grad(a)]


# Three tools.


def unrecorded(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    with tt.no_grad():
        inside = a * 3
    outside = a * inside
    outside.backward(g)
    return [inside.data, inside.requires_grad, outside.requires_grad, _grad(a)]


def nested(tt: Any, x: Any) -> Any:
    a = _leaf(tt, x)
    told = []
    with tt.no_grad():
        with tt.no_grad():
            told.append((a * 3).requires_grad)
        told.append((a * 3).requires_grad)
        told.append(a.requires_grad)
    told.append((a * 3).requires_grad)
    return told


def interrupted(tt: Any, x: Any, g: Any) -> Any:
    a = _leaf(tt, x)
    caught = False
    try:
        with tt.no_grad():
            raise KeyError("in the middle")
    except KeyError:
        caught = True
    result = a * 2
    result.backward(g)
    return [caught, result.requires_grad, _grad(a)]


def begun_before(tt: Any, x: Any, g: Any) -> Any:
    """What was recorded before is walked back inside, too."""
    a = _leaf(tt, x)
    result = a * a
    with tt.no_grad():
        result.backward(g)
    return _grad(a)


def own_operation(tt: Any, x: Any, y: Any, g: Any, scale: float) -> Any:
    class Scaled(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, left: Any, right: Any, scale: float = 1.0) -> Any:
            self.save_for_backward(left, right)
            self.scale = scale
            return scale * left * right

        def backward(self, gradient: Any) -> Any:
            left, right = self.saved_tensors
            return gradient * self.scale * right, gradient * self.scale * left

    a, b = _leaf(tt, x), _leaf(tt, y)
    result = Scaled.apply(a, b, scale=scale)
    return [result.data, result.requires_grad, *_back(result, g, a, b)]


def own_operation_twice(tt: Any, x: Any, g: Any) -> Any:
    class Square(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, value: Any) -> Any:
            self.save_for_backward(value)
            return value * value

        def backward(self, gradient: Any) -> Any:
            (value,) = self.saved_tensors
            return 2 * value * gradient

    a = _leaf(tt, x)
    with tt.no_grad():
        silent = Square.apply(a)
    plain = Square.apply(tt.Tensor(x))
    told = [silent.requires_grad, plain.requires_grad]
    return [*told, *_back(Square.apply(a) * 3 + Square.apply(a + 1) - Square.apply(a), g, a)]


def own_rule(tt: Any, x: Any, g: Any) -> Any:
    """A backward that is no derivative of its forward: it must be asked, and nobody else."""

    class Reversed(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, value: Any) -> Any:
            return value + 0.0

        def backward(self, gradient: Any) -> Any:
            return -gradient

    class First(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, left: Any, right: Any) -> Any:
            return left + right

        def backward(self, gradient: Any) -> Any:
            return gradient, None

    a, b = _leaf(tt, x), _leaf(tt, x)
    First.apply(Reversed.apply(a), b).backward(g)
    second = _grad(b)
    return [_grad(a), second is None or not second.any()]


def own_rule_with_silence(tt: Any, x: Any, g: Any) -> Any:
    """One input is computed and gets no share; the others get theirs all the same, wherever it stands."""

    class Choice(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, left: Any, right: Any, keep: int = 0) -> Any:
            self.keep = keep
            return left + right

        def backward(self, gradient: Any) -> Any:
            return (gradient, None) if self.keep == 0 else (None, gradient)

    shares = []
    for keep in (0, 1):
        a, b, c = _leaf(tt, x), _leaf(tt, x), _leaf(tt, x)
        result = Choice.apply(-(a * 2), -(b * 3), keep=keep) + (c * 5).exp()
        result.backward(g)
        kept = (a, b)[keep]
        silent = _grad((b, a)[keep])
        shares.append([_grad(kept), silent is None or not silent.any(), _grad(c)])
    return shares


def _judged(tt: Any, fn: Any, inputs: Any) -> bool:
    """Return gradcheck's answer; an error that it raises about the gradients is a no."""
    try:
        return bool(tt.gradcheck(fn, inputs))
    except NotImplementedError:
        raise  # a stub says nothing
    except (AssertionError, ValueError, RuntimeError):
        return False


def checked_right(tt: Any, x: Any, y: Any) -> Any:
    a, b = _leaf(tt, x), _leaf(tt, y)
    answers = [
        _judged(tt, lambda a, b: a * b + a.exp(), [a, b]),
        _judged(tt, lambda a, b: (a / b).sum(axis=0), [a, b]),
        _judged(tt, lambda a: a.T @ a, [a]),
        _judged(tt, lambda a: (a * a).sum(), [a]),
        _judged(tt, lambda a, _: a * 2.0, [a, b]),
    ]
    return [*answers, a.grad is None, a.data]


def checked_wrong(tt: Any, x: Any, y: Any, kind: str) -> Any:
    class Wrong(tt.Function):  # type: ignore[misc, name-defined]
        def forward(self, left: Any, right: Any) -> Any:
            self.save_for_backward(left, right)
            return left * right

        def backward(self, gradient: Any) -> Any:
            left, right = self.saved_tensors
            to_left, to_right = gradient * right, gradient * left
            if kind == "scale":
                return 1.25 * to_left, to_right
            if kind == "sign":
                return to_left, -to_right
            if kind == "message":
                return right + 0 * gradient, left + 0 * gradient
            if kind == "average":
                return (gradient * 0 + gradient.mean()) * right, (gradient * 0 + gradient.mean()) * left
            if kind == "missing":
                return to_left, None
            if kind == "one element":
                to_right = to_right.copy()
                to_right.flat[-1] += 0.5
                return to_left, to_right
            return to_left[..., ::-1], to_right[..., ::-1]

    return _judged(tt, lambda a, b: Wrong.apply(a, b), [_leaf(tt, x), _leaf(tt, y)])
