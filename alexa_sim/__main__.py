"""Entry point of ``python -m alexa_sim``."""

import sys

from .cli import main

sys.exit(main())
