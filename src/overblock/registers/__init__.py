"""Facts to history and reach: what was listed, from when to when, and how much it is."""
