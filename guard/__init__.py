"""sagemaker-guard: decides on Amazon SageMaker jobs with OPA and stops the denied ones.

Nothing is imported here: the Lambda starts OPA before it pays for any import.
"""
