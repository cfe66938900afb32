"""The pages of what measurements mean: one by one, as series and as events."""
