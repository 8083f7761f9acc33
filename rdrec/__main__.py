"""`python -m rdrec`: see `rdrec.cli.main`."""

import sys

from rdrec.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
