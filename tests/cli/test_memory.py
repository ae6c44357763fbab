"""What a large film needs: little beyond its sums, from the first sample to the last file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

#: Renders two sizes and prints the peak after each.  VmHWM is of this program alone; ru_maxrss begins with what the
#: process that started it needed.
PEAKS = """
import json, sys
from specrender.cli import main
peaks = []
for size in ("640x512", "1280x1024"):
    assert main(["render", sys.argv[1], "--size", size, "--spp", "1", "--integrator", "path", "--max-depth", "2",
                 "--aov", "depth,sh_normal", "-o", sys.argv[2], "--quiet"]) == 0
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    peaks.append(1024 * int(line.split()[1]))
print(json.dumps(peaks))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks of memory are read from /proc")
def test_bytes_per_pixel_at_the_peak(scene, tmp_path):
    """Both sizes are written in bands; the film itself holds 104 bytes a pixel with these layers."""
    command = [sys.executable, "-c", PEAKS, str(scene), str(tmp_path / "out.exr")]
    small, large = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    per_pixel = (large - small) / (1280 * 1024 - 640 * 512)
    assert 60 < per_pixel < 116
