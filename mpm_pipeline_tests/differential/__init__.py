"""The pipeline against the independent computation, on made-up worlds that are edited at random.

`book` holds a world that can be edited, the `edits_*` modules what a vendor's API can really show, `draw` draws edits and
settings from a seed, `compare` lays everything that is served beside what is computed apart, `trial` runs one seed, `reduce`
finds the few edits that a difference needs. Many seeds by hand:
`python -m mpm_pipeline_tests.differential --seeds 1-50 --rate 0.05`.
"""
