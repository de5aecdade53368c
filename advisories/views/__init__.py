"""Pages of the catalogue: the list and one advisory, the company's own notes."""
