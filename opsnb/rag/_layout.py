"""Lines of a page in the order in which they are read: columns found by their gutter, paragraphs by their spacing.

A line is a tuple `(x0, y0, x1, y1, text, size)`; y grows downwards.
"""
import statistics
from collections import Counter

X0, Y0, X1, Y1, TEXT, SIZE = range(6)


def segments(chars, gap=1.3):
    """Lines from characters `(x0, y0, x1, y1, char, size)` in the file's order; None ends one, and so does a leap to another place."""
    found, run, last = [], [], None
    for c in [*chars, None]:
        if c is not None and c[TEXT].isspace():
            if run: run.append(c)
            continue
        leap = last is not None and c is not None and (c[X0] - last[X1] > gap * max(6, c[SIZE]) or c[X0] < last[X0] - 2 * c[SIZE] or abs(c[Y1] - last[Y1]) > 0.7 * max(c[SIZE], last[SIZE]))
        if (c is None or leap) and run:
            found.append(_line(run))
            run = []
        if c is not None: run.append(c)
        last = c
    return [s for s in found if s[TEXT]]


def _line(run):
    ink = [c for c in run if not c[TEXT].isspace()]
    size = statistics.median(c[SIZE] for c in ink)
    return min(c[X0] for c in ink), min(c[Y0] for c in ink), max(c[X1] for c in ink), max(c[Y1] for c in ink), "".join(c[TEXT] for c in run).strip(), size


def in_order(lines):
    """Lines as they are read: each column from top to bottom, what spans columns in between."""
    if len(lines) < 2: return rows(lines)
    if (x := gutter(lines)) is None: return rows(lines)
    spanning = sorted((s for s in lines if s[X0] < x - 2 and s[X1] > x + 2), key=lambda s: s[Y0])
    made, rest, top = [], [s for s in lines if not (s[X0] < x - 2 and s[X1] > x + 2)], float("-inf")
    for edge in [*spanning, None]:
        band = [s for s in rest if top <= middle(s) < (middle(edge) if edge else float("inf"))]
        made += in_order([s for s in band if s[X1] <= x + 2]) + in_order([s for s in band if s[X1] > x + 2])
        if edge:
            made.append([edge])
            top = middle(edge)
    return made


def middle(line): return (line[Y0] + line[Y1]) / 2


def rows(lines):
    """Lists of the lines at the same height, from left to right."""
    made = []
    for s in sorted(lines, key=lambda s: (middle(s), s[X0])):
        same = made and min(s[Y1], made[-1][-1][Y1]) - max(s[Y0], made[-1][-1][Y0]) > 0.5 * min(s[Y1] - s[Y0], made[-1][-1][Y1] - made[-1][-1][Y0])
        made[-1].append(s) if same else made.append([s])
    return [sorted(row, key=lambda s: s[X0]) for row in made]


def gutter(lines):
    """The place between two columns of prose, or None: few lines cross it, and those beside it fill their column. Cells of a table do not."""
    left, right = min(s[X0] for s in lines), max(s[X1] for s in lines)
    width, size = right - left, statistics.median(s[SIZE] for s in lines)
    if width < 20 * size: return None
    best = None
    for x in sorted({s[X0] - 2.5 for s in lines}):
        if not left + 0.15 * width < x < right - 0.15 * width: continue
        before, after = [s for s in lines if s[X1] <= x + 2], [s for s in lines if s[X0] >= x - 0.5]
        crossing = len(lines) - len(before) - len(after)
        if min(len(before), len(after)) < 4 or crossing > 0.34 * len(lines) or not (filled(before) and filled(after)): continue
        score = (crossing, -min(len(before), len(after)))
        if best is None or score < best[0]: best = (score, x)
    return best and best[1]


def filled(lines):
    """Whether lines look like a column of prose: most begin at the same place, and are about as long as the column is wide."""
    wide = max(s[X1] for s in lines) - min(s[X0] for s in lines)
    starts = Counter(round(s[X0] / 3) for s in lines)
    long = sum(s[X1] - s[X0] > 0.6 * wide for s in lines)
    words = statistics.median(len(s[TEXT].split()) for s in lines)
    return long >= 0.5 * len(lines) and starts.most_common(1)[0][1] >= 0.3 * len(lines) and words >= 3


def paragraphs(placed, body):
    """Rows in reading order as `(lines, whether space is before them)`; lines are `(text, size)`, `body` is the size of running text."""
    made, last = [], None
    for n, row in enumerate(placed):
        text, size = "  ".join(s[TEXT] for s in row), max(s[SIZE] for s in row)
        go_on, spaced = (False, True) if last is None else _goes_on(last, row, size, body, _edge(placed, n - 1))
        if go_on: made[-1][0].append((text, size))
        else: made.append(([(text, size)], spaced))
        last = row
    return made


def _edge(placed, n):
    """Where lines end in the column of row `n`: the rightmost end among its neighbours that begin about there."""
    own = placed[n][0]
    near = [r[0] for r in placed[max(0, n - 8):n + 9] if len(r) == 1 and abs(r[0][X0] - own[X0]) < 4 * own[SIZE] and abs(r[0][SIZE] - own[SIZE]) < 0.1 * own[SIZE]]
    return max((s[X1] for s in near), default=own[X1])


def _goes_on(last, row, size, body, edge):
    """Whether a row continues the paragraph of the last one, and whether there is space between them."""
    before, height = last[-1], max(1, row[0][Y1] - row[0][Y0])
    space = row[0][Y0] - before[Y1]
    elsewhere = space < -3 * size  # the next column
    spaced = space > 0.9 * max(size, height) or abs(size - before[SIZE]) > 0.08 * body
    if len(row) > 1 or len(last) > 1: return False, spaced or (len(row) > 1) != (len(last) > 1)  # a table's row is a line of its own
    if spaced: return False, True
    text, ended = row[0][TEXT], before[TEXT][-1:] in ".!?:"
    if text[:1] in "•▪◦‣–*" and text[1:2].isspace(): return False, False
    if elsewhere: return not ended, ended
    if edge - before[X1] > 0.25 * (edge - before[X0]): return False, False  # the line before ends early
    return not (ended and row[0][X0] - before[X0] > 0.8 * size), False  # indented: a new one
