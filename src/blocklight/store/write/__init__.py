"""What happens in the one transaction that a batch of outcomes is."""
