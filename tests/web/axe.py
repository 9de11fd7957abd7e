"""axe-core on a page: what keeps somebody from using it, by WCAG 2.2, A and AA."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

from tests.node_modules import module_file

# Source: axe-core's API documentation, tags. Of these it leaves target-size out unless asked.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN = """(tags) => axe.run(document, {
  runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
})"""


async def violations(page: Page) -> list[str]:
    """One line for each element and rule it breaks."""
    # Evaluated, not put into the page: our policy lets no such script in.
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(module_file("axe-core", "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate(_RUN, TAGS)
    assert found["passes"], "axe looked at nothing"
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
