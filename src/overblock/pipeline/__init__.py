"""The order of the stages: from files to a published observatory; any table is rebuilt from raw."""
