"""What a milestone leaves to look at: the curve of the loss, the pictures that were misread, and a glimpse in text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tito.cli.learning import Learned
from tito.course.course import Course
from tito.data import TARGET
from tito.notebooks.files import write_atomically

_ROWS, _COLUMNS = 4, 8
_SHADES = " .:-=+*%@"
_BLUE, _RED, _GREY = "#1f5aa6", "#b3261e", "#9aa4b2"


def draw(course: Course, learned: Learned, folder: Path) -> list[Path]:
    """Write `loss.png` and `mistakes.png` into a folder and return them; none where matplotlib is not installed."""
    # Its cache of fonts belongs into the clone, as everything that a run leaves behind.
    os.environ.setdefault("MPLCONFIGDIR", str(course.paths.state / "cache" / "matplotlib"))
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, picture in (("loss.png", _loss(Figure, learned)), ("mistakes.png", _mistakes(Figure, learned))):
        draft = folder / f".{name}"
        picture.savefig(draft, format="png", dpi=120)
        write_atomically(folder / name, draft.read_bytes())
        draft.unlink()
        drawn.append(folder / name)
    return drawn


def _loss(figure: Any, learned: Learned) -> Any:
    """Each batch in grey, the mean of each epoch in blue, on a logarithmic scale."""
    picture = figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.add_subplot()
    losses = np.array(learned.losses)
    means = learned.epochs()
    size = len(losses) / max(1, len(means))
    axes.plot(np.arange(1, len(losses) + 1), losses, color=_GREY, linewidth=0.6, label="each batch")
    axes.plot([(place + 0.5) * size for place in range(len(means))], means, color=_BLUE, linewidth=2, marker="o",
              markersize=4, label="mean of an epoch")  # fmt: skip
    if np.all(np.isfinite(losses)) and losses.size and losses.min() > 0:
        axes.set_yscale("log")
    axes.set(xlabel="batches", ylabel="cross-entropy", title=f"{learned.data.name}: how your network learned")
    axes.grid(visible=True, alpha=0.25)
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return picture


def _mistakes(figure: Any, learned: Learned) -> Any:
    """The first pictures that were misread, each with what was read and what is right."""
    picture = figure(figsize=(_COLUMNS * 1.15, _ROWS * 1.4 + 0.6), layout="constrained")
    picture.get_layout_engine().set(h_pad=0.08)
    misread = learned.mistakes
    shown = misread[: _ROWS * _COLUMNS]
    of = f"the first {len(shown)} of " if len(shown) < len(misread) else ""
    picture.suptitle(
        f"{learned.data.name}: {learned.accuracy:.1%} read rightly (milestone {TARGET:.0%}); "
        f"{of}{len(misread)} mistakes"
    )
    for place in range(_ROWS * _COLUMNS):
        axes = picture.add_subplot(_ROWS, _COLUMNS, place + 1)
        axes.axis("off")
        if place < len(shown):
            which = shown[place]
            axes.imshow(learned.data.test_images[which], cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
            title = f"read {learned.answers[which]}, is {learned.data.test_labels[which]}"
            axes.set_title(title, fontsize=9, color=_RED)
    return picture


def glimpse(learned: Learned, width: int) -> list[str]:
    """Return some misread pictures as lines of text, side by side in `width` columns, with what was read below."""
    images = learned.data.test_images
    tall = images.shape[1] > 16
    across = images.shape[2] * (1 if tall else 2)
    chosen = learned.mistakes[: max(1, (width + 3) // (across + 3))]
    if not chosen:
        return []
    texts = [_as_text(images[which], tall=tall) for which in chosen]
    below = [f"read {learned.answers[which]}, is {learned.data.test_labels[which]}" for which in chosen]
    lines = ["   ".join(parts).rstrip() for parts in zip(*texts, strict=True)]
    kept = [place for place, line in enumerate(lines) if line]
    return [*lines[kept[0] : kept[-1] + 1], "   ".join(text.center(across) for text in below).rstrip()]


def _as_text(image: Any, *, tall: bool) -> Sequence[str]:
    """A letter is about twice as high as it is wide: rows in pairs, or each column twice."""
    grey = image.astype(float)
    grey = grey[: len(grey) // 2 * 2].reshape(-1, 2, grey.shape[1]).mean(axis=1) if tall else grey.repeat(2, axis=1)
    shades = np.rint(grey / 255 * (len(_SHADES) - 1)).astype(int)
    return ["".join(_SHADES[shade] for shade in row) for row in shades]
