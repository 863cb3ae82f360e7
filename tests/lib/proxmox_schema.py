# proxmox_schema.py - what the parameters of a request must be
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the parameters of a request to Proxmox VE's API: against the schema
of that version, where REFERENCE/proxmox has it (REEVE_REFERENCE, else
../shared/reference beside the sources), and against the short descriptions
that stand beside the handlers of the test server:

    snapname!:configid#40 timeout:int[0..] mode:enum(snapshot|stop) net[n]:str

NAME, "@8.4" if it came with that version, "!" if it must be there, a type,
"[LOW..HIGH]", "#LENGTH" at most, "<NAME" if that must be there too.  Errors
are in the server's words (PVE::JSONSchema of libpve-common-perl)."""

import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = os.environ.get("REEVE_REFERENCE") or os.path.join(
    HERE, "..", "..", "..", "shared", "reference")

NODE = r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
STORAGE = r"[a-zA-Z][a-zA-Z0-9_.-]*[a-zA-Z0-9]"
LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
FORMATS = {
    "pve-node": (NODE, "value does not look like a valid node name\n"),
    "pve-vmid": (r"[1-9][0-9]{2,8}",
                 "value does not look like a valid VM ID\n"),
    "pve-storage-id": (STORAGE, "storage ID '%s' contains illegal characters"
                       "\n"),
    "pve-configid": (r"[a-zA-Z][a-zA-Z0-9_-]+",
                     "invalid configuration ID '%s'\n"),
    "pve-volume-id": (STORAGE + r":\S.*",
                      "unable to parse volume ID '%s'\n"),
    "pve-poolid": (r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}",
                   "value does not look like a valid pool name\n"),
    "dns-name": (LABEL + r"(\." + LABEL + ")*",
                 "value does not look like a valid DNS name\n"),
    "pve-storage-content": (
        "(images|rootdir|vztmpl|iso|backup|snippets|import|none)",
        "invalid content type '%s'\n"),
}
TYPES = {"str": {"type": "string"}, "int": {"type": "integer"},
         "bool": {"type": "boolean"}, "num": {"type": "number"}}
DIALECT = re.compile(
    r"(?P<name>[\w-]+(\[n\])?)(@(?P<since>[\d.]+))?(?P<must>!)?"
    r":(?P<type>[a-z]+)(\((?P<values>[^)]*)\))?"
    r"(\[(?P<low>-?\d*)\.\.(?P<high>\d*)\])?(#(?P<length>\d+))?"
    r"(<(?P<needs>[\w-]+))?$")


def described(text, version):
    """The properties that TEXT, in the language above, stands for."""
    properties = {}
    for word in text.split():
        found = DIALECT.match(word)
        if not found:
            raise ValueError("no description of a parameter: " + word)
        if found["since"] and float(found["since"]) > float(version):
            continue
        kind = found["type"]
        one = dict(TYPES.get(kind, {"type": "string"}))
        if kind == "enum":
            one["enum"] = found["values"].split("|")
        elif kind == "vmid":
            one.update(type="integer", format="pve-vmid", minimum=100,
                       maximum=999999999)
        elif kind not in TYPES:
            one["format"] = {"configid": "pve-configid", "node": "pve-node",
                             "storage": "pve-storage-id",
                             "volume": "pve-volume-id", "dns": "dns-name",
                             "pool": "pve-poolid",
                             "vmids": "pve-vmid-list"}[kind]
        for key, group in (("minimum", "low"), ("maximum", "high"),
                           ("maxLength", "length")):
            if found[group]:
                one[key] = int(found[group])
        if found["needs"]:
            one["requires"] = found["needs"]
        if not found["must"]:
            one["optional"] = 1
        properties[found["name"]] = one
    return properties


def recorded(version):
    """The properties of each endpoint ("GET /nodes/{node}/lxc") of VERSION,
    or none if they are not at hand."""
    path = os.path.join(REFERENCE, "proxmox", "pve-%s.json" % version)
    try:
        with open(path, encoding="utf-8") as file:
            endpoints = json.load(file)
    except FileNotFoundError:
        return {}
    return {name: one["parameters"].get("properties") or {}
            for name, one in endpoints.items()}


def find_property(properties, name):
    if name in properties and "[n]" not in name:
        return properties[name]
    base = re.fullmatch(r"([a-z]+)(\d+)", name)
    return properties.get(base.group(1) + "[n]") if base else None


def type_error(kind, value):
    text = "type check ('%s') failed - got '%s'" % (kind, value)
    if isinstance(value, bool):
        return None if kind == "boolean" else text
    value = str(value)
    expressions = {"integer": r"[+-]?\d+", "boolean": r"[01]",
                   "number": r"[+-]?\d*(\.\d+)?([eE][+-]?\d+)?"}
    if kind in expressions and not re.fullmatch(expressions[kind], value):
        return text
    return text if kind == "number" and not re.search(r"\d", value) else None


def format_error(name, value):
    if isinstance(name, dict):
        return property_string_error(name, value)
    base = name[:-5] if name.endswith("-list") else name
    if base not in FORMATS:
        return None
    expression, text = FORMATS[base]
    values = [value] if base == name else re.split(r"[\0,;\s]+", value)
    for one in values:
        if not re.fullmatch(expression, one):
            return text % one if "%s" in text else text
    return None


def property_string_error(properties, value):
    """What is wrong with VALUE, made of KEY=VALUE,..."""
    default = [key for key, one in properties.items()
               if one.get("default_key")]
    seen = {}
    for part in value.split(","):
        key, equals, rest = part.partition("=")
        if not equals:
            if not default:
                return "value without key, but schema does not define a " \
                    "default key\n"
            key, rest = default[0], part
        one = properties.get(key) or {}
        key = one.get("alias", key)
        if key in seen:
            return "duplicate key in comma-separated list property: %s\n" % key
        seen[key] = rest
    found = errors(properties, seen)
    return "format error\n" + "".join(
        "%s: %s\n" % pair for pair in sorted(found.items())) if found else None


def value_error(one, value):
    """The error of VALUE by the property ONE, or None."""
    found = type_error(one.get("type"), value)
    if found:
        return found
    value = str(int(value) if isinstance(value, bool) else value)
    if "format" in one:
        found = format_error(one["format"], value)
        if found:
            return "invalid format - " + found
    if "pattern" in one:
        pattern = one["pattern"].replace("(?^:", "(?:").replace("\\z", "$")
        if not re.fullmatch(pattern, value):
            return "value does not match the regex pattern"
    if "enum" in one and value not in map(str, one["enum"]):
        return "value '%s' does not have a value in the enumeration '%s'" % (
            value, ", ".join(map(str, one["enum"])))
    if len(value) > int(one.get("maxLength", len(value))):
        return "value may only be %s characters long" % one["maxLength"]
    if len(value) < int(one.get("minLength", 0)):
        return "value must be at least %s characters long" % one["minLength"]
    if one.get("type") in ("integer", "number"):
        if "minimum" in one and float(value) < float(one["minimum"]):
            return "value must have a minimum value of %s" % one["minimum"]
        if "maximum" in one and float(value) > float(one["maximum"]):
            return "value must have a maximum value of %s" % one["maximum"]
    return None


def errors(properties, parameters):
    """What is wrong with PARAMETERS: a dictionary of names and texts."""
    found = {}
    for name, value in parameters.items():
        one = find_property(properties, name)
        if one is None:
            found[name] = "property is not defined in schema and the schema " \
                "does not allow additional properties"
            continue
        values = value if isinstance(value, list) else [value]
        if isinstance(value, list) and one.get("type") != "array":
            found[name] = "type check ('%s') failed - got ARRAY" % one["type"]
            continue
        one = one.get("items", one) if one.get("type") == "array" else one
        wrong = [text for text in (value_error(one, each) for each in values)
                 if text]
        if wrong:
            found[name] = wrong[0]
        needs = one.get("requires")
        if needs and needs not in parameters:
            found[needs] = "missing property - '%s' requires this property" \
                % name
    for name, one in properties.items():
        if not one.get("optional") and "[n]" not in name \
                and "alias" not in one and name not in parameters:
            found[name] = "property is missing and it is not optional"
    return found
