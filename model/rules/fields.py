"""Rules that the fields of the model find themselves (`model.fields`, `model.sections`, `model.stackfile.read`)."""

from __future__ import annotations

from model.rules.catalogue import rule

rule("BH001", "error", "A hub's name and namespace are DNS labels.", where="field")
rule("BH002", "error", "A domain is a host name, not a URL or address.", where="field")
rule("BH009", "error", "Labels have at most 63, names at most 253 characters.", where="field")
rule("BH043", "error", "The quota of the whole hub is a number.", where="field")
rule("BH047", "error", "An image prefix survives BinderHub's rewriting.", where="field")
rule("BH049", "error", "A URL has its scheme.", where="field")
rule("BH069", "error", "No credential is in plain text.", where="field")
rule("BH070", "error", "No place-holder is left in.", where="field")
rule("BH071", "error", "Every key is known.", where="field")
rule("BH100", "error", "Every value has the right kind.", where="field")
rule("BH101", "error", "Every required key is there.", where="field")
rule("BH102", "error", "No value is empty.", where="field")
rule("BH104", "error", "Secrets are flat keys; sections are not encrypted.", where="field")
rule("BH105", "error", "The file is YAML.", where="field")
