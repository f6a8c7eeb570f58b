"""What may be asked of neomag as plain JSON values, checked and answered: the same over HTTP and for assistants.

Each schema says in words what is accepted, and requests are checked against the very schemas that are shown.
"""

from neomag.asking.fault import Fault, NotValidError, pointer

__all__ = ["Fault", "NotValidError", "pointer"]
