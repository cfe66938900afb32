"""A report that stands up in a newsroom or a court: one content, as HTML, PDF, JSON and data."""
