"""The published past as one Parquet file for each month, derived from the store; only published values."""
