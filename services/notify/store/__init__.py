"""What notify writes, one module for each thing it keeps. Every function is one statement in the caller's transaction."""
