# METADATA
# title: KMS keys
# description: |
#   Distinguishes customer keys of the job's own account from other keys, by the id, alias or ARN in the job. An alias
#   below `alias/aws/` is a key that AWS manages for the whole account; an ARN can name a key of another account. A glob
#   such as `*` allows neither: the glob must contain `alias/aws/`, or the number of the other account, literally. An id
#   alone reveals nothing more and counts as a customer key of the job's account.
package guard.lib.keys

import data.guard.lib.globs
import future.keywords.not

# METADATA
# description: |
#   The reason why a list of globs doesn't allow the key for a job in the account, as the end of a sentence. Undefined
#   if the list allows the key.
problem(patterns, key, account) := text if {
	wanted := _written_out(key, account)
	not globs.matches([pattern | some pattern in patterns; contains(pattern, wanted)], key)
	text := _reason(wanted)
}

# The text that a glob must contain to match the key.
_written_out(key, account) := "alias/aws/" if {
	regex.match(`^(?:arn:[^:]*:kms:[^:]*:[^:]*:)?alias/aws/`, key)
} else := owner if {
	startswith(key, "arn:")
	owner := split(key, ":")[4]
	owner != account
} else := ""

_reason(wanted) := "which is not allowed" if {
	wanted == ""
} else := "which AWS manages: it is not a customer key" if {
	wanted == "alias/aws/"
} else := sprintf("which belongs to account %s", [wanted])
