"""Installed packages as `pip list -v --format json` prints them, without pip."""

from __future__ import annotations

import json
from importlib.metadata import distributions

found = {
    dist.name: {"name": dist.name, "version": dist.version, "location": str(dist.locate_file(""))}
    # The first of a name is the one that is imported.
    for dist in reversed(list(distributions()))
}
print(json.dumps(list(found.values())))
