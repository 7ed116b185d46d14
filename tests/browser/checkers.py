"""Two checkers of accessibility that look at a page as it stands: axe, and HTML_CodeSniffer, of pa11y."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from browser.conftest import settled

_SNIFFER = Path(__file__).parents[2] / "web/node_modules/@pa11y/html_codesniffer/build/HTMLCS.js"
_SNIFF = """() => new Promise((told) => HTMLCS.process("WCAG2AA", document, () => told(
  HTMLCS.getMessages().filter(({ type }) => type === HTMLCS.ERROR)
    .map(({ code, element }) => `${code}: ${element.outerHTML?.slice(0, 200)}`))))"""
# axe does not always know what is drawn on top, as a dialog over all else is. There the browser is asked:
# what is covered is not read, and the contrast of what is not is that with the first opaque colour behind it.
_CONTRAST_ON_TOP = """(one) => {
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  if (!one.contains(top) && !top?.contains(one)) return Infinity;
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => parts(text).slice(0, 3)
    .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  let behind = one;
  for (; behind; behind = behind.parentElement) {
    const [, , , alpha = 1] = parts(getComputedStyle(behind).backgroundColor);
    if (alpha === 1) break;
    if (alpha > 0) return 0;
  }
  if (!behind) return 0;
  const [dark, bright] = [getComputedStyle(one).color, getComputedStyle(behind).backgroundColor]
    .map(light).sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""
_ENOUGH = 4.5
# Why axe may leave a contrast open: a single sign, or a text that a phone shows when its table is moved.
_LEFT_OPEN = {"nonBmp", "shortTextContent", "elmPartiallyObscured"}


def all_findings(page: Page) -> list[str]:
    """What either checker finds, and each text of which axe could not say whether its contrast suffices."""
    settled(page)
    results = Axe().run(page).response
    findings = [
        f"axe {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]
    findings += [
        f"axe cannot tell the contrast ({reason}): {node['html'][:200]}"
        for rule in results["incomplete"]
        if rule["id"] == "color-contrast"
        for node in rule["nodes"]
        if (reason := (node["any"][0].get("data") or {}).get("messageKey")) not in _LEFT_OPEN
        and not (reason == "bgOverlap" and _contrast_on_top(page, node["target"][0]) >= _ENOUGH)
    ]
    page.evaluate(_SNIFFER.read_text("utf-8"))
    return [*findings, *page.evaluate(_SNIFF)]


def _contrast_on_top(page: Page, selector: str) -> float:
    contrast: float = page.locator(selector).first.evaluate(_CONTRAST_ON_TOP)
    return contrast
