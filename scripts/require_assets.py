"""A wheel without the web page would install well and serve an empty map: building one fails."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RequireAssets(BuildHookInterface):  # type: ignore[type-arg]  # its configuration is not ours to type
    """Refuses to build a wheel before `npm run build` has written the page."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's own signature
        """Raise ``FileNotFoundError`` where the page is missing; an editable install may come first."""
        page = Path(self.root) / "src" / "blocklight" / "assets" / "index.html"
        if version != "editable" and not page.is_file():
            raise FileNotFoundError(
                "the web page is not built; run `make setup-web` first, then build the wheel"
            )
