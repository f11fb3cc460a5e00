"""What is known about Kubernetes kinds without asking a server.

Type tokens, kinds that live in no namespace, fields that cannot change in place.
Sources: the Kubernetes API reference (immutable fields) and the behaviour of
pulumi-kubernetes 4.34, which replaces Secrets and ConfigMaps unless told otherwise.
"""

from __future__ import annotations

CLUSTER_SCOPED = frozenset(
    {
        ("v1", "Namespace"),
        ("v1", "Node"),
        ("v1", "PersistentVolume"),
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("apiregistration.k8s.io/v1", "APIService"),
        ("gateway.networking.k8s.io/v1", "GatewayClass"),
        ("networking.k8s.io/v1", "IngressClass"),
        ("node.k8s.io/v1", "RuntimeClass"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("scheduling.k8s.io/v1", "PriorityClass"),
        ("storage.k8s.io/v1", "CSIDriver"),
        ("storage.k8s.io/v1", "StorageClass"),
    }
)

_ALWAYS = ("metadata.name", "metadata.namespace")
_IMMUTABLE = {
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "StatefulSet": (
        "spec.selector",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.volumeClaimTemplates",
    ),
    "Job": ("spec.selector", "spec.template", "spec.completions", "spec.parallelism"),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "ClusterRoleBinding": ("roleRef",),
    "RoleBinding": ("roleRef",),
    "Service": ("spec.clusterIP",),
    "StorageClass": ("parameters", "provisioner"),
    # A pod's containers can only change their image, so any other change is a new pod.
    "Pod": ("spec",),
}
_CONTENTS = {"Secret": ("type", "data", "stringData"), "ConfigMap": ("data", "binaryData")}


def api_version_and_kind(token: str) -> tuple[str, str]:
    """``kubernetes:core/v1:Secret`` -> ``("v1", "Secret")``."""
    _, group_version, kind = token.split(":", 2)
    return group_version.removeprefix("core/"), kind


def replace_on(kind: str, *, mutable: bool = False) -> tuple[str, ...]:
    """Paths whose change means a new object; ``mutable``: not because of its contents."""
    return _ALWAYS + _IMMUTABLE.get(kind, ()) + (() if mutable else _CONTENTS.get(kind, ()))
