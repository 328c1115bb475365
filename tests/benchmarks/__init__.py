"""How fast the pages are, measured against a floor page in the same run: ``make bench``. Not part of the tests."""
