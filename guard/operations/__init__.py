"""The implementation of the operator commands for a deployed guard; not part of the Lambda."""
