"""What pages show: one file a page, each a function from `Asked` to plain data."""
