"""What is sent to others when the public record changes: webhooks, signed, tried again, and in order."""
