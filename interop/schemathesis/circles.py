"""Cuts the circles out of what an OpenAPI document says of requests.

Schemas of arguments lead to each other: the rows of a model are found by the rows that they belong to, and so on for ever. Making
requests from such circles takes schemathesis minutes each. Here every circle is gone round a given number of times, and what
would lead round once more is left out. What is left is admitted by the whole document as well; what is refused by it need not be,
so such a document is for requests that are to be taken ("positive" ones).
"""

import copy

SCHEMAS = "#/components/schemas/"


def cut(document, rounds=1):
    """The same document, with schemas of requests of their own."""
    return Cut(copy.deepcopy(document), rounds).document


class Cut:
    def __init__(self, document, rounds):
        self.document = document
        self.rounds = rounds
        self.schemas = document["components"]["schemas"]
        self.references = {name: referred(schema, set()) for name, schema in self.schemas.items()}
        self.circles = circles(self.references)
        self.made = {}
        for path in document["paths"].values():
            for operation in path.values():
                self.replace(operation, "parameters")
                self.replace(operation, "requestBody")
        self.replace(document["components"], "parameters")
        self.schemas.update(self.made)

    def replace(self, holder, member):
        if isinstance(holder, dict) and member in holder:
            holder[member] = self.within(holder[member], None, 0)

    def within(self, node, circle, turns):
        """A part of a schema of the circle, gone round so often; None where it cannot be without what is left out."""
        if isinstance(node, list):
            return [part for part in (self.within(one, circle, turns) for one in node) if part is not None]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self.reference(node, circle, turns)
        return self.members(node, circle, turns)

    def members(self, node, circle, turns):
        made = {}
        for keyword, value in node.items():
            if keyword == "properties":
                parts = {name: self.within(part, circle, turns) for name, part in value.items()}
                made[keyword] = {name: part for name, part in parts.items() if part is not None}
                needed = set(value) & set(node.get("required", []))
                if not needed.issubset(made[keyword]) or len(made[keyword]) < node.get("minProperties", 0):
                    return None
            elif isinstance(value, (dict, list)):
                made[keyword] = self.within(value, circle, turns)
                lost = keyword in ("anyOf", "oneOf") and not made[keyword]
                if made[keyword] is None or lost or keyword == "allOf" and len(made[keyword]) < len(value):
                    return None
            else:
                made[keyword] = value
        return made

    def reference(self, node, circle, turns):
        name = node["$ref"].removeprefix(SCHEMAS)
        if name not in self.schemas:
            return node
        turns = turns + 1 if circle is not None and self.circles.get(name) == circle else 0
        if turns > self.rounds:
            return None
        return {**node, "$ref": SCHEMAS + self.copied(name, turns)}

    def copied(self, name, turns):
        own = f"{name}.{turns}"
        if own not in self.made:
            self.made[own] = {}
            self.made[own] = self.within(self.schemas[name], self.circles.get(name), turns)
        return own


def referred(node, found):
    """The names of the schemas that a part of a schema leads to."""
    if isinstance(node, dict):
        to = node.get("$ref")
        if isinstance(to, str) and to.startswith(SCHEMAS):
            found.add(to.removeprefix(SCHEMAS))
    if isinstance(node, (dict, list)):
        for part in node.values() if isinstance(node, dict) else node:
            referred(part, found)
    return found


def circles(references):
    """The least name of the circle that each name is part of; names that are part of none are left out."""
    reached = {name: reach(references, name) for name in references}
    return {
        name: min(other for other in reached[name] if name in reached[other])
        for name in references
        if name in reached[name]
    }


def reach(references, name):
    """What a name leads to; itself, too, where it does."""
    found, open_names = set(), [name]
    while open_names:
        for other in references[open_names.pop()] - found:
            found.add(other)
            open_names.append(other)
    return found
