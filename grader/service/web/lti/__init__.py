"""LTI 1.3: launches from a learning platform, its roster, and scores back to it."""
