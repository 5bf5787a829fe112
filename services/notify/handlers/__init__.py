"""What notify does on an event or a request; each function is one act inside one transaction."""
