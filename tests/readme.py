"""The snippets of the README's tour, in order."""
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def tour():
    """`[(language, text)]` of the section *Five minutes*."""
    section = README.read_text().split("## Five minutes")[1].split("\n## ")[0]
    return re.findall(r"```(sh|python)\n(.*?)```", section, re.S)
