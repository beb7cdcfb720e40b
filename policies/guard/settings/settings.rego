# METADATA
# title: Settings
# description: |
#   The hyperparameters and environment variables of a job as one list, with their names and values in lists of the same
#   order. Rules that look at every setting share them: OPA walks a list of texts in fewer steps than a list of objects,
#   and only a text that is suspicious needs its setting.
# schemas:
#   - input: schema.input
package guard.settings

# METADATA
# description: Every setting, hyperparameters first.
listed := array.concat(input.hyperparameters, input.environment)

# METADATA
# description: The settings' names.
names := [setting.name | some setting in listed]

# METADATA
# description: The settings' names in lower case.
lower_names := [lower(name) | some name in names]

# METADATA
# description: The settings' values.
values := [setting.value | some setting in listed]

# METADATA
# description: All values, one after the other, to tell at once what none of them holds.
text := concat("\n", values)
