"""What makes a site of pages that are read in the repository, too.

Pages of the repository's top are pages of the site; links to them, and code that names a page (`docs/doubt.md`), lead there. Links to
files that are no pages, such as sources, lead to the repository (extra.sources of mkdocs.yml).
Notebooks are pages with a link to the file.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
#: Pages of the repository's top, and where they are in the site.
TOP = {"ACCURACY.md": "deviations.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "README.md": "index.md"}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_NAMED = re.compile(r"(?<![`\[])`((?:docs/)?[\w./-]+\.md)`(?![`\]])")
_FENCE = re.compile(r"^\s*```", re.MULTILINE)


def _page_of(notebook: Path) -> str:
    """A notebook's cells as Markdown."""
    parts = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    head, *rest = parts
    return "\n\n".join([head, f"[The notebook]({notebook.name}) as a file.", *rest]) + "\n"


def on_files(files: Files, config: Any) -> Files:
    for notebook in (ROOT / "docs").rglob("*.ipynb"):
        uri = notebook.relative_to(ROOT / "docs").with_suffix(".md").as_posix()
        files.append(File.generated(config, uri, content=_page_of(notebook)))
    for source, target in TOP.items():
        if target != "index.md":
            files.append(File.generated(config, target, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    here = page.file.src_uri
    names = {file.src_uri for file in files}
    of_top = {target: source for source, target in TOP.items()}
    # The folder in the repository that the page's own links start from.
    folder = "" if here in of_top and here != "index.md" else posixpath.join("docs", posixpath.dirname(here))

    def target(path: str) -> str | None:
        """The page of the site that a path of the repository is."""
        if path in TOP:
            return TOP[path]
        inside = path.removeprefix("docs/")
        return inside if path.startswith("docs/") and inside in names else None

    def link(found: re.Match[str]) -> str:
        mark, text, path, anchor = found[1], found[2], found[3], found[4] or ""
        if not path or "://" in path or path.startswith("mailto:"):
            return found[0]
        whole = posixpath.normpath(posixpath.join(folder, path))
        page_ = target(whole)
        # A notebook is read as a page, but on that page itself.
        if whole.endswith(".ipynb") and posixpath.splitext(whole)[0] + ".md" != f"docs/{here}":
            page_ = target(posixpath.splitext(whole)[0] + ".md")
        if page_ is not None:
            return f"{mark}[{text}]({posixpath.relpath(page_, posixpath.dirname(here) or '.')}{anchor})"
        if not (ROOT / whole).exists():
            return found[0]  # for the check of links to tell
        return f"[{text}]({config.extra['sources']}/{whole})"

    def name(found: re.Match[str]) -> str:
        page_ = target(found[1])
        if page_ is None or page_ == here:
            return found[0]
        return f"[`{found[1]}`]({posixpath.relpath(page_, posixpath.dirname(here) or '.')})"

    parts: list[str] = []
    block: list[str] = []
    is_code = False

    def close() -> None:
        text = "\n".join(block)
        parts.append(text if is_code else _NAMED.sub(name, _LINK.sub(link, text)))
        block.clear()

    for line in markdown.split("\n"):
        if _FENCE.match(line):
            if is_code:
                block.append(line)
                close()
                is_code = False
            else:
                if block:
                    close()
                is_code = True
                # How a block is to end is for Scripts/check-readme; here it would be no block.
                block.append(re.sub(r"^(\s*```\w+) .*", r"\1", line))
            continue
        block.append(line)
    close()
    return "\n".join(parts)
