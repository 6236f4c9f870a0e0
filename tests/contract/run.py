"""Check the simulated Smart Properties against their specification with schemathesis.

``scripts/test --contract`` runs this inside ``python -m alexa_sim run --household property`` and passes its arguments
to schemathesis.
"""

import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from urllib.request import urlopen

_HERE = Path(__file__).resolve().parent
_SPECIFICATION = _HERE.parent / "fixtures" / "smart-properties.yaml"
_LOCKER = "/credentiallocker/v2/saveWifiConfigurations"


def main() -> int:
    """Run schemathesis for both hosts; return 0 if it and the simulation report no errors."""
    arguments = sys.argv[1:]
    passed = [
        _run("https://api.amazonalexa.com", "--exclude-path", _LOCKER, "--max-time", "50", *arguments),
        _run("https://credential-locker-service.amazon.com", "--include-path", _LOCKER, "--max-time", "5", *arguments),
    ]
    with urlopen(f"{os.environ['ALEXA_SIM_CONTROL']}/errors", timeout=30) as answer:
        errors = json.load(answer)
    for error in errors:
        sys.stderr.write(f"{error['error']}\n")
    return 0 if all(passed) and not errors else 1


def _run(url: str, *arguments: str) -> bool:
    """Run schemathesis against a host."""
    program = Path(sys.executable).with_name("schemathesis")
    command: list[str | Path] = [
        program,
        "--config-file",
        _HERE / "schemathesis.toml",
        "run",
        _SPECIFICATION,
        "--url",
        url,
        *arguments,
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(_HERE / "hooks.py")}
    # schemathesis creates a folder in its working directory
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, env=environment, cwd=folder, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
