"""What runs inside the sandbox. Only the standard library, NumPy and what a problem lists."""
