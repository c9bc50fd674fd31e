"""The README cannot drift: its table of verbs is made from the table of verbs. `python tests/check/test_docs.py` writes it."""
from pathlib import Path

from opsnb.verbs import VERBS

root = Path(__file__).parents[2]


def table():
    rows = [f"| {f'`ops.{v.name}`' if v.python else ''} | {f'`opsnb {v.command}`' if v.command else ''} | {v.help} |" for v in VERBS]
    return "\n".join(["| Python | command line | |", "|---|---|---|", *rows])


def with_table(text):
    before, _, rest = text.partition("<!-- verbs -->\n")
    return f"{before}<!-- verbs -->\n{table()}\n<!-- /verbs -->{rest.partition('<!-- /verbs -->')[2]}"


def test_the_readme_has_the_table_of_verbs():
    text = (root / "README.md").read_text()
    assert text == with_table(text), "run: python tests/check/test_docs.py"


def test_the_readme_names_files_that_exist():
    import re
    text = (root / "README.md").read_text()
    for name in re.findall(r"`((?:nbs|tests|opsnb|templates)/[\w./]*)`", text):
        assert (root / name).exists(), name


def test_nothing_speaks_of_a_developers_machine():
    import subprocess
    found = subprocess.run(["git", "grep", "-n", "-I", "-E", r"/(home|root|work)/[a-z]", "--", ".", ":!tests/check/test_docs.py"], cwd=root, capture_output=True, text=True).stdout
    assert not found


if __name__ == "__main__":
    path = root / "README.md"
    path.write_text(with_table(path.read_text()))
