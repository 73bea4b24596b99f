"""The HTTP floor: routes, the body reader, problem+json; no rule lives here."""
