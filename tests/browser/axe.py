"""axe-core on a page: the part of WCAG 2.2 AA that a program can check."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import axe_playwright_python
from playwright.sync_api import Page

AXE: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN_AXE: Final = """async chosen => {
  const found = await axe.run(document, {runOnly: chosen, resultTypes: ['violations'],
    rules: {'target-size': {enabled: true}}});
  return found.violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html.slice(0, 200) + ' ' +
    node.failureSummary).slice(0, 3).join(' | ')} (${one.nodes.length})`);
}"""


def violations(page: Page, rule: str | None = None) -> list[str]:
    """What axe finds, by all rules or one. It gets in as a debugger does: the page's policy lets no script in."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE} }} }}")
    chosen = {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": TAGS}
    found: list[str] = page.evaluate(RUN_AXE, chosen)
    return found
