"""The clinician's page: a form that becomes a case, and the answer to it."""
