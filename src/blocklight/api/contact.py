"""Makes the link by which a reader tells the city that something on the map is wrong or private."""

from urllib.parse import quote, urlsplit, urlunsplit

from blocklight.config.city import Identity

# What stands for the public id of an incident in such a link.
ID = "{id}"


def contact_template(city: Identity) -> str | None:
    """The city's contact as a link that holds ``{id}``; ``None`` where the city file names none."""
    contact = city.contact
    if contact is None or ID in contact:
        return contact
    if "://" in contact:
        parts = urlsplit(contact)
        query = f"{parts.query}&incident={ID}" if parts.query else f"incident={ID}"
        return urlunsplit(parts._replace(query=query))
    return f"mailto:{quote(contact, safe='@+')}?subject={quote(city.name, safe='')}%3A%20{ID}"


def contact_link(city: Identity, incident_id: str = "") -> str | None:
    """The link for one incident, or for a page that is of none."""
    template = contact_template(city)
    return None if template is None else template.replace(ID, incident_id)
