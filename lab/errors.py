"""The one exception that the lab raises on purpose."""

from __future__ import annotations


class LabError(Exception):
    """What went wrong in the lab, in a sentence that says what to do next.

    Commands print it and exit with status 1; it is never shown as a traceback.
    """
