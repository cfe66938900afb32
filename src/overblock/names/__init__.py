"""Names and pages in the one form in which equality means sameness: one at a time, or millions."""
