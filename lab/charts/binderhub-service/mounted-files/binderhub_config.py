"""BinderHub configuration of the stand-in: the values `config` and `extraConfig`, in that order."""

import pathlib

import yaml

c = get_config()

_values = yaml.safe_load(pathlib.Path(__file__).with_name("chart-config.yaml").read_text())

for _section, _traits in (_values["config"] or {}).items():
    c[_section].update(_traits or {})

# Snippets share this file's names, and run by key.
for _key in sorted(_values["extraConfig"] or {}):
    exec(compile(_values["extraConfig"][_key] or "", f"extraConfig.{_key}", "exec"))
