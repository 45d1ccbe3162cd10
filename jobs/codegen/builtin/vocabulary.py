"""The words that the built-in generator knows, in one place: a new word is one entry here."""

from __future__ import annotations

from enum import StrEnum

from jobs.codegen.builtin.plan import Comparison, Family, Function, Grain


class Key(StrEnum):
    """What a word or phrase of the vocabulary does."""

    FILLER = "filler"
    VERB = "verb"
    LIST = "list"
    JOIN = "join"
    COUNT = "count"
    FUNCTION = "function"
    DISTINCT = "distinct"
    EXTREME = "extreme"
    RECENT = "recent"
    LIMIT = "limit"
    PER = "per"
    BY = "by"
    SORT = "sort"
    DIRECTION = "direction"
    GRAIN = "grain"
    WHERE = "where"
    COMPARE = "compare"
    BETWEEN = "between"
    SINCE = "since"
    AFTER = "after"
    BEFORE = "before"
    UNTIL = "until"
    IN = "in"
    OF = "of"
    ON = "on"
    AND = "and"
    OR = "or"
    WITHOUT = "without"
    NOT = "not"
    EXCEPT = "except"
    HAVING = "having"
    EVENT = "event"
    SPENT = "spent"
    TIMES = "times"
    MOST = "most"
    MOMENT = "moment"
    SHARE = "share"
    RATIO = "ratio"
    KNOWN = "known"
    RELATIVE = "relative"
    UNSUPPORTED = "unsupported"
    WORD = "word"
    VALUE = "value"
    STOP = "stop"


Meaning = tuple[Key, object]


def _all(key: Key, meaning: object, *phrases: str) -> dict[tuple[str, ...], Meaning]:
    return {tuple(phrase.split()): (key, meaning) for phrase in phrases}


_FILLERS = (
    "a an the all any some me us we i you it its is are was were be been do does did has had please want need "
    "would like to know see can could will should there their our your my them they what which who whom that this "
    "these those so then also just exactly only table tables data dataset row rows record records result results "
    "let help hello hi thanks thank now out using use as well have had having place placed places make made makes "
    "happen happened happens ones occurred come comes came got received"
)
_VERBS = "find get give return select calculate compute determine tell display show"
_UNSUPPORTED = (
    "none nothing percentile rate growth running cumulative previous versus vs compare compared difference "
    "today yesterday tomorrow ago current "
    "if unless instead delete update insert pivot rank ranking rolling variance stddev correlation "
    "unlike neither nor"
)

PHRASES: dict[tuple[str, ...], Meaning] = {
    **_all(Key.FILLER, None, *_FILLERS.split()),
    **_all(Key.VERB, None, *_VERBS.split()),
    **_all(Key.UNSUPPORTED, None, *_UNSUPPORTED.split()),
    **_all(Key.UNSUPPORTED, None, "left join", "outer join", "cross join", "self join", "anti join", "on average"),
    **_all(Key.LIST, None, "list", "enumerate", "show all", "list all"),
    **_all(Key.JOIN, None, "join", "joined with", "combine", "joining", "joined to", "inner join"),
    **_all(Key.COUNT, None, "how many", "number of", "count of", "count", "the number of", "total number of"),
    **_all(Key.COUNT, None, "how often"),
    **_all(Key.FUNCTION, Function.SUM, "sum", "sum of", "total", "total of", "sum up", "how much"),
    **_all(Key.FUNCTION, Function.AVERAGE, "average", "average of", "avg", "mean", "mean of", "avg of"),
    **_all(Key.FUNCTION, Function.MIN, "min", "minimum", "min of", "minimum of"),
    **_all(Key.FUNCTION, Function.MAX, "max", "maximum", "max of", "maximum of"),
    **_all(Key.FUNCTION, Function.MEDIAN, "median", "median of"),
    **_all(Key.SHARE, 1, "share", "share of", "shares of", "fraction of", "proportion of"),
    **_all(Key.SHARE, 100, "percentage", "percentage of", "percent", "percent of", "percentages of"),
    **_all(Key.RATIO, None, "ratio", "ratio of", "ratio between"),
    **_all(Key.DISTINCT, None, "distinct", "unique", "different"),
    **_all(Key.EXTREME, True, "top", "highest", "largest", "biggest", "greatest", "best", "most expensive"),
    **_all(Key.EXTREME, True, "best selling", "heaviest"),
    **_all(Key.EXTREME, False, "bottom", "lowest", "smallest", "worst", "cheapest", "least expensive", "lightest"),
    **_all(Key.MOST, True, "most"),
    **_all(Key.MOST, False, "fewest"),
    **_all(Key.RECENT, True, "latest", "newest", "most recent"),
    **_all(Key.RECENT, False, "oldest", "earliest"),
    **_all(Key.LIMIT, None, "limit", "limit to", "limited to", "at most rows"),
    **_all(Key.PER, None, "per", "each", "for each", "for every", "in each", "by each", "grouped by", "group by"),
    **_all(Key.PER, None, "broken down by", "split by", "every", "for all"),
    **_all(Key.BY, None, "by"),
    **_all(Key.SORT, None, "sorted by", "sort by", "order by", "ordered by", "sort them by", "and sort by"),
    **_all(Key.DIRECTION, True, "descending", "desc", "largest first", "highest first", "newest first"),
    **_all(Key.DIRECTION, True, "biggest first", "most first", "latest first", "most recent first"),
    **_all(Key.DIRECTION, False, "ascending", "asc", "smallest first", "lowest first", "oldest first"),
    **_all(Key.DIRECTION, False, "fewest first", "earliest first"),
    **_all(Key.GRAIN, Grain.YEAR, "yearly", "annually", "annual"),
    **_all(Key.GRAIN, Grain.QUARTER, "quarterly"),
    **_all(Key.GRAIN, Grain.MONTH, "monthly"),
    **_all(Key.GRAIN, Grain.WEEK, "weekly"),
    **_all(Key.GRAIN, Grain.DAY, "daily"),
    **_all(Key.GRAIN, Grain.HOUR, "hourly"),
    **_all(Key.WHERE, None, "where", "whose", "with", "having", "that have", "which have", "who have", "when"),
    **_all(Key.HAVING, None, "have a", "have an", "have any", "has a", "has an", "had a", "had an", "had any"),
    **_all(Key.HAVING, None, "with a", "with an", "with any", "having a", "having an"),
    **_all(Key.WITHOUT, None, "without", "without any", "without a", "without an", "with no", "have no", "has no"),
    **_all(Key.WITHOUT, None, "had no", "having no", "no", "never", "never been", "nobody", "nobody ever", "lacking"),
    **_all(Key.NOT, None, "not"),
    **_all(Key.EXCEPT, None, "excluding", "except", "except for", "exclude", "other than", "leaving out", "but not"),
    **_all(Key.SPENT, None, "spent", "spend", "spends"),
    **_all(Key.TIMES, None, "times"),
    **_all(Key.COMPARE, Comparison.EQ, "equals", "equal to", "equal", "is equal to", "==", "=", "is"),
    **_all(Key.COMPARE, Comparison.NE, "is not", "!=", "<>", "not equal to", "is not equal to", "differs from"),
    **_all(Key.COMPARE, Comparison.GT, ">", "greater than", "more than", "above", "over", "larger than"),
    **_all(Key.COMPARE, Comparison.GT, "is greater than", "is more than", "is above", "is over", "higher than"),
    **_all(Key.COMPARE, Comparison.LT, "<", "less than", "fewer than", "below", "under", "smaller than", "lower than"),
    **_all(Key.COMPARE, Comparison.LT, "is less than", "is below", "is under"),
    **_all(Key.COMPARE, Comparison.GE, ">=", "at least", "is at least", "no less than"),
    **_all(Key.COMPARE, Comparison.LE, "<=", "at most", "is at most", "no more than"),
    **_all(Key.COMPARE, Comparison.CONTAINS, "contains", "containing", "contain"),
    **_all(Key.COMPARE, Comparison.STARTS, "starts with", "starting with", "begins with", "start with"),
    **_all(Key.COMPARE, Comparison.ANY_OF, "is one of", "one of", "is in", "any of"),
    **_all(Key.COMPARE, Comparison.EMPTY, "is null", "is empty", "is missing", "are missing", "is blank"),
    **_all(Key.COMPARE, Comparison.FILLED, "is not null", "is not empty", "is not missing", "is present"),
    **_all(Key.BETWEEN, None, "between", "is between"),
    **_all(Key.SINCE, None, "since", "from", "starting", "starting from", "starting in", "as of", "on or after"),
    **_all(Key.AFTER, None, "after", "later than"),
    **_all(Key.BEFORE, None, "before", "earlier than", "prior to"),
    **_all(Key.UNTIL, None, "until", "till", "up to", "through", "on or before"),
    **_all(Key.IN, None, "in", "during", "for", "within", "in the year", "in year"),
    **_all(Key.OF, None, "of"),
    **_all(Key.ON, None, "on"),
    **_all(Key.AND, None, "and", "as well as", "along with", "together with", "plus", "&"),
    **_all(Key.OR, None, "or"),
}
# Directions that say by what as well: the time of the rows.
BY_TIME = frozenset({"newest first", "latest first", "most recent first", "oldest first", "earliest first"})
# What people do with the rows of a table: the table is the one whose name holds one of these words.
EVENTS = {
    **dict.fromkeys(
        ("ordered", "bought", "buy", "buys", "purchased", "purchase", "purchases", "sold", "sell", "sells"),
        ("order", "sale", "purchase"),
    ),
    **dict.fromkeys(("viewed", "visited"), ("view", "visit")),
}
PHRASES |= {(verb,): (Key.EVENT, None) for verb in EVENTS}
LONGEST_PHRASE = max(len(phrase) for phrase in PHRASES)

# "first 10", "last 10": only before a number, for both are parts of ordinary column names.
BEFORE_NUMBER = {"first": (Key.LIMIT, None), "last": (Key.RECENT, True), "next": (Key.UNSUPPORTED, None)}
# What "cheapest" and "heaviest" compare without a word of its own.
IMPLIED = {
    **dict.fromkeys(("most expensive", "least expensive", "cheapest"), "price"),
    **dict.fromkeys(("heaviest", "lightest"), "weight"),
}
# Of these only the word before a figure means the function: the highest amount.
AS_FUNCTIONS = frozenset({"highest", "largest", "biggest", "greatest", "lowest", "smallest"})
# Words for money that has come in: of several rows always the sum.
REVENUE = frozenset({"revenue", "sales", "turnover", "spent", "spend", "spends"})
QUANTITIES = frozenset({"quantity", "qty", "units", "pieces"})
MONEY_UNITS = frozenset({"euro", "euros", "eur", "usd", "dollar", "dollars", "pounds", "gbp", "chf"})
UNITS = MONEY_UNITS | {"gram", "grams", "kg", "kilograms", "second", "seconds", "minutes", "hours"}
MONEY_PARTS = frozenset({"amount", "price", "cost", "revenue", "sales", "turnover", "value", "fee"})
# "last month", "past 30 days": moments that the question does not name.
RELATIVE = frozenset({"last", "past", "this", "current", "next", "previous"})

GRAINS = {
    **dict.fromkeys(("year", "years"), Grain.YEAR),
    **dict.fromkeys(("quarter", "quarters"), Grain.QUARTER),
    **dict.fromkeys(("month", "months"), Grain.MONTH),
    **dict.fromkeys(("week", "weeks"), Grain.WEEK),
    **dict.fromkeys(("day", "days", "date"), Grain.DAY),
    **dict.fromkeys(("hour", "hours"), Grain.HOUR),
}
_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
QUARTERS = {"q1": 1, "q2": 2, "q3": 3, "q4": 4}
HALVES = {"h1": 1, "h2": 2}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
SMALL_NUMBERS = {
    word: number
    for number, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
} | {"dozen": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "hundred": 100}

# Words that stand for each other in column names; written as people write them, compared by stem.
SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"amount", "revenue", "sales", "value", "turnover", "spent", "spend", "spends"}),
    frozenset({"date", "time", "at", "on", "timestamp", "day"}),
    frozenset({"quantity", "qty", "units", "pieces"}),
    frozenset({"price", "cost"}),
    frozenset({"customer", "client", "buyer"}),
    frozenset({"email", "mail"}),
    frozenset({"name", "title", "label"}),
    frozenset({"type", "kind"}),
    frozenset({"country", "nation"}),
)
# Parts of a column name that a person leaves out: "amount" is total_amount, "active" is is_active.
OPTIONAL_PARTS = frozenset({"id", "at", "on", "is", "has", "date", "time", "total", "code", "ts"})
KEY_PARTS = ("id", "no", "number", "key")
PLACE_WORDS = ("country", "city", "region", "state", "continent", "location", "province", "county")
HUMAN_NAMES = ("name", "full_name", "title", "label", "display_name", "username", "sku", "email")
# Adding these up is seldom meant: ask which of sum and average.
NOT_ADDITIVE = frozenset({"price", "rate", "percent", "percentage", "age", "score", "rating", "year", "ratio"})

_NUMBERS: tuple[str, ...] = (
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "decimal",
    "real",
    "double",
    "int",
    "long",
    "short",
)
_NUMBERS += ("float", "tinyint", "serial", "bigserial", "smallserial", "oid")
_OTHERS: tuple[str, ...] = (
    "json",
    "jsonb",
    "bytea",
    "binary",
    "interval",
    "time",
    "xml",
    "point",
    "money",
    "hstore",
    "tsvector",
)
_OTHERS += ("array", "map", "struct", "inet", "cidr", "bit", "box", "circle", "line", "path", "polygon", "timetz")


def family_of(type_name: str) -> Family:
    """The family of a PostgreSQL or Spark type name; enums and domains, being unknown, are texts."""
    if type_name.endswith("[]"):
        return Family.OTHER
    head = type_name.lower().replace("(", " ").replace("<", " ").split(" ")[0]
    if head in _NUMBERS:
        return Family.NUMBER
    if head == "date" or head.startswith("timestamp"):
        return Family.TIME
    if head in ("boolean", "bool"):
        return Family.FLAG
    return Family.OTHER if head in _OTHERS else Family.TEXT
