"""City files and the environment as typed values: what a person writes down, parsed and checked."""
