"""Other people's interfaces to what is published; they read the public record and nothing else."""
