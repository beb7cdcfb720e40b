"""The commands for policy authors: `make check`, `test-policies`, `bundle`, `docs`, `new-rule`, `mutate-policies`.

Not part of the deployment package. Rego, METADATA and YAML are read by OPA itself, so that the checks interpret them as
decisions do.
"""
