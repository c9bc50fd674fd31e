"""Fail if `import opsnb`, `%load_ext opsnb` or `opsnb --help` load a heavy library; print what they cost."""
import subprocess
import sys

HEAVY = ["torch", "mlflow", "wandb", "llama_index", "lancedb", "deepeval", "papermill", "pandas", "numpy", "matplotlib", "nbclient",
         "pydantic", "sklearn", "accelerate", "ipywidgets", "rich", "psutil", "yaml", "IPython", "onnxruntime", "tokenizers", "openai", "lxml", "Stemmer"]
CASES = {
    "import opsnb": ("import opsnb", []),
    "opsnb --help": ("from opsnb.cli import invoke; import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()): invoke(['--help'])", []),
    "ops.track": ("import opsnb as ops; ops.track", []),
    "%load_ext opsnb": ("from IPython.core.interactiveshell import InteractiveShell as S\ns = S.instance()\nt0 = process_time()\ns.run_line_magic('load_ext', 'opsnb')",
                        ["IPython", "numpy", "matplotlib"]),  # a kernel has these already
}
TEMPLATE = """
import os, sys, tempfile
from time import process_time
os.environ["OPSNB_HOME"] = tempfile.mkdtemp() + "/.opsnb"
t0 = process_time()
{code}
print(process_time() - t0, *sorted(m for m in {heavy} if m in sys.modules))
"""

failed = False
for name, (code, allowed) in CASES.items():
    times = []
    for _ in range(5):
        script = TEMPLATE.format(code=code, heavy=[m for m in HEAVY if m not in allowed])
        seconds, *loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
        times.append(float(seconds))
    print(f"{name:<18}{sorted(times)[2] * 1000:6.0f} ms CPU  {'LOADS ' + ', '.join(loaded) if loaded else 'nothing heavy'}")
    failed = failed or bool(loaded)
sys.exit(1 if failed else 0)
