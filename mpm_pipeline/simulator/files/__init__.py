"""The files of plans and people over HTTP, as a company's own server would offer them: CSV made from a world's snapshots."""
