"""A wheel without the web page would install well and serve an empty map: building one fails."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RequireAssets(BuildHookInterface):  # type: ignore[type-arg]  # its configuration is not ours to type
    """Refuses to build a wheel before `npm run build` has written the page, and the licences of its parts."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's own signature
        """Raise ``FileNotFoundError`` where the page is missing; an editable install may come first."""
        assets = Path(self.root) / "src" / "blocklight" / "assets"
        needed = [assets / name for name in ("index.html", "licences.txt")]
        if version != "editable" and not all(file.is_file() for file in needed):
            raise FileNotFoundError("the web page is not built: build the wheel with `make wheel`")
