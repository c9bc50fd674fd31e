"""What loading the magics costs a notebook, in a kernel of its own, and how fast Tab answers."""
import statistics
import time

LOAD = """import sys, time
_before, _wall, _cpu = len(sys.modules), time.perf_counter(), time.process_time()
get_ipython().run_line_magic("load_ext", "opsnb")
print(time.perf_counter() - _wall, time.process_time() - _cpu, len(sys.modules) - _before)"""


def lab_note(options):
    """`%load_ext opsnb` in a fresh kernel, and Tab in a line of ours."""
    from jupyter_client.manager import start_new_kernel
    loads, tabs = [], {"%ops ": [], "%%track fit -m ": [], "%ops runs --status ": []}
    for _ in range(options.times):
        manager, client = start_new_kernel()
        said = []
        client.execute_interactive(LOAD, output_hook=lambda m: said.append(m["content"].get("text", "")), timeout=60)  # noqa: B023
        loads.append([float(x) for x in "".join(said).split()])
        for again in (False, True):
            for code, seen in tabs.items():
                begun = time.perf_counter()
                client.complete(code, len(code), reply=True, timeout=60)
                if again: seen.append(time.perf_counter() - begun)
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    wall, cpu, modules = (statistics.median(v) for v in zip(*loads, strict=True))
    rows = [["`%load_ext opsnb`", f"{wall * 1000:.0f}", f"{cpu * 1000:.0f}"], *([f"Tab after `{code}`", f"{statistics.median(seen) * 1000:.0f}", ""] for code, seen in tabs.items())]
    return ["", "wall ms", "CPU ms"], rows, [f"`%load_ext opsnb` takes {cpu * 1000:.0f} ms of CPU (target: at most 150) and imports {modules:.0f} modules."]
