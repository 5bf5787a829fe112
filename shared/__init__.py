"""Machinery the three services have in common; it holds no rule of the domain."""
