"""The names that answer a question: which resolutions are at hand, and how old they are."""
