"""The words of the contract for reading: urgency, status, grade, suspicion, flags, routes. Translated where they are shown."""

from __future__ import annotations

from neomag.web.languages import N_, P_

URGENCY = {
    "emergency": (N_("EMERGENCY"), N_("Seek or give care now.")),
    "urgent": (N_("URGENT"), N_("Today.")),
    "soon": (N_("SOON"), N_("Within days.")),
    "routine": (N_("ROUTINE"), N_("No hurry is known of.")),
}
STATUS = {
    "deficient": N_("deficient"), "grey": N_("in the grey zone"), "normal": P_("level", "normal"),
    "high": P_("level", "high"), "uninterpretable": N_("cannot be interpreted"), "unknown": N_("not measured"),
}  # fmt: skip
GRADE = {
    "borderline": P_("level", "borderline"), "low": P_("level", "low"), "severe": P_("level", "severe"),
    "critical": P_("level", "critical"),
}  # fmt: skip
SUSPICION = {
    "confirmed": N_("confirmed"), "strong": N_("strongly suspected"), "possible": N_("possible"), "unlikely": N_("unlikely"),
    "not-assessable": N_("too little is known to tell"),
}  # fmt: skip
FLAG = {
    "low": P_("flag", "low"), "normal": P_("flag", "normal"), "high": P_("flag", "high"), "pending": N_("result not there yet"),
}  # fmt: skip
SEX = {"female": N_("Girl"), "male": N_("Boy")}
# The weights of an infant, by the place that a doubt of one names.
WEIGHTS = {"infant.weight": N_("Weight now"), "infant.birth_weight": N_("Birth weight")}
SETTING = {"home": N_("At home"), "clinic": N_("In a clinic"), "hospital": N_("In hospital")}
SPECIMEN = {
    "haemolysed": N_("Haemolysed"), "edta": N_("EDTA tube"), "citrate": N_("Citrate tube"), "cord": N_("Cord blood"),
}  # fmt: skip
GRADES = {"mild": P_("condition", "mild"), "moderate": P_("condition", "moderate"), "severe": P_("condition", "severe")}
ROUTE = {
    "iv": N_("into a vein"), "im": N_("into the muscle"), "io": N_("into the bone"), "oral": N_("by mouth"),
    "enteral": N_("enteral"), "ng": N_("by gastric tube"), "rectal": N_("rectal"), "subcutaneous": N_("under the skin"),
    "intranasal": N_("into the nose"), "buccal": N_("into the cheek"), "inhaled": N_("inhaled"), "topical": N_("on the skin"),
}  # fmt: skip
AGE_UNIT = {"h": N_("hours"), "d": N_("days"), "wk": N_("weeks"), "mo": N_("months")}
YES_NO = {True: N_("yes"), False: N_("no"), None: N_("unknown")}
TRUTH = {True: N_("true"), False: N_("false"), None: N_("unknown")}
KIND = {"sign": N_("Signs"), "lab": N_("Results"), "given": N_("Given"), "condition": N_("Context")}
# The parts of a monitoring plan, by their names in `dosing.monitoring`.
PART = {
    "before": N_("Before"), "watch": N_("Watch"), "level": N_("Next level"), "stop": N_("Stop"),
    "too-much": N_("Signs of too much"), "antidote": N_("Antidote"), "course": N_("Expected course"),
}  # fmt: skip
