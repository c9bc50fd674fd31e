"""A pytest plugin for jupyter_client's tests: their kernels can be forked, and it is noted how each was started.

Their kernels are classes that ipykernel runs; they are started by name (`python -m tests.signalkernel`), which a template
does not know. So the same class is named to ipykernel's launcher instead. Those that fail on purpose stay as they are.
"""
import os

from jupyter_client.kernelspec import KernelSpec

from opsnb._provisioner import WarmProvisioner

CLASSES = {"tests.signalkernel": "tests.signalkernel.SignalTestKernel", "pytest_jupyter.echo_kernel": "pytest_jupyter.echo_kernel.EchoKernel"}
read, launch = KernelSpec.from_resource_dir.__func__, WarmProvisioner.launch_kernel


def from_resource_dir(cls, folder):
    spec = read(cls, folder)
    if spec.argv[1:2] == ["-m"] and (found := CLASSES.get(spec.argv[2])): spec.argv = [spec.argv[0], "-m", "ipykernel_launcher", f"--IPKernelApp.kernel_class={found}", *spec.argv[3:]]
    return spec


async def launch_kernel(self, cmd, **kw):
    info = await launch(self, cmd, **kw)
    with open(os.environ["STARTED"], "a") as f: print(self.how, self.why or "", file=f)
    return info


KernelSpec.from_resource_dir, WarmProvisioner.launch_kernel = classmethod(from_resource_dir), launch_kernel
