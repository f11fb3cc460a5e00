# Runs inside BinderHub (extraConfig): builds with a repo2docker that has no --build-memory-limit.
#
# BinderHub passes it whenever KubernetesBuildExecutor.memory_limit is set, and repo2docker ends at
# once when it sees it. Without that limit, Kubernetes refuses pods that request memory: BinderHub
# would write a limit of 0. So the pod keeps both, and only the command loses the option.
from binderhub.build import KubernetesBuildExecutor

_FLAG = "--build-memory-limit"


class BuildWithoutMemoryFlag(KubernetesBuildExecutor):
    """Configured as its parent class."""

    def get_r2d_cmd_options(self):
        options = super().get_r2d_cmd_options()
        if _FLAG in options:
            at = options.index(_FLAG)
            del options[at : at + 2]
        return options


c.BinderHub.build_class = BuildWithoutMemoryFlag
