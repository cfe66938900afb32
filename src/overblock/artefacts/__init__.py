"""Files as they come: compressed, in archives, in folders, in git; opened with bounds."""
