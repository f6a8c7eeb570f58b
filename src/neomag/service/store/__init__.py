"""The store: assessments, feedback, what may happen once only, keys, and an audit trail that cannot be changed unseen."""

from neomag.service.store.audit import Anchor
from neomag.service.store.errors import ConflictError, StoreError
from neomag.service.store.feedback import CardsOf
from neomag.service.store.once import Reply, RequestKey
from neomag.service.store.store import Saved, Store
from neomag.service.store.verify import Break

__all__ = ["Anchor", "Break", "CardsOf", "ConflictError", "Reply", "RequestKey", "Saved", "Store", "StoreError"]
