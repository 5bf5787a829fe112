"""What the tests need beside Python packages: a browser. `python -m tests.prerequisites` sees to it.

Debian's Chromium is installed through apt when nobody has and we are root; otherwise one sentence says
what to do. Nothing else on the machine is changed.
"""

import os
import shutil
import subprocess
import sys

INSTALL = "apt-get install --yes --no-install-recommends chromium"
CLEAR = f"The tests of the pages need Chromium at {{}}: run `sudo {INSTALL}`, then the tests again."
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Make sure that the browser is there, or say what to do."""
    if os.access(CHROMIUM, os.X_OK):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(CLEAR.format(CHROMIUM))
    sys.stderr.write("Installing Debian's chromium for the tests of the pages…\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update --quiet=2", f"{INSTALL} --quiet=2"):
        done = subprocess.run(command.split(), env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"`{command}` failed: {done.stderr.strip()[-400:]}\n{CLEAR.format(CHROMIUM)}")
    if not os.access(CHROMIUM, os.X_OK):
        sys.exit(CLEAR.format(CHROMIUM))


if __name__ == "__main__":
    main()
