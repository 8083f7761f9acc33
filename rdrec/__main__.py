"""`python -m rdrec`: see `rdrec.cli.main`."""

import sys

from rdrec.cli.main import main

sys.exit(main())
