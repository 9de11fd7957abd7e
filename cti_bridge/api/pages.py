"""The built pages, as files."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

# Built into the package by the package's own build; not committed.
PAGES = Path(__file__).parent.parent / "pages"

# One document shows all of these; the browser's path says which.
_DOCUMENT_PATHS = ("/", "/agent", "/board")
_DOCUMENT = "index.html"
# The build puts a hash of the content into these names, so that what has a name never changes.
_HASHED = "assets/"
_HASHED_CACHING = "public, max-age=31536000, immutable"

_NOT_BUILT = """\
CTI Bridge runs, but its pages are not built.

Installing the package builds them. In a working copy, run in its top folder:

    python hatch_build.py build

and load this page again.
"""


def add_pages(app: web.Application, folder: Path = PAGES) -> None:
    """Serve the files of ``folder``. They may be built anew while the server runs."""

    async def document(_request: web.Request) -> web.StreamResponse:
        path = find_file(folder, _DOCUMENT)
        if path is None:
            return web.Response(status=503, text=_NOT_BUILT, headers={"Cache-Control": "no-store"})
        return web.FileResponse(path, headers={"Cache-Control": "no-store"})

    async def file(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = find_file(folder, name)
        if path is None:
            raise web.HTTPNotFound(text="There is no such page.\n")
        caching = _HASHED_CACHING if name.startswith(_HASHED) else "no-store"
        return web.FileResponse(path, headers={"Cache-Control": caching})

    for path in _DOCUMENT_PATHS:
        app.router.add_get(path, document)
    # Not below /api, so that an endpoint that is not there is not taken for a page.
    app.router.add_get("/{name:(?!api/).+}", file)


def find_file(folder: Path, name: str) -> Path | None:
    """The file called ``name`` in ``folder``; None when there is none, it lies elsewhere, or it is hidden."""
    try:
        path = (folder / name).resolve()
        inside = path.relative_to(folder.resolve())
        is_served = path.is_file() and not any(part.startswith(".") for part in inside.parts)
    except (OSError, ValueError):
        return None
    return path if is_served else None
