# METADATA
# title: KMS keys
# description: |
#   Tells a customer's key of the job's own account from others, by what the job says: id, alias or ARN. An
#   alias below `alias/aws/` is a key that AWS manages for everybody in the account; an ARN can name a key of
#   another account. Neither is allowed by a glob such as `*`, only by one that writes `alias/aws/`, or the other
#   account's number, out. A bare id says nothing more and counts as a key of the account.
package guard.lib.keys

import data.guard.lib.globs
import future.keywords.not

# METADATA
# description: |
#   Why a list of globs doesn't allow the key of a job in the account, as the end of a sentence; undefined if it does.
problem(patterns, key, account) := text if {
	wanted := _written_out(key, account)
	not globs.matches([pattern | some pattern in patterns; contains(pattern, wanted)], key)
	text := _reason(wanted)
}

# What a glob must hold to match the key.
_written_out(key, account) := "alias/aws/" if {
	regex.match(`^(?:arn:[^:]*:kms:[^:]*:[^:]*:)?alias/aws/`, key)
} else := owner if {
	startswith(key, "arn:")
	owner := split(key, ":")[4]
	owner != account
} else := ""

_reason(wanted) := "which is not an allowed one" if {
	wanted == ""
} else := "which AWS manages: it is not a customer key" if {
	wanted == "alias/aws/"
} else := sprintf("which belongs to account %s", [wanted])
