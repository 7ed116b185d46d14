### The map page, and what the server's pages say in the same words

live = Live
notLive = Not live
connecting = Connecting
lost = Connection lost, trying again

# $span (String): a length of time, such as “4 min”
kept = Offline. Showing data from { $span } ago

keptOnce = Offline. Showing the last view that was loaded.
loading = Loading incidents
failed = The server does not answer. Trying again.

# $span (String): a length of time, such as “4 min”
ago = { $span } ago

# $when (String): a time, or how long ago it was
newest = newest call { $when }

# $span (String): a length of time, such as “4 min”
checked = Checked { $span } ago, no calls

# $source (String): what people call the source
# $span (String): a length of time, such as “4 min”
# $since (String): a time, such as “Fri, 9:02 pm”
late = { $source } is { $span } late, since { $since }

# $source (String): what people call the source
silent = { $source } has not answered yet

# $source (String): what people call the source
unstored = New data from { $source } cannot be stored right now

# $source (String): what people call the source
short = { $source }: many incidents are missing from its last update; none is closed yet

# $source (String): what people call the source
# $since (String): a time, such as “Fri, 9:02 pm”
failing = { $source } has not answered since { $since }

# $what (String): what it is about, such as “Collision”
# $since (String): a time, such as “Fri, 9:02 pm”
# $reason (String): the city's own words
pausedSince = Paused by the city since { $since }: { $what }. Reason: { $reason }

pauseScopes-city = everything
pauseScopes-area = a part of the city

# $count (Number): how many
moreTroubles =
    { $count ->
        [one] { $count } more notice under “Data & methods”.
       *[other] { $count } more notices under “Data & methods”.
    }

# $count (Number): how many
openIn-calls =
    { $count ->
        [one] call being answered
       *[other] calls being answered
    }

# $count (Number): how many
openIn-requests =
    { $count ->
        [one] request open
       *[other] requests open
    }

# $count (Number): how many
openIn-officer =
    { $count ->
       *[other] officer-initiated, open
    }

# $count (Number): how many
openIn-all =
    { $count ->
       *[other] open now
    }

# $range (String): a span of time that was chosen, such as “24 h”
endedIn-all = ended, { $range }

# $range (String): a span of time that was chosen, such as “24 h”
endedIn-some = ended or reported, { $range }

# $range (String): a span of time that was chosen, such as “24 h”
endedIn-none = reported, { $range }

# $count (String): how many
inWholeCity = { $count } in the whole city

sections = What is listed

sectionNames-calls = Calls
sectionNames-requests = Repairs and requests
sectionNames-officer = Officer activity

# $count (String): how many
happening = Happening now · { $count }

# $range (String): a span of time in lower case, such as “last 24 hours”
# $count (String): how many
endedList-all = Ended · { $range } · { $count }

# $range (String): a span of time in lower case, such as “last 24 hours”
# $count (String): how many
endedList-some = Ended or reported · { $range } · { $count }

# $range (String): a span of time in lower case, such as “last 24 hours”
# $count (String): how many
endedList-none = Reported · { $range } · { $count }

order = Order

orders-nearest = nearest first
orders-newest = newest first
orders-longest = longest first

showOpenOnly = Show only open incidents
showClosedOnly = Show only closed incidents
search = Search a street, place or beat
seek = Search
clearSearch = Clear search
found = Areas, places and addresses

foundKinds-place = Place
foundKinds-address = Address

# $text (String): the words themselves
# $host (String): the address search that is asked
lookUp = Look up “{ $text }” at { $host }

lookedUp-asking = Looking it up…
lookedUp-nothing = No such address in this city.
lookedUp-failed = The address search does not answer.

locate = Show where I am
locating = Finding your position. It does not leave this browser.
elsewhere = You are outside the area of this map.
noPosition = The browser did not give a position.
categories = Categories
incidents = Incidents
nothing = No incidents match.
nothingHint = Try a longer time range or clear the filters.
showAll = Show everything

# $count (Number): how many
newMany =
    { $count ->
        [one] { $count } new incident
       *[other] { $count } new incidents
    }

# $rate (String): a number
fast = This is a demo: time runs { $rate } times as fast.

notACrime = A call is a request for help, not a crime.
contact = Something wrong or private here?
data = Data & methods
whatAndWhy = What and why
someWithheld = Some calls are not shown, to protect privacy.

# $count (Number): how many
withheld =
    { $count ->
        [one] { $count } call from yesterday is not shown, to protect privacy.
       *[other] { $count } calls from yesterday are not shown, to protect privacy.
    }

close = Close
link = Copy link
copied = Copied
copy = Copy
copyCode = Copy the code
copyFailed = The browser did not allow copying. Select the text and copy it.
shareView = Share this view
shareLink = Link to this view
shareHint = Both keep your filters, the time span and, if you moved it, where the map looks.
asData = The same incidents as data (GeoJSON)
shareWith = Share with…
embedLabel = Code for a page of your own

# $city (String): the city's name
embedTitle = Live map of calls for service in { $city }

fullMap = Open the full map
help = Keys and help
language = Language
areas = Areas
noAreas = No outlines
layers = Layers
density = Closed incidents as density

densities-auto = When zoomed out
densities-always = Always
densities-never = Never

densityLegend = Closed incidents in a hexagon
share = Share
filters = Filters
play = Play the day
pause = Pause
now = now
midnight = midnight
noon = noon
only = only
allAgain = all

# $name (String): the name of it
onlyThis = Only { $name }, or all again

oneMore = Add another
chosen = Chosen

# $name (String): the name of it
letGo = Remove { $name }

# $from (String): a time or day
# $until (String): a time
asOfThen = Received from { $from } to { $until }, as known today. What was retracted since is not shown.

backToNow = Back to now
pastLoading = Loading…
pastPart = Too many to show: these are the newest 10,000.
pastFailed = The incidents could not be loaded.

# $when (String): a time, or how long ago it was
toNewest = Go to the newest call, { $when }

toDay = Go to a day
shareStill = Freeze this moment
copyStill = Copy the link to this moment
stillHint = The first link always shows the newest calls. The second keeps showing the calls of this moment, with what is known of them when it is opened, and without any that were retracted since.
clearSpan = Clear the span

range-1 = 1 h
range-24 = 24 h
range-168 = 7 d
range-720 = 30 d

rangeLong-1 = Last hour
rangeLong-24 = Last 24 hours
rangeLong-168 = Last 7 days
rangeLong-720 = Last 30 days

timeline = Timeline

# $open (String): a number
# $closed (String): a number
# $from (String): a time or day
# $to (String): a time or day
timelineText = { $open } open and { $closed } closed incidents received from { $from } to { $to }

spanFrom = Start of the span
spanTo = End of the span
hourRing = Hours of the day

# $hour (String): an hour of the day, such as “3 pm”, or a weekday
# $count (String): how many
hourCount = { $hour }: { $count }

weekdays = Days of the week
kind = Kind

kinds-call = Calls for service
kinds-request = 311 requests

agency = Agency

agencies-police = Police
agencies-fire = Fire
agencies-ems = Ambulance
agencies-public_works = Public works
agencies-animal_services = Animal services
agencies-traffic = Traffic
agencies-sanitation = Sanitation
agencies-transportation = Transportation
agencies-parks = Parks

status = Status

statuses-open = Open
statuses-closed = Closed

origin = Initiated by

origins-community = Community
origins-officer = Officer

priority = Priority
any = Any

stages-reported = reported
stages-ended = ended
stages-received = received
stages-dispatched = dispatched
stages-en_route = en route
stages-on_scene = on scene
stages-closed = closed

stageTitles-reported = Reported
stageTitles-ended = Ended
stageTitles-received = Received
stageTitles-dispatched = Dispatched
stageTitles-en_route = En route
stageTitles-on_scene = On scene
stageTitles-closed = Closed

# $stage (String): the stage, such as “Closed”
# $disposition (String): how it ended, such as “report taken”
endedAs = { $stage } · { $disposition }

# $span (String): a length of time, such as “4 min”
closedIn = Closed in { $span }

# $span (String): a length of time, such as “4 min”
endedAfter = Ended after { $span }

# $source (String): what people call the source
noArrivals = The feed “{ $source }” does not report when units arrive.

# $source (String): what people call the source
noEnds = The feed “{ $source }” does not report when anything ends.

dispositions-handled = handled
dispositions-report_taken = report taken
dispositions-advised = advised
dispositions-cited = citation
dispositions-arrest = arrest
dispositions-referred = referred
dispositions-unfounded = unfounded
dispositions-gone_on_arrival = gone on arrival
dispositions-unable_to_locate = not located
dispositions-cancelled = cancelled
dispositions-duplicate = duplicate
dispositions-false_alarm = false alarm
dispositions-crew_assigned = crew assigned
dispositions-completed = completed
dispositions-other = other

# $number (String): the number of the block
# $street (String): the name of a street
blockOf = { $number } block of { $street }

# $street (String): the name of a street
# $crossed (String): the name of the other street
nearStreet = { $street } near { $crossed }

nearCentre = Near the centre

# $distance (String): a distance, such as “350 m”
# $direction (String): a direction, such as “north”
fromCentre = About { $distance } { $direction } of the centre

directions-n = north
directions-ne = north-east
directions-e = east
directions-se = south-east
directions-s = south
directions-sw = south-west
directions-w = west
directions-nw = north-west

compass-n = N
compass-ne = NE
compass-e = E
compass-se = SE
compass-s = S
compass-sw = SW
compass-w = W
compass-nw = NW

# $distance (String): a distance, such as “350 m”
# $direction (String): a direction, such as “north”
away = { $distance } { $direction }

# $what (String): what it is about, such as “Collision”
# $state (String): a status or stage, in lower case
# $ago (String): how long ago, such as “3 minutes ago”
# $where (String): the place
rowName = { $what }, { $state }, { $ago }, { $where }

isOpen = open
here = Here:

hereNames-position = Where you are
hereNames-address = Address
hereNames-area = Area
hereNames-point = A point on the map

# $area (String): the name of an area
onlyHere = Only { $area }

forgetHere = Forget this place

# $what (String): what it is about, such as “Collision”
# $distance (String): a distance, such as “350 m”
# $direction (String): a direction, such as “north”
nearest = Nearest: { $what }, about { $distance } { $direction }.

# $time (String): a time, such as “9:02 pm”
nearReported = Reported { $time }.

# $time (String): a time, such as “9:02 pm”
nearOpen = Reported { $time }, not over yet.

# $time (String): a time, such as “9:02 pm”
# $end (String): a time
nearEnded = Reported { $time }, ended { $end }.

# $distance (String): a distance, such as “350 m”
nothingElse = Nothing else is open within { $distance }.

# $count (Number): how many
# $distance (String): a distance, such as “350 m”
moreOpen =
    { $count ->
        [one] { $count } more is open within { $distance }.
       *[other] { $count } more are open within { $distance }.
    }

nothingNear = None of the listed incidents has a place.
noPlace = Place not shown

lacks-ground = no basemap
lacks-names = no place names
lacks-areas = no areas

# $what (String): what it is about, such as “Collision”
groundMissing = Only you see this, on the server itself: the map has { $what }. The command “blocklight ground build” adds them.

areaKind-beat = beat
areaKind-district = district
areaKind-neighbourhood = neighbourhood
areaKind-neighborhood = neighborhood
areaKind-council_district = council district
areaKind-zip = ZIP

# $metres (String): a distance, such as “200 m”
placeKinds-grid = Shown at the nearest grid centre, up to { $metres } from the place.

# $metres (String): a distance, such as “200 m”
placeKinds-intersection = Shown at the nearest intersection, up to { $metres } from the place.

# $metres (String): a distance, such as “200 m”
placeKinds-block = Shown at the centre of the block, up to { $metres } from the place.

# $metres (String): a distance, such as “200 m”
placeKinds-area = Shown at one point for the whole area, up to { $metres } from the place.

# $metres (String): a distance, such as “200 m”
placeKinds-publisher = Shown where the city's own feed puts it, up to { $metres } from the place.

placeWithheld = This incident is not on the map: its place is not shown.
delayed = Published with a delay, by the city's policy.

# $minutes (String): a number of minutes
timeStep = Its times are rounded down to steps of { $minutes } minutes.

# $count (Number): how many
unitsAssigned =
    { $count ->
        [one] { $count } unit assigned
       *[other] { $count } units assigned
    }

# $priority (String): a number
priorityIs = Priority { $priority }

# $text (String): the words themselves
reportedAs = The agency's words: “{ $text }”.

officerInitiated = Opened by an officer, not by a call from the community.

# $count (String): how many
# $metres (String): a distance, such as “200 m”
nearby = { $count } more within { $metres } in the time shown

life = What changed since it was first shown
firstShown = First shown

# $field (String): the name of a field, such as “Status”
# $value (String): its new value
changedTo = { $field }: { $value }

fields-status = Status
fields-category = Category
fields-subcategory = Subcategory
fields-priority = Priority
fields-units = Units
fields-disposition = How it ended
fields-place = Place
fields-areas = Area
fields-agency = Agency
fields-origin = Initiated by
fields-source_type = Agency's words
fields-dispatched_at = Dispatched
fields-en_route_at = En route
fields-on_scene_at = On scene
fields-closed_at = Closed
fields-received_at = Received
fields-kind = Kind

gone = This incident is no longer shown.
mapFailed = The map could not be loaded. The list has everything.
marks = Incidents on the map
map = Map of incidents
zoomIn = Zoom in
zoomOut = Zoom out
wholeCity = Whole city
sheet = Resize the panel
skip = Skip to the list
keys-move = next and previous incident
keys-open = open the details
keys-follow = follow the newest incident
keys-search = search
keys-close = close, or clear the search
keys-help = this help
following = Following the newest
openMark = Open ring: active call.
closedMark = Filled disc: closed call. It fades with age.
legend = What the marks mean

# $time (String): a time, such as “9:02 pm”
printed = As of { $time }

# $count (String): how many
printedRest = { $count } more are not printed.

groups-harm = Harm to a person
groups-property = Property
groups-disturbance = Disturbance
groups-traffic = Traffic
groups-fire = Fire and hazard
groups-medical = Medical
groups-services = 311 and services
groups-officer = Officer activity

subcategory-smoke_alarm = Smoke alarm
subcategory-carbon_monoxide_alarm = Carbon monoxide alarm
subcategory-barking_dog = Barking dog
subcategory-stray_animal = Stray animal
subcategory-dead_animal = Dead animal
subcategory-vegetation_fire = Vegetation fire
subcategory-trash_fire = Trash fire
subcategory-tree_down = Tree or branch down
subcategory-wires_down = Wires down
subcategory-water_leak = Water leak
subcategory-fuel_spill = Fuel spill
subcategory-gas_leak = Gas leak
subcategory-loud_music = Loud music
subcategory-loud_party = Loud party
subcategory-fireworks = Fireworks
subcategory-construction_noise = Construction noise
subcategory-business_noise = Noise from a business
subcategory-illegal_parking = Illegal parking
subcategory-blocked_driveway = Blocked driveway
subcategory-blocked_bicycle_lane = Blocked bicycle lane
subcategory-abandoned_vehicle = Abandoned vehicle
subcategory-parking_meter = Parking meter
subcategory-stalled_vehicle = Stalled vehicle
subcategory-road_hazard = Hazard on the road
subcategory-pothole = Pothole
subcategory-street_light = Street light
subcategory-traffic_signal = Traffic signal
subcategory-sidewalk = Sidewalk
subcategory-road_sign = Road sign
subcategory-storm_drain = Storm drain
subcategory-graffiti = Graffiti
subcategory-illegal_dumping = Illegal dumping
subcategory-missed_collection = Missed collection
subcategory-litter_bin = Litter bin
subcategory-park_maintenance = Park maintenance

category-violence = Assault or threat
category-weapons = Weapon
category-robbery = Robbery
category-burglary = Burglary
category-theft = Theft
category-vehicle_theft = Stolen vehicle
category-property_damage = Property damage
category-disturbance = Disturbance
category-suspicious = Something suspicious
category-traffic_collision = Collision
category-traffic = Traffic
category-fire = Fire
category-hazard = Hazard
category-medical = Medical
category-rescue = Rescue
category-alarm = Alarm
category-welfare = Welfare check
category-animal = Animal
category-parking = Parking
category-street_and_lights = Street or light
category-graffiti_and_dumping = Graffiti or dumping
category-noise = Noise
category-service = City service
category-officer_activity = Officer activity
category-other = Other

meaning-violence = Somebody reported a fight, an assault or a threat. What happened is not yet established.
meaning-weapons = Somebody reported a weapon or the sound of one. Often nothing is found.
meaning-robbery = Somebody reported that something was taken from a person by force or threat.
meaning-burglary = Somebody reported a break-in or an attempt at one.
meaning-theft = Somebody reported that something was stolen, without force against a person.
meaning-vehicle_theft = Somebody reported a stolen vehicle, or one that was found again.
meaning-property_damage = Somebody reported damage to things, such as a broken window.
meaning-disturbance = People arguing or making trouble; nobody is reported hurt.
meaning-suspicious = Somebody saw something that seemed out of place. Most of these turn out to be nothing.
meaning-traffic_collision = Vehicles, or a vehicle and a person, collided. Injuries are not shown.
meaning-traffic = A stalled vehicle, a blocked lane or another problem of traffic.
meaning-fire = A fire or smoke was reported.
meaning-hazard = A leak, a downed line or another danger that needs to be made safe.
meaning-medical = Somebody needed medical help. Nothing more is shown, and the place is coarser, to protect them.
meaning-rescue = Somebody had to be freed or brought to safety.
meaning-alarm = An alarm went off. Nearly all of these are false.
meaning-welfare = Somebody asked for a check that a person is well.
meaning-animal = A loose, hurt or noisy animal.
meaning-parking = A parked vehicle is in the way or against the rules.
meaning-street_and_lights = A pothole, a broken street light or a similar repair.
meaning-graffiti_and_dumping = Graffiti to remove or rubbish to collect.
meaning-noise = Loud music, a party or other noise.
meaning-service = Another request to the city's services.
meaning-officer_activity = Work that officers began themselves, such as a patrol or a traffic stop.
meaning-other = Something that fits none of the other categories.

areaNumbers = Area in numbers

inNumbers = In numbers:
