"""A private Slurm of one machine: munged, slurmctld and slurmd of the ordinary user, all in one folder, on loopback only.

Nothing here needs root once Debian's packages are installed. The folder holds the configuration, the queue and the logs; whoever
sets SLURM_CONF to the file in it talks to this Slurm with every command of Slurm. What is particular about the configuration:

    File=/dev/nvidia0      a GPU needs a device file, or no CUDA_VISIBLE_DEVICES is set; pretended GPUs are some other devices
    cred_expire=5          a job that is queued again waits until its credential has expired: 120 s otherwise
    MinJobAge              without accounting, the controller's memory is the only history: it is kept for a month
    OverMemoryKill         memory is watched by looking every few seconds, for there is no cgroup without root
    Slurm 22.05 and 24.11  differ in how they are told that there are no cgroups

A daemon is known by its pid file and by what /proc says of that pid: its name, its owner, and that it is no zombie.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from opsnb.errors import OpsError, Unavailable
from opsnb.workspace import free_port, lock, write_atomic

PACKAGES = {"munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client"}
PRETENDED = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")  # devices that every machine has
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing():
    """Debian's names of the packages that are not here."""
    return [p for program, p in PACKAGES.items() if not shutil.which(program, path=PATH)]


class Node:
    """The Slurm in `folder`; `parts` pretended nodes of this machine, more than one for tests."""

    def __init__(self, folder, parts=1):
        self.folder, self.conf, self.parts = Path(folder).expanduser(), Path(folder).expanduser() / "slurm.conf", parts

    def exists(self): return self.conf.exists()

    def pid_file(self, name): return self.folder / f"{name}.pid"

    def pid(self, name):
        """The pid of a daemon of ours that lives, or None."""
        with suppress(OSError, ValueError):
            pid = int(self.pid_file(name).read_text())
            status = Path(f"/proc/{pid}/status").read_text()
            comm, state, owner = (re.search(rf"^{w}:\s+(\S+)", status, re.M)[1] for w in ("Name", "State", "Uid"))
            if comm == name.partition(".")[0] and state not in "ZX" and int(owner) == os.getuid(): return pid
        return None

    def names(self): return ["munged", "slurmctld", *(f"slurmd.{n}" for n in self.nodes())]

    def nodes(self): return ["local"] if self.parts == 1 else [f"local{i}" for i in range(self.parts)]

    def dead(self): return [n for n in self.names() if not self.pid(n)]

    def run(self, *command, check=True, timeout_s=60):
        """A command of Slurm for this node; what it printed."""
        try: done = subprocess.run([shutil.which(command[0], path=PATH) or command[0], *map(str, command[1:])], capture_output=True, text=True, env=self.environment(), timeout=timeout_s, cwd=self.folder)
        except subprocess.TimeoutExpired as e: raise Unavailable(f"{command[0]} does not answer", given=f"after {timeout_s:g} s", hint=self.hint()) from e
        if check and done.returncode: raise Unavailable(f"{command[0]} failed", given=done.stderr.strip()[-500:] or f"exit code {done.returncode}", hint=self.hint())
        return done.stdout

    def environment(self): return {**{k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "OPSNB_"))}, "PATH": PATH, "SLURM_CONF": str(self.conf)}

    def hint(self): return f"see {self.folder / 'log'}"

    def up(self, gpus):
        """Start what does not run; `gpus` are device files."""
        if lacking := missing():
            raise Unavailable(f"Slurm is not complete on this machine: {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing", hint="sudo apt-get install slurmctld slurmd slurm-client munge")
        if len(os.fsencode(self.folder / "munge" / "socket")) > 100: raise OpsError("The folder's name is too long for a socket", given=self.folder, allowed="about 85 characters", hint="set OPSNB_SLURM_DIR to a shorter one")
        try:
            for part in ("", "state", "spool", "log", "munge"): (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e: raise Unavailable(f"Slurm cannot be kept at {self.folder}", given=e.strerror, hint="set OPSNB_SLURM_DIR to a folder you can write to") from e
        with lock(self.folder / "lock", timeout_s=120):
            if set(self.dead()) == set(self.names()): self.configure(gpus)
            self.start("munged", "--force", *(f"--{k}={self.folder / v}" for k, v in {"key-file": "munge/key", "socket": "munge/socket", "seed-file": "munge/seed", "log-file": "log/munged.log", "pid-file": "munged.pid"}.items()))
            self.start("slurmctld", "-f", self.conf)
            self.until(lambda: " UP" in self.run("scontrol", "ping", check=False), "slurmctld")
            self.after_reboot()
            for name in self.names()[2:]: self.start(name, "-N", name.partition(".")[2], "-f", self.conf)
            self.until(self.serves, f"slurmd.{self.nodes()[0]}")

    def serves(self):
        """Whether all nodes answer; one that was called down because its daemon was killed is taken back."""
        states = [s.rstrip("*") if not s.endswith("*") else "silent" for s in self.run("sinfo", "-h", "-N", "-o", "%T", check=False).split()]
        if "down" in states: self.run("scontrol", "update", f"nodename={','.join(self.nodes())}", "state=resume", check=False)
        return bool(states) and all(s in ("idle", "mixed", "allocated", "completing", "draining", "drained") for s in states)

    def start(self, name, *words):
        if self.pid(name): return
        program = shutil.which(name.partition(".")[0], path=PATH)
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, env=self.environment(), stdin=subprocess.DEVNULL, cwd=self.folder, timeout=60)
        if done.returncode: raise Unavailable(f"{name} did not start", given=(done.stderr or done.stdout).strip()[-500:] or self.last_words(name), hint=self.hint())

    def until(self, condition, name, timeout_s=60):
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end: raise Unavailable(f"{name} does not answer", given=self.last_words(name), hint=self.hint())
            time.sleep(0.05)

    def last_words(self, name):
        with suppress(OSError): return "\n".join((self.folder / "log" / f"{name}.log").read_text(errors="replace").splitlines()[-3:])
        return "no log"

    def after_reboot(self):
        """The controller believes for minutes that what ran before the machine went down still runs: that is queued again at once."""
        boot, mark = Path("/proc/sys/kernel/random/boot_id").read_text(), self.folder / "boot_id"
        if mark.exists() and mark.read_text() != boot:
            for job in dict.fromkeys(self.run("squeue", "-h", "-t", "R,S", "-o", "%A").split()):
                if "requeue" in self.run("scontrol", "requeue", job, check=False): self.run("scancel", job, check=False)
        write_atomic(mark, boot)

    def down(self):
        """Stop the daemons; the queue stays. Jobs that run go on, and are heard of when the daemons are back."""
        with lock(self.folder / "lock", timeout_s=120):
            for name in reversed(self.names()):
                if not (pid := self.pid(name)): continue
                with suppress(ProcessLookupError): os.kill(pid, signal.SIGTERM)
                end = time.monotonic() + 30
                while self.pid(name) == pid:
                    if time.monotonic() > end: raise Unavailable(f"{name} does not end", given=f"pid {pid}", hint=self.hint())
                    time.sleep(0.05)

    def ports(self):
        """The ports of last time, if they are free; the controller's first."""
        text = self.conf.read_text() if self.exists() else ""
        last = [*re.findall(r"^SlurmctldPort=(\d+)", text, re.M), *re.findall(r"\bPort=(\d+)", text)]
        return [int(p) for p in last] if len(last) == 1 + self.parts and all(map(free, last)) else [free_port() for _ in range(1 + self.parts)]

    def configure(self, gpus):
        if not (self.folder / "munge" / "key").exists():
            write_atomic(self.folder / "munge" / "key", os.urandom(128))
            (self.folder / "munge" / "key").chmod(0o600)
        hardware = dict(w.split("=") for w in self.run("slurmd", "-C").split() if "=" in w)
        version = tuple(map(int, re.search(r"(\d+)\.(\d+)", self.run("slurmd", "-V")).groups()))
        write_atomic(self.folder / "gres.conf", "".join(f"NodeName={n} Name=gpu File={d}\n" for n in self.nodes() for d in gpus))
        write_atomic(self.folder / "cgroup.conf", "CgroupPlugin=disabled\n" if version > (23, 11) else "CgroupAutomount=no\n")
        write_atomic(self.conf, self.text(gpus, self.ports(), hardware))

    def text(self, gpus, ports, hardware):
        """slurm.conf."""
        me, host, f = user(), socket.gethostname().partition(".")[0], self.folder
        shape = " ".join(f"{k}={hardware[k]}" for k in ("CPUs", "Boards", "SocketsPerBoard", "CoresPerSocket", "ThreadsPerCore", "RealMemory"))
        share = int(hardware["RealMemory"]) // int(hardware["CPUs"])
        nodes = [f"NodeName={n} NodeHostname={host} NodeAddr=127.0.0.1 Port={p} {shape}{f' Gres=gpu:{len(gpus)}' if gpus else ''} State=UNKNOWN"
                 for n, p in zip(self.nodes(), ports[1:], strict=True)]
        rows = {
            "ClusterName": "opsnb", "SlurmctldHost": f"{host}(127.0.0.1)", "SlurmctldPort": ports[0], "SlurmUser": me, "SlurmdUser": me, "CommunicationParameters": "NoInAddrAny,NoCtldInAddrAny",
            "AuthType": "auth/munge", "AuthInfo": f"socket={f}/munge/socket,cred_expire=5", "StateSaveLocation": f / "state", "SlurmdSpoolDir": f"{f}/spool/%n",
            "SlurmctldPidFile": f / "slurmctld.pid", "SlurmdPidFile": f"{f}/slurmd.%n.pid", "SlurmctldLogFile": f / "log/slurmctld.log", "SlurmdLogFile": f"{f}/log/slurmd.%n.log",
            "ProctrackType": "proctrack/linuxproc", "TaskPlugin": "task/none", "MpiDefault": "none", "SelectType": "select/cons_tres", "SelectTypeParameters": "CR_Core_Memory", "DefMemPerCPU": share,
            "JobAcctGatherType": "jobacct_gather/linux", "JobAcctGatherFrequency": "task=2", "JobAcctGatherParams": "OverMemoryKill", "AccountingStorageType": "accounting_storage/none", "JobCompType": "jobcomp/none",
            "SchedulerParameters": "sched_interval=5,sched_min_interval=0,bf_interval=5,batch_sched_delay=0", "ReturnToService": 2, "JobRequeue": 1, "KillWait": 30, "MinJobAge": 30 * 86400,
            "MaxJobCount": 100_000, "MaxArraySize": 10_001, "PreemptType": "preempt/partition_prio", "PreemptMode": "REQUEUE", **({"GresTypes": "gpu"} if gpus else {}),
        }
        partitions = ["PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=off",
                      "PartitionName=spot Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=0"]
        return "\n".join(["# written by opsnb slurm up", *(f"{k}={v}" for k, v in rows.items()), *nodes, *partitions, ""])

    def gpus(self): return len((self.folder / "gres.conf").read_text().splitlines()) // self.parts if self.exists() else 0


def devices(names):
    """Device files of GPUs that are called by number; of as many as asked when they are pretended."""
    if os.environ.get("OPSNB_FAKE_GPUS"):
        if len(names) > len(PRETENDED): raise OpsError("So many GPUs cannot be pretended", given=len(names), allowed=f"up to {len(PRETENDED)}")
        return list(PRETENDED[:len(names)])
    return [f"/dev/nvidia{n}" for n in names if n.isdigit()]


def free(port):
    """Whether nobody listens at it; connections that linger do not count, for a job that has ended meanwhile reports to the old port."""
    with socket.socket() as s, suppress(OSError):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return s.bind(("127.0.0.1", int(port))) is None
    return False


def user():
    import pwd
    try: return pwd.getpwuid(os.getuid()).pw_name
    except KeyError: raise Unavailable("Slurm needs a user with a name", given=f"uid {os.getuid()}", hint="add one to /etc/passwd") from None
