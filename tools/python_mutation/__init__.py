"""`make mutate-python`: count, by module, how many small defects in guard/ and lambda_entry/ the tests detect."""
