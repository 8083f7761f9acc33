"""RDRec and its explorer: reviews -> rationales -> students -> exact rankings -> evidence -> a page.

Each subpackage is one stage of the pipeline and imports only earlier stages and the ground floor
(`settings`, `records`, `storage`, `home`).  `docs/architecture.md` draws the picture; `tests/test_architecture.py` holds it.
"""

__version__ = "0.2.0"
