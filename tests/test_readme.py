"""Every snippet of the README's tour runs, in its order, in one project and one kernel."""
import os
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from readme import tour


@pytest.mark.timeout(400)
def test_the_tour_runs_as_it_stands(tmp_path):
    env = {**os.environ, "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
    env.pop("OPSNB_SYSTEM_METRICS_S"), env.pop("OPSNB_GIT")
    where, ran = tmp_path, {"sh": 0, "python": 0}
    manager = client = None
    try:
        for language, text in tour():
            if language == "sh":
                for line in text.strip().splitlines():
                    if line.startswith("cd "): where = where / line[3:]
                    elif not line.startswith("opsnb ui"):  # stays until Ctrl-C; tests/ui looks at it in a browser
                        done = subprocess.run(line, shell=True, cwd=where, env=env, capture_output=True, text=True)
                        assert done.returncode == 0, (line, done.stdout, done.stderr)
                        ran["sh"] += 1
                continue
            if client is None: manager, client = start_new_kernel(kernel_name="python3", cwd=str(where), env=env)
            outputs = []
            reply = client.execute_interactive(text, timeout=200, output_hook=outputs.append)
            assert reply["content"]["status"] == "ok", (text, reply["content"])
            ran["python"] += 1
        assert ran["sh"] >= 5 and ran["python"] >= 7
    finally:
        if client:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        from support import end_couriers
        end_couriers(tmp_path)
