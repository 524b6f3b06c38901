"""The fault suite: what goes wrong between a loader and its sources, done on purpose, and what the loader makes of it.

A raw-socket proxy stands before each vendor of a simulated world (`proxy`), faults are data (`catalogue`), a loader runs in a
process of its own (`loader`, `loaders`), and its destination is compared with the world row by row (`verdict`, `runner`).
"""
