"""The mechanism between the engine and `opsnb._state` in its kernel: save the state after a marked cell, put it back before the rest runs."""
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from opsnb.checkpoint import again, without
from opsnb.show import duration, size

BEGIN = "try:\n    from opsnb._state import begin as _opsnb_begin\n    _opsnb_begin()\nexcept ImportError: pass\nelse: del _opsnb_begin"
CALL = "from opsnb._state import {verb} as _opsnb_do\n_opsnb_do({path!r}, {told!r}, **{more!r})\ndel _opsnb_do"


async def _told(client, verb, path, **more):
    """What the kernel says of saving or restoring; None when it does not answer any more."""
    handle, told = tempfile.mkstemp(dir=client.folder)
    os.close(handle)
    task = asyncio.ensure_future(client._ask(CALL.format(verb=verb, path=str(path), told=told, more=more)))
    while not task.done() and await client.km.is_alive() and not client.watch.stopped and client._left() != 0: await client._first(task, min(1.0, client._left() or 1.0))
    if not task.done():
        await client._interrupt(task)
        return None
    if text := Path(told).read_text(): return json.loads(text)
    said = task.result()["content"]
    return {"error": f"{said.get('ename')}: {said.get('evalue')}"}


async def save(client, index):
    """Save the state after the cell `index`, if it is marked. A state that cannot be saved harms nobody: the watch hears why."""
    points = client.checkpoints
    if not points.wanted(client.nb.cells[index]): return
    begun, path = time.monotonic(), points.path(index)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        said = await _told(client, "save", path, without=without(client.nb, index, points.skip, points.secrets), root=str(points.root), most=points.most)
        if said is None: return
        if "error" not in said: point = await asyncio.to_thread(points.keep, client.nb, index, said, round(time.monotonic() - begun, 3))
    except OSError as e: said = {"error": f"{e.strerror}: {path.parent}"}
    if "error" in said: client.watch.checkpoint_failed(index, said["error"])
    else: client.watch.checkpoint_saved(index, point)


async def restore(client, point):
    """Put a state back; the index of the cell to go on with, or None when it could not be put back (`doubts` says why)."""
    points = client.checkpoints
    said = await _told(client, "restore", point.state, cells=list(again(client.nb, point.cell, points.skip)))
    if said is None or "error" in said:
        points.doubts.append(f"not after cell {point.cell + 1}: {'the kernel stopped' if said is None else said['error']}")
        return None
    start = points.go_on(client.nb, point)
    client.outputs.opened(client.nb_man.output_path, client.nb)
    for index, cell in enumerate(client.nb.cells[:start]):
        if cell.cell_type == "code" and cell.source.strip(): client._finished(index, "cached", 0.0, None)
        else: client.nb_man.cell_ended(cell, index, "done")
    if client.secrets: await client._hand_over()
    client.nb_man.save(force=True)
    return start


def sentence(points):
    """Where a run goes on from, and why not from later, for people."""
    if points.taken: where = f"goes on after cell {points.noted + 1}: the state that {points.taken.run} saved there ({size(points.taken.bytes)}, {duration(points.taken.worked_s)} of work)"
    else: where = "runs from its beginning"
    return "; ".join([where, *points.doubts])
