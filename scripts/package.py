#!/usr/bin/env python3
"""Build dist/alexa_media.zip, the file of a release, with the version in its manifest.

    scripts/package.py VERSION        e.g. 1.2.0, or v1.2.0

HACS and the Marketplace unpack it into custom_components/alexa_media, so the files are at the root of the archive.
"""

import json
from pathlib import Path
import re
import sys
import zipfile

ROOT = Path(__file__).resolve().parent.parent
COMPONENT = ROOT / "custom_components" / "alexa_media"
# The earliest time that a ZIP file can store; a fixed time makes the archive reproducible.
EPOCH = (1980, 1, 1, 0, 0, 0)


def build(component: Path, version: str, target: Path) -> list[str]:
    """Write ``component`` into the zip file ``target``, with ``version`` in the manifest; return the file names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in component.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            data = path.read_bytes()
            name = path.relative_to(component).as_posix()
            if name == "manifest.json":
                data = json.dumps(json.loads(data) | {"version": version}, indent=2).encode() + b"\n"
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
            names.append(name)
    return names


def main() -> int:
    """Build the file for the given version; return the exit status."""
    version = sys.argv[1].removeprefix("v") if len(sys.argv) == 2 else ""
    if not re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+|-[0-9A-Za-z.]+)?", version):
        print("package: name the version, such as 1.2.0", file=sys.stderr)
        return 2
    target = ROOT / "dist" / "alexa_media.zip"
    names = build(COMPONENT, version, target)
    print(f"{target.relative_to(ROOT)}: {len(names)} files, version {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
