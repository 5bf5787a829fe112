"""`python -m benchmarks [--only P4] [--quick]`."""

from benchmarks.runner import main

if __name__ == "__main__":
    main()
