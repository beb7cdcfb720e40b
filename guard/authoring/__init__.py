"""What a policy author's commands are made of: `make check`, `test-policies`, `bundle`, `docs`, `new-rule`, `mutate-policies`.

Not part of the deployment package. OPA itself reads Rego, METADATA and YAML here, so that nothing is understood differently
than it is when a decision is made.
"""
