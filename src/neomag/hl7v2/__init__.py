"""HL7 v2 in and out: results and orders read as cases, acknowledged, and answered with an interpretation, over MLLP."""
