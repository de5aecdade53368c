"""Pages of the catalogue: the list and one advisory, the matrix, the comparison, the files, the
company's own notes."""
