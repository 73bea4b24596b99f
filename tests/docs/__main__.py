"""The pages that the code writes are written: `make docs`."""

from __future__ import annotations

from tests.docs.pages import PAGES
from tests.docs.rules import REPOSITORY

for name, page in PAGES.items():
    path, text = REPOSITORY / "docs" / name, page()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"docs/{name} is written anew")
