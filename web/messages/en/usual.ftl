### Whether something is usual here

usual-title = Is this usual here?

# $area (String): the name of an area
usual-areaTitle = { $area }: now compared with what is usual

usual-verdicts-fewer = Fewer than usual
usual-verdicts-usual = About usual
usual-verdicts-more = More than usual
usual-verdicts-too_few_weeks = Not enough history
usual-verdicts-incomplete = Not available today

usual-what-call = Calls for service
usual-what-community = Calls from the community
usual-what-officer = Opened by officers
usual-what-request = 311 requests

# $now (String): the count at present
# $low (String): the lower bound
# $high (String): the upper bound
usual-brief = { $now } in 24 h, usually { $low }–{ $high }.

# $what (String): what it is about, such as “Collision”
# $now (String): the count at present
# $until (String): a time
usual-counted = { $what }: { $now } in the 24 hours to { $until }, known so far.

# $weeks (String): how many weeks, or what each of them had
# $mean (String): an average
# $low (String): the lower bound
# $high (String): the upper bound
usual-compared = { $weeks } weeks before: { $mean } on average, { $low } to { $high } is usual.

# $weeks (String): how many weeks, or what each of them had
# $least (String): a number
usual-tooFew = Earlier weeks that can be compared: { $weeks }. At least { $least } are needed to say what is usual.

# $mean (String): an average
usual-averaged = On average they had { $mean }.

usual-incomplete = So few records cover these hours in the whole city that a source must be incomplete.

# $count (Number): how many
usual-skipped =
    { $count ->
        [one] { $count } of the twelve weeks before is not compared: the sources cover it only in part.
       *[other] { $count } of the twelve weeks before are not compared: the sources cover them only in part.
    }

usual-unanswered = No source has answered yet.
usual-failed = The comparison cannot be loaded now.

# $day (String): a day
# $hour (String): an hour of the day, such as “3 pm”, or a weekday
usual-city-when = for a { $day } { $hour }

# $now (String): the count at present
# $low (String): the lower bound
# $high (String): the upper bound
usual-city-range-call = { $now } calls in 24 h, usually { $low }–{ $high }

# $now (String): the count at present
# $low (String): the lower bound
# $high (String): the upper bound
usual-city-range-request = { $now } requests in 24 h, usually { $low }–{ $high }

usual-city-whole = in the whole city

# $what (String): what it is about, such as “Collision”
# $now (String): the count at present
# $mean (String): an average
# $verdict (String): such as “More than usual”
usual-apart = Counted separately: { $what }: { $now }, on average { $mean }. { $verdict }.

usual-weeksAgo = 12 weeks ago
usual-now = now
usual-notCompared = not compared

# $weeks (String): how many weeks, or what each of them had
# $now (String): the count at present
usual-strip = Each week before, the oldest first: { $weeks }. Now: { $now }.

usual-meaningTitle = What does this mean?
usual-meaning = The last 24 hours stand beside the same hours of the same weekday, in up to twelve weeks before. “More” or “fewer” is said only of a count that would come by chance about once in a hundred such days. Records that come late are not counted yet. A call is a request for help: more calls are not more crimes.
