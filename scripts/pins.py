"""Write what pip installs beside a release's wheel: the versions it was tested with, and their hashes."""

import re
import sys
from collections.abc import Collection
from importlib import metadata

from packaging.utils import canonicalize_name
from sbom import FOLDER, ROOT, installed


def pins(lock: str, names: Collection[str]) -> str:
    """Return a lock file's lines about these distributions; raises ``ValueError`` where one is not in it."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    by_name: dict[str, list[str]] = {}
    for block in blocks:  # one name may have several versions, each for other versions of Python
        name = canonicalize_name(re.split(r"[=\[;\s]", block, maxsplit=1)[0])
        by_name.setdefault(name, []).append(block)
    if missing := sorted(set(names) - set(by_name)):
        raise ValueError(f"requirements.lock lacks {', '.join(missing)}; run: make lock")
    return "".join(block for name in sorted(names) for block in by_name[name])


def main() -> int:
    """Write the file into ``dist/``."""
    names = set(installed()) - {"blocklight"}
    target = FOLDER / f"blocklight-{metadata.version('blocklight')}-requirements.txt"
    target.parent.mkdir(exist_ok=True)
    target.write_text(pins((ROOT / "requirements.lock").read_text("utf-8"), names), "utf-8")
    sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
