"""The wizard: its questions, their order, and what the answers would give."""
