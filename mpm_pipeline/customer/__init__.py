"""Many source records become one person and one account under ids that stay.

The models here read staged tables only: comparable features, guarded keys, connected records, the id registry, and the
golden records. `resolve` does the same for records of any sources, without a home. What a customer did belongs to kpis.
"""

from typing import Any


def resolve(
    records: Any,
    *,
    previous: Any = None,
    decisions: Any = None,
    as_of: Any = None,
    whole: bool = False,
    spark: Any = None,
) -> Any:
    """Resolve people and companies; see `resolution.resolve.resolve`, which is loaded when it is first called."""
    from mpm_pipeline.customer.resolution.resolve import resolve as run

    return run(records, previous=previous, decisions=decisions, as_of=as_of, whole=whole, spark=spark)


def crosswalk_as_of(crosswalk: Any, instant: Any) -> Any:
    """Return the crosswalk as the newest run at an instant (UTC) told it."""
    from mpm_pipeline.customer.resolution.crosswalk import crosswalk_as_of as read

    return read(crosswalk, instant)
