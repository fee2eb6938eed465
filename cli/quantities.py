"""Numbers with units: how they are read, and how they are shown.

Base units are B, s, FLOP and USD; whatever is counted has none. GB is decimal, GiB binary.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

PREFIXES = (
    *("nano- = 1e-9 = n-", "micro- = 1e-6 = u-", "milli- = 1e-3 = m-", "kilo- = 1e3 = k- = K-"),
    *("mega- = 1e6 = M-", "giga- = 1e9 = G-", "tera- = 1e12 = T-", "peta- = 1e15 = P-"),
    *("exa- = 1e18 = E-", "zetta- = 1e21 = Z-", "kibi- = 2**10 = Ki-", "mebi- = 2**20 = Mi-"),
    *("gibi- = 2**30 = Gi-", "tebi- = 2**40 = Ti-", "pebi- = 2**50 = Pi-"),
)
MEASURES = (
    *("byte = [size] = B", "bit = byte / 8", "second = [time] = s", "minute = 60 * second = min"),
    *("hour = 3600 * second = h", "day = 24 * hour = d", "FLOP = [work]", "USD = [money]"),
    *("cent = USD / 100", "percent = 0.01", "thousand = 1e3", "million = 1e6"),
    *("billion = 1e9", "trillion = 1e12"),
)
COUNTED = ("count", "token", "sequence", "request", "query", "parameter", "layer", "head", "GPU")

# What a dimension is called when another is asked for.
KINDS = {
    "[size]": "a size",
    "[time]": "a time",
    "[work]": "an amount of work",
    "[money]": "a price",
    "[size] / [time]": "a bandwidth",
    "[work] / [time]": "a speed of computing",
    "[work] / [size]": "an arithmetic intensity",
    "[money] / [time]": "a price of time",
    "1 / [time]": "a rate",
    "dimensionless": "a plain number",
}
COUNTS = ("dimensionless", "1 / [time]")  # here B, M and K are billions, millions and thousands

_LETTERS = {"k": "thousand", "m": "million", "b": "billion", "g": "billion", "t": "trillion"}
_LETTERS |= {"bn": "billion", "mn": "million"}
_WORDS = {"x": "count", "times": "count", "tok": "token", "toks": "token", "req": "request"}
_WORDS |= {"reqs": "request", "seq": "sequence", "seqs": "sequence", "queries": "query"}
_WORDS |= {"param": "parameter", "params": "parameter", "sec": "second", "secs": "second"}
_WORDS |= {"msec": "ms", "usec": "us", "hr": "hour", "hrs": "hour", "mins": "minute"}
_WORDS |= {"dollar": "USD", "dollars": "USD", "usd": "USD", "op": "FLOP", "ops": "FLOP"}
_WORDS |= {"gpu": "GPU", "gpus": "GPU", "qps": "request / second", "rps": "request / second"}
_WORDS |= {"per": "/", "a": "", "an": "", "each": ""}

_NUMBER = re.compile(
    r"(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d*)?|[-+]?\.\d+)"
    r"(?:e(?P<power>[-+]?\d+)|\s*[x*×]\s*10\s*(?:\^|\*\*)\s*(?P<tens>[-+]?\d+))?\s*(?P<unit>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SIZE = re.compile(r"([kmgtp]i?)?(b|bytes?|bits?)", re.IGNORECASE)
_FLOP = re.compile(r"(k|m|g|t|p|e|z|kilo|mega|giga|tera|peta|exa|zetta)?flop(s|ps)?", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """A unit as it is written, its size in base units, and its dimension (a key of KINDS)."""

    text: str
    size: float
    dimension: str

    @property
    def kind(self) -> str:
        """What this is a unit of."""
        return KINDS[self.dimension]

    @property
    def base(self) -> str:
        """The base unit of its dimension as it is written; "" for what is counted."""
        names = {"[size]": "B", "[time]": "s", "[work]": "FLOP", "[money]": "USD"}
        if self.dimension in COUNTS:
            return "" if self.dimension == "dimensionless" else "/s"
        return "/".join(names[part] for part in self.dimension.split(" / "))

    def shown(self, value: float, digits: int | None = None) -> str:
        """A value, given in base units, in this unit; by default not rounded if it is whole."""
        number = significant(value / self.size, digits)
        return number + {"count": "", "x": "x"}.get(self.text, f" {self.text}")


def significant(number: float, digits: int | None = None) -> str:
    """A number with thousands separators, rounded; by default to 4 digits unless it is whole."""
    whole = abs(number - round(number)) <= 1e-9 * abs(number)
    if digits is None and whole and abs(number) < 1e15:
        return f"{round(number):,}"
    kept = digits or 4
    places = kept - 1 - math.floor(math.log10(abs(number))) if number else 0
    if not -12 <= places <= kept + 3:
        mantissa, power = f"{number:.{kept - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    text = f"{round(number, places):,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text and (whole or digits is None) else text


@cache
def _registry() -> Any:  # pint is imported late: `drill list` must not wait for it
    from pint import UnitRegistry

    units: Any = UnitRegistry(None)
    for line in (*PREFIXES, *MEASURES, *(f"{name} = []" for name in COUNTED)):
        units.define(line)
    return units


@cache
def unit(text: str, wanted: Unit | None = None) -> Unit:
    """The unit of a text; what is ambiguous is taken as what is wanted. Raises ValueError."""
    from pint.errors import PintError

    spelt = text.replace("%", " percent ").replace("$", " USD ").replace("µ", "u").replace("-", " ")
    words = re.findall(r"[A-Za-z]+|[/*]", spelt)
    if not words or len(text) > 60 or re.sub(r"[A-Za-z/*·\s]", "", spelt):
        raise ValueError(f"{text!r} is no unit")
    divided = "/" in words or "per" in words
    words = ["count", *words] if words[0] in ("/", "per") else words
    try:
        parsed = _registry().parse_units(" ".join(_word(word, wanted, divided) for word in words))
        root = (1.0 * parsed).to_root_units()
    except (PintError, AssertionError, TypeError, ValueError, OverflowError) as fault:
        raise ValueError(f"{text!r} is no unit") from fault
    dimension = str(root.dimensionality)
    if dimension not in KINDS:
        raise ValueError(f"{text!r} measures nothing that is asked here")
    return Unit(text.strip(), float(root.magnitude), dimension)


def _word(word: str, wanted: Unit | None, divided: bool) -> str:
    """A word as the registry spells it: gb is GB and Gb is Gbit, B may be a billion."""
    small = word.lower()
    if wanted and wanted.dimension in COUNTS and small in _LETTERS:
        return _LETTERS[small]
    if size := _SIZE.fullmatch(word):
        prefix, of = (size[1] or ""), size[2]
        bits = of.lower().startswith("bit") or (of == "b" and prefix[:1].isupper())
        return prefix[:1].upper() + prefix[1:].lower() + ("bit" if bits else "B")
    if flop := _FLOP.fullmatch(word):
        rate = wanted.dimension == "[work] / [time]" if wanted else False
        if wanted and wanted.dimension not in ("[work]", "[work] / [time]"):
            rate = flop[2] not in (None, "s")
        seconds = " / second" if flop[2] and rate and not divided else ""
        return f"{(flop[1] or '')[:1].upper()}FLOP{seconds}"
    return _WORDS.get(small, word if len(word) <= 2 or word == "USD" else small)


def read(text: str, wanted: Unit | None = None) -> tuple[float, Unit | None]:
    """The number and the unit of a text such as `4.5e9 B`; no unit if none is written.

    Raises ValueError for what can't be read.
    """
    plain = re.sub(r"^(?:\s|~|≈|=|about\b|roughly\b)+", "", text.strip(), flags=re.IGNORECASE)
    if plain.startswith("$"):
        plain = plain[1:].lstrip() + " USD"
    found = _NUMBER.fullmatch(plain)
    if found is None or len(text) > 100:
        raise ValueError(f"{text!r} begins with no number")
    power = int(found["power"] or found["tens"] or 0)
    number = float(f"{found['number'].replace(',', '')}e{power}")
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no number")
    spelt = found["unit"].strip()
    if wanted and wanted.dimension == "[money]":  # these prices are per million tokens
        spelt = re.sub(r"(?:/|\bper\b)\s*(?:1\s*)?M(?:illion)?\s*tok\w*", "", spelt, flags=re.I)
    return number, unit(spelt, wanted) if spelt.strip() else None
