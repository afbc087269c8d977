"""What an instructor writes: models, YAML with positions, loading, JSON Schema."""
