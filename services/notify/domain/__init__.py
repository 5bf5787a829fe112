"""The rules of telling people: facts and `now` in, decisions out. Nothing here opens, logs or waits."""
