"""The checklist page: what it shows, and the items as HTML."""
