"""The tests; one folder a package, and the clinic, engines and counts they share."""
