"""The forms that answers and files come in, read into rows: tables, lists, packed files."""
