"""What publishers call the columns that we have fields for."""

# ruff: noqa: E501 - patterns read best whole
# For each field patterns over folded names (`call_type`), each with how much it says.
NAMES: dict[str, tuple[tuple[str, float], ...]] = {
    "received_at": (
        (r"rece(?:i?ved|pt)|(?:^|_)(?:recd|rcvd)(?:_|$)|time_?create|create_?time|called_at|date_?time_?init|requested_|original_time_queued", 1),
        (r"^(?:call|incident|event|response|report(?:ed)?|occurred)_?(?:on|at)?_?(?:date_?time|time|date|dt|dttm|tm)?(?:_opened)?$", 0.9),
        (r"^(?:date|time)_?(?:of_)?(?:call(?:ed)?|incident|event|report(?:ed)?|occurred|opened|created?)$", 0.9),
        (r"^(?:start|begin)_?(?:date_?time|time|date|dt|dttm)$", 0.9),
        (r"^(?:published|pub_?date|date_?time|created?(?:_at|_date|_datetime|_dttm|_dt|_time)?|open(?:ed)?(?:_at|_date|_dt|_dttm|_time|_date_?time))$|^opened$", 0.9),
        (r"^(?:date|time)$", 0.6),
    ),
    "dispatched_at": ((r"dispatch(?:ed)?_?(?:at|date_?time|time|dttm|primary)|time_?dispatch|dispatch_dttm|^disp(?:atch(?:ed)?|d)?$|^disp_(?:time|tm|dt|dttm)$", 1),),
    "en_route_at": ((r"en_?route|^enrt(?:_|$)|^response_(?:dttm|date_?time|time)$|respond(?:ing|ed)?_(?:at|time|dttm)", 1),),
    "on_scene_at": ((r"on_?scene|at_scene|arriv(?:e|ed|al)?|^arrv?(?:_|$)|^onsc(?:_|$)", 1),),
    "closed_at": ((r"clos(?:e|ed)(?:_|$)|time_?clos|clear(?:ed)?_(?:at|time|date|dt|dttm|tm)|time_?clear|available_dttm|datetimeclosed|^cleared$|^cl(?:ea)?rd?(?:_|$)|^completed_(?:at|time|date|dt|dttm)$", 1),),
    "source_type": (
        (r"^(?:call|incident|event|crime)_?type(?:_?name|_?desc)?$|^nature(?:_of_call)?$|^category_term$|^typetext$", 1),
        (r"^primary_type$|^(?:complaint|sr|request|service_request|case)_type$|^(?:final|current)_(?:call_)?type|(?:call|incident)_type_(?:final_)?desc|^offen[sc]e$|^type$", 0.9),
        (r"(?:call|incident|event)_?(?:description|desc|type)|^call_nature|^nature_(?:desc|name|text)\w*|^problem(?:_\w+)?$|^service_name$", 0.8),
        (r"^category$", 0.6),
        (r"^description$|^title$", 0.5),
    ),
    "status": ((r"^(?:status|state|(?:call|incident|case|request|service_request|sr|ticket|event)_status|status_description)$", 1),),
    "lon": ((r"^__lon$|^(?:lon|lng|long|longitude)(?:_x)?$|_longitude$|^x_?coord(?:inate)?$", 1), (r"^(?:x|(?:map|geo)_?x)$", 0.7)),
    "lat": ((r"^__lat$|^(?:lat|latitude)(?:_x)?$|_latitude$|^y_?coord(?:inate)?$", 1), (r"^(?:y|(?:map|geo)_?y)$", 0.7)),
    "point": ((r"point|location|geom|geocoded|georeference|address|^polygon$|^box$|^pos$|^coordinates$|^loc(?:_\d)?$", 1),),
    "address": (
        (r"^(?:block_?|full_|full_display_|incident_|street_|dispatch_|hundred_block_)?addr(?:ess)?(?:_x)?$|^blk_?addr$|block_?address|^(?:hundred_?)?block$", 1),
        (r"^intersection(?:_name)?$|^(?:incident_|event_|call_|dispatch_|hundred_block_)?location(?:_address)?$|^(?:event_|call_|incident_location_)address$|^place$", 0.8),
        (r"^street(?:_name)?$|^title$", 0.5),
    ),
    "cross_street": ((r"cross_?st(?:reet)?", 1),),
    "priority": ((r"final_priority|priority_final", 1), (r"^(?:call_)?pri(?:ority)?(?:_code)?$|^priority_(?!orig)\w+", 0.9)),
    "units": ((r"^(?:no|num|number_of)_?units$|^unit_count$", 1), (r"^units?(?:_list|_assigned)?$", 0.8)),
    "disposition": ((r"dispo(?:sition)?(?:_?(?:text|desc(?:ription)?))?$|clearance_desc|^resolution$", 1),),
    "origin": ((r"on_?view|self_?initiated|officer_?initiated|call_source|initiated_by|^origin$", 1),),
}  # fmt: skip
