"""What is read of a database: the window, filtered lists, lives, counts."""
