"""The site as processes: sockets, workers, the engine beside them, and whole answers kept."""
