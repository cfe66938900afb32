"""Did an audience change at an event: the answer, its chart, and the files it is read from."""
