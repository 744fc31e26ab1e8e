"""The JSON Schema of configurations: the shipped examples fit it, and what `tributary check` refuses does not. $1: the schema."""

import copy
import glob
import json
import sys

import jsonschema
import yaml

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def fits(config):
    return validator.is_valid(config)


examples = {}
for path in sorted(glob.glob("conf/*.yaml") + glob.glob("conf/examples/*.yaml")):
    config = yaml.safe_load(open(path))
    if "connector" not in config:
        continue  # the model
    examples[path] = config
    for error in validator.iter_errors(config):
        print("%s: %s: %s" % (path, "/".join(map(str, error.path)), error.message))
if len(examples) < 9:
    print("only %d examples were found" % len(examples))

postgresql = examples["conf/cinema-bookings.yaml"]
mysql = examples["conf/shop-stock.yaml"]


def mistake(config, what, path, value):
    """`value` at `path`; None removes what is there."""
    changed = copy.deepcopy(config)
    at = changed
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    if fits(changed):
        print("accepted: %s" % what)


table = next(t for t, m in postgresql["tables"].items() if isinstance(m, dict))
mapping = postgresql["tables"][table]
mistake(postgresql, "an unknown key", ["sauce"], {})
mistake(postgresql, "an unknown key of a section", ["redis", "durabilty"], "aof")
mistake(postgresql, "no source", ["source"], None)
mistake(postgresql, "no user", ["source", "user"], None)
mistake(postgresql, "a server_id for PostgreSQL", ["source", "server_id"], 7)
mistake(mysql, "no server_id for MySQL", ["source", "server_id"], None)
mistake(mysql, "a slot for MySQL", ["source", "slot"], "tributary_shop")
mistake(postgresql, "an unknown kind of source", ["source", "type"], "oracle")
mistake(postgresql, "a port that is too large", ["source", "port"], 65536)
mistake(postgresql, "a duration without its unit", ["source", "heartbeat"], 5)
mistake(postgresql, "a size of an unknown unit", ["limits"], {"memory": "64MB"})
mistake(postgresql, "an unknown durability", ["redis", "durability"], "replicas")
mistake(postgresql, "another kind of URL", ["redis", "url"], "http://127.0.0.1")
mistake(postgresql, "Cluster, which is not there", ["redis", "cluster"], ["127.0.0.1:7000"])
mistake(postgresql, "sentinels without the master's name", ["redis", "sentinel"], {"nodes": ["s1.example"]})
mistake(postgresql, "a sentinel that is no list", ["redis", "sentinel"], {"master": "river", "nodes": "s1.example"})
mistake(postgresql, "an unknown entity", ["tables", table, "entity"], "bookings")
mistake(postgresql, "an unknown field", ["tables", table, "fields", "reservation_stat"], "state")
mistake(postgresql, "no key", ["tables", table, "key"], None)
mistake(postgresql, "an unknown rule for personal data", ["tables", table, "fields"], {"email": {"column": "e", "pii": "hide"}})
mistake(postgresql, "two sources of a field", ["tables", table, "fields"], {"email": {"column": "e", "const": "x"}})
mistake(postgresql, "an agreement of an entity that has none", ["agree"], {"booking": {"fields": ["email"], "across": ["channel"]}})
sentinels = {"url": "redis:///0", "sentinel": {"master": "river", "nodes": ["s1.example:26379", "s2.example"]}}
for good in ({"redis": sentinels}, {"limits": {"memory": "${env:MEMORY}"}}, {"due": {"basket": {"after": "30m"}}}, {"http": {"listen": "off"}}):
    if not fits({**postgresql, **good}):
        print("refused: %s" % good)
