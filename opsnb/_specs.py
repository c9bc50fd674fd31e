"""Kernel specs for `opsnb.engine`: those that are installed, the interpreter that runs us, and how each is started."""
import sys
from importlib.metadata import EntryPoint

from opsnb import _grammar  # noqa: F401  before nbformat, which jupyter_client may bring
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory

HERE = "opsnb-current"  # kernel name for "the interpreter that runs us"
WARM, COLD = "opsnb-warm", "local-provisioner"


class Specs(KernelSpecManager):
    """Kernel specs, and one more: the interpreter that runs us. `imports` is what a warm kernel has; False: start cold."""

    imports = False

    def get_kernel_spec(self, kernel_name):
        if kernel_name != HERE: spec = super().get_kernel_spec(kernel_name)
        else: spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], display_name="this Python", language="python")
        return self._provisioned(spec)

    def _provisioned(self, spec):
        """The spec with our way of starting; a provisioner that is not ours (a cluster's) stays as it is."""
        known = KernelProvisionerFactory.instance()
        known.provisioners.setdefault(WARM, EntryPoint(WARM, "opsnb._provisioner:WarmProvisioner", known.GROUP_NAME))  # also where opsnb is on the path only
        named = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name") or known.default_provisioner_name
        if named in (WARM, COLD):
            way = {"provisioner_name": WARM, "config": {"imports": self.imports}} if self.imports else {"provisioner_name": COLD, "config": {}}
            spec.metadata = {**spec.metadata, "kernel_provisioner": way}
        return spec


def installed_kernels():
    """Names of the installed kernel specs."""
    return sorted(Specs().find_kernel_specs())
