"""The hand-over of one edition: rows computed once in `tables`, written by one module per format.

Nothing here reads the database: the input is the content that is digested and signed.
"""
