"""The page in the browser, on viser. Nothing outside this package imports viser."""
