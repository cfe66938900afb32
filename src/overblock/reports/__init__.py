"""One file, one public question, answered as a struct that JSON, HTTP and tables share."""
