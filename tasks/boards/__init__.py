"""What the reading pages show, put together from rows: reads only, a fixed number of queries for each."""
