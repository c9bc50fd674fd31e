"""`python -m opsnb.widgets._start`: run what a pipe says, as the command line would, under an id that is given."""
import json
import sys

from opsnb.errors import OpsError


def main():
    what, given = json.load(sys.stdin)
    try:
        if what == "notebook":
            from opsnb.engine import run_notebook
            run_notebook(**given, text=True, check=False)
        else:
            from opsnb.pipeline import Pipeline
            Pipeline(given.pop("file")).run(**given, text=True, check=False)
    except OpsError as e:
        print(e, file=sys.stderr)
        return e.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
