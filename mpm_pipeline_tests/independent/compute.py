"""All figures of a world as of an instant: the two halves put together.

Each half is a module with `rows(snapshot, calendar, money) -> list[Row]`; `FIGURES` names them in order.
"""
