"""Dosing: magnesium given safely. A calculator for clinicians that converts, dilutes, refuses and says what to watch.

>>> from fractions import Fraction
>>> from neomag.dosing import State, calculate
>>> infant = State(weight_kg=Fraction(3), level=Fraction("0.45"))
>>> answer = calculate(infant, amount="0.2mmol/kg")
>>> round(float(answer.dose.mg_salt)), round(float(answer.dose.ml), 2), answer.given
(148, 0.3, True)
>>> [line.code for line in calculate(infant, amount="200mg-salt/kg", over=1800).refused]
['dose-too-high']
"""

from neomag.dosing.amounts import AmbiguousUnitError, DoseInputError, parse_amount
from neomag.dosing.compare import Comparison, compare
from neomag.dosing.dose import Dose, Rate, answer, calculate
from neomag.dosing.five import Echo, FiveUnits
from neomag.dosing.from_case import state_of_case, with_flags
from neomag.dosing.lines import Line
from neomag.dosing.measure import Dilution, Measured
from neomag.dosing.monitoring import Antidote, Plan, antidote, plan
from neomag.dosing.order import Order, make_order
from neomag.dosing.regimens import with_site_regimens
from neomag.dosing.state import State, parse_given, parse_level, parse_percent, parse_weight
from neomag.knowledge.amount import Amount

__all__ = [
    "AmbiguousUnitError", "Amount", "Antidote", "Comparison", "Dilution", "Dose", "DoseInputError", "Echo", "FiveUnits", "Line",
    "Measured", "Order", "Plan", "Rate", "State", "answer", "antidote", "calculate", "compare", "make_order", "parse_amount",
    "parse_given", "parse_level", "parse_percent", "parse_weight", "plan", "state_of_case", "with_flags", "with_site_regimens",
]  # fmt: skip
