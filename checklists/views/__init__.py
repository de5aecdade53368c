"""Pages of rollouts and checklists, one module per part of the work."""
