"""LinkedIn's Marketing API: how it is asked, and its dialect of REST."""
