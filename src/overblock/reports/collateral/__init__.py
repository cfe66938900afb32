"""Who else is hit: counts, single names, those who share an address, and what a change did."""
