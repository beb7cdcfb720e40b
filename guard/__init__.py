"""sagemaker-guard: decides on Amazon SageMaker jobs with OPA and stops the denied ones.

What is public, for programs of your own; everything else may change:

- `guard.images.parse_reference`: the parts of a container image reference.
- `guard.sources.events.parse_event`: the job that an EventBridge event is about.
- `guard.document.Document`, `guard.decision.Decision`: the two contracts with Rego.
- `guard.opa.engine.EmbeddedOpa`: decides on a document.
- `guard.pipeline.Guard`: judges a job, or handles an event.
- `guard.record.Record`, `guard.log.sinks.Sink`: the decision with its outcome, and a destination that stores it.
- `guard.errors`: every way in which the guard can fail.

Nothing is imported here: the Lambda starts OPA before it pays for any import.
"""
