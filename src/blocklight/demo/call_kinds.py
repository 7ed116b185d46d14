"""The kinds of calls that the demo city's dispatch centre takes, in its own words, and how each behaves."""

from dataclasses import dataclass
from functools import cache

# Profile → how often at each local hour, as 24 digits.
HOURS: dict[str, str] = {
    "flat": "544333345666666666777665",
    "day": "211111235788888887654432",
    "evening": "532111112233444556788976",
    "night": "996421111111222333455689",
    "small_hours": "898765321111111112234567",
    "commute": "211111379754445589975432",
    "school": "111111259643356983211111",
    "morning": "322223569887765544433322",
    "office": "000000148999789984211000",
}

# Profile → factor for Monday to Sunday.
WEEKDAYS: dict[str, tuple[float, ...]] = {
    "flat": (1.0, 0.98, 0.98, 1.0, 1.04, 1.02, 0.98),
    "day": (1.04, 1.02, 1.02, 1.02, 1.04, 0.96, 0.9),
    "evening": (0.92, 0.92, 0.94, 0.98, 1.14, 1.16, 0.94),
    "night": (0.7, 0.7, 0.76, 0.88, 1.36, 1.54, 1.06),
    "small_hours": (0.86, 0.86, 0.9, 0.96, 1.08, 1.24, 1.1),
    "commute": (1.12, 1.12, 1.12, 1.12, 1.16, 0.76, 0.6),
    "school": (1.38, 1.38, 1.38, 1.38, 1.34, 0.1, 0.04),
    "morning": (1.06, 1.02, 1.02, 1.02, 1.02, 0.94, 0.92),
    "office": (1.34, 1.26, 1.24, 1.22, 1.16, 0.46, 0.32),
}


@dataclass(frozen=True, slots=True)
class CallKind:
    """One call type: how many a day, when, where, how urgent, and what becomes of it.

    *priorities* lists the priorities that it is given, equally likely. *scene_min* is the median stay in
    minutes. *ends* names a set of dispositions. *sensitive* is what we expect to be withheld downstream,
    for tests and for reclassification; the feed itself says nothing of it.
    """

    text: str
    agency: str
    daily: float
    hours: str
    place: str
    priorities: str
    scene_min: float
    units: float
    ends: str
    officer: bool = False
    sensitive: bool = False
    unmapped: bool = False
    becomes: tuple[tuple[float, str], ...] = ()


# Set of dispositions → weights and the dispatch centre's words.
ENDS: dict[str, tuple[tuple[int, str], ...]] = {
    "crime": ((52, "REPORT TAKEN"), (14, "HANDLED BY OFFICER"), (11, "UNABLE TO LOCATE"),
    (9, "GONE ON ARRIVAL"),
              (7, "ARREST MADE"), (7, "UNFOUNDED")),
    "peace": ((34, "HANDLED BY OFFICER"), (24, "GONE ON ARRIVAL"), (18, "ADVISED"), (12, "UNABLE TO LOCATE"),
              (5, "REPORT TAKEN"), (4, "UNFOUNDED"), (3, "ARREST MADE")),
    "stop": ((46, "CITATION ISSUED"), (40, "WARNING GIVEN"), (10, "HANDLED BY OFFICER"), (4, "ARREST MADE")),
    "patrol": ((88, "HANDLED BY OFFICER"), (8, "ADVISED"), (4, "REPORT TAKEN")),
    "alarm": ((72, "FALSE ALARM"), (16, "HANDLED BY OFFICER"), (8, "UNFOUNDED"), (4, "REPORT TAKEN")),
    "crash": ((48, "REPORT TAKEN"), (28, "HANDLED BY OFFICER"), (14, "INFORMATION EXCHANGED"),
    (10, "GONE ON ARRIVAL")),
    "tow": ((44, "CITATION ISSUED"), (26, "TOWED"), (20, "GONE ON ARRIVAL"), (10, "ADVISED")),
    "fire": ((48, "SERVICE COMPLETED"), (26, "HANDLED BY CREW"), (16, "UNFOUNDED"), (10, "INVESTIGATED")),
    "fire_alarm": ((78, "FALSE ALARM"), (14, "INVESTIGATED"), (8, "SERVICE COMPLETED")),
    "patient": ((62, "TRANSPORTED"), (22, "TREATED NO TRANSPORT"), (10, "REFUSED CARE"),
    (6, "NO PATIENT FOUND")),
    "animal": ((46, "SERVICE COMPLETED"), (30, "REFERRED TO SHELTER"), (24, "GONE ON ARRIVAL")),
}  # fmt: skip

_P, _F, _E = "PD", "FD", "EMS"
_DV = "DOMESTIC VIOLENCE"
_MENTAL = "MENTAL HEALTH CRISIS"

KINDS: tuple[CallKind, ...] = (
    # Harm to a person
    CallKind("ASSAULT", _P, 3.4, "night", "night", "12", 48, 2.6, "crime", becomes=((0.05, _DV),)),
    CallKind("ASSAULT W/ WEAPON", _P, 1.0, "night", "night", "1", 75, 4.2, "crime"),
    CallKind("FIGHT", _P, 4.2, "night", "night", "22", 22, 2.8, "peace", becomes=((0.1, "ASSAULT"),)),
    CallKind("BRANDISHING WEAPON", _P, 1.4, "night", "camps", "1", 38, 3.6, "crime"),
    CallKind("SHOTS HEARD", _P, 2.2, "small_hours", "homes", "2", 20, 2.4, "peace"),
    CallKind("ROBBERY STRONGARM", _P, 1.3, "evening", "night", "12", 62, 3.2, "crime"),
    CallKind("ROBBERY ARMED", _P, 0.7, "evening", "shops", "1", 80, 4.4, "crime"),
    # Property
    CallKind("BURGLARY REPORT", _P, 0, "morning", "homes", "34", 52, 1.2, "crime"),
    CallKind("BURGLARY IN PROGRESS", _P, 0, "small_hours", "homes", "1", 58, 3.6, "crime"),
    CallKind("THEFT FROM VEHICLE", _P, 9.5, "morning", "shops", "45", 26, 1.0, "crime"),
    CallKind("THEFT REPORT", _P, 7.0, "day", "shops", "4", 28, 1.1, "crime"),
    CallKind("SHOPLIFT", _P, 6.5, "day", "shops", "34", 34, 1.4, "crime"),
    CallKind("PACKAGE THEFT", _P, 2.6, "day", "homes", "5", 18, 1.0, "crime"),
    CallKind("STOLEN VEHICLE", _P, 6.2, "morning", "homes", "4", 36, 1.1, "crime"),
    CallKind("RECOVERED STOLEN VEHICLE", _P, 2.2, "flat", "streets", "4", 48, 1.4, "crime", officer=True),
    CallKind("VANDALISM", _P, 4.8, "morning", "everywhere", "45", 24, 1.0, "crime"),
    # Disturbance
    CallKind("DISTURBANCE", _P, 14.0, "evening", "everywhere", "23", 19, 2.0, "peace",
             becomes=((0.06, _DV), (0.04, "FIGHT"), (0.03, _MENTAL))),
    CallKind("VERBAL DISPUTE", _P, 6.5, "evening", "homes", "23", 21, 2.0, "peace", becomes=((0.07, _DV),)),
    CallKind("NEIGHBOR DISPUTE", _P, 3.0, "evening", "homes", "4", 24, 1.4, "peace"),
    CallKind("UNWANTED PERSON", _P, 8.5, "day", "shops", "3", 18, 1.8, "peace", becomes=((0.03, _MENTAL),)),
    CallKind("TRESPASS", _P, 4.4, "morning", "quays", "34", 19, 1.6, "peace"),
    CallKind("SUSPICIOUS PERSON", _P, 10.5, "small_hours", "homes", "23", 16, 1.8, "peace"),
    CallKind("SUSPICIOUS VEHICLE", _P, 6.0, "small_hours", "homes", "34", 14, 1.3, "peace"),
    CallKind("PROWLER", _P, 1.6, "small_hours", "homes", "2", 20, 2.4, "peace"),
    CallKind("LOUD MUSIC", _P, 6.5, "night", "homes", "5", 11, 1.1, "peace"),
    CallKind("LOUD PARTY", _P, 3.4, "night", "homes", "5", 14, 1.6, "peace"),
    CallKind("FIREWORKS", _P, 2.2, "night", "everywhere", "5", 9, 1.1, "peace"),
    CallKind("CONSTRUCTION NOISE", _P, 1.0, "morning", "everywhere", "5", 12, 1.0, "peace"),
    # Traffic
    CallKind("COLLISION NON INJURY", _P, 9.5, "commute", "crossing", "34", 34, 1.4, "crash",
             becomes=((0.06, "COLLISION INJURY"),)),
    CallKind("COLLISION INJURY", _P, 4.6, "commute", "crossing", "12", 52, 3.4, "crash"),
    CallKind("COLLISION FREEWAY", _P, 3.4, "commute", "freeway", "12", 44, 3.0, "crash"),
    CallKind("HIT AND RUN", _P, 4.4, "evening", "crossing", "34", 38, 1.3, "crime"),
    CallKind("TRAFFIC HAZARD", _P, 5.5, "commute", "streets", "23", 17, 1.2, "patrol"),
    CallKind("STALLED VEHICLE", _P, 4.4, "commute", "freeway", "34", 22, 1.1, "patrol"),
    CallKind("RECKLESS DRIVER", _P, 5.0, "evening", "streets", "3", 10, 1.0, "peace"),
    CallKind("PARKING COMPLAINT", _P, 8.5, "day", "homes", "5", 13, 1.0, "tow"),
    CallKind("BLOCKED DRIVEWAY", _P, 4.2, "day", "homes", "5", 16, 1.0, "tow"),
    CallKind("SCHOOL ZONE TRAFFIC", _P, 2.2, "school", "school", "4", 24, 1.0, "patrol"),
    # Officer-initiated
    CallKind("TRAFFIC STOP", _P, 34.0, "evening", "streets", "4", 11, 1.2, "stop", officer=True),
    CallKind("PEDESTRIAN STOP", _P, 5.5, "night", "camps", "4", 12, 1.5, "patrol", officer=True),
    CallKind("SECURITY CHECK", _P, 20.0, "small_hours", "shops", "5", 13, 1.0, "patrol", officer=True),
    CallKind("FOOT PATROL", _P, 6.0, "day", "shops", "5", 38, 1.2, "patrol", officer=True),
    CallKind("BAR CHECK", _P, 2.4, "night", "night", "5", 16, 2.2, "patrol", officer=True),
    CallKind("FOLLOW UP", _P, 6.0, "office", "everywhere", "5", 28, 1.1, "patrol", officer=True),
    # Alarms, welfare, service
    CallKind("ALARM BURGLARY", _P, 12.0, "small_hours", "shops", "3", 13, 1.6, "alarm",
             becomes=((0.04, "BURGLARY REPORT"),)),
    CallKind("ALARM PANIC", _P, 1.4, "day", "shops", "2", 15, 2.2, "alarm"),
    CallKind("CHECK WELFARE", _P, 12.5, "day", "everywhere", "23", 24, 1.7, "peace",
             becomes=((0.07, _MENTAL), (0.02, "DECEASED PERSON"))),
    CallKind("PERSON DOWN", _P, 4.2, "day", "camps", "2", 17, 1.6, "peace", becomes=((0.08, "OVERDOSE"),)),
    CallKind("ASSIST CITIZEN", _P, 5.0, "day", "everywhere", "5", 22, 1.0, "patrol"),
    CallKind("FOUND PROPERTY", _P, 2.2, "day", "shops", "5", 16, 1.0, "patrol"),
    CallKind("LOST PROPERTY", _P, 1.2, "day", "shops", "5", 14, 1.0, "patrol"),
    CallKind("ANIMAL STRAY", _P, 3.2, "day", "homes", "5", 26, 1.0, "animal"),
    CallKind("ANIMAL BITE", _P, 0.7, "day", "homes", "3", 34, 1.1, "animal"),
    CallKind("BARKING DOG", _P, 2.2, "evening", "homes", "5", 10, 1.0, "animal"),
    CallKind("ILLEGAL DUMPING IN PROGRESS", _P, 0.9, "evening", "quays", "4", 16, 1.1, "peace"),
    # Fire
    CallKind("FIRE ALARM", _F, 8.0, "day", "shops", "2", 16, 2.4, "fire_alarm",
             becomes=((0.04, "STRUCTURE FIRE"),)),
    CallKind("STRUCTURE FIRE", _F, 0.7, "evening", "homes", "1", 105, 7.5, "fire"),
    CallKind("VEGETATION FIRE", _F, 0.8, "day", "streets", "1", 55, 4.2, "fire"),
    CallKind("VEHICLE FIRE", _F, 0.9, "evening", "freeway", "1", 38, 2.4, "fire"),
    CallKind("TRASH FIRE", _F, 2.2, "small_hours", "camps", "2", 17, 1.2, "fire"),
    CallKind("SMOKE INVESTIGATION", _F, 2.6, "evening", "homes", "2", 18, 1.8, "fire"),
    CallKind("GAS LEAK", _F, 1.4, "day", "homes", "1", 42, 2.4, "fire"),
    CallKind("WIRES DOWN", _F, 1.1, "flat", "streets", "2", 40, 1.4, "fire"),
    CallKind("FUEL SPILL", _F, 0.7, "commute", "quays", "3", 46, 1.8, "fire"),
    CallKind("ELEVATOR RESCUE", _F, 0.8, "office", "night", "3", 26, 1.3, "fire"),
    CallKind("WATER RESCUE", _F, 0.35, "day", "quays", "1", 58, 5.2, "fire"),
    CallKind("LIFT ASSIST", _F, 3.0, "day", "homes", "4", 15, 1.0, "fire"),
    # Medical: only ever shown as medical
    CallKind("MEDICAL BREATHING", _E, 11.0, "day", "homes", "1", 26, 2.2, "patient"),
    CallKind("MEDICAL CHEST PAIN", _E, 9.5, "morning", "homes", "1", 28, 2.2, "patient"),
    CallKind("MEDICAL FALL", _E, 15.0, "day", "homes", "23", 26, 1.7, "patient"),
    CallKind("MEDICAL SICK PERSON", _E, 17.0, "day", "everywhere", "3", 25, 1.6, "patient",
             becomes=((0.03, "OVERDOSE"),)),
    CallKind("MEDICAL UNCONSCIOUS", _E, 6.5, "evening", "everywhere", "1", 30, 2.8, "patient",
             becomes=((0.12, "OVERDOSE"),)),
    CallKind("MEDICAL TRAUMA", _E, 5.5, "evening", "everywhere", "12", 28, 2.2, "patient"),
    CallKind("MEDICAL STROKE", _E, 2.6, "morning", "homes", "1", 26, 2.2, "patient"),
    CallKind("MEDICAL CARDIAC ARREST", _E, 1.1, "morning", "homes", "1", 48, 4.2, "patient"),
    # Never to be published
    CallKind(_DV, _P, 6.2, "evening", "homes", "12", 56, 2.6, "crime", sensitive=True,
             becomes=((0.12, "VERBAL DISPUTE"),)),
    CallKind("RESTRAINING ORDER VIOLATION", _P, 1.4, "evening", "homes", "2", 42, 1.8, "crime",
             sensitive=True),
    CallKind(_MENTAL, _P, 4.2, "day", "everywhere", "2", 46, 2.2, "peace", sensitive=True,
             becomes=((0.1, "DISTURBANCE"),)),
    CallKind("SUICIDAL SUBJECT", _P, 1.7, "evening", "homes", "1", 62, 3.2, "peace", sensitive=True),
    CallKind("OVERDOSE", _E, 3.0, "evening", "camps", "1", 27, 2.6, "patient", sensitive=True),
    CallKind("SEXUAL ASSAULT", _P, 0.7, "night", "homes", "2", 95, 1.8, "crime", sensitive=True),
    CallKind("CHILD ABUSE", _P, 0.6, "school", "homes", "2", 85, 1.6, "crime", sensitive=True),
    CallKind("ELDER ABUSE", _P, 0.4, "day", "homes", "3", 70, 1.2, "crime", sensitive=True),
    CallKind("JUVENILE RUNAWAY", _P, 1.2, "evening", "homes", "3", 40, 1.0, "crime", sensitive=True),
    CallKind("STALKING", _P, 0.4, "evening", "homes", "3", 48, 1.1, "crime", sensitive=True),
    CallKind("DECEASED PERSON", _P, 0.5, "morning", "homes", "3", 110, 1.6, "patrol", sensitive=True),
    # Tactical and officer safety
    CallKind("OFFICER NEEDS ASSISTANCE", _P, 0.35, "night", "night", "1", 26, 6.5, "patrol", officer=True,
             sensitive=True),
    CallKind("WARRANT SERVICE", _P, 0.6, "morning", "homes", "2", 85, 5.5, "patrol", officer=True,
             sensitive=True),
    CallKind("SURVEILLANCE", _P, 0.5, "evening", "everywhere", "4", 130, 2.6, "patrol", officer=True,
             sensitive=True),
    CallKind("BARRICADED SUBJECT", _P, 0.08, "evening", "homes", "1", 210, 9.0, "crime", sensitive=True),
    # Codes that no rule of the city file maps, on purpose
    CallKind("SIG 42", _P, 1.1, "day", "everywhere", "4", 20, 1.1, "patrol", unmapped=True),
    CallKind("10-66 QUEBEC", _P, 0.9, "evening", "everywhere", "3", 18, 1.3, "peace", unmapped=True),
    CallKind("ZULU DETAIL", _P, 0.8, "office", "quays", "5", 60, 1.4, "patrol", officer=True, unmapped=True),
    CallKind("FD DELTA 9", _F, 0.6, "day", "everywhere", "4", 24, 1.1, "fire", unmapped=True),
)  # fmt: skip

# First burglaries; each may draw others near it in the days after (see `near_repeats`).
BURGLARIES_PER_DAY = 4.2


@cache
def by_text() -> dict[str, CallKind]:
    """The kinds by the dispatch centre's words for them."""
    return {kind.text: kind for kind in KINDS}


@cache
def hour_weights(profile: str) -> tuple[float, ...]:
    """Share of a day's calls at each local hour; sums to 1."""
    digits = [int(digit) for digit in HOURS[profile]]
    return tuple(digit / sum(digits) for digit in digits)


@cache
def _week() -> tuple[float, ...]:
    """The calls expected in each hour of a week, Monday's first."""
    return tuple(
        sum(kind.daily * hour_weights(kind.hours)[hour] * WEEKDAYS[kind.hours][day] for kind in KINDS)
        for day in range(7)
        for hour in range(24)
    )


def load(weekday: int, hour: int) -> float:
    """How busy the centre is at a local hour against its mean (1.0): what makes queues grow."""
    return _week()[weekday * 24 + hour] * len(_week()) / sum(_week())
