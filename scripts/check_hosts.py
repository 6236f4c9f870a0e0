#!/usr/bin/env python3
"""Fail if a file of the project contains the host of a package registry.

Downloads have to use the registries that the machine is configured for, because an address in a file would bypass a
mirror. The check covers the files that git tracks or would add; without git, all files outside of hidden folders.
"""

from pathlib import Path
import re
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent
# The brackets prevent a match in this file.
HOSTS = re.compile(
    rb"""
    (?:test\.)?py[p]i\.(?:org|python\.org) | python[h]osted\.org | conda[.]?forge\.org | ana[c]onda\.(?:com|org)
    | npm[j]s\.(?:org|com) | registry\.yar[n]pkg\.com | unp[k]g\.com | js[d]elivr\.net
    | crates\.i[o]\b | rubyge[m]s\.org | proxy\.go[l]ang\.org | maven\.(?:apache\.org|o[r]g)\b
    | (?:deb|security|ftp)\.deb[i]an\.org | (?:archive|security)\.ubu[n]tu\.com
    | (?:registry-1\.)?doc[k]er\.io | gh[c]r\.io | q[u]ay\.io
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENDS = re.compile(rb"\.(?:org|com|net|io)", re.IGNORECASE)
"""The ends of all of them, which are found in a tenth of the time."""


def project_files(root: Path) -> list[Path]:
    """Return the files of the project in ``root``."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        names = [Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    else:
        kept = {".ci", ".github"}
        names = [
            path.relative_to(root)
            for path in root.rglob("*")
            if not any(
                (part.startswith(".") and part not in kept) or part == "__pycache__"
                for part in path.relative_to(root).parts[:-1]
            )
        ]
    return sorted(name for name in names if (root / name).is_file())


def offences(root: Path) -> list[str]:
    """Return one line, "file:line: host", for every registry host in ``root``."""
    found = []
    for name in project_files(root):
        for number, line in enumerate((root / name).read_bytes().splitlines(), 1):
            if _ENDS.search(line):
                found += [f"{name}:{number}: {match.group().decode()}" for match in HOSTS.finditer(line)]
    return found


def main() -> int:
    """Print the findings; return the exit status."""
    found = offences(ROOT)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("check_hosts: the hosts of package registries have no place in the project", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
