"""What every picture shares: its looks, and the renderer that draws it."""
