"""neomag: decision support for magnesium deficiency in infants (birth to 24 months).

Not a substitute for a clinician.

>>> from neomag import Case, assess
>>> case = Case.from_dict({
...     "case": "made-up", "infant": {}, "now": "60 d",
...     "events": [{"at": "60 d", "sign": "apnoea"},
...                {"at": "60 d", "lab": "magnesium", "value": 0.13, "unit": "mmol/L"}]})
>>> answer = assess(case)
>>> answer.urgency, answer.magnesium.status, answer.suspicion
('emergency', 'deficient', 'confirmed')
"""

import sys

from neomag import interrupt

# Of the command, `neomag` or `python -m neomag`, this import is the first part; of other programs it is none of ours.
if sys.argv and sys.argv[0].rpartition("/")[2] in {"neomag", "-m"}:
    interrupt.end_quietly()

from neomag.answer import Answer
from neomag.assess import assess
from neomag.case import Case, CaseError
from neomag.knowledge import Knowledge, KnowledgeError

__version__ = "2026.12.0"

__all__ = ["Answer", "Case", "CaseError", "Knowledge", "KnowledgeError", "__version__", "assess"]
