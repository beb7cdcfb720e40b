# METADATA
# title: Parameters
# description: |
#   Parameters of a rule, read so that a missing one can't turn the rule off: a value that is absent, null or of
#   another type counts as the fallback, and rules give the strictest one.
package guard.lib.settings

# METADATA
# description: The list called `name` in a rule's configuration.
list(config, name, fallback) := _value(config, name, "array", fallback)

# METADATA
# description: The mapping called `name` in a rule's configuration.
mapping(config, name, fallback) := _value(config, name, "object", fallback)

# METADATA
# description: The number called `name` in a rule's configuration.
number(config, name, fallback) := _value(config, name, "number", fallback)

# METADATA
# description: The switch called `name` in a rule's configuration.
flag(config, name, fallback) := _value(config, name, "boolean", fallback)

_value(config, name, type, fallback) := value if {
	value := config[name]
	type_name(value) == type
} else := fallback
