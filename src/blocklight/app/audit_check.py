"""Reads the audit log of a city, and works out every digest of it again."""

from blocklight.app.opening import Options, configured_city, open_store
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.store.write.auditing import AuditEntry, AuditVerdict


def checked_audit(options: Options) -> tuple[AuditVerdict, list[AuditEntry]]:
    """The verdict and the entries, oldest first; raises ``BlocklightError`` where the log was changed."""
    city = configured_city(options)
    with open_store(options, city, Settings(), existing=True) as store:
        verdict = store.verify_audit()
        if verdict.broken is not None:  # and it may be that it cannot even be read
            raise BlocklightError(f"audit log tampered with: hash chain broken at entry {verdict.broken}")
        return verdict, store.audit()
