"""Each step from one set of tables to the next; a package, so that it is installed."""
