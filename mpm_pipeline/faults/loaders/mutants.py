"""Loaders kept wrong on purpose, each by one bad habit; a suite that does not refute them proves nothing."""

from dataclasses import replace

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.faults.loader import Loader
from mpm_pipeline.faults.loaders.plain import Habits, Plain

CAREFUL = Habits()

MUTANTS = {
    "trusting": CAREFUL,
    "lenient": replace(CAREFUL, lenient=True, tries=1),
    "lenient-utf-8": replace(CAREFUL, lenient=True, tries=1, guesses_encoding=False),
    "no-deadline": replace(CAREFUL, timeout=None),
    "insistent": replace(CAREFUL, tries=1_000_000),
    "follows": replace(CAREFUL, follows=True),
    "after": replace(CAREFUL, mark=">"),
    "keeps-first": replace(CAREFUL, keeps_first=True, reads_all=True),
    "appends": replace(CAREFUL, appends=True),
    "drops-vanished": replace(CAREFUL, drops_vanished=True, reads_all=True),
    "skips-odd": replace(CAREFUL, skips_odd=True),
    "stops-at-odd": replace(CAREFUL, stops_at_odd=True),
    "pages-by-stamp": replace(CAREFUL, pages_by_stamp=True),
    "tidies": replace(CAREFUL, tidies=True),
    "marks-end": replace(CAREFUL, marks_end=True),
}
"""Bad habits: no look at the envelope or at values and no look-back; any error taken for the end (twice: once guessing encodings, once not); no bound on time; no end of
trying; any host followed; a cursor that excludes its bound; what is there is never renewed; nothing known by its key; what did not
come is deleted; odd rows left out without a word, or stopped at; pages that begin behind the last instant; texts made pretty and amounts of nothing dropped;
the next run begun where the clock stood at the end of this one."""


def mutant(name: str) -> Loader:
    """Return one by its name; ConfigError when there is none."""
    if name not in MUTANTS:
        raise ConfigError(f"there is no loader mutant:{name}; there are {', '.join(MUTANTS)}")
    return Plain(f"mutant:{name}", MUTANTS[name])
