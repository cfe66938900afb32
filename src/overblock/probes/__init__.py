"""The observatory's own measurements: what it sends to the network, and what comes back."""
