### Pages of the server: the list, an incident, data and methods

plain-tongue = English
plain-skip = Skip to the content
plain-map = Map
plain-list = List

# $page (String): the page's name
# $city (String): the city's name
plain-title = { $page } · { $city }

# $time (String): a time, such as “9:02 pm”
plain-asOf = As of { $time }. Load the page again for what is newer.

# $city (String): the city's name
plain-heading = Incidents in { $city }

plain-words = Street, place or words
plain-since = Received from
plain-until = Received before

# $zone (String): a time zone, such as “America/Chicago”
plain-zone = Times are those of the city: { $zone }.

plain-apply = Apply

plain-ended-all = Ended
plain-ended-some = Ended or reported
plain-ended-none = Reported

plain-moreHappening = Everything that is happening now
plain-newest = Newest
plain-older = Older

# $count (Number): how many
plain-smallMap =
    { $count ->
        [one] Map: { $count } incident is happening now
       *[other] Map: { $count } incidents are happening now
    }

# $count (Number): how many
plain-shown =
    { $count ->
        [one] { $count } incident
       *[other] { $count } incidents
    }

# $name (String): the name of it
plain-notRead = “{ $name }” could not be understood, so nothing is listed.

plain-missing = There is no such page, or the incident is no longer shown.
plain-unavailable = The server cannot answer right now. Try again in a moment.
plain-back = Back to the list
plain-onMap = Show on the map

# $id (String): an incident's id
plain-publicId = Public id { $id }

# $city (String): the city's name
plain-intro = Where the incidents of { $city } come from, what is done to them before anybody sees them, and how much is not shown.

plain-contents = On this page
plain-crime = A call for service is a request for help. It is not a crime: most calls turn out to be something else, and nothing here says that anybody did anything.
plain-fresh = How fresh it is
plain-freshText = Each source is polled regularly. Its delay is the time from when an incident was received to when it was first seen here, over its latest incidents.

plain-states-ok = On time
plain-states-unstored = New data cannot be stored right now
plain-states-short = Many incidents are missing from its last update; none is closed yet
plain-states-late = Late
plain-states-failing = Not answering
plain-states-waiting = Not read yet
plain-states-paused = Paused by the city

plain-lastSuccess = Last answer
plain-delay = Delay at most, for half, 9 in 10 and 99 in 100 incidents
plain-noDelay = not measured yet
plain-gaps = Gaps in the last 90 days
plain-noGaps = none

# $from (String): a time or day
# $to (String): a time or day
plain-gap = { $from } to { $to }

# $span (String): a length of time, such as “4 min”
plain-every = polled every { $span }

# $found (String): a number
# $sought (String): a number
plain-sought = on past days, { $found } of { $sought } addresses that came without a position could be located

plain-closing-status = The source reports whether a call is closed.
plain-closing-time = A call is closed once it has a closing time.
plain-closing-vanish = A call is closed once it disappears from the source, so its end may be noticed late.
plain-closing-never = The source does not report when anything ends, so everything counts as closed.

plain-precision = It reports days, not times of day.
plain-pausedNow = Paused by the city now
plain-area = Area
plain-placed = Where it is shown
plain-placedText = Nothing is shown at its exact place. Each incident is moved to a public point before it is stored, always the same one for the same place, and the exact place is forgotten.

# $share (String): a percentage
# $count (String): how many
plain-placedShare = { $share } of the { $count } incidents on the map have a place.

plain-placeKind = Shown at

plain-placeKinds-grid = The centre of a hexagon of the grid
plain-placeKinds-intersection = The nearest intersection
plain-placeKinds-block = The centre of the block
plain-placeKinds-area = A point for the whole area
plain-placeKinds-publisher = Where the city's own feed puts it
plain-placeKinds-none = No place

plain-movedAtMost = Moved at most
plain-count = Incidents
plain-ledger = The ledger
plain-ledgerText = What became of everything that was fetched. Each incident is counted once, on the day (UTC) on which it was published or withheld, however often it was fetched. What is still held is not counted yet. Only past days are listed.
plain-ledgerSum = Fetched = published + published late + withheld + unreadable. Where a count is suppressed, fetched is given as a range.

# $small (String): a number
plain-suppressed = < { $small }

# $small (String): a number
plain-suppressedText = “< { $small }” stands for fewer than { $small }, none included. It is left out because a small count can point at a person.

# $small (String): a number
plain-suppressedArea = “·” stands for a count that is left out, because it is smaller than { $small } or would give away one that is.

plain-suppressedCell = ·
plain-from = From
plain-to = To
plain-wholeCity = Whole city
plain-day = Day
plain-month = Month
plain-total = Total
plain-fetched = Fetched

# $least (String): a number
# $most (String): a number
plain-between = { $least } to { $most }

plain-published = Published
plain-held = Published late
plain-withheld = Withheld
plain-unreadable = Unreadable
plain-afterwards = Afterwards
plain-released = Published after all
plain-retracted = Retracted

plain-reasons-unmapped = Type unknown
plain-reasons-sensitive = Sensitive
plain-reasons-policy = By policy
plain-reasons-no_place = No place
plain-reasons-outside_city = Outside

plain-rejections-bad_time = time not readable
plain-rejections-no_time = no time
plain-rejections-absurd_time = impossible time
plain-rejections-no_key = no key
plain-rejections-bad_key = key not readable
plain-rejections-no_source_type = no type
plain-rejections-bad_source_type = type not readable
plain-rejections-unknown_status = status unknown
plain-rejections-ragged_row = damaged row
plain-rejections-bad_row = damaged row
plain-rejections-other = others

plain-noDays = No full day has passed since this city's record began.
plain-noMonths = No whole month lies between these days. By area the ledger is published by month.

# $kind (String): a kind of area, such as “district”
plain-ledgerArea = By area, counts are published for one kind of area only ({ $kind }): from the counts of two kinds, small ones could be worked out.

plain-definitions = What the words mean
plain-terms-call-name = Call for service
plain-terms-call-meaning = Work that a dispatch centre opened: from 911, a non-emergency line, or by an officer.
plain-terms-request-name = Service request
plain-terms-request-meaning = A 311 request, such as a pothole or a street light.
plain-terms-incident-name = Incident
plain-terms-incident-meaning = Either of them: one row of the list, one mark on the map.
plain-terms-status-name = Open, closed
plain-terms-status-meaning = Whether it is still being worked on, as far as the source reports.
plain-terms-received-name = Received
plain-terms-received-meaning = When the call came in. All other times are shown as durations after it.
plain-terms-stages-name = Dispatched, en route, on scene
plain-terms-stages-meaning = When the first unit was sent, set off and arrived.
plain-terms-withheld-name = Withheld
plain-terms-withheld-meaning = Not published, and counted.
plain-terms-held-name = Held
plain-terms-held-meaning = Published later.
plain-terms-masked-name = Masked
plain-terms-masked-meaning = Shown at a coarser place or time.
plain-terms-retracted-name = Retracted
plain-terms-retracted-meaning = Removed after it was published.
plain-terms-unreadable-name = Unreadable
plain-terms-unreadable-meaning = A record without a readable time, type or key. It is refused alone, and counted.
plain-mapping = Categories, and what maps to them
plain-mappingText = Every agency has its own words for what a call is. The city says which of them mean which category; a type that nobody has mapped is withheld and counted until somebody does.

# $count (Number): how many
plain-types =
    { $count ->
       *[other] { $count } of the agency's types
    }

# $count (Number): how many
plain-patterns =
    { $count ->
        [one] { $count } pattern
       *[other] { $count } patterns
    }

plain-typesHidden = This city does not publish its agencies' own words, so only their number is shown here.
plain-never = What is never shown
plain-neverText = Calls of these groups are withheld permanently, in every city: not even a correction makes them public. Words, names, telephone numbers, plates, units' names and patients' outcomes are never read.

plain-groupNames-domestic_violence = Domestic violence
plain-groupNames-sexual_offence = Sexual offences
plain-groupNames-child_abuse = Child abuse
plain-groupNames-juvenile = Young people
plain-groupNames-suicide_mental_health = Suicide and mental health
plain-groupNames-overdose = Overdoses
plain-groupNames-elder_abuse = Abuse of old people
plain-groupNames-stalking = Stalking
plain-groupNames-death = Deaths
plain-groupNames-tactical_officer_safety = Tactical operations and officers' safety

plain-loosened = Exceptions that this city publishes
plain-notLoosened = This city publishes no exceptions.

# $group (String): the name of a group
plain-whole = The whole group: { $group }

# $group (String): the name of a group
plain-some = A part of the group: { $group }

plain-asPublished = Points shown where their publisher puts them
plain-asPublishedText = What these sources publish is masked already, as the city says. Medical calls are masked once more.

# $source (String): what people call the source
# $metres (String): a distance, such as “200 m”
plain-asPublishedBy = { $source }: up to { $metres } from the place

plain-medical = Medical calls are shown as medical and nothing more, at a coarser place.

# $minutes (String): a number of minutes
plain-medicalTimes = Their times are rounded down to steps of { $minutes } minutes, and each appears two minutes after its step has ended.

# $field (String): the name of a field, such as “Status”
plain-medicalShown = Shown of medical calls too: { $field }

plain-medicalFields-priority = priority
plain-medicalFields-units = number of units
plain-medicalFields-times = times to the second

# $span (String): a length of time, such as “4 min”
plain-cell = Other places are shown at the centre of a hexagon about { $span } across.

# $span (String): a length of time, such as “4 min”
plain-cellMedical = Medical calls: about { $span } across.

plain-hundredBlock = Beside the place stands its hundred block or intersection, except for medical calls.
plain-noLabels = No street is named beside the place.
plain-changes = When the rules changed
plain-changesText = Days (UTC) on which another policy took effect. A change also applies to what was published before.
plain-noChanges = The policy has not changed since this city's record began.
plain-limits = What to be careful about
plain-limitList-calls = Calls are what people asked for, not what happened. A type may change, or turn out to be wrong.
plain-limitList-places = Who calls, and how often, differs from place to place. More calls do not mean more danger.
plain-limitList-points = Points stand for many addresses. Two calls at one point need not be at one address.
plain-limitList-sources = A source may be late, stop, or leave things out. Gaps above say when that was noticed.
plain-limitList-times = Times are the agency's own, as far as they make sense.
plain-limitList-missing = Small and sensitive things are missing on purpose, so counts here are lower than the agency's own.
plain-licence = Licence, citation and downloads

# $attribution (String): the source's own words
plain-licenceText = The data is that of its sources: { $attribution }.

plain-licenceNone = The data is that of its sources, and under their terms.
plain-software = Blocklight, which shows it, is free software under the Apache License 2.0.
plain-notices = Licences of the software, icons and typeface in these pages

# $city (String): the city's name
# $url (String): an address
# $day (String): a day
plain-cite = Cite as: Blocklight, { $city }, { $url }, read on { $day }.

plain-downloads = For programs
plain-apiIncidents = Incidents as GeoJSON
plain-apiWindow = The live window as Arrow columns
plain-apiSources = Health of the sources
plain-apiLedger = The ledger
plain-apiPolicy = The policy
plain-apiAll = Description of the interface (OpenAPI)
