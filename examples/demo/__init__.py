"""`make demo`: real jobs in a local SageMaker, the Lambda handler with the real OPA, and the proof of what was stopped."""
