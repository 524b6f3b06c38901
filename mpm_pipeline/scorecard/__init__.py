"""The scorecard page: what was published, in words and pictures that a chief marketing officer can use and trust.

Reads only served tables, so it shows what every dashboard shows. Each module makes one part of the page from literal rows;
the templates only lay out. The file needs nothing from outside: no request, no font, no server.
"""
