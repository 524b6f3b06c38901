"""A second way of computing every figure, from a world's own records and the written definitions alone.

Imports nothing of mpm_pipeline, so that an agreement of the two means something. Start at `compute.figures`.
"""
