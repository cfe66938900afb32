"""The pages of one register: its history, its decisions, what changed, and its badge."""
