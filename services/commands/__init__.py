"""What the command line does, one module a subject; `services.__main__` only reads the words typed."""
