"""What feedback does when something happened or somebody acts: load, decide, save, publish, in one transaction."""
