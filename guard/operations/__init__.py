"""What the commands of those who operate a deployed guard are made of; not in the Lambda."""
