"""Reading documents: how much of a text comes back, what it costs, and what finding many files takes."""
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

DEBIAN = Path("/usr/share/doc")


def grams(text, n=5):
    """Runs of `n` words, and how often."""
    words = re.findall(r"\w+", text.lower())
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def recovered(folder):
    """The same document as HTML and as PDF: the share of its runs of five words that the PDF's text has, and the other way round."""
    from opsnb.rag.ingest import find, read
    made = read(find(folder), workers=0, duplicates=False).documents()
    pdf, html = grams("\n".join(d.text for d in made if d.kind == "pdf")), grams("\n".join(d.text for d in made if d.kind == "html"))
    both = sum((pdf & html).values())
    return f"{both / sum(html.values()):.3f}", f"{both / sum(pdf.values()):.3f}"


def cost(source):
    """`[files, documents, MB, characters, CPU s, peak MB of one process]` of reading in one process."""
    from opsnb.rag.ingest import find, read
    begun, characters = time.process_time(), 0
    reading = read(find(source), workers=0)
    for _, made in reading: characters += sum(len(getattr(d, "text", "")) for d in made)
    return [f"{reading.files:,}", f"{reading.documents_read:,}", f"{reading.bytes / 1e6:.1f}", f"{characters / 1e6:.1f} M", f"{time.process_time() - begun:.1f}", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f}"]


def finding(files):
    """CPU seconds and peak MB of finding so many files (links to a few)."""
    import os
    from opsnb.rag.ingest import find
    with tempfile.TemporaryDirectory() as folder:
        for n in range(files):
            if n % 30_000 == 0: Path(f"{folder}/{n}").write_text("x")
            else: os.link(f"{folder}/{n - n % 30_000}", f"{folder}/{n}")
        begun = time.process_time()
        assert sum(1 for _ in find(folder)) == files
        return f"{time.process_time() - begun:.2f}", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f}"


def alone(call):
    """The value of a call of this file in a process of its own."""
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from rag_ingest import *; print(repr({call}))"], capture_output=True, text=True, check=True)
    return eval(done.stdout)


def rag_ingest(options):
    """Reading Debian's documentation: text recovered, CPU time, memory."""
    rows = [[f"read {name}", *alone(f"cost(DEBIAN / {name!r})")] for name in ("nodejs", "libxslt1-dev", "libtasn1-doc") if (DEBIAN / name).exists()]
    rows += [[f"find {n:,} files", f"{n:,}", "", "", "", *alone(f"finding({n})")] for n in (1000, 100_000)]
    notes = ["Language, flags of personal data and near copies included; one process, imports included."]
    if (DEBIAN / "shared-mime-info").exists():
        there, back = alone("recovered(DEBIAN / 'shared-mime-info')")
        notes.append(f"A specification that is there as HTML and as PDF: {there} of the runs of five words of its HTML are in the PDF's text, {back} of the PDF's in the HTML's. What is missing are tables and a list of names that PDFium does not find in the file either.")
    return ["what", "files", "documents", "MB", "characters", "CPU s", "peak MB"], rows, notes


if __name__ == "__main__":
    print(*rag_ingest(None), sep="\n")
