"""Files of finance, staff and others, from a folder or a server: how they are found, and how their tables are read."""
