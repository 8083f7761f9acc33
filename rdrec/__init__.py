"""RDRec and its explorer: reviews -> rationales -> students -> exact rankings -> evidence -> a page.

Each subpackage is one stage of the pipeline.  It imports `core` and earlier stages only: see `docs/architecture.md`;
`tests/test_architecture.py` checks the order.
"""

__version__ = "0.2.0"
