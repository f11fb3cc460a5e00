"""`homepage`: what the hub's own pages look like (members-only hubs)."""

from __future__ import annotations

from pydantic import Field

from model.fields import Html, Model, Seconds, Text, Url


class Templates(Model):
    """Page templates kept in a git repository, followed while the hub runs."""

    repository: Url
    """Address to clone."""
    branch: Text = "main"
    """Branch to follow."""
    path: Text = "templates"
    """Folder of the templates in the repository."""
    extra_path: Text | None = None
    """A further folder searched before `path`."""
    sync_every: Seconds = 300
    """Seconds between updates."""


class Homepage(Model):
    """Pages that people see before they launch."""

    templates: Templates | None = None
    """Page templates from a git repository."""
    variables: dict[str, str] = Field(default_factory=dict)
    """Variables of the templates."""
    announcement: Html | None = None
    """HTML above every page of the hub."""
