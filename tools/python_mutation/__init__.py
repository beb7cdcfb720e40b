"""`make mutate-python`: how many small defects in guard/ and lambda_entry/ the tests notice, module by module."""
