"""One file per command of `mpm`: reads arguments, calls one function of the pipeline, prints words or JSON.

No computing here. Standard output carries the answer (one JSON document with `--json`), standard error progress and words.
"""
