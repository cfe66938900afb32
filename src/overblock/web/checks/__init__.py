"""The page that says whether one is hit, by what and since when."""
