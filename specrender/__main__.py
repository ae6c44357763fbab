"""`python -m specrender` is the `specrender` command."""

import sys

from specrender.cli import main

sys.exit(main())
