# Runs inside BinderHub (extraConfig): keeps only the repository providers that the hub lists.
#
# allowed_specs is per provider class, so a provider without a list would stay open to all.
# repo_providers is a dict of classes and cannot be written in YAML.
import json
import os

from binderhub import repoproviders

enabled = json.loads(os.environ["BINDERHUB_REPO_PROVIDERS"])
c.BinderHub.repo_providers = {
    prefix: getattr(repoproviders, class_name) for prefix, class_name in enabled.items()
}
