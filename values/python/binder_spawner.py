# Runs inside JupyterHub (hub.extraConfig): the spawner that BinderHub launches servers with.
#
# BinderHub starts a server through the hub's REST API with these user options:
#   image                        image to run (built or found by BinderHub)
#   token                        token that opens the server (open hubs)
#   repo_url                     repository, for the environment of the server
#   binder_ref_url, binder_launch_host, binder_persistent_request, binder_request,
#   binder_client_ip             about the launch, for the environment of the server
#
# Configured by hub.config.BinderSpawnerMixin (classic chart: hub.config.BinderSpawner):
# auth_enabled, cors_allow_origin.
from kubespawner import KubeSpawner
from tornado.web import HTTPError
from traitlets import Bool, Unicode
from traitlets.config import Configurable

BINDER_OPTIONS = (
    "binder_ref_url",
    "binder_launch_host",
    "binder_persistent_request",
    "binder_request",
    "binder_client_ip",
)


class BinderSpawnerMixin(Configurable):
    """Turns a container spawner into one that runs what BinderHub asks for."""

    auth_enabled = Bool(
        False,
        help="People log in to the hub. If not, a server is opened by the token BinderHub made.",
        config=True,
    )
    cors_allow_origin = Unicode(
        "",
        help="One origin, or '*', that may use a server from its pages. Only without login.",
        config=True,
    )

    def start(self):
        options = self.user_options
        if not self.auth_enabled:
            for required in ("token", "image"):
                if not options.get(required):
                    raise HTTPError(400, f"A launch needs {required!r}; start it from BinderHub.")
        if options.get("image"):
            self.image = options["image"]
        return super().start()

    def get_args(self):
        if self.auth_enabled:
            return super().get_args()
        settings = {
            "base_url": self.server.base_url,
            "token": self.user_options["token"],
            "trust_xheaders": "True",
        }
        if self.default_url:
            settings["default_url"] = self.format_string(self.default_url)
        if self.cors_allow_origin:
            settings["allow_origin"] = self.cors_allow_origin
            if self.cors_allow_origin == "*":
                # Without it, websockets of a '*' origin are refused.
                settings["allow_origin_pat"] = ".*"
        args = ["--ip=0.0.0.0", f"--port={self.port}"]
        # The classic notebook reads NotebookApp, everything on jupyter-server ServerApp.
        for app in ("NotebookApp", "ServerApp"):
            args += [f"--{app}.{key}={value}" for key, value in settings.items()]
        return args + list(self.args)

    def get_env(self):
        env = super().get_env()
        options = self.user_options
        if "repo_url" in options:
            env["BINDER_REPO_URL"] = options["repo_url"]
        for name in BINDER_OPTIONS:
            if name in options:
                env[name.upper()] = options[name]
        return env


class BinderSpawner(BinderSpawnerMixin, KubeSpawner):
    """KubeSpawner for BinderHub."""


c.JupyterHub.spawner_class = BinderSpawner
