"""What schemathesis is told of this API, and one check more: why what the document admits is refused."""

import re

import schemathesis

# What JSON Schema has no words for; everything else that is described is to be taken.
UNSAID = [
    # Other rows: one that is there already, one that is not there, or one that is referred to.
    r"Unique constraint failed",
    r"Foreign key constraint failed",
    # Rows that would lose what they must have.
    r"NOT NULL constraint failed",
    # Sums over a whole request.
    r"at most \d+ ",
    r"nests too deep",
    r"longer than \d+ bytes",
    r"larger than \d+ bytes",
    # Members that go together.
    r"must be in \\?\"by\\?\"",
    r"fields in .* must be in",
    # Bytes have no form in JSON: an annotation says what they are, and chance does not write it.
    r"expected bytes",
    r"failed to deserialize request payload",
    r"the serialization meta ",
    # How many digits of an exact number columns keep.
    r"decimal number of 15 digits",
    # A selection of no field.
    r"needs either `select` with one field",
    # Ids of several fields are one text.
    r"expected an id of",
    # Operations of a transaction take what they take alone.
    r"operation at index",
    r"\$transaction",
    # Rules of the schema that are told in words.
    r"Invalid (string|email|URL|ISO|E\.164)",
    r"expected a value of ",
    r"`matchFields`",
]


@schemathesis.check
def only_what_is_unsaid_is_refused(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 422) or "Sign-in" in (case.operation.tags or []):
        return
    if "$transaction" in case.path:
        return
    text = response.text
    if not any(re.search(reason, text) for reason in UNSAID):
        raise AssertionError(f"refused, although the document admits it: {text[:300]}")
