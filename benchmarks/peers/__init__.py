"""What a careful developer would write instead of us: honest, idiomatic, and never imported by the product."""
