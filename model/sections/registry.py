"""`registry`: where built images are kept.

Each kind says about itself what others would otherwise ask of its type. A kind that leaves one out
fails the type check.

- `host`: the host of its images, with the fields in it; None if the operator names it, or none is.
- `cloud`: the cloud in which the program makes it; None if it exists already.
- `credentials`: what pushes to it; None if nothing is needed, or none that lasts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from model.fields import Model, Positive, Text, Url, by_kind, complain, editor, whole
from model.secrets import REGISTRY_KEY, REGISTRY_PASSWORD, Secret
from model.sections.cluster import AwsAccount, AwsRegion, CloudName, GcpProject


def _prefix(value: str) -> str:
    if not re.match(r"[a-z0-9]+([.-][a-z0-9]+)*\Z", value) or len(value) > 60:
        raise complain(
            "BinderHub lower-cases image names and turns '_' into '-', so it would never find them.",
            "use a-z, 0-9 and single '-' or '.' between them, at most 60 characters.",
            rule="BH047",
        )
    return value


_REPOSITORY = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_LOCATION = r"([a-z]+-[a-z]+\d+|us|europe|asia)"
_ACR = "[a-z0-9]{5,50}"
_URL = r"https?://[a-z0-9.-]+(:\d+)?/?"


Prefix = Annotated[str, AfterValidator(_prefix)]
RepositoryId = Annotated[
    Text,
    whole(
        _REPOSITORY,
        "Artifact Registry takes no such name for a repository.",
        "use a-z, 0-9 and '-', starting with a letter, at most 63 characters.",
    ),
    editor(pattern=f"^{_REPOSITORY}$"),
]
RegistryLocation = Annotated[
    Text,
    whole(
        _LOCATION,
        "Artifact Registry has no such location.",
        "write a region such as us-west2, or us, europe or asia.",
    ),
    editor(pattern=f"^{_LOCATION}$"),
]
AcrName = Annotated[
    Text,
    whole(
        _ACR,
        "it is not the name of an Azure registry.",
        "write NAME of NAME.azurecr.io: 5 to 50 of a-z and 0-9.",
    ),
    editor(pattern=f"^{_ACR}$"),
]
RegistryUrl = Annotated[
    Url,
    whole(
        _URL,
        "image names begin with the registry's host (lower case) and port, and nothing else.",
        "write scheme, host and port only, such as https://registry.example.org:5000.",
    ),
    editor(pattern=f"^{_URL}$"),
]


@dataclass(frozen=True)
class Credentials:
    """What a registry asks of those who push, and of those who pull private images."""

    username: str
    password: Secret


class _Registry(Model):
    prefix: Prefix | None = None
    """Start of every image name; the hub's name when left out."""
    allow_cross_cloud: bool = False
    """Accept a registry of another cloud than the cluster's."""


class ArtifactRegistry(_Registry):
    """Google Artifact Registry; the program makes the repository and a service account for it."""

    kind: Literal["artifact-registry"]
    """Google Artifact Registry."""
    project: GcpProject | None = None
    """Project of the repository; the cluster's when left out."""
    location: RegistryLocation | None = None
    """Region of the repository; the cluster's when left out."""
    repository: RepositoryId | None = None
    """Name of the repository; derived from the hub's name when left out."""
    keep_versions: Positive = 10
    """Most recent versions of an image that the clean-up keeps."""
    delete_untagged_after_days: Positive = 14
    """Age at which untagged images are deleted."""

    host: ClassVar = "{location}-docker.pkg.dev"
    cloud: ClassVar[CloudName | None] = "gcp"
    credentials: ClassVar = Credentials("_json_key", REGISTRY_KEY)


class Ecr(_Registry):
    """Amazon ECR, through the registry helper: its tokens last 12 hours and each image needs a repository."""

    kind: Literal["ecr"]
    """Amazon Elastic Container Registry."""
    account: AwsAccount | None = None
    """Account of the registry; the cluster's when left out."""
    region: AwsRegion | None = None
    """Region of the registry; the cluster's when left out."""
    expires_after_days: Positive = 90
    """Days after its last push that an image is deleted."""

    host: ClassVar = "{account}.dkr.ecr.{region}.amazonaws.com"
    cloud: ClassVar[CloudName | None] = "aws"
    credentials: ClassVar = None  # The helper takes a token for each build.


class Quay(_Registry):
    """quay.io with a robot account; its password is the flat key `registryPassword`."""

    kind: Literal["quay"]
    """quay.io."""
    organization: Prefix
    """Organisation or user that owns the images."""
    username: Text
    """Robot account, such as org+builder."""
    private: bool = True
    """Whether images are private; quay.io makes new ones private."""

    host: ClassVar = "quay.io"
    cloud: ClassVar[CloudName | None] = None

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.username, REGISTRY_PASSWORD)


class DockerHub(_Registry):
    """Docker Hub; its password or access token is the flat key `registryPassword`."""

    kind: Literal["dockerhub"]
    """Docker Hub."""
    organization: Prefix
    """Organisation or user that owns the images."""
    username: Text
    """Docker id that pushes."""
    private: bool = False
    """Whether images are private."""

    host: ClassVar = "docker.io"
    cloud: ClassVar[CloudName | None] = None

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.username, REGISTRY_PASSWORD)


class Gcr(_Registry):
    """gcr.io, closed for new projects; the service-account key is the flat key `registryPassword`."""

    kind: Literal["gcr"]
    """Google Container Registry."""
    project: GcpProject | None = None
    """Project of the registry; the cluster's when left out."""

    host: ClassVar = "gcr.io"
    cloud: ClassVar[CloudName | None] = None
    credentials: ClassVar = Credentials("_json_key", REGISTRY_PASSWORD)


class Acr(_Registry):
    """Azure Container Registry; the service principal's password is the flat key `registryPassword`."""

    kind: Literal["acr"]
    """Azure Container Registry."""
    name: AcrName
    """Name of the registry: NAME.azurecr.io."""
    project: Prefix | None = None
    """The project level of the image prefix; the hub's name when left out."""
    username: Text
    """Id of the service principal with the AcrPush role."""
    private: bool = True
    """False when the cluster is attached to the registry and needs no pull secret."""

    host: ClassVar = "{name}.azurecr.io"
    cloud: ClassVar[CloudName | None] = None

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.username, REGISTRY_PASSWORD)


class CustomRegistry(_Registry):
    """Any other registry; the password is the flat key `registryPassword`."""

    kind: Literal["custom"]
    """Any registry that speaks the Docker registry API."""
    url: RegistryUrl
    """Address of the registry, such as https://registry.example.org."""
    project: Prefix | None = None
    """The project level of the image prefix; the hub's name when left out."""
    username: Text | None = None
    """User that pushes; none for a registry without login."""
    token_url: Url | None = None
    """Token endpoint; asked from the registry itself when left out."""
    auth_config_url: Url | None = None
    """Key of the credentials in docker's config.json when it is not `url`."""
    basic: bool = False
    """Basic authentication on every request, no token endpoint (htpasswd)."""
    private: bool = False
    """Whether images are private, so that user pods need a pull secret."""

    host: ClassVar = None
    cloud: ClassVar[CloudName | None] = None

    @property
    def credentials(self) -> Credentials | None:
        return Credentials(self.username, REGISTRY_PASSWORD) if self.username else None


class NoRegistry(Model):
    """Images stay in the docker daemon of a single node (classic chart, host builder only)."""

    kind: Literal["none"]
    """No registry."""

    host: ClassVar = None
    cloud: ClassVar[CloudName | None] = None
    credentials: ClassVar = None


AnyRegistry = ArtifactRegistry | Ecr | Quay | DockerHub | Gcr | Acr | CustomRegistry | NoRegistry
Registry = Annotated[AnyRegistry, Field(discriminator="kind")]
REGISTRIES: dict[str, type[AnyRegistry]] = by_kind(AnyRegistry)
"""Each kind of `registry` by its name."""
