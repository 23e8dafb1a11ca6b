"""Text that tries to run something in the browser of whoever reads it, and how to see whether anything ran."""

from __future__ import annotations

from typing import Final

FLAG: Final = "tito_attacked"
"""The name that each payload sets on the window. It also marks the payload where a page shows it as text."""

_RUN = f"window.{FLAG}=1"
PAYLOADS: Final = (
    f"<script>{_RUN}</script>",
    f"</textarea></pre></title><script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"\"'><svg onload={_RUN}>",
    f"<details open ontoggle={_RUN}><summary>x</summary></details>",
    f'<iframe srcdoc="<script>parent.{FLAG}=1</script>"></iframe>',
)
"""Each runs when it gets into a page as it is: `test_attacks` shows that first."""

QUIET: Final = (
    f"[{FLAG}](javascript:{_RUN})",
    f"![{FLAG}](https://attacker.example/{FLAG}.png)",
    f'<link rel=stylesheet href="https://attacker.example/{FLAG}.css">',
    f'<form action="https://attacker.example/{FLAG}"><button>log in again</button></form>',
    f"<style>@import url(https://attacker.example/{FLAG}.css)</style>",
    f"{{{{ {FLAG}.__class__ }}}}{{% raise %}}",
    f"'; DROP TABLE students; -- {FLAG}",
    f'=HYPERLINK("https://attacker.example/{FLAG}")',
    f"&#x202e;&#8238;{FLAG}",
    f"\u202e{FLAG}\u2066\u200f\x1b[2J\x07\x00",
)
"""These wait for a click, ask elsewhere for something, or are for another interpreter."""

EVERYTHING: Final = " ".join(PAYLOADS + QUIET)
FACES: Final = "\N{GRINNING FACE}" * 1024
"""Four kilobytes without a place to break the line."""

RAN: Final = f"() => window.{FLAG} === 1"
LEFT_IN_PAGE: Final = """() => [...document.querySelectorAll('*')].flatMap(element => {
  const tag = element.tagName.toLowerCase();
  if (['iframe', 'object', 'embed', 'base', 'style', 'meta'].includes(tag) && !element.closest('head'))
    return [tag];
  if (tag === 'script' && !element.src.startsWith(location.origin + '/')) return [element.outerHTML];
  return [...element.attributes].filter(({name, value}) => name.startsWith('on') || name === 'style' ||
    name === 'srcdoc' || (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name) &&
    new URL(value, location.href).origin !== location.origin)).map(one => `${tag} ${one.name}=${one.value}`);
})"""
"""What a page must not hold: places where code can stand, and addresses beyond this origin."""
