"""The launcher: torchrun on one node, with a log for each rank, and an end that tells the truth.

    python -P -m opsnb._launch processes=2 mixed_precision=bf16 -- train.py --lr 0.1
    python -P -m opsnb._launch processes=2 -- -m package.train --lr 0.1

The words before `--` are those of `opsnb.launch`; what they mean for accelerate goes into the environment, where `Accelerator()`
finds it. torchrun runs in this process (accelerate's own launcher before it, when there is one of its configuration files), and
three things differ from torchrun on the command line:

    exit code   that of the rank that failed first; 85 (saved, start me again) stays 85
    signals     SIGTERM and SIGUSR2 go on to the ranks, which have the time of grace to save; torchrun would end with an error of its own
    output      each rank has one log, masked and bounded like a job's; the first rank's is shown, too
"""
import contextlib
import logging
import os
import select
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from opsnb._worker import AGAIN, Log, grace_s, prctl
from opsnb.config import is_secret, load
from opsnb.errors import OpsError
from opsnb.jobs.folder import Folder
from opsnb.launch import accelerate_environment, of_words, rendezvous, settled
from opsnb.secrets import hidden, is_source

PASSED_ON = (signal.SIGTERM, signal.SIGUSR2, signal.SIGINT)


class RankLog(Log):
    """The log of a rank; the first rank's goes to our output, too."""

    def __init__(self, path, most, shown):
        super().__init__(path, most)
        self.shown = shown

    def _put(self, data):
        super()._put(data)
        if self.shown:
            with contextlib.suppress(OSError): sys.stdout.buffer.write(data), sys.stdout.buffer.flush()


class Pump(threading.Thread):
    """Takes what the ranks write, and passes on signals, also while torch holds the main thread."""

    def __init__(self, folder, count, most_mb):
        super().__init__(name="opsnb-pump", daemon=True)
        self.pipes, self.stopped_by, self.since, self.over, self.started, self.told = {}, None, None, False, False, set()
        self.place = Path(tempfile.mkdtemp(prefix="opsnb-ranks-"))
        for rank in range(count):
            os.mkfifo(self.pipe(rank))
            fd = os.open(self.pipe(rank), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)  # also a writer: no end between two of them
            self.pipes[fd] = RankLog(folder / f"{rank}.log", most_mb * 1e6, rank == 0)
        self.signals, self.wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)

    def pipe(self, rank): return str(self.place / str(rank))

    def run(self):
        while True:
            ready = select.select([*self.pipes, self.signals], [], [], 0.2)[0]
            for fd in ready:
                with contextlib.suppress(BlockingIOError):
                    data = os.read(fd, 1 << 18)
                    if fd == self.signals: self.heard(data)
                    else: self.pipes[fd].write(data)
            if self.stopped_by: self.see_to_the_end()
            if self.over and not [fd for fd in ready if fd != self.signals]: return

    def heard(self, numbers):
        """Signals came; the first that asks to stop counts."""
        asked = [n for n in numbers if n in PASSED_ON]
        if not asked or self.stopped_by: return
        self.stopped_by, self.since = asked[0], time.monotonic()

    def about_to_start(self):
        """The ranks are next; unless we were asked to stop: each of the two threads says its own before it looks at the other's."""
        self.started = True
        if self.stopped_by: os._exit(128 + self.stopped_by)

    def see_to_the_end(self):
        """Asked to stop: without ranks there is nothing to wait for; with some, not longer than the time of grace."""
        left = ranks()
        for p in left:
            with contextlib.suppress(psutil.Error): p.pid in self.told or p.send_signal(signal.SIGTERM if self.stopped_by == signal.SIGINT else self.stopped_by)
            self.told.add(p.pid)
        if not self.started and time.monotonic() > self.since + 1: os._exit(128 + self.stopped_by)
        if time.monotonic() > self.since + grace_s():
            for p in left:
                with contextlib.suppress(psutil.Error): p.kill()

    def close(self):
        """All has ended: the rest of what was written, then the logs."""
        self.over = True
        self.join(5)
        for log in self.pipes.values(): log.close()
        for p in self.place.iterdir(): p.unlink()
        self.place.rmdir()


def ranks():
    """Our ranks that run."""
    with contextlib.suppress(psutil.Error): return [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
    return []


def learn_secrets():
    """What must not be written to a log: what is called a secret, and what the job's environment names as one."""
    named = Folder(Path(os.environ["OPSNB_HOME"]) / "jobs" / os.environ["OPSNB_JOB"]).spec.env if {"OPSNB_HOME", "OPSNB_JOB"} <= os.environ.keys() else {}
    for k, v in os.environ.items():
        if len(v) >= 8 and (is_secret(k) or is_source(named.get(k, ""))): hidden.add(v)


def torchrun_words(asked, where, program):
    """The words of torchrun for what is asked and for where we are."""
    several = ["--nnodes", where.nodes, "--node-rank", where.rank, "--rdzv-backend", "static", "--master-addr", where.address, "--master-port", where.port]
    return [str(w) for w in ["--nproc-per-node", asked.processes, *(several if where.nodes > 1 else ["--standalone"]), *program]]


class Launcher:
    def __init__(self, asked, program):
        self.asked, self.program, self.where = asked, program, rendezvous(os.environ, asked.nodes)
        self.folder = Path(os.environ.setdefault("OPSNB_RANKS", os.path.join(os.environ.get("OPSNB_HOME", ""), "jobs", os.environ.get("OPSNB_JOB", ""), "ranks"))) / (f"node-{self.where.rank}" if self.where.nodes > 1 else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count, self.early = asked.processes, []

    def torchrun(self, args):
        """What torchrun does with its arguments, with our logs."""
        from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, LogsDest
        from torch.distributed.launcher.api import elastic_launch
        from torch.distributed.run import config_from_args
        launcher = self

        class Logs(DefaultLogsSpecs):
            def reify(self, envs):
                pipes, errors = {r: launcher.pump.pipe(r) for r in envs}, {r: str(launcher.folder / f"{r}.error.json") for r in envs}
                for r, path in errors.items():
                    Path(path).unlink(missing_ok=True)
                    envs[r]["TORCHELASTIC_ERROR_FILE"] = path
                launcher.pump.about_to_start()
                return LogsDest(stdouts=pipes, stderrs=pipes, error_files=errors)
        if args.standalone: args.rdzv_backend, args.rdzv_endpoint, args.rdzv_id = "c10d", "localhost:0", f"opsnb-{os.getpid()}"
        if args.master_port is None: args.master_port = 29500
        config, command, words = config_from_args(args)
        self.count = config.nproc_per_node
        self.pump = Pump(self.folder, self.count, load().job_log_mb)
        config.logs_specs, config.signals_to_handle = Logs(), "SIGQUIT"  # the others are the pump's
        self.pump.heard(self.early)
        self.pump.start()
        try: elastic_launch(config=config, entrypoint=command)(*words)
        finally: self.pump.close()

    def run(self):
        """From the start of the ranks to the end of the last; the exit code."""
        for s in PASSED_ON: signal.signal(s, lambda number, frame: self.early.append(number))
        logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # it tells of failures in its own words; ours are below
        from torch.distributed import run
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        try:
            if self.asked.config: self.by_accelerate(run)
            else: self.torchrun(run.get_args_parser().parse_args(torchrun_words(self.asked, self.where, self.program)))
        except ChildFailedError as e: return self.failed(e)
        return 0

    def by_accelerate(self, run):
        """accelerate's launcher reads its file and then calls torchrun: ours."""
        from accelerate.commands import launch
        asked, where = self.asked, self.where
        given = {"--num_processes": asked.processes and asked.processes * where.nodes, "--mixed_precision": asked.mixed_precision, "--gradient_accumulation_steps": asked.accumulation_steps}
        if where.nodes > 1: given |= {"--num_machines": where.nodes, "--machine_rank": where.rank, "--main_process_ip": where.address, "--main_process_port": where.port}
        words = [str(w) for k, v in given.items() if v for w in (k, v)]
        args = launch.launch_command_parser().parse_args(["--config_file", asked.config, *words, *self.program])
        run.run = self.torchrun
        launch.simple_launcher = self.on_cpu  # which would start one process, however many the file says
        launch.launch_command(args)

    def on_cpu(self, args):
        """A configuration of accelerate for one process, or for several on the CPU."""
        from accelerate.utils.launch import prepare_simple_launcher_cmd_env
        from torch.distributed.run import get_args_parser
        os.environ.update(prepare_simple_launcher_cmd_env(args)[1])
        asked = replace(self.asked, processes=max(1, (args.num_processes or 1) // self.where.nodes))
        self.torchrun(get_args_parser().parse_args(torchrun_words(asked, self.where, self.program)))

    def failed(self, e):
        """Say which rank failed, and show what it said when nobody has seen it; its exit code."""
        if any(f.exitcode == AGAIN for f in e.failures.values()): return AGAIN  # all ranks have saved; how another one left does not count
        rank, failure = e.get_first_failure()
        code = failure.exitcode if failure.exitcode >= 0 else 128 - failure.exitcode
        if self.pump.stopped_by: return code
        path = self.folder / f"{failure.local_rank}.log"
        how = f"exit code {code}" if failure.exitcode >= 0 else f"killed by {signal.Signals(-failure.exitcode).name}"
        sys.stderr.write(f"opsnb: rank {rank} of {self.count * self.where.nodes} ended first: {how}; its log is {path}\n")
        if failure.local_rank and path.exists(): sys.stderr.write("".join(f"  {line}\n" for line in path.read_text(errors="replace").splitlines()[-15:]))
        return code


def main(words):
    prctl(1, signal.SIGTERM)  # whoever started us is gone: so are we, and before us the ranks
    if os.environ.pop("OPSNB_LAUNCHED_BY", "") not in ("", str(os.getppid())): os._exit(128 + signal.SIGTERM)  # gone before we could ask
    cut = words.index("--")
    try:
        asked = settled(of_words(words[:cut]))
        learn_secrets()
        os.environ.update(accelerate_environment(asked, os.environ))
        code = Launcher(asked, words[cut + 1:]).run()
    except OpsError as e:
        sys.stderr.write(f"Error: {e}\n")
        code = e.exit_code
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
