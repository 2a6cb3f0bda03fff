"""Powerless: run a program as root is not, so that files and folders may refuse it.

Usage: python powerless.py PROGRAM [ARGUMENTS].  Whoever is not root is powerless already.
"""

import ctypes
import os
import sys

_PR_CAPBSET_DROP = 24
_OVER_FILES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER

if os.getuid() == 0:
    for power in _OVER_FILES:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, power, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
