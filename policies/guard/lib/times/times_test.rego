package guard.lib.times_test

import data.guard.lib.times

test_instant_counts_from_1970_in_utc[note] if {
	some note, text in {
		"utc": "2025-06-15T12:00:00Z",
		"fraction": "2025-06-15T12:00:00.000000Z",
		"offset": "2025-06-15T14:00:00+02:00",
		"day before": "2025-06-14T23:30:00-12:30",
	}
	times.instant(text) == 1749988800000000000
}

test_instant_is_undefined_for_other_text[note] if {
	some note, text in {
		"null": null,
		"number": 1749988800,
		"empty": "",
		"no offset": "2025-06-15T12:00:00",
		"date alone": "2025-06-15",
		"no time": "2025-06-15T",
		"two times": "2025-06-15T12:00:00ZT12:00:00Z",
		"hour 24": "2025-06-15T24:00:00Z",
		"year out of range": "1677-01-01T00:00:00Z",
		"surrounded": " 2025-06-15T12:00:00Z",
		"newline": "2025-06-15T12:00:00Z\n",
	}
	not times.instant(text)
}

test_end_of_day_is_its_last_nanosecond if {
	times.end_of_day("2025-06-15") == times.instant("2025-06-16T00:00:00Z") - 1
}

test_end_of_day_knows_the_calendar[date] if {
	some date in [
		"2000-02-29", "2024-02-29", "2096-02-29", "2104-02-29", "2160-02-29", "2025-02-28",
		"2025-01-31", "2025-04-30", "2025-12-31", "2199-12-31",
	]
	times.end_of_day(date) == times.instant(concat("", [date, "T23:59:59.999999999Z"]))
}

test_end_of_day_is_undefined_for_invalid_dates[date] if {
	some date in [
		"2025-02-29", "2100-02-29", "2025-02-30", "2025-04-31", "2025-06-31", "2025-13-01", "2025-00-10",
		"2025-01-00", "2025-01-32", "2025-1-1", "25-01-01", "1999-12-31", "2200-01-01", "2025-06-15T00:00:00Z",
		"20250615", "next year", "", " 2025-06-15",
	]
	not times.end_of_day(date)
}

test_end_of_day_is_undefined_for_other_types if {
	every value in [null, 20250615, ["2025-06-15"]] {
		not times.end_of_day(value)
	}
}
