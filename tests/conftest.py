"""What every test may ask for: either database engine, fresh and migrated.

Ask for `database` (a place the engine factory opens) or `engine` (opened, as the
application's own role) and the test runs once on each engine. The counts are printed
at the end of every run, and any difference between them with its reason.
"""

from __future__ import annotations

pytest_plugins = ["pytester", "tests.engine_counts", "tests.engines", "tests.told_figures"]
