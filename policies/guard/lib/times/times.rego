# METADATA
# title: Times
# description: |
#   Nanoseconds since 1970 for instants and days from 2000 to 2199; undefined, never an error, for any other value.
package guard.lib.times

# METADATA
# description: The instant of an RFC 3339 text with its offset from UTC.
instant(text) := time.parse_rfc3339_ns(text) if {
	is_string(text)
	regex.match(_instant, text)
}

# METADATA
# description: The last nanosecond, in UTC, of a day written as YYYY-MM-DD.
end_of_day(date) := instant(concat("", [date, "T23:59:59.999999999Z"])) if is_string(date)

# 2100 is not a leap year.
_instant := concat("", [
	`^(?:2[01]\d\d-(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`,
	`|2[01]\d\d-(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`,
	`|2[01]\d\d-02-(?:0[1-9]|1\d|2[0-8])`,
	`|(?:20(?:0[048]|[2468][048]|[13579][26])|21(?:0[48]|[2468][048]|[13579][26]))-02-29`,
	`)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`,
])
