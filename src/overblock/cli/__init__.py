"""The command line: a skin over reports, one file a command."""
