"""The rules of visits: what happened, where, and who may say so. Nothing here opens anything."""
