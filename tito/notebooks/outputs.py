"""What may be kept of a student's text and outputs in a notebook that staff open: data that cannot act.

Jupyter and nbconvert (which nbgrader's formgrader shows notebooks with) put HTML, SVG and JavaScript of a notebook
into the page as it is. Kept are plain text and bitmaps, in bounded amounts; nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

MOST_OUTPUTS = 20
MOST_CHARS = 20_000
MOST_IMAGE_BYTES = 500_000
MOST_ATTACHMENTS = 10

Json = dict[str, Any]

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Where a tag, an entity, a link or image (but of an attachment), a link's definition, or a command by which MathJax
# makes links begins. Entities are among them because they could spell any of the others.
_ACTIVE = re.compile(
    r"<(?=[A-Za-z/!?])|&(?=[#A-Za-z])|\](?=:)|\](?=\((?!attachment:[\w.\-]+\)))"
    r"|\\(?=(?:href|url|require|style|class|cssId|data|mmlToken|unicode|csname|html\w*)(?![A-Za-z]))"
)
_WORD_JOINER = "\u2060"
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def printable(text: str, limit: int = MOST_CHARS) -> str:
    """Return foreign text with its line ends and tabs but no other control character, capped."""
    clean = _CONTROL.sub("\ufffd", _ANSI.sub("", text[: 2 * limit].replace("\r\n", "\n").replace("\r", "\n")))
    return clean if len(clean) <= limit and len(text) <= 2 * limit else clean[:limit] + "\n... (cut off)"


def tame_markdown(text: str) -> str:
    """Return Markdown in which nothing active begins: an invisible word joiner parts each `<` from its tag, and so on.

    The text looks the same, in prose and in code, which escaping by `&lt;` would not give in code. Links are shown as
    they were written: following a student's link is for the reader to decide.
    """
    return _ACTIVE.sub(lambda match: match.group() + _WORD_JOINER, text)


def tame_outputs(outputs: object) -> list[Json]:
    """Return those outputs of a student's cell that are text or bitmaps, as valid nbformat, capped."""
    kept: list[Json] = []
    if not isinstance(outputs, list):
        return kept
    budget = MOST_CHARS
    for output in outputs[:MOST_OUTPUTS]:
        if not isinstance(output, dict) or budget <= 0:
            continue
        tamed = _output(output, budget)
        if tamed is not None:
            kept.append(tamed)
            budget -= len(_text(tamed.get("text") or tamed.get("data", {}).get("text/plain")))
    return kept


def tame_attachments(attachments: object) -> Json:
    """Return the bitmaps among the attachments of a Markdown cell, capped."""
    kept: Json = {}
    if isinstance(attachments, dict):
        for name, bundle in list(attachments.items())[:MOST_ATTACHMENTS]:
            images = _images(bundle) if isinstance(bundle, dict) else {}
            if images and re.fullmatch(r"[\w .()\-]{1,100}", name):
                kept[name] = images
    return kept


def _output(output: Json, limit: int) -> Json | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": printable(_text(output.get("text")), limit)}
    if kind == "error":
        trace = output.get("traceback")
        lines = [printable(_text(line), 2000) for line in trace[:100]] if isinstance(trace, list) else []
        return {
            "output_type": "error",
            "ename": printable(_text(output.get("ename")), 200),
            "evalue": printable(_text(output.get("evalue")), 2000),
            "traceback": lines,
        }
    if kind in ("display_data", "execute_result"):
        bundle = output.get("data")
        if not isinstance(bundle, dict):
            return None
        data: Json = _images(bundle)
        plain = printable(_text(bundle.get("text/plain")), limit)
        if plain or not data:
            data["text/plain"] = plain or "(an output that is not shown here)"
        return {"output_type": "display_data", "data": data, "metadata": {}}
    return None


def _images(bundle: Json) -> Json:
    images: Json = {}
    for kind, magic in _MAGIC.items():
        encoded = _text(bundle.get(kind))
        if not encoded or len(encoded) > MOST_IMAGE_BYTES * 3 // 2:
            continue
        try:
            content = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        if content.startswith(magic) and len(content) <= MOST_IMAGE_BYTES:
            images[kind] = base64.b64encode(content).decode()
    return images


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
