### Pages of the server about the past

past-nav = Numbers
past-wholeCity = The whole city

# $count (Number): how many
past-openNow =
    { $count ->
        [one] { $count } call is being answered now.
       *[other] { $count } calls are being answered now.
    }

# $count (Number): how many
past-calls =
    { $count ->
        [one] { $count } call
       *[other] { $count } calls
    }

past-span-24 = Last 24 hours
past-span-168 = Last 7 days
past-span-672 = Last 28 days

# $officer (String): a number
# $requests (String): a number
past-apart = Counted separately: { $officer } opened by officers, { $requests } requests to 311.

# $time (String): a time, such as “9:02 pm”
# $seq (String): a number
past-asOf = As of { $time } (entry { $seq } of the change log).

past-kinds = What kinds
past-kindsText = Calls of the last 28 days. The mark shows how many there would be at the share of the whole city.
past-kind = Kind
past-n = Calls
past-expected = At the city's share
past-when = When
past-whenText = Calls by weekday and hour, last 52 weeks.
past-weekday = Day
past-weeks = Week by week
past-weeksText = Calls received in each week. Pale: the week is not over, or only a part of it is in the archive.
past-week = Week from
past-complete = Complete
past-yes = yes
past-no = no
past-wait = How long people wait
past-waitText = From received to the first unit on scene, last 52 weeks. Everybody counts, also those still waiting and those nobody came to.
past-none = not given
past-known = Arrival known
past-half = Half wait less than
past-nine = 9 in 10 less than
past-only = Half of those reached wait less than

# $calls (String): a number
# $served (String): a number
# $unserved (String): a number
# $missing (String): a number
# $waiting (String): a number
# $excluded (String): a number
past-fates = Of { $calls } calls { $served } were reached, { $unserved } ended before anyone came, { $missing } have no arrival time in the feed, { $waiting } are still waiting. { $excluded } more are left out: their times contradict each other or are longer than a day.

past-refusals-not_reported = Not reported: no source says when this stage ends.
past-refusals-too_few = Too few calls for figures.
past-refusals-missing_grows = No figure: the longer calls wait, the more often the arrival time is missing, so any figure would be wrong.

past-never = not reached

# $low (String): the lower bound
# $high (String): the upper bound
past-interval = { $low } to { $high }

past-ended = How calls ended
past-endedText = Last 52 weeks. Ended does not mean solved.
past-untold = Not reported
past-now = Happening now
past-nothingNow = No open call.
past-check = Check it yourself
past-csv = CSV
past-files = All calls by month (Parquet, CSV, GeoJSON)
past-worked = How this is worked out
past-stage = Stage

past-stages-queue = Waiting for a unit to be sent
past-stages-turnout = Until the unit sets off
past-stages-travel = On the way
past-stages-response = From call to arrival
past-stages-on_scene = On scene

past-by = By

past-byNames-priority = priority
past-byNames-category = category
past-byNames-hour = hour of day
past-byNames-weekday = weekday
past-byNames-month = month
past-byNames-agency = agency
past-byNames-origin = who called

past-building = The archive is being built. Try again in a minute.
past-times = Response times
past-mean = Mean of those reached

# $heading (String): what the endings are counted by, such as “category”, at the end of the title
past-outcomes-by = By { $heading }

past-outcomes-wait = Wait until help was there

# $time (String): a time, such as “9:02 pm”
past-outcomes-over = over { $time }

past-outcomes-unknown = Arrival not known

past-outcomes-others = Other endings

past-work-title = Work

past-work-text = Units busy at the same time, by hour of day, on average: community calls, and officer-initiated work in grey.

past-work-notReported = Not reported: no source says both when units are sent and when calls end.

past-work-hour = By hour of day

past-work-community = Units, community

past-work-officer = Units, officer-initiated

past-work-waiting = Calls waiting

past-work-queues = Longest queues

# $community (String): a number
# $officer (String): a number
# $oneUnit (String): a number, of calls
# $leftOut (String): a number, of calls
past-work-counted = { $community } community calls and { $officer } officer-initiated ones held units; of { $oneUnit } the number of units is not reported, and each counts as one. { $leftOut } more are left out: when a unit was sent or the call ended is not known, or the times contradict each other.

past-compare-nav = Compare

past-compare-title = Compare areas

past-compare-text = Each figure comes with the range that it may lie in (95 %). A difference is marked “within chance” if its range includes zero. About one difference in twenty is marked as real by chance alone.

past-compare-choose = Choose two to six areas, or one area and a second period.

past-compare-add = Add an area

past-compare-since = From

past-compare-until = Before

past-compare-versusSince = Compare with the time from

past-compare-area = Area

past-compare-days = Days covered

past-compare-aWeek = Calls a week

past-compare-aWeekText = Calls of the community. The range is as wide as weeks vary; the dashed line is the first.

past-compare-beside = Against the first

past-compare-base = the first

past-compare-waitText = From received to the first unit on scene; everybody counts. The dashed line is the first.

past-compare-sharesText = Share of the calls of each column; bold where it differs from the first beyond chance.

past-compare-endedText = Share of the calls that ended. Ended does not mean solved.

# $name (String): the name of it
past-compare-without = × { $name }

past-compare-verdicts-more = higher

past-compare-verdicts-less = lower

past-compare-verdicts-within_chance = within chance

past-compare-verdicts-unknown = not enough data

past-target-title = Within the target

past-target-text = How many calls were through this stage within the city's target. Everybody counts, also those still waiting and those nobody came to.

past-target-goal = Target

past-target-within = Within the target

past-target-only = Of those reached

past-target-missing = If missing times were never, or at once

past-target-several = several

# $time (String): a time, such as “8 min”
past-target-inTime = within { $time }

# $share (String): a share, such as “90 %”
# $time (String): a time, such as “8 min”
past-target-shareInTime = { $share } within { $time }

# $target (String): the target in words, such as “90 % within 8 min”
past-target-asked = Target: { $target }.

# $target (String): the target in words, such as “Priority 1: 90 % within 8 min”
# $day (String): a day
past-target-since = Target: { $target }, from { $day } on.

# $n (String): a number
# $year (String): a year
# $source (String): who counted
past-rate-residents = { $n } residents ({ $year }, { $source })

# $rate (String): a number
past-rate-of = { $rate } per 1,000 residents

past-rate-aWeek = A week per 1,000 residents

# $year (String): a year
# $source (String): who counted
past-rate-counted = Residents as counted in { $year }: { $source }. People who live elsewhere call as well.
