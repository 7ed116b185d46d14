"""What every surface may ask of the published records: fields, conditions, regions, statistics."""
